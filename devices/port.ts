import type { RandomStream } from '../engine/random.ts'
import type { Nanoseconds } from '../engine/time.ts'
import { ETHERNET_MIN_BYTES, ETHERNET_OVERHEAD_BYTES } from '../protocols/ethernet/wire.ts'
import type { DropCause } from '../protocols/frame/fate.ts'
import type { Frame } from '../protocols/frame/frame.ts'
import type { Tap } from '../protocols/frame/tap.ts'
import { Decider } from './decider.ts'
import type { Walk, WalkedFrame } from './walk.ts'
import type { World } from './world.ts'

/** Anything with ports. */
export interface Device {
  readonly name: string
  /** A frame arrived, whole; it now belongs to the device. */
  receive(frame: Frame, port: Port): void
  linkChanged(port: Port, up: boolean): void
  /** Walks a frame that arrives here now. This changes nothing. */
  walk(frame: WalkedFrame, port: Port, walk: Walk): void
}

/** One direction of a cable. */
interface Channel {
  readonly from: Port
  readonly to: Port
  readonly bitsPerSecond: number
  /** From the last bit out to the frame being in the hands of the receiver. */
  readonly delayNs: Nanoseconds
  readonly queueLimitNs: Nanoseconds
  /** When the wire will have finished what it was given. */
  freeAtNs: Nanoseconds
  /** Counts the times the link went down; a frame remembers under which count it was sent. */
  cuts: number
  /** The probability that a frame is lost on the way: 0 to 1. */
  lossProbability: number
}

/**
 * The place where a cable is plugged in. A port is up when both ends are switched on and the cable
 * is plugged. A frame given to a port that is down is lost.
 */
export class Port {
  readonly id: number
  readonly device: Device
  readonly name: string
  /** The name of this place for people: `mgmt-pc eth0`. */
  readonly place: string
  /** Decides whether the port is up. */
  readonly link: Decider
  tap: Tap | undefined
  #world: World
  #outgoing: Channel | undefined
  #incoming: Channel | undefined
  #on = true
  /** What becomes of frames while this end is off. */
  #offCause: DropCause = 'poweredOff'
  #plugged = false
  #up = false
  /** Frames on the wire from here. */
  #onWire = 0
  #losses: RandomStream | undefined

