import { assert } from '../engine/assert.ts'
import type { Nanoseconds } from '../engine/time.ts'
import type { Frame } from '../protocols/frame/frame.ts'
import type { Direction, Tap } from '../protocols/frame/tap.ts'
import {
  ALL_POINTS,
  type CapturedRun,
  type CaptureFilesOptions,
  type CapturePointOptions,
  captureFiles,
} from './capture-files.ts'
import type { EventMark, Note, Silence } from './capture-order.ts'
import type { RunFile } from './run-file.ts'
import { SightingLog } from './sighting-log.ts'
import type { SlabStore } from './slab-log.ts'

/** The simulated time: a `Scheduler` has it. */
export interface Clock {
  readonly nowNs: Nanoseconds
}

/**
 * Records what every capture point of a run sees. It makes the files at the end, so that an
 * interrupted run leaves nothing half-written.
 *
 * While the run goes on it only notes what it is told, in the order in which it is told. What
 * depends on later knowledge (the order of announced frames, which of them a dead interface never
 * sent, which frame follows an event) is worked out by `files`, which changes nothing.
 */
export class CaptureRecorder {
  readonly run: CapturedRun
  #clock: Clock
  #log: SightingLog
  #points: CapturePointOptions[] = []
  #names = new Set<string>()
  #silences: Silence[] = []
  #notes: Note[] = []
  #events: EventMark[] = []

  /**
   * @param whenFull is called when the frames have more than `limitBytes`
   * @param store for the frames that memory has no room for
   */
  constructor(
    clock: Clock,
    run: CapturedRun,
    limitBytes: number = Number.POSITIVE_INFINITY,
    whenFull: () => void = () => {},
    store?: SlabStore,
  ) {
    this.#clock = clock
    this.run = run
    this.#log = new SightingLog(limitBytes, whenFull, store)
  }

  /** A new capture point. The order of creation is the order of the interfaces in the files. */
  point(options: CapturePointOptions): Tap {
    const { name } = options
    assert(name !== ALL_POINTS && !this.#names.has(name), `one capture point is named ${name}`)
    this.#names.add(name)
    const index = this.#points.push(options) - 1
    return new CapturePoint(index, this.#clock, this.#log, this.#silences)
  }

  /**
   * Attaches a text to a frame, where it was last seen: `frame.sighting`. If that sighting did not
   * come to pass, the text goes to the packet's last one before it that did.
   *
   * @param sighting -1 for a frame that was never seen, of which there is nothing to tell
   */
  comment(sighting: number, text: string): void {
    assert(sighting < this.#log.count, 'a comment is about a sighting of this recording')
    if (sighting >= 0) this.#notes.push({ sighting, text })
  }

  /**
   * Something happened now. It is told by the next frame seen at each capture point of the node (of
   * all nodes, if none is given), and in the file of all points by the next frame of any.
   */
  event(text: string, node?: string): void {
    this.#events.push({
      timeNs: this.#clock.nowNs,
      sightingsBefore: this.#log.count,
      text,
      node,
    })
  }

  /** The capture files as of now; none if there is no capture point. */
  files(options: CaptureFilesOptions = {}): RunFile[] {
    return captureFiles(
      {
        run: this.run,
        points: this.#points,
        log: this.#log,
        silences: this.#silences,
        notes: this.#notes,
        events: this.#events,
        endNs: this.#clock.nowNs,
      },
      options,
    )
  }
}

class CapturePoint implements Tap {
  #index: number
  #clock: Clock
  #log: SightingLog
  #silences: Silence[]

  constructor(index: number, clock: Clock, log: SightingLog, silences: Silence[]) {
    this.#index = index
    this.#clock = clock
    this.#log = log
    this.#silences = silences
  }

  sighted(frame: Frame, direction: Direction, timeNs: Nanoseconds): void {
    assert(timeNs >= this.#clock.nowNs, 'a frame is seen now or later')
    frame.sighting = this.#log.add(this.#index, frame, direction, timeNs)
  }

  silenced(timeNs: Nanoseconds): void {
    this.#silences.push({ point: this.#index, timeNs, sightingsBefore: this.#log.count })
  }
}
