import type { Nanoseconds } from '../engine/time.ts'
import type { DropCause } from '../protocols/frame/fate.ts'

/** Where and why a frame ended. */
export interface Death {
  readonly timeNs: Nanoseconds
  readonly cause: DropCause
  readonly at: string
  readonly frameId: number
}

/** What is known of one probe of a flow, a ping's request and whatever came of it. */
export interface ProbeRecord {
  /** 1 for the first sent. */
  readonly probe: number
  readonly sentNs: Nanoseconds
  /** The request, as numbered in the captures. */
  readonly packetId: number
  receivedNs: Nanoseconds | undefined
  rttNs: Nanoseconds | undefined
  failedNs: Nanoseconds | undefined
  /** `timeout`, or the ICMP error that answered it. */
  failure: string | undefined
  duplicates: number
  /** How the packet that should have answered it, or asked, ended; see `FateLog`. */
  death: Death | undefined
}

/** Writes down what a flow's client sent and got. It is what a ping program reports to. */
export class FlowLog {
  readonly name: string
  readonly kind: string
  readonly probes: ProbeRecord[] = []
  /** Probe numbers in the order in which their first replies came. */
  readonly arrivals: number[] = []
  #nextSequence = 0
  #bySequence = new Map<number, ProbeRecord>()

  constructor(name: string, kind: string) {
    this.name = name
    this.kind = kind
  }

  /** The request that is about to be reported as sent carries this ICMP sequence number. */
  sending(sequence: number): void {
    this.#nextSequence = sequence
  }

  /** The latest probe with this sequence number: they wrap after 65536. */
  findBySequence(sequence: number): ProbeRecord | undefined {
    return this.#bySequence.get(sequence)
  }

  sent(probe: number, timeNs: Nanoseconds, packetId: number): void {
    const record: ProbeRecord = {
      probe,
      sentNs: timeNs,
      packetId,
      receivedNs: undefined,
      rttNs: undefined,
      failedNs: undefined,
      failure: undefined,
      duplicates: 0,
      death: undefined,
    }
    this.probes.push(record)
    this.#bySequence.set(this.#nextSequence, record)
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

  #find(probe: number): ProbeRecord {
    return this.probes[probe - 1] as ProbeRecord
  }
}
