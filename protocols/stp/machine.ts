import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import {
  BridgePort,
  type BridgePortSettings,
  type BridgeTimer,
  type PortRole,
  type PortState,
} from './port.ts'
import {
  type BridgeId,
  compareBridges,
  compareVectors,
  haveSameSender,
  type PriorityVector,
} from './vector.ts'
import type { Bpdu, BridgeTimes, ConfigurationBpdu, RapidBpdu } from './wire.ts'

/**
 * A bridge in a spanning tree: STP as in IEEE 802.1D-1998 clause 8, RSTP as in 802.1D-2004 clause
 * 17. There is one tree for all VLANs.
 */

export interface BridgeSettings extends BridgeTimes {
  readonly mode: 'stp' | 'rstp'
  readonly id: BridgeId
}

export interface BridgeEffects {
  timer(handler: () => void): BridgeTimer
  send(port: BridgePort, bpdu: Bpdu): void
  /** The role or the state of a port has changed. */
  portChanged(port: BridgePort): void
  /** A port of this bridge changed the tree, which all bridges will be told. */
  topologyChanged(port: BridgePort | undefined): void
  /** RSTP: the addresses that were learned on a port may be elsewhere now. */
  flush(port: BridgePort): void
  /** STP: while this is on, addresses age within the forward delay in place of the ageing time. */
  ageFast(forwardDelayNs: Nanoseconds | undefined): void
}

/** Hold Time of 802.1D-1998, and the unit of Transmit Hold Count of 802.1D-2004. */
const HOLD_NS = SECOND_NS
/** BPDUs that a port may send within the hold time. */
const HOLD_COUNT = { stp: 1, rstp: 6 } as const
/** What a bridge adds to the age of a message. */
const MESSAGE_AGE_INCREMENT_NS = SECOND_NS
/** RSTP forgets a neighbour after so many hellos without a BPDU. */
const HELLOS_MISSED = 3

export class Bridge {
  readonly settings: BridgeSettings
  readonly ports: BridgePort[] = []
  root: BridgeId
  rootPathCost = 0
  rootPort: BridgePort | undefined
  #effects: BridgeEffects
  #times: BridgeTimes
  #helloTimer: BridgeTimer
  /** STP: this bridge, as root or after the root, tells of a change. */
  #tellsChange = false
  #changeTimer: BridgeTimer
  /** STP: the root does not know of a change yet. */
  #notifies = false
  #notifyTimer: BridgeTimer
  /** Roles are found without sending anything, before the run begins. */
  #isSettling = true

  constructor(settings: BridgeSettings, effects: BridgeEffects) {
    this.settings = settings
    this.root = settings.id
    this.#times = settings
    this.#effects = effects
    this.#helloTimer = effects.timer(() => this.#hello())
    this.#changeTimer = effects.timer(() => this.#setChange(false))
    this.#notifyTimer = effects.timer(() => this.#notify())
  }

