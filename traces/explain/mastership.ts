import type { RecordedEvent } from './recorded-run.ts'

/** A time in which a node was the active member of a redundancy group. */
export interface Reign {
  readonly node: string
  readonly interface: string
  readonly id: number
  /** µs from the start of the run. */
  readonly fromUs: number
  /** Infinite if it lasted to the end of the run. */
  readonly untilUs: number
  /** The reason for its end, as a clause: `it was powered off`; empty if it did not end. */
  readonly end: string
}

/** The active members of all groups, in order of beginning. */
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
    if (kind === 'node.poweredOff') {
      end((reign) => reign.node === node, timeUs, 'it was powered off')
    } else if (kind === 'role.changed' && details.role === 'active') {
      const untilUs = Number.POSITIVE_INFINITY
      const { interface: on, id } = details
      reigns.push({ node, interface: on, id, fromUs: timeUs, untilUs, end: '' })
    } else if (kind === 'role.changed' || kind === 'role.removed') {
      const isThis = (reign: Reign): boolean =>
        reign.node === node && reign.id === details.id && reign.interface === details.interface
      const why =
        kind === 'role.removed'
          ? 'it was removed'
          : `it became ${details.after} (${details.reason})`
      end(isThis, timeUs, why)
    }
  }
  return reigns
}

export function isActiveAt(
  reigns: readonly Reign[],
  node: string,
  id: number,
  timeUs: number,
): boolean {
  return reigns.some(
    (reign) =>
      reign.node === node && reign.id === id && reign.fromUs <= timeUs && timeUs <= reign.untilUs,
  )
}
