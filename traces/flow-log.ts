import type { Nanoseconds } from '../engine/time.ts'
import { type DropCause, weightOf } from '../protocols/frame/fate.ts'

/** The end of a frame. */
export interface Death {
  readonly timeNs: Nanoseconds
  readonly cause: DropCause
  readonly at: string
  readonly frameId: number
  /** The last sighting by the captures. */
  readonly sighting: number
}

/** The better of two ends of copies of one packet: the one that tells more, or the later one. */
export function moreTelling(known: Death | undefined, later: Death): Death {
  return known === undefined || weightOf(later.cause) >= weightOf(known.cause) ? later : known
}

/** A wire that is cut or full takes what is on it; a late answer and a closed port are no path. */
const NOT_OF_PATHS: readonly DropCause[] = [
  'linkDown',
  'poweredOff',
  'queueFull',
  'impaired',
  'neighbourQueueFull',
  'malformed',
  'badChecksum',
  'replyTooLate',
  'portClosed',
  'noListener',
]

/** Whether such an end says something about the path of its packet. */
export function isOfPath(cause: DropCause): boolean {
  return !NOT_OF_PATHS.includes(cause)
}

/** One probe of a flow: the request of a ping, and its result. */
export interface ProbeRecord {
  /** 1 for the first sent. */
  readonly probe: number
  /** Infinite while the client has not reported it. */
  readonly sentNs: Nanoseconds
  /** The request, as numbered in the captures; 0 if none could be built. */
  readonly packetId: number
  receivedNs: Nanoseconds | undefined
  rttNs: Nanoseconds | undefined
  failedNs: Nanoseconds | undefined
  /** `timeout`, or the ICMP error that answered it. */
  failure: string | undefined
  duplicates: number
  /** How the packet that should have answered it, or asked, ended; see `FateLog`. */
  death: Death | undefined
  /** Whether a copy of it, or of its answer, ended in a way that says nothing about the path. */
  endedOffPath: boolean
}

/** Writes down what a flow's client sent and got. It is what a ping program reports to. */
export class FlowLog {
  readonly name: string
  readonly kind: string
  readonly probes: ProbeRecord[] = []
  /** Probe numbers in the order in which their first replies came. */
  readonly arrivals: number[] = []
  /** The probe that the client is about to report. */
  #departing = newRecord()
  #bySequence = new Map<number, ProbeRecord>()

  constructor(name: string, kind: string) {
    this.name = name
    this.kind = kind
  }

  /**
   * The client hands a request with this ICMP sequence number to its host, and reports it when the
   * host is done. The request may be dead by then: a NIC without a link drops it at once.
   */
  sending(sequence: number): void {
    this.#departing = newRecord()
    this.#bySequence.set(sequence, this.#departing)
  }

  /** The latest probe with this sequence number: they wrap after 65536. */
  findBySequence(sequence: number): ProbeRecord | undefined {
    return this.#bySequence.get(sequence)
  }

  sent(probe: number, sentNs: Nanoseconds, packetId: number): void {
    this.probes.push(Object.assign(this.#departing, { probe, sentNs, packetId }))
  }

  received(probe: number, timeNs: Nanoseconds, rttNs: Nanoseconds): void {
    const record = this.#find(probe)
    record.receivedNs = timeNs
    record.rttNs = rttNs
    this.arrivals.push(probe)
  }

  duplicate(probe: number): void {
    this.#find(probe).duplicates++
  }

  failed(probe: number, timeNs: Nanoseconds, why: string): void {
    const record = this.#find(probe)
    record.failedNs = timeNs
    record.failure = why
  }

  /** The client has ended: what becomes of the packets still under way is nobody's loss. */
  ended(): void {
    this.#bySequence.clear()
  }

  #find(probe: number): ProbeRecord {
    return this.probes[probe - 1] as ProbeRecord
  }
}

function newRecord(): ProbeRecord {
  return {
    probe: 0,
    sentNs: Number.POSITIVE_INFINITY,
    packetId: 0,
    receivedNs: undefined,
    rttNs: undefined,
    failedNs: undefined,
    failure: undefined,
    duplicates: 0,
    death: undefined,
    endedOffPath: false,
  }
}
