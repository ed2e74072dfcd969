import type { Timer } from '../../engine/scheduler.ts'
import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import { parseRtp, RTP_HEADER_BYTES, RTP_PAYLOAD_TYPE, writeRtp } from '../../protocols/rtp/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { RunningHost } from '../host/host.ts'
import type { UdpEnd } from '../host/udp.ts'
import type { ProbeObserver } from '../ping/ping-host.ts'

/**
 * A telephone call as a test of the line: RTP at an even pace, looped back by the far end (packet
 * loopback, RFC 6849). A packet that does not come back in time was not heard.
 */
export interface MediaStreamOptions {
  readonly local: UdpEnd
  readonly remote: UdpEnd
  /** SSRC of the stream: 32 bits that nobody else uses. */
  readonly source: number
  /** The time of voice in each packet. */
  readonly intervalNs: Nanoseconds
  readonly codec: Codec
  /** A packet that comes back later is of no use any more. */
  readonly timeoutNs: Nanoseconds
}

export type Codec = keyof typeof CODECS

/** Bit rates and payload types as in RFC 3551, section 4.5. */
const CODECS = {
  g711: { payloadType: RTP_PAYLOAD_TYPE.pcmu, bitsPerSecond: 64_000 },
  g729: { payloadType: RTP_PAYLOAD_TYPE.g729, bitsPerSecond: 8_000 },
} as const

const CLOCK_HZ = 8_000
/** The content of a packet does not matter; in µ-law this is silence. */
const SILENCE = 0xff

// --- The far end ----------------------------------------------------------------------------------

/** Sends each packet that comes to this end back to where it came from. */
export function loopBack({ udp }: RunningHost, { address, port }: UdpEnd): void {
  if (udp.isBound(port, address)) return
  udp.bind(port, (payload, from, to) => udp.send(to, from, payload.slice()), { address })
}

// --- The near end ---------------------------------------------------------------------------------

/** Hears of each packet before it is sent, as it may be lost at once, and of what became of it. */
export interface MediaObserver extends ProbeObserver {
  sending(sequence: number): void
}

interface Waiting {
  readonly probe: number
  readonly sentNs: Nanoseconds
}

export class MediaStream {
  #host: RunningHost
  #options: MediaStreamOptions
  #observer: MediaObserver
  #next: Timer
  #expiry: Timer
  #close = (): void => {}
  #probes = 0
  /** The packets by sequence number, oldest first. */
  #waiting = new Map<number, Waiting>()

  constructor(host: RunningHost, options: MediaStreamOptions, observer: MediaObserver) {
    this.#host = host
    this.#options = options
    this.#observer = observer
    this.#next = host.stack.timer(() => this.#send())
    this.#expiry = host.stack.timer(() => this.#expire())
  }

  start(): void {
    const { local, remote } = this.#options
    const receive = (payload: Uint8Array): void => this.#received(payload)
    this.#close = this.#host.udp.bind(local.port, receive, { address: local.address, remote })
    this.#send()
  }

  stop(): void {
    this.#next.cancel()
    this.#expiry.cancel()
    this.#close()
  }

  /** RTP header and voice of each packet. */
  get payloadBytes(): number {
    const { intervalNs, codec } = this.#options
    const voiceBytes = Math.round(((intervalNs / SECOND_NS) * CODECS[codec].bitsPerSecond) / 8)
    return RTP_HEADER_BYTES + Math.max(1, voiceBytes)
  }

  #send(): void {
    const { local, remote, source, intervalNs, codec, timeoutNs } = this.#options
    const { payloadType } = CODECS[codec]
    const { nowNs } = this.#host.icmp
    const probe = ++this.#probes
    const sequence = probe & 0xffff
    const packet = new Uint8Array(this.payloadBytes).fill(SILENCE)
    const timestamp = Math.round(((probe - 1) * intervalNs * CLOCK_HZ) / SECOND_NS) >>> 0
    writeRtp(packet, 0, { payloadType, marker: probe === 1, sequence, timestamp, source })
    this.#observer.sending(sequence)
    const packetId = this.#host.udp.send(local, remote, packet)
    this.#observer.sent(probe, nowNs, packetId)
    if (packetId === 0) this.#observer.failed(probe, nowNs, 'transmitFailed')
    else {
      this.#waiting.set(sequence, { probe, sentNs: nowNs })
      if (this.#expiry.dueNs === undefined) this.#expiry.arm(timeoutNs)
    }
    this.#next.arm(intervalNs)
  }

  #received(payload: Uint8Array): void {
    const packet = parseRtp(payload, 0, payload.length)
    if (isWireError(packet) || packet.source !== this.#options.source) return
    const waiting = this.#waiting.get(packet.sequence)
    if (waiting === undefined) return
    this.#waiting.delete(packet.sequence)
    const { nowNs } = this.#host.icmp
    this.#observer.received(waiting.probe, nowNs, nowNs - waiting.sentNs)
  }

  #expire(): void {
    const { nowNs } = this.#host.icmp
    const { timeoutNs } = this.#options
    for (const [sequence, { probe, sentNs }] of this.#waiting) {
      if (sentNs + timeoutNs > nowNs) {
        this.#expiry.armAt(sentNs + timeoutNs)
        return
      }
      this.#waiting.delete(sequence)
      this.#observer.failed(probe, nowNs, 'timeout')
    }
  }
}
