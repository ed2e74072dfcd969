import { MICROSECOND_NS } from '../../engine/time.ts'
import { FlowLog, type ProbeRecord } from '../flow-log.ts'
import { measureProbes, type ProbeMetrics } from '../flow-metrics.ts'
import { percentile } from '../statistics.ts'

/** A flow of echoes in `metrics.json`, of which a capture knows no truth and no causes. */
export interface MeasuredFlow extends ProbeMetrics {
  /** The capture point, with its VLAN. */
  readonly seenAt: string
  /** The median time between two requests; null with less than two. */
  readonly intervalUs: number | null
  /** How many sequence numbers are missing between those of the requests. */
  readonly missingRequests: number
  readonly outages: null
  readonly losses: readonly {
    readonly probe: number
    readonly sentUs: number
    readonly cause: 'unanswered' | 'replyTooLate'
    readonly at: ''
    /** The number of the request in its file, as Wireshark counts. */
    readonly frameId: number
  }[]
}

/** How long iputils waits for its last reply when there never was one. */
const NEVER_ANSWERED_WAIT_NS = 10_000_000_000
/** What Windows waits for, unless told otherwise. */
const WINDOWS_WAIT_NS = 4_000_000_000
/** Sequence numbers have 16 bits. */
const SEQUENCES = 0x1_0000

/** The echoes of one client at one place. */
export class PingLog {
  readonly #seenAt: string
  readonly #log: FlowLog
  /** Windows has one request under way at a time, and takes no reply after it gave up. */
  readonly #isWindows: boolean
  #lastSequence: number | undefined
  #missing = 0
  #prints = new Map<number, number>()
  #late = new Set<ProbeRecord>()

  constructor(name: string, seenAt: string, isWindows: boolean) {
    this.#log = new FlowLog(name, isWindows ? 'windows-ping' : 'ping')
    this.#seenAt = seenAt
    this.#isWindows = isWindows
  }

  /** @param print tells copies of one packet from two packets with one sequence number */
  request(sequence: number, timeUs: number, frame: number, print: number): void {
    if (this.#prints.get(sequence) === print) return
    this.#prints.set(sequence, print)
    if (this.#lastSequence !== undefined) {
      const step = (sequence - this.#lastSequence + SEQUENCES) % SEQUENCES
      if (step < SEQUENCES / 2) this.#missing += Math.max(0, step - 1)
    }
    this.#lastSequence = sequence
    this.#log.sending(sequence)
    this.#log.sent(this.#log.probes.length + 1, timeUs * MICROSECOND_NS, frame)
  }

  reply(sequence: number, timeUs: number): void {
    const probe = this.#log.findBySequence(sequence)
    if (probe === undefined) return
    const timeNs = timeUs * MICROSECOND_NS
    if (probe.receivedNs !== undefined) this.#log.duplicate(probe.probe)
    else if (this.#isWindows && probe !== this.#log.probes.at(-1)) this.#late.add(probe)
    else this.#log.received(probe.probe, timeNs, Math.max(0, timeNs - probe.sentNs))
  }

  /** @param endUs the last packet of the capture; undefined if no request was seen */
  measure(endUs: number): MeasuredFlow | undefined {
    const { probes } = this.#log
    const [first, last] = [probes[0], probes.at(-1)]
    if (first === undefined || last === undefined) return undefined
    const endNs = endUs * MICROSECOND_NS
    const slowestNs = probes.reduce((most, { rttNs = 0 }) => Math.max(most, rttNs), 0)
    const isAnswered = probes.some(({ receivedNs }) => receivedNs !== undefined)
    const patienceNs = isAnswered ? 2 * slowestNs : NEVER_ANSWERED_WAIT_NS
    const lost = probes.filter((probe) => {
      if (probe.receivedNs !== undefined) return false
      if (this.#isWindows) return probe !== last || endNs - probe.sentNs > WINDOWS_WAIT_NS
      return endNs - probe.sentNs > patienceNs
    })
    const gapsUs = probes
      .slice(1)
      .map(({ sentNs }, index) => (sentNs - (probes[index]?.sentNs ?? 0)) / MICROSECOND_NS)
      .sort((a, b) => a - b)
    const intervalUs = gapsUs.length === 0 ? null : percentile(gapsUs, 50)
    // A client that asks no more is not watched any more.
    const watchedNs = last.sentNs + MICROSECOND_NS * (gapsUs.at(-1) ?? 0)
    return {
      ...measureProbes(this.#log, new Set(lost), Math.max(last.sentNs, Math.min(endNs, watchedNs))),
      seenAt: this.#seenAt,
      intervalUs,
      missingRequests: this.#missing,
      outages: null,
      losses: lost.map((probe) => ({
        probe: probe.probe,
        sentUs: Math.floor(probe.sentNs / MICROSECOND_NS),
        cause: this.#late.has(probe) ? 'replyTooLate' : 'unanswered',
        at: '',
        frameId: probe.packetId,
      })),
    }
  }
}
