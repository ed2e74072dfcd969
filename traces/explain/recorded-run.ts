import type { AnyEvent, EventStyles } from '../../engine/journal.ts'
import type { Ipv4Address, MacAddress } from '../../protocols/addresses.ts'
import type { Direction } from '../../protocols/frame/tap.ts'
import type { FlowMetrics } from '../flow-metrics.ts'

/** A run as its directory has it, read and checked. Explanations are made from it. */
export interface RecordedRun {
  readonly flows: readonly RecordedFlow[]
  /** In order of time. */
  readonly events: readonly RecordedEvent[]
  /** In order of happening; undefined if nothing was captured. */
  readonly sightings: readonly Sighting[] | undefined
  /** Why there are no captures, or not everywhere: a clause for the reader. Empty: all is there. */
  readonly gap: string
  readonly cast: Cast
  /** How events are told. */
  readonly styles: EventStyles
}

/** The fields of a flow in `metrics.json` that an explanation uses. Every kind of flow has them. */
export type RecordedFlow = Pick<
  FlowMetrics,
  'name' | 'kind' | 'sent' | 'received' | 'lost' | 'outages' | 'losses'
> &
  Partial<Pick<FlowMetrics, 'rttUs' | 'outageBoundsUs'>>

/** A line of `events.jsonl`. `timeUs` counts from the start of the run. */
export type RecordedEvent = AnyEvent & { readonly timeUs: number }

/** A frame seen at a capture point. */
export interface Sighting {
  /** µs from the start of the run. */
  readonly timeUs: number
  /** Name of the capture point. */
  readonly point: string
  readonly direction: Direction
  /** The frame, from its destination address on. */
  readonly bytes: Uint8Array
  /** The same number wherever the packet is seen. */
  readonly packetId: number
  readonly comments: readonly string[]
}

/** The machines, points and clients of a run, from `scenario.yaml`. */
export interface Cast {
  readonly cards: readonly Card[]
  /** Capture points by name. */
  readonly points: ReadonlyMap<string, CastPoint>
  /** Flows by name. */
  readonly clients: ReadonlyMap<string, Client>
}

/** A network card of a firewall or a host. */
export interface Card {
  readonly node: string
  readonly name: string
  readonly macAddress: MacAddress
  /** The ESXi host that the node runs on; undefined for a physical one. */
  readonly esxiHost: string | undefined
}

export interface CastPoint {
  readonly node: string
  /** At an uplink of an ESXi host, where frames only pass through. */
  readonly isUplink: boolean
  /** At a whole card of a machine: the VLANs that it has interfaces in; undefined: untagged. */
  readonly vlans?: readonly (number | undefined)[]
}

export interface Client {
  readonly node: string
  readonly addresses: readonly Ipv4Address[]
  readonly target: Ipv4Address
  /** How captures show its probes; undefined if they cannot be told from other packets. */
  readonly probes?: ProbeTrace | undefined
}

/** How the probes of a flow look in a capture. */
export type ProbeTrace =
  /** Echo requests with an identifier in this range, both ends included. */
  | { readonly protocol: 'icmp'; readonly identifiers: readonly [number, number] }
  /** RTP to this UDP port, where the far end loops it back. */
  | { readonly protocol: 'rtp'; readonly loop: number }
