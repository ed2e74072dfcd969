import { expect } from 'vitest'
import { RandomStream } from '../../engine/random.ts'
import { Scheduler } from '../../engine/scheduler.ts'
import { MILLISECOND_NS, type Nanoseconds } from '../../engine/time.ts'
import type { TcpEnd } from './effects.ts'
import { TcpConnection } from './machine.ts'
import { LINUX_TCP, type TcpParameters } from './parameters.ts'
import { hasFlag, segmentLength, type TcpSegment } from './segment.ts'
import { advance, distance, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** Loss, duplication and delay of a network. Probabilities are in percent. */
export interface NetworkSettings {
  readonly seed?: number
  readonly lossPercent?: number
  readonly duplicationPercent?: number
  /** Each segment takes `delayNs` to `delayNs + jitterNs`, so segments can be reordered. */
  readonly delayNs?: Nanoseconds
  readonly jitterNs?: Nanoseconds
}

interface SentSegment extends TcpSegment {
  readonly timeNs: Nanoseconds
  readonly lost: boolean
}

/** Two machines on a network that loses, duplicates and reorders segments, by its seed. */
export class TcpNetwork {
  readonly scheduler = new Scheduler()
  readonly client: NetworkEnd
  readonly server: NetworkEnd
  /** False loses all segments. */
  carries = true
  #settings: Required<NetworkSettings>
  #chance: RandomStream

  constructor(
    settings: NetworkSettings = {},
    clientParameters: Partial<TcpParameters> = {},
    serverParameters: Partial<TcpParameters> = {},
  ) {
    const { seed = 1, lossPercent = 0, duplicationPercent = 0 } = settings
    const { delayNs = 10 * MILLISECOND_NS, jitterNs = 0 } = settings
    this.#settings = { seed, lossPercent, duplicationPercent, delayNs, jitterNs }
    this.#chance = new RandomStream(`tcp/${seed}`)
    this.client = new NetworkEnd(this, { ...LINUX_TCP, ...clientParameters }, this.#chance.bits32())
    this.server = new NetworkEnd(this, { ...LINUX_TCP, ...serverParameters }, this.#chance.bits32())
    this.client.peer = this.server
    this.server.peer = this.client
  }

  /** Loses all segments for a time. */
  outage(fromNs: Nanoseconds, durationNs: Nanoseconds): void {
    const setCarries = (carries: boolean): void => {
      this.carries = carries
    }
    this.scheduler.postAt(fromNs, setCarries, false)
    this.scheduler.postAt(fromNs + durationNs, setCarries, true)
  }

  /** Loses all segments from now on. */
  cut(): void {
    this.carries = false
  }

  /** @returns whether it is lost */
  carry(segment: TcpSegment, to: NetworkEnd): boolean {
    if (!this.carries || this.#happens(this.#settings.lossPercent)) return true
    const copies = this.#happens(this.#settings.duplicationPercent) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const jitterNs = this.#chance.integer(0, this.#settings.jitterNs + 1)
      const kept = { ...segment, payload: segment.payload.slice() }
      this.scheduler.post(this.#settings.delayNs + jitterNs, () => to.arrived(kept), null)
    }
    return false
  }

  #happens(percent: number): boolean {
    return this.#chance.integer(0, 100) < percent
  }
}

export function concatenated(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** One machine, with a program that records, and checks of each sent segment. */
class NetworkEnd {
  readonly connection: TcpConnection
  readonly sent: SentSegment[] = []
  readonly told: string[] = []
  peer: NetworkEnd | undefined
  end: TcpEnd | undefined
  released = false
  /** The action of the program in `ended`. */
  onEnded: () => void = () => {}
  onOpened: () => void = () => {}
  onReceived: (bytes: Uint8Array) => void = () => {}
  #received: Uint8Array[] = []
  /** The window scale and edge of the peer, from received segments. */
  #peerScale = 0
  #peerEdge: SequenceNumber | undefined
  #ownSynHasScale = false
  #lastAcknowledgement: SequenceNumber | undefined

  constructor(network: TcpNetwork, parameters: TcpParameters, initialSequence: SequenceNumber) {
    const { scheduler } = network
    this.connection = new TcpConnection(parameters, {
      get nowNs() {
        return scheduler.nowNs
      },
      timer: (handler) => scheduler.timer(handler),
      initialSequence: () => initialSequence,
      transmit: (segment) => {
        this.#observe(segment)
        const lost = network.carry(segment, this.peer as NetworkEnd)
        const payload = segment.payload.slice()
        this.sent.push({ ...segment, payload, timeNs: scheduler.nowNs, lost })
      },
      opened: () => {
        this.told.push('opened')
        this.onOpened()
      },
      received: (bytes) => {
        this.#received.push(bytes.slice())
        this.onReceived(bytes)
      },
      acknowledged: () => {},
      ended: () => {
        this.told.push('ended')
        this.onEnded()
      },
      closed: (end) => {
        this.told.push(`closed ${end}`)
        this.end = end
      },
      released: () => {
        this.told.push('released')
        this.released = true
      },
    })
  }

  get received(): Uint8Array {
    return concatenated(this.#received)
  }

  arrived(segment: TcpSegment): void {
    const syn = hasFlag(segment, TCP_FLAG.syn)
    if (syn) {
      const bothScale = segment.options.windowScale !== undefined
      this.#peerScale = bothScale ? (segment.options.windowScale ?? 0) : 0
    }
    if (hasFlag(segment, TCP_FLAG.ack) && !hasFlag(segment, TCP_FLAG.rst)) {
      const scale = syn || !this.#ownSynHasScale ? 0 : this.#peerScale
      const edge = advance(segment.acknowledgement, segment.window * 2 ** scale)
      const before = this.#peerEdge ?? edge
      this.#peerEdge = distance(before, edge) > 0 ? edge : before
    }
    this.connection.segmentArrived(segment)
  }

  /** Checks that acknowledgements never decrease and that data is within the window. */
  #observe(segment: TcpSegment): void {
    if (hasFlag(segment, TCP_FLAG.syn)) {
      this.#ownSynHasScale = segment.options.windowScale !== undefined
    }
    if (hasFlag(segment, TCP_FLAG.rst)) return
    if (hasFlag(segment, TCP_FLAG.ack)) {
      const before = this.#lastAcknowledgement ?? segment.acknowledgement
      expect(distance(before, segment.acknowledgement)).toBeGreaterThanOrEqual(0)
      this.#lastAcknowledgement = segment.acknowledgement
    }
    if (this.#peerEdge === undefined || segmentLength(segment) === 0) return
    const end = advance(segment.sequence, segmentLength(segment))
    expect(distance(end, this.#peerEdge), 'within the window').toBeGreaterThanOrEqual(0)
  }
}
