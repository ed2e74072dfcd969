import type { HeardAdvertisement } from './advertisement.ts'

/** A group that moved from one member to another, as its advertisements tell it. */
export interface MeasuredMove {
  readonly protocol: string
  readonly id: number
  /** The capture point, with its VLAN. */
  readonly interface: string
  readonly from: string
  readonly to: string
  /** The old member's last advertisement before the new one's first. */
  readonly lastAdvertUs: number
  /** The first sign of the new member: its first advertisement. It decided before. */
  readonly newActiveUs: number
  readonly firstAdvertUs: number
  /** When the old one said that it stops; null: it did not say. */
  readonly oldStandbyUs: number | null
  /** From the new one's first advertisement to the old one's last; 0 if that came before. */
  readonly dualActiveUs: number
  /** How long after the fault the new one was heard, if the old one fell silent at a fault. */
  readonly detectionBoundsUs: readonly [number, number] | null
}

/** Advertisements of one member without a gap. */
interface Reign {
  readonly member: string
  readonly firstUs: number
  lastUs: number
  intervalUs: number
  resignedUs: number | null
  /** The last one before the next member's first, once there is one. */
  beforeNextUs: number
}

/** As the protocols themselves count: after three intervals a member is given up. */
const SILENT_INTERVALS = 3
/** A gap in which another member speaks parts two reigns, unless it is that of one advertisement. */
const REPLACED_INTERVALS = 1.5

/** The reigns in one group at one place. */
export class GroupLog {
  readonly #group: Pick<MeasuredMove, 'protocol' | 'id' | 'interface'>
  #reigns: Reign[] = []
  #latest = new Map<string, Reign>()

  constructor(protocol: string, id: number, place: string) {
    this.#group = { protocol, id, interface: place }
  }

  hear({ member, isActive, resigns, intervalUs }: HeardAdvertisement, timeUs: number): void {
    const reign = this.#latest.get(member)
    if (resigns && reign !== undefined) reign.resignedUs ??= timeUs
    if (!isActive) return
    if (reign !== undefined && !this.#isOver(reign, timeUs)) {
      reign.lastUs = timeUs
      reign.intervalUs = intervalUs
      if (this.#reigns.at(-1) === reign) reign.beforeNextUs = timeUs
      return
    }
    const next: Reign = {
      ...{ member, firstUs: timeUs, lastUs: timeUs, beforeNextUs: timeUs },
      ...{ intervalUs, resignedUs: null },
    }
    this.#reigns.push(next)
    this.#latest.set(member, next)
  }

  #isOver(reign: Reign, timeUs: number): boolean {
    const gapUs = timeUs - reign.lastUs
    const isReplaced = [...this.#latest.values()].some(
      (other) => other !== reign && other.lastUs > reign.lastUs,
    )
    const intervals = isReplaced ? REPLACED_INTERVALS : SILENT_INTERVALS
    return reign.resignedUs !== null || gapUs > intervals * reign.intervalUs
  }

  /** In order. A member that outlives another one's reign has not given way to it. */
  get moves(): MeasuredMove[] {
    const moves: MeasuredMove[] = []
    let current: Reign | undefined
    for (const reign of this.#reigns) {
      if (current === undefined || reign.member === current.member) current = reign
      else if (current.lastUs <= reign.lastUs) {
        moves.push(this.#move(current, reign))
        current = reign
      }
    }
    return moves
  }

  #move(from: Reign, to: Reign): MeasuredMove {
    const { beforeNextUs, resignedUs } = from
    const silenceUs = to.firstUs - beforeNextUs
    const isSilent = resignedUs === null && from.lastUs === beforeNextUs
    return {
      ...this.#group,
      from: from.member,
      to: to.member,
      lastAdvertUs: beforeNextUs,
      newActiveUs: to.firstUs,
      firstAdvertUs: to.firstUs,
      oldStandbyUs: resignedUs,
      dualActiveUs: Math.max(0, from.lastUs - to.firstUs),
      detectionBoundsUs: isSilent ? [Math.max(0, silenceUs - from.intervalUs), silenceUs] : null,
    }
  }
}
