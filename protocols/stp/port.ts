import type { Nanoseconds } from '../../engine/time.ts'
import type { PriorityVector } from './vector.ts'
import type { BridgeTimes } from './wire.ts'

export type PortRole = 'disabled' | 'root' | 'designated' | 'alternate' | 'backup'

/** RSTP calls the first three of them discarding. */
export type PortState = 'disabled' | 'blocking' | 'listening' | 'learning' | 'forwarding'

export interface BridgePortSettings {
  /** 1 to 4095. */
  readonly number: number
  /** 0 to 240 in steps of 16. */
  readonly priority: number
  /** An edge port: no bridge is behind it, so it forwards at once. */
  readonly portFast: boolean
}

export interface BridgeTimer {
  arm(delayNs: Nanoseconds): void
  cancel(): void
}

/** What the designated port of the segment told. */
export interface Heard extends BridgeTimes {
  readonly vector: PriorityVector
  readonly messageAgeNs: Nanoseconds
}

/** The variables of one port of a bridge. Its behaviour is in `machine.ts`. */
export class BridgePort {
  readonly settings: BridgePortSettings
  /** The same for all vectors that this port sends. */
  readonly id: number
  role: PortRole = 'disabled'
  state: PortState = 'disabled'
  pathCost = 0
  /** An edge port that has heard a BPDU is none any more, until its link has been down. */
  isEdge = false
  /** Whether RSTP speaks here: the bridge does, and its neighbour does not speak STP. */
  isRapid = false
  heard: Heard | undefined
  /** The vector that it last sent, or would have: a change has to be told. */
  told: PriorityVector | undefined
  proposing = false
  /** The neighbour has agreed that this port may forward. */
  agreed = false
  /** This port tells that nothing behind it makes a loop. */
  agrees = false
  /** Owed to the sender of a topology change notification. */
  owesAck = false
  /** Tells of a topology change as long as its timer runs. */
  tellsChange = false
  /** BPDUs sent within the last second, and whether another one waits. */
  sentOfLate = 0
  waits = false
  forwardTimer!: BridgeTimer
  infoTimer!: BridgeTimer
  changeTimer!: BridgeTimer
  holdTimer!: BridgeTimer

  constructor(settings: BridgePortSettings) {
    this.settings = settings
    this.id = (settings.priority << 8) | settings.number
  }

  get isActive(): boolean {
    return this.role === 'root' || this.role === 'designated'
  }

  get forwards(): boolean {
    return this.state === 'forwarding'
  }

  /** Forgets its neighbour, as when the link goes down. */
  reset(): void {
    this.heard = undefined
    this.told = undefined
    this.proposing = false
    this.agreed = false
    this.agrees = false
    this.owesAck = false
    this.tellsChange = false
    this.sentOfLate = 0
    this.waits = false
    for (const timer of [this.forwardTimer, this.infoTimer, this.changeTimer, this.holdTimer]) {
      timer.cancel()
    }
  }
}
