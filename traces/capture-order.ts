import type { Nanoseconds } from '../engine/time.ts'
import type { SightingLog } from './sighting-log.ts'

/** From `timeNs` on, nothing of what the point had announced happened. */
export interface Silence {
  readonly point: number
  readonly timeNs: Nanoseconds
  /** How many sightings there were when it was told: later ones are not concerned. */
  readonly sightingsBefore: number
}

/** A text for one frame, to be read where it was last seen. */
export interface Note {
  readonly sighting: number
  readonly text: string
}

/** Something that happened between two frames. */
export interface EventMark {
  readonly timeNs: Nanoseconds
  /** How many sightings there were when it happened. */
  readonly sightingsBefore: number
  readonly text: string
  /** The node it happened to; undefined for the run itself. */
  readonly node: string | undefined
}

/**
 * The sightings that happened, by time, and at the same time in the order in which they were told.
 * Left out is what was announced for later and then silenced, or had not come by the end.
 */
export function orderOfHappening(
  log: SightingLog,
  pointCount: number,
  silences: readonly Silence[],
  endNs: Nanoseconds,
): number[] {
  const order: number[] = []
  // Backwards, so that each point's limit is the earliest of the silences told after a sighting.
  const limitsNs = new Float64Array(pointCount).fill(endNs)
  let pending = silences.length - 1
  for (let sighting = log.count - 1; sighting >= 0; sighting--) {
    for (; pending >= 0; pending--) {
      const { point, timeNs, sightingsBefore } = silences[pending] as Silence
      if (sightingsBefore <= sighting) break
      limitsNs[point] = Math.min(limitsNs[point] as number, timeNs)
    }
    if (log.timeNs(sighting) <= (limitsNs[log.point(sighting)] as number)) order.push(sighting)
  }
  // Nearly in order already, as only frames that waited for the wire are out of place.
  return order.reverse().sort((a, b) => log.timeNs(a) - log.timeNs(b) || a - b)
}

/** Texts for frames, by sighting. */
export type Comments = ReadonlyMap<number, readonly string[]>

/**
 * Each note at the last sighting of its packet that happened. Silenced sightings are passed over,
 * so that a frame that died waiting for the wire is noted where it came in.
 */
export function placeNotes(
  log: SightingLog,
  order: readonly number[],
  notes: readonly Note[],
): Comments {
  const happened = new Uint8Array(log.count)
  for (const sighting of order) happened[sighting] = 1
  const comments = new Map<number, string[]>()
  for (const { sighting, text } of notes) {
    let last = sighting
    while (last >= 0 && happened[last] === 0) last = log.previous(last)
    if (last >= 0) append(comments, last, text)
  }
  return comments
}

/**
 * Each event at the first of the given sightings that comes after it; in `unheard` those that none
 * comes after.
 */
export function placeEvents(
  log: SightingLog,
  order: readonly number[],
  events: readonly EventMark[],
): { comments: Comments; unheard: readonly string[] } {
  const comments = new Map<number, string[]>()
  let next = 0
  for (const sighting of order) {
    for (; next < events.length; next++) {
      const { timeNs, sightingsBefore, text } = events[next] as EventMark
      const sightingNs = log.timeNs(sighting)
      // A frame that was announced for this very instant before the event comes before it.
      const isBefore = timeNs < sightingNs || (timeNs === sightingNs && sightingsBefore <= sighting)
      if (!isBefore) break
      append(comments, sighting, text)
    }
    if (next === events.length) break
  }
  return { comments, unheard: events.slice(next).map((event) => event.text) }
}

function append(comments: Map<number, string[]>, sighting: number, text: string): void {
  const texts = comments.get(sighting)
  if (texts === undefined) comments.set(sighting, [text])
  else texts.push(text)
}
