import type { OutageAnatomy } from './anatomy.ts'
import type { ConfigSyncMetrics } from './config-sync.ts'
import type { FailoverMetrics } from './failover.ts'
import type { FlowMetrics } from './flow-metrics.ts'

/** `metrics.json`. All times are whole µs from the start of the run. */
export interface RunMetrics {
  readonly scenario: string
  readonly seed: number
  readonly timing: string
  readonly version: string
  /**
   * SHA-256 over every frame put on a wire, all that follows below it in this file, `events.jsonl`
   * and the transcripts.
   */
  readonly digest: string
  /** The run is partial: its budget was spent. Absent: it is complete. */
  readonly ended?: 'budget'
  /** How the run differs from the `expect` of its scenario; empty: as expected. Absent: it has none. */
  readonly differences?: readonly string[]
  readonly simulatedUs: number
  /** How many events the scheduler ran. */
  readonly events: number
  /** Each may have more fields, which its kind adds. */
  readonly flows: readonly FlowMetrics[]
  readonly failovers: readonly FailoverMetrics[]
  /** Not part of the digest: a better explanation of a run is no other run. */
  readonly anatomy: readonly OutageAnatomy[]
  readonly configSync: readonly ConfigSyncMetrics[]
  readonly frames: {
    readonly sent: number
    readonly delivered: number
    readonly inFlight: number
    readonly dropped: Readonly<Record<string, number>>
  }
  readonly status: readonly StatusSnapshot[]
  /** The firewalls, by name. */
  readonly nodes: Readonly<Record<string, NodeMetrics>>
}

export interface NodeMetrics {
  /** The counters of pf since the last boot; null without pf, or when the node does not run. */
  readonly states: {
    readonly created: number
    readonly synced: number
    readonly expired: number
    readonly peak: number
  } | null
}

/** Status / CARP of one node at one instant. No rows: the node did not run. */
export interface StatusSnapshot {
  readonly atUs: number
  readonly node: string
  readonly rows: readonly {
    readonly interface: string
    readonly vhid: number
    readonly vip: string
    readonly description: string
    readonly status: string
  }[]
}
