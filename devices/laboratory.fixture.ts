import { SECOND_NS } from '../engine/time.ts'
import {
  type Ipv4Address,
  type Ipv4Prefix,
  type MacAddress,
  parseIpv4,
  parseIpv4Prefix,
  parseMac,
} from '../protocols/addresses.ts'
import { fromHex, toHex } from '../protocols/bytes.ts'
import type { DropCause } from '../protocols/frame/fate.ts'
import type { Frame } from '../protocols/frame/frame.ts'
import type { Asker, Decider, DeciderWatch } from './decider.ts'
import { Nic } from './nic.ts'
import { type Cable, type Device, Port } from './port.ts'
import type { Walk, WalkedFrame } from './walk.ts'
import { World } from './world.ts'

/** A world with its drops written down, and cables at hand. */
export class Laboratory {
  readonly world: World
  /** `linkDown at a eth0` */
  readonly drops: string[] = []

  constructor(seed = 1) {
    this.world = new World(seed)
    this.world.frames.observer = {
      dropped: (_frame: Frame, cause: DropCause, at: string) => {
        this.drops.push(`${cause} at ${at}`)
      },
    }
  }

  get nowNs(): number {
    return this.world.nowNs
  }

  /** The drops since the last call. */
  takeDrops(): string[] {
    return this.drops.splice(0)
  }

  /** Runs to the end of what is going to happen, and checks that no frame was forgotten. */
  settle(): void {
    this.world.scheduler.runUntilIdle()
    this.world.assertFramesConserved()
  }

  /** Runs for a while, and checks that no frame was forgotten. */
  runFor(durationNs: number): void {
    this.world.scheduler.runUntil(this.nowNs + durationNs)
    this.world.assertFramesConserved()
  }

  runForSeconds(seconds: number): void {
    this.runFor(Math.round(seconds * SECOND_NS))
  }

  /** Without settings: a cable of 1 Gb/s that takes no time but the serialization. */
  connect(a: Port, b: Port, cable: Partial<Cable> = {}): void {
    Port.connect({
      a,
      b,
      bitsPerSecond: 1_000_000_000,
      delayFromANs: 0,
      delayFromBNs: 0,
      ...cable,
    })
  }
}

/** A device with one NIC that writes down what it gets, and sends what it is told to. */
export class Recorder implements Device {
  readonly name: string
  readonly nic: Nic
  readonly received: {
    readonly timeNs: number
    readonly hex: string
    readonly packetId: number
  }[] = []
  readonly links: { readonly timeNs: number; readonly up: boolean }[] = []
  readonly walked: WalkedFrame[] = []
  #world: World

  constructor(world: World, name: string, address = mac('02:00:00:00:00:01')) {
    this.#world = world
    this.name = name
    this.nic = new Nic(world, this, 'eth0', address)
  }

  get port(): Port {
    return this.nic.port
  }

  /** What came in since the last call, as hexadecimal digits. */
  takeReceived(): string[] {
    return this.received.splice(0).map(({ hex }) => hex)
  }

  /** @returns the number of the packet */
  send(bytes: Uint8Array | string, processingNs = 0): number {
    const content = typeof bytes === 'string' ? fromHex(bytes) : bytes
    const frame = this.#world.frames.create(content.length)
    frame.bytes.set(content, frame.start)
    const { packetId } = frame
    this.port.transmit(frame, processingNs)
    return packetId
  }

  receive(frame: Frame): void {
    const { packetId } = frame
    this.received.push({ timeNs: this.#world.nowNs, hex: toHex(frame.view()), packetId })
    this.#world.frames.deliver(frame)
  }

  linkChanged(_port: Port, up: boolean): void {
    this.links.push({ timeNs: this.#world.nowNs, up })
  }

  walk(frame: WalkedFrame, _port: Port, walk: Walk): void {
    this.walked.push(frame)
    if (frame.payload.kind === 'ipv4') walk.arrive(this.name, frame.payload)
  }
}

// --- Addresses of tests, which are known to parse ----------------------------------------------

export function mac(text: string): MacAddress {
  return known(parseMac(text), text)
}

export function ip(text: string): Ipv4Address {
  return known(parseIpv4(text), text)
}

export function prefix(text: string): Ipv4Prefix {
  return known(parseIpv4Prefix(text), text)
}

function known<Value>(value: Value | undefined, text: string): Value {
  if (value === undefined) throw new Error(`${text} is no address`)
  return value
}

/** Counts how often something that it asked would answer otherwise. */
export class CountingWatch implements Asker, DeciderWatch {
  outdatings = 0

  note(decider: Decider): void {
    decider.watch(this)
  }

  expires(): void {}

  outdated(): void {
    this.outdatings += 1
  }
}