  addPort(settings: BridgePortSettings): BridgePort {
    const port = new BridgePort(settings)
    port.forwardTimer = this.#effects.timer(() => this.#forwardDelayOver(port))
    port.infoTimer = this.#effects.timer(() => this.#forget(port))
    port.changeTimer = this.#effects.timer(() => {
      port.tellsChange = false
    })
    port.holdTimer = this.#effects.timer(() => this.#holdOver(port))
    this.ports.push(port)
    return port
  }

  get isRoot(): boolean {
    return this.rootPort === undefined
  }

  get #isRapid(): boolean {
    return this.settings.mode === 'rstp'
  }

  // --- Inputs -----------------------------------------------------------------------------------

  /** The link of a port is up. */
  enable(port: BridgePort, pathCost: number): void {
    port.pathCost = pathCost
    port.isEdge = port.settings.portFast
    port.isRapid = this.#isRapid
    port.role = 'designated'
    this.#begin(port)
    this.#select()
  }

  /** The link of a port is down. */
  disable(port: BridgePort): void {
    port.reset()
    port.role = 'disabled'
    this.#setState(port, 'disabled')
    this.#select()
  }

  receive(port: BridgePort, bpdu: Bpdu): void {
    // A bridge of 1998 does not know the type of RSTP.
    if (port.role === 'disabled' || (!this.#isRapid && bpdu.kind === 'rapid')) return
    port.isEdge = false
    if (bpdu.kind === 'notification') this.#hearNotification(port)
    else this.#hear(port, bpdu)
  }

  #hear(port: BridgePort, bpdu: ConfigurationBpdu | RapidBpdu): void {
    port.isRapid = this.#isRapid && bpdu.kind === 'rapid'
    if (bpdu.kind === 'rapid' && bpdu.role !== 'designated') this.#hearAgreement(port, bpdu)
    else if (!this.#takes(port, bpdu)) {
      // Its sender does not know better: it is told.
      if (port.role === 'designated') this.#transmit(port)
      return
    }
    if (!this.#isRapid) {
      if (port === this.rootPort) this.#followRoot(bpdu as ConfigurationBpdu)
      return
    }
    if (bpdu.topologyChange) this.#spreadChange(port)
    if (bpdu.kind === 'configuration' && bpdu.topologyChangeAck) port.tellsChange = false
    if (bpdu.kind === 'rapid' && bpdu.proposal && bpdu.role === 'designated') this.#agree(port)
  }

  /** @returns whether the message is at least as good as what is known of its segment */
  #takes(port: BridgePort, bpdu: ConfigurationBpdu | RapidBpdu): boolean {
    if (bpdu.messageAgeNs >= bpdu.maxAgeNs) return false
    const known = port.heard?.vector ?? this.#vectorOf(port)
    if (compareVectors(bpdu.vector, known) > 0 && !haveSameSender(bpdu.vector, known)) return false
    const { vector, messageAgeNs, maxAgeNs, helloTimeNs, forwardDelayNs } = bpdu
    if (compareVectors(vector, known) !== 0) port.agrees = false
    port.heard = { vector, messageAgeNs, maxAgeNs, helloTimeNs, forwardDelayNs }
    port.infoTimer.arm(this.#isRapid ? HELLOS_MISSED * helloTimeNs : maxAgeNs - messageAgeNs)
    this.#select()
    return port.role !== 'designated'
  }

  // --- Roles ------------------------------------------------------------------------------------

  /** What a port would tell its segment. */
  #vectorOf({ id }: BridgePort): PriorityVector {
    const { root, rootPathCost } = this
    return { root, rootPathCost, bridge: this.settings.id, portId: id }
  }

  /** Finds the root, the way there, and the role of each port. */
  #select(): void {
    const wasRoot = this.isRoot
    const own = this.settings.id
    let best: PriorityVector = { root: own, rootPathCost: 0, bridge: own, portId: 0 }
    let rootPort: BridgePort | undefined
    for (const port of this.ports) {
      const vector = port.heard?.vector
      if (vector === undefined || compareBridges(vector.bridge, own) === 0) continue
      const offer = { ...vector, rootPathCost: vector.rootPathCost + port.pathCost }
      if (compareVectors(offer, best) >= 0) continue
      best = offer
      rootPort = port
    }
    this.root = best.root
    this.rootPathCost = best.rootPathCost
    this.rootPort = rootPort
    this.#times = rootPort?.heard ?? this.settings
    const roles = this.ports.map((port) => this.#roleOf(port))
    // The former way to the root is cut before the new one opens.
    for (const [at, port] of this.ports.entries()) {
      if (port !== rootPort) this.#setRole(port, roles[at] as PortRole)
    }
    if (rootPort !== undefined) this.#setRole(rootPort, 'root')
    this.#tellNews()
    if (!wasRoot && this.isRoot) this.#becomeRoot()
  }

  #roleOf(port: BridgePort): PortRole {
    if (port.role === 'disabled') return 'disabled'
    if (port === this.rootPort) return 'root'
    const { heard } = port
    if (heard === undefined || compareVectors(this.#vectorOf(port), heard.vector) <= 0) {
      return 'designated'
    }
    return compareBridges(heard.vector.bridge, this.settings.id) === 0 ? 'backup' : 'alternate'
  }

  #setRole(port: BridgePort, role: PortRole): void {
    if (role === 'designated') {
      port.heard = undefined
      port.infoTimer.cancel()
    }
    if (port.role === role) return
    const before = port.role
    port.role = role
    port.proposing = false
    port.agreed = false
    port.agrees = false
    if (!port.isActive) {
      if (role !== 'disabled') this.#block(port)
    } else if (this.#isRapid && before === 'root' && !port.isEdge) {
      // The way to the root is another one now, which may lead here.
      this.#block(port)
      this.#begin(port)
    } else if (port.state === 'blocking') this.#begin(port)
    if (this.#isRapid && role === 'root') this.#forward(port)
    this.#effects.portChanged(port)
  }

  #becomeRoot(): void {
    this.#notifies = false
    this.#notifyTimer.cancel()
    if (this.#isSettling) return
    if (this.#isRapid) {
      this.#helloTimer.arm(this.#times.helloTimeNs)
      return
    }
    this.#detectChange(undefined)
    this.#hello()
  }

  #forget(port: BridgePort): void {
    port.heard = undefined
    this.#select()
  }

  // --- States -----------------------------------------------------------------------------------

  #setState(port: BridgePort, state: PortState): void {
    if (port.state === state) return
    port.state = state
    this.#effects.portChanged(port)
  }

  #block(port: BridgePort): void {
    const wasActive = port.state === 'learning' || port.forwards
    port.forwardTimer.cancel()
    this.#setState(port, 'blocking')
    if (wasActive && !this.#isRapid) this.#detectChange(port)
  }

  #begin(port: BridgePort): void {
    if (port.isEdge) {
      this.#forward(port)
      return
    }
    port.proposing = port.isRapid && port.role === 'designated'
    this.#setState(port, 'listening')
    port.forwardTimer.arm(this.#times.forwardDelayNs)
  }

  #forwardDelayOver(port: BridgePort): void {
    if (port.state === 'learning') {
      this.#forward(port)
      return
    }
    this.#setState(port, 'learning')
    port.forwardTimer.arm(this.#times.forwardDelayNs)
  }

  #forward(port: BridgePort): void {
    port.forwardTimer.cancel()
    port.proposing = false
    if (port.forwards) return
    this.#setState(port, 'forwarding')
    if (port.isEdge) return
    // A bridge of 1998 that is designated nowhere forwards nothing for others.
    if (this.#isRapid || this.ports.some(({ role }) => role === 'designated')) {
      this.#detectChange(port)
    }
  }

  // --- Proposal and agreement (RSTP) ------------------------------------------------------------

  /** Grants a proposal: whatever could close a loop behind this bridge stops forwarding first. */
  #agree(port: BridgePort): void {
    if (port.role === 'root') {
      for (const other of this.ports) {
        if (other === port || other.role !== 'designated' || other.isEdge || other.agreed) continue
        if (other.state !== 'learning' && !other.forwards) continue
        this.#block(other)
        this.#begin(other)
        this.#transmit(other)
      }
      this.#forward(port)
    }
    port.agrees = true
    this.#transmit(port)
  }

  #hearAgreement(port: BridgePort, { agreement, vector }: RapidBpdu): void {
    if (port.role !== 'designated' || !agreement) return
    if (compareVectors(vector, this.#vectorOf(port)) < 0) return
    port.agreed = true
    this.#forward(port)
  }

  // --- Topology changes -------------------------------------------------------------------------

  #detectChange(port: BridgePort | undefined): void {
    if (this.#isSettling) return
    if (this.#isRapid) {
      this.#effects.topologyChanged(port)
      if (port !== undefined) this.#tellChange(port)
      if (port !== undefined) this.#spreadChange(port)
      return
    }
    const isNews = !this.#tellsChange && !this.#notifies
    if (isNews) this.#effects.topologyChanged(port)
    if (this.isRoot) {
      this.#setChange(true)
      this.#changeTimer.arm(this.#times.maxAgeNs + this.#times.forwardDelayNs)
    } else if (!this.#notifies) {
      this.#notifies = true
      this.#notify()
    }
  }

  /** STP: tells the root's side, until it is acknowledged. */
  #notify(): void {
    if (!this.#notifies || this.rootPort === undefined) return
    this.#effects.send(this.rootPort, { kind: 'notification' })
    this.#notifyTimer.arm(this.settings.helloTimeNs)
  }

  #hearNotification(port: BridgePort): void {
    if (port.role !== 'designated') return
    port.isRapid = false
    port.owesAck = true
    this.#transmit(port)
    if (this.#isRapid) this.#spreadChange(port)
    else this.#detectChange(port)
  }

  #setChange(tells: boolean): void {
    if (this.#tellsChange === tells) return
    this.#tellsChange = tells
    this.#effects.ageFast(tells ? this.#times.forwardDelayNs : undefined)
  }

  /** STP: does what the root says, and passes it on. */
  #followRoot(bpdu: ConfigurationBpdu): void {
    if (bpdu.topologyChangeAck) {
      this.#notifies = false
      this.#notifyTimer.cancel()
    }
    this.#changeTimer.cancel()
    this.#setChange(bpdu.topologyChange)
    this.#transmitOnDesignated()
  }

  /** RSTP: addresses behind all other ports may have moved, and their bridges are told. */
  #spreadChange(from: BridgePort): void {
    for (const port of this.ports) {
      if (port === from || port.isEdge) continue
      this.#effects.flush(port)
      this.#tellChange(port)
    }
  }

  #tellChange(port: BridgePort): void {
    if (!port.isActive || port.isEdge || port.tellsChange) return
    const { helloTimeNs, maxAgeNs, forwardDelayNs } = this.#times
    port.tellsChange = true
    port.changeTimer.arm(port.isRapid ? helloTimeNs + SECOND_NS : maxAgeNs + forwardDelayNs)
    this.#transmit(port)
  }

  // --- Sending ----------------------------------------------------------------------------------

  #hello(): void {
    this.#helloTimer.arm(this.#times.helloTimeNs)
    for (const port of this.ports) {
      const mayTell = this.#isRapid ? port.tellsChange || port.role === 'designated' : this.isRoot
      if (mayTell && port.isActive) this.#transmit(port)
    }
  }

  #transmitOnDesignated(): void {
    for (const port of this.ports) if (port.role === 'designated') this.#transmit(port)
  }

  /** Tells what has changed since the last time. */
  #tellNews(): void {
    for (const port of this.ports) {
      if (port.role !== 'designated') {
        port.told = undefined
        continue
      }
      const vector = this.#vectorOf(port)
      const isNew = port.told === undefined
      if (port.told !== undefined) {
        const difference = compareVectors(vector, port.told)
        if (difference === 0) continue
        // Who agreed to a better one has not agreed to this.
        if (difference > 0) port.agreed = false
      }
      port.told = vector
      // STP tells of a change when the root does.
      if (this.#isRapid || isNew) this.#transmit(port)
    }
  }

  #transmit(port: BridgePort): void {
    if (this.#isSettling || port.role === 'disabled') return
    if (port.sentOfLate >= HOLD_COUNT[this.settings.mode]) {
      port.waits = true
      return
    }
    if (port.sentOfLate === 0) port.holdTimer.arm(HOLD_NS)
    port.sentOfLate += 1
    port.waits = false
    if (this.#isRapid && !port.isRapid && port.role === 'root') {
      this.#effects.send(port, { kind: 'notification' })
      return
    }
    this.#effects.send(port, this.advertisementOf(port))
    port.owesAck = false
  }

  #holdOver(port: BridgePort): void {
    port.sentOfLate -= 1
    if (port.sentOfLate > 0) port.holdTimer.arm(HOLD_NS)
    if (port.waits) this.#transmit(port)
  }

  /** What a port tells its segment now. */
  advertisementOf(port: BridgePort): ConfigurationBpdu | RapidBpdu {
    const { maxAgeNs, helloTimeNs, forwardDelayNs } = this.#times
    const heard = this.rootPort?.heard
    const configuration = {
      vector: this.#vectorOf(port),
      messageAgeNs: heard === undefined ? 0 : heard.messageAgeNs + MESSAGE_AGE_INCREMENT_NS,
      maxAgeNs,
      helloTimeNs,
      forwardDelayNs,
      topologyChange: this.#tellsChange || port.tellsChange,
    }
    if (!port.isRapid) {
      return { kind: 'configuration', ...configuration, topologyChangeAck: port.owesAck }
    }
    const { role } = port
    return {
      kind: 'rapid',
      ...configuration,
      role: role === 'root' || role === 'designated' ? role : 'alternate',
      proposal: port.proposing,
      agreement: port.agrees,
      learning: port.state === 'learning' || port.forwards,
      forwarding: port.forwards,
    }
  }

  // --- Start ------------------------------------------------------------------------------------

  /**
   * Ends the time in which nothing is sent.
   * @param isSettled the tree has long been found, so that all ports are where they will be
   */
  start(firstHelloNs: Nanoseconds, isSettled: boolean): void {
    for (const port of this.ports) {
      if (!isSettled || !port.isActive) continue
      port.agreed = port.role === 'designated'
      this.#forward(port)
    }
    this.#isSettling = false
    this.#helloTimer.arm(firstHelloNs)
  }
}
