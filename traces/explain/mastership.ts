import type { RecordedEvent } from './recorded-run.ts'

/** A time in which a node was MASTER of a VHID. */
export interface Reign {
  readonly node: string
  readonly interface: string
  readonly vhid: number
  /** µs from the start of the run. */
  readonly fromUs: number
  /** Infinite if it lasted to the end of the run. */
  readonly untilUs: number
  /** What ended it, as a clause: `it was powered off`; empty if nothing did. */
  readonly end: string
}

/** Who was MASTER of what and when, as `events.jsonl` has it; in order of beginning. */
export function reignsOf(events: readonly RecordedEvent[]): Reign[] {
  const reigns: { -readonly [Key in keyof Reign]: Reign[Key] }[] = []
  const end = (ended: (reign: Reign) => boolean, untilUs: number, why: string): void => {
    for (const reign of reigns) {
      if (reign.untilUs === Number.POSITIVE_INFINITY && ended(reign)) {
        Object.assign(reign, { untilUs, end: why })
      }
    }
  }
  for (const { timeUs, node, kind, details } of events) {
    const vhid = Number(details.vhid)
    const on = String(details.interface)
    const isThis = (reign: Reign): boolean =>
      reign.node === node && reign.vhid === vhid && reign.interface === on
    if (kind === 'node.poweredOff') {
      end((reign) => reign.node === node, timeUs, 'it was powered off')
    } else if (kind === 'carp.removed') {
      end(isThis, timeUs, 'the VHID was removed')
    } else if (kind === 'carp.state' && details.after === 'MASTER') {
      const untilUs = Number.POSITIVE_INFINITY
      reigns.push({ node, interface: on, vhid, fromUs: timeUs, untilUs, end: '' })
    } else if (kind === 'carp.state') {
      end(isThis, timeUs, `it became ${details.after} (${details.reason})`)
    }
  }
  return reigns
}

export function isMasterAt(
  reigns: readonly Reign[],
  node: string,
  vhid: number,
  timeUs: number,
): boolean {
  return reigns.some(
    (reign) =>
      reign.node === node &&
      reign.vhid === vhid &&
      reign.fromUs <= timeUs &&
      timeUs <= reign.untilUs,
  )
}
