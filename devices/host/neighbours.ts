import type { Timer } from '../../engine/scheduler.ts'
import type { Ipv4Address, MacAddress } from '../../protocols/addresses.ts'
import { Neighbour, type NeighbourTiming } from '../../protocols/arp/machine.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { type Asker, KeyedDeciders } from '../decider.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'

/** The parts of the stack that the table uses. */
export interface NeighbourStack {
  timer(handler: () => void): Timer
  sendArpRequest(out: IpInterface, target: Ipv4Address, to: MacAddress | undefined): void
  /** A packet can go now. */
  transmitTo(out: IpInterface, mac: MacAddress, frame: Frame): void
  /** Nobody answered. The stack ends the packet and tells its sender. */
  unresolved(out: IpInterface, frame: Frame): void
}

interface Entry {
  readonly machine: Neighbour
  readonly timer: Timer
  readonly waiting: Frame[]
}

/** The neighbours on one interface. */
interface Neighbours {
  readonly entries: Map<Ipv4Address, Entry>
  /** Each address, known or not, decides for itself. */
  readonly deciders: KeyedDeciders
}

/** The ARP cache of one host: an entry per interface and address, and what waits for an answer. */
export class NeighbourTable {
  #world: World
  #stack: NeighbourStack
  #timing: NeighbourTiming
  #queueFrames: number
  #place: string
  #byInterface = new Map<IpInterface, Neighbours>()

  constructor(
    world: World,
    stack: NeighbourStack,
    settings: { timing: NeighbourTiming; queueFrames: number; place: string },
  ) {
    this.#world = world
    this.#stack = stack
    this.#timing = settings.timing
    this.#queueFrames = settings.queueFrames
    this.#place = settings.place
    world.registerFrameHolder(() => this.#countWaiting())
  }

  /** Sends a packet to a neighbour, after asking for its address if need be. */
  send(out: IpInterface, ip: Ipv4Address, frame: Frame): void {
    const { machine, waiting } = this.#entry(out, ip)
    const { outlook } = machine
    machine.used()
    if (typeof outlook === 'number') {
      this.#stack.transmitTo(out, outlook, frame)
    } else if (outlook === 'unresolved') {
      this.#stack.unresolved(out, frame)
    } else {
      waiting.push(frame)
      if (waiting.length <= this.#queueFrames) return
      const oldest = waiting.shift() as Frame
      this.#world.frames.drop(oldest, 'neighbourQueueFull', `${this.#place} ${out.name}`)
    }
  }

  /** The fate of a packet for a neighbour. This sends no request. */
  outlook(out: IpInterface, ip: Ipv4Address, asker: Asker): Neighbour['outlook'] {
    const { entries, deciders } = this.#neighboursOn(out)
    asker.note(deciders.at(ip))
    const machine = entries.get(ip)?.machine
    if (machine?.holdUntilNs !== undefined) asker.expires(machine.holdUntilNs)
    return machine?.outlook ?? 'ask'
  }

  answered(out: IpInterface, ip: Ipv4Address, mac: MacAddress): void {
    this.#byInterface.get(out)?.entries.get(ip)?.machine.answered(mac)
  }

  /** @param create whether a host that is not yet known is worth remembering */
  overheard(out: IpInterface, ip: Ipv4Address, mac: MacAddress, create: boolean): void {
    const entry = create ? this.#entry(out, ip) : this.#byInterface.get(out)?.entries.get(ip)
    entry?.machine.overheard(mac)
  }

  confirmed(out: IpInterface, ip: Ipv4Address): void {
    this.#byInterface.get(out)?.entries.get(ip)?.machine.confirmed()
  }

  /** Forgets who is on an interface that was disabled; what waited there is lost. */
  forget(out: IpInterface): void {
    for (const { timer, waiting } of this.#byInterface.get(out)?.entries.values() ?? []) {
      timer.cancel()
      for (const frame of waiting) {
        this.#world.frames.drop(frame, 'interfaceDisabled', `${this.#place} ${out.name}`)
      }
    }
    this.#byInterface.delete(out)
  }

  /** Forgets everything; what waited is lost with the host. */
  clear(): void {
    for (const { entries } of this.#byInterface.values()) {
      for (const { waiting } of entries.values()) {
        for (const frame of waiting) this.#world.frames.drop(frame, 'poweredOff', this.#place)
      }
    }
    this.#byInterface.clear()
  }

  #countWaiting(): number {
    let count = 0
    for (const { entries } of this.#byInterface.values()) {
      for (const { waiting } of entries.values()) count += waiting.length
    }
    return count
  }

  #neighboursOn(out: IpInterface): Neighbours {
    let neighbours = this.#byInterface.get(out)
    if (neighbours === undefined) {
      neighbours = { entries: new Map(), deciders: new KeyedDeciders('neighbour', this.#place) }
      this.#byInterface.set(out, neighbours)
    }
    return neighbours
  }

  #entry(out: IpInterface, ip: Ipv4Address): Entry {
    const { entries, deciders } = this.#neighboursOn(out)
    let entry = entries.get(ip)
    if (entry === undefined) {
      entry = this.#create(out, ip, () => deciders.changed(ip))
      entries.set(ip, entry)
    }
    return entry
  }

  #create(out: IpInterface, ip: Ipv4Address, changed: () => void): Entry {
    const world = this.#world
    const stack = this.#stack
    const waiting: Frame[] = []
    const timer = stack.timer(() => {
      const { outlook } = machine
      machine.timerFired()
      if (machine.outlook !== outlook) changed()
    })
    const release = (end: (frame: Frame) => void): void => {
      changed()
      for (const frame of waiting.splice(0)) end(frame)
    }
    const machine = new Neighbour(this.#timing, {
      get nowNs() {
        return world.nowNs
      },
      sendRequest: (to) => stack.sendArpRequest(out, ip, to),
      armTimer: (delayNs) => timer.arm(delayNs),
      cancelTimer: () => timer.cancel(),
      resolved: (mac) => release((frame) => stack.transmitTo(out, mac, frame)),
      failed: () => release((frame) => stack.unresolved(out, frame)),
    })
    return { machine, timer, waiting }
  }
}