  constructor(world: World, device: Device, name: string) {
    this.id = world.takePortId()
    world.registerFrameHolder(() => this.#onWire)
    this.device = device
    this.name = name
    this.place = `${device.name} ${name}`
    this.link = new Decider('link', this.place)
    this.#world = world
  }

  get up(): boolean {
    return this.#up
  }

  /** The port at the other end of the cable. */
  get peer(): Port | undefined {
    return this.#outgoing?.to
  }

  get bitsPerSecond(): number | undefined {
    return this.#outgoing?.bitsPerSecond
  }

  /** Switches this end on or off, as the power of its device or the driver does. */
  setOn(on: boolean, offCause: DropCause = 'poweredOff'): void {
    this.#on = on
    this.#offCause = offCause
    this.#settle()
  }

  /** Plugs or unplugs the cable, which both ends notice. */
  setPlugged(plugged: boolean): void {
    this.#plugged = plugged
    if (this.peer !== undefined) this.peer.#plugged = plugged
    this.#settle()
  }

  /**
   * Impairs what is sent from here: each frame is lost on the wire with a probability from 0 to 1,
   * drawn from the port's own stream (`tc qdisc add dev … root netem loss`).
   */
  setLoss(probability: number): void {
    if (this.#outgoing === undefined) return
    this.#outgoing.lossProbability = probability
    this.link.changed()
  }

  /** The probability that a frame sent from here gets across the cable; 0 while the link is down. */
  get passProbability(): number {
    return this.#up ? 1 - (this.#outgoing?.lossProbability ?? 0) : 0
  }

  /**
   * Sends a frame, giving it away. It waits its turn for the wire, not starting before
   * `processingNs` from now.
   */
  transmit(frame: Frame, processingNs: Nanoseconds = 0): void {
    const channel = this.#outgoing
    if (channel === undefined || !this.#up) {
      this.#world.frames.drop(frame, this.#downCause(), this.place)
      return
    }
    const readyNs = this.#world.nowNs + processingNs
    const startNs = Math.max(readyNs, channel.freeAtNs)
    if (startNs - readyNs > channel.queueLimitNs) {
      this.#world.frames.drop(frame, 'queueFull', this.place)
      return
    }
    channel.freeAtNs = startNs + serializationNs(frame.length, channel.bitsPerSecond)
    this.#world.digest.add(startNs, this.id, frame)
    if (this.tap !== undefined) this.tap.sighted(frame, 'outbound', startNs)
    this.#onWire++
    frame.destination = channel.to
    frame.linkCuts = channel.cuts
    this.#world.scheduler.postAt(channel.freeAtNs + channel.delayNs, arrive, frame)
  }

  /** Takes a frame off the wire. Called by the event that `transmit` posted. */
  accept(frame: Frame): void {
    const channel = this.#incoming as Channel
    channel.from.#onWire--
    if (frame.linkCuts !== channel.cuts) {
      this.#world.frames.drop(frame, this.#downCause(), this.place)
      return
    }
    if (channel.lossProbability > 0 && channel.from.#losesNext(channel.lossProbability)) {
      this.#world.frames.drop(frame, 'impaired', channel.from.place)
      return
    }
    if (this.tap !== undefined) this.tap.sighted(frame, 'inbound', this.#world.nowNs)
    this.device.receive(frame, this)
  }

  #losesNext(probability: number): boolean {
    this.#losses ??= this.#world.random.stream(`${this.place}/loss`)
    return this.#losses.bits32() < probability * 0x1_0000_0000
  }

  /** For a walk: where a frame sent from here would arrive. */
  walkAcross(frame: WalkedFrame, walk: Walk): void {
    this.peer?.device.walk(frame, this.peer, walk)
  }

  #downCause(): DropCause {
    if (!this.#on) return this.#offCause
    return this.peer === undefined || this.peer.#on ? 'linkDown' : this.peer.#offCause
  }

  /** Brings both ends in line with power and plug, and tells the devices what changed. */
  #settle(): void {
    const peer = this.peer
    if (peer === undefined) return
    const up = this.#on && peer.#on && this.#plugged
    if (up === this.#up) return
    for (const port of [this, peer]) {
      port.#up = up
      if (!up) port.#cut()
      port.link.changed()
    }
    this.device.linkChanged(this, up)
    peer.device.linkChanged(peer, up)
  }

  /** All frames on the wire are lost, even if the link is back at once; `accept` finds them. */
  #cut(): void {
    const channel = this.#outgoing as Channel
    channel.cuts++
    channel.freeAtNs = this.#world.nowNs
    this.tap?.silenced(this.#world.nowNs)
  }

  static connect(cable: Cable): void {
    const { a, b } = cable
    const open = (from: Port, to: Port, delayNs: Nanoseconds): Channel => ({
      from,
      to,
      bitsPerSecond: cable.bitsPerSecond,
      delayNs,
      queueLimitNs: serializationNs(cable.queueBytes ?? DEFAULT_QUEUE_BYTES, cable.bitsPerSecond),
      freeAtNs: 0,
      cuts: 0,
      lossProbability: 0,
    })
    const forth = open(a, b, cable.delayFromANs)
    const back = open(b, a, cable.delayFromBNs)
    a.#outgoing = forth
    b.#incoming = forth
    b.#outgoing = back
    a.#incoming = back
    a.setPlugged(true)
  }
}

/** A full-duplex cable, or the virtual one between a vNIC and its vSwitch. */
export interface Cable {
  readonly a: Port
  readonly b: Port
  readonly bitsPerSecond: number
  /** Propagation, and whatever the receiver takes to get hold of a frame, in each direction. */
  readonly delayFromANs: Nanoseconds
  readonly delayFromBNs: Nanoseconds
  /** How much may wait for the wire, per direction. */
  readonly queueBytes?: number
}

const DEFAULT_QUEUE_BYTES = 512 * 1024

/** Time on the wire including preamble and gap, rounded up to a whole nanosecond. */
export function serializationNs(lengthBytes: number, bitsPerSecond: number): Nanoseconds {
  const bits = (Math.max(lengthBytes, ETHERNET_MIN_BYTES) + ETHERNET_OVERHEAD_BYTES) * 8
  return Math.ceil((bits * 1_000_000_000) / bitsPerSecond)
}

function arrive(frame: Frame): void {
  const port = frame.destination as Port
  port.accept(frame)
}
