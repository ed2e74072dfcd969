import type { Timer } from '../../engine/scheduler.ts'
import type { Ipv4Address, MacAddress } from '../../protocols/addresses.ts'
import { Neighbour, type NeighbourTiming } from '../../protocols/arp/machine.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'

/** What the table needs of the stack that it belongs to. */
export interface NeighbourStack {
  timer(handler: () => void): Timer
  sendArpRequest(out: IpInterface, target: Ipv4Address, to: MacAddress | undefined): void
  /** A packet can go now. */
  transmitTo(out: IpInterface, mac: MacAddress, frame: Frame): void
  /** Nobody answered: the stack ends the packet, and tells whoever sent it. */
  unresolved(out: IpInterface, frame: Frame): void
}

interface Entry {
  readonly machine: Neighbour
  readonly timer: Timer
  readonly waiting: Frame[]
}

/** The ARP cache of one host: an entry per interface and address, and what waits for an answer. */
export class NeighbourTable {
  #world: World
  #stack: NeighbourStack
  #timing: NeighbourTiming
  #queueFrames: number
  #place: string
  #entries = new Map<IpInterface, Map<Ipv4Address, Entry>>()

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
    const entry = this.#entry(out, ip)
    const { machine, waiting } = entry
    machine.used()
    if (machine.mac !== undefined) {
      this.#stack.transmitTo(out, machine.mac, frame)
    } else if (machine.state === 'failed') {
      this.#stack.unresolved(out, frame)
    } else {
      waiting.push(frame)
      if (waiting.length <= this.#queueFrames) return
      const oldest = waiting.shift() as Frame
      this.#world.frames.drop(oldest, 'neighbourQueueFull', `${this.#place} ${out.name}`)
    }
  }

  /**
   * The address a packet would be sent to, as a walk wants to know it.
   * @param ask finds out who would answer an ARP request
   */
  foresee(
    out: IpInterface,
    ip: Ipv4Address,
    ask: () => MacAddress | undefined,
  ): MacAddress | undefined {
    const machine = this.#entries.get(out)?.get(ip)?.machine
    if (machine === undefined) return ask()
    return machine.mac ?? (machine.mayBeAsked ? ask() : undefined)
  }

  answered(out: IpInterface, ip: Ipv4Address, mac: MacAddress): void {
    this.#entries.get(out)?.get(ip)?.machine.answered(mac)
  }

  /** @param create whether a host that is not yet known is worth remembering */
  overheard(out: IpInterface, ip: Ipv4Address, mac: MacAddress, create: boolean): void {
    const entry = create ? this.#entry(out, ip) : this.#entries.get(out)?.get(ip)
    entry?.machine.overheard(mac)
  }

  confirmed(out: IpInterface, ip: Ipv4Address): void {
    this.#entries.get(out)?.get(ip)?.machine.confirmed()
  }

  /** Forgets who is on an interface that was disabled; what waited there is lost. */
  forget(out: IpInterface): void {
    for (const { timer, waiting } of this.#entries.get(out)?.values() ?? []) {
      timer.cancel()
      for (const frame of waiting) {
        this.#world.frames.drop(frame, 'interfaceDisabled', `${this.#place} ${out.name}`)
      }
    }
    this.#entries.delete(out)
  }

  /** Forgets everything; what waited is lost with the host. */
  clear(): void {
    for (const entries of this.#entries.values()) {
      for (const { waiting } of entries.values()) {
        for (const frame of waiting) this.#world.frames.drop(frame, 'poweredOff', this.#place)
      }
    }
    this.#entries.clear()
  }

  #countWaiting(): number {
    let count = 0
    for (const entries of this.#entries.values()) {
      for (const { waiting } of entries.values()) count += waiting.length
    }
    return count
  }

  #entry(out: IpInterface, ip: Ipv4Address): Entry {
    let entries = this.#entries.get(out)
    if (entries === undefined) {
      entries = new Map()
      this.#entries.set(out, entries)
    }
    let entry = entries.get(ip)
    if (entry === undefined) {
      entry = this.#create(out, ip)
      entries.set(ip, entry)
    }
    return entry
  }

  #create(out: IpInterface, ip: Ipv4Address): Entry {
    const world = this.#world
    const stack = this.#stack
    const waiting: Frame[] = []
    const timer = stack.timer(() => machine.timerFired())
    const release = (end: (frame: Frame) => void): void => {
      world.noteForwardingChange()
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
