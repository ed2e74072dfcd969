import { type MacAddress, parseIpv4 } from '../../protocols/addresses.ts'
import { virtualMacOf } from '../../protocols/carp/wire.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, writeEthernet } from '../../protocols/ethernet/wire.ts'
import { ICMP_HEADER_BYTES, writeIcmpEcho } from '../../protocols/icmp/wire.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4 } from '../../protocols/ipv4/wire.ts'
import { eventStyles } from '../../simulation/events.ts'
import type { LossMetrics } from '../flow-metrics.ts'
import type {
  Cast,
  CastPoint,
  Client,
  RecordedEvent,
  RecordedFlow,
  RecordedRun,
  Sighting,
} from './recorded-run.ts'

/**
 * What the tests of explanations share: a client `pc` on a switch, and on the ESXi host `esx` the
 * firewalls `fw1` and `fw2` and the server `srv`, with a capture point for each and for the uplink.
 */

export const MAC = {
  pc: 0x0200_0000_0001,
  fw1: 0x0200_0000_0011,
  fw2: 0x0200_0000_0012,
  srv: 0x0200_0000_0021,
  virtual: virtualMacOf(5),
} as const
export const PC = ip('10.0.1.10')
export const SRV = ip('10.0.2.10')

function ip(text: string): number {
  return parseIpv4(text) ?? 0
}

export const CAST: Cast = {
  cards: [
    { node: 'pc', name: 'eth0', macAddress: MAC.pc, esxiHost: undefined },
    { node: 'fw1', name: 'vmx0', macAddress: MAC.fw1, esxiHost: 'esx' },
    { node: 'fw2', name: 'vmx0', macAddress: MAC.fw2, esxiHost: 'esx' },
    { node: 'srv', name: 'eth0', macAddress: MAC.srv, esxiHost: 'esx' },
  ],
  points: new Map<string, CastPoint>([
    ['esx-uplink', { node: 'esx', isUplink: true }],
    ...['pc', 'fw1', 'fw2', 'srv'].map(
      (node) => [node, { node, isUplink: false }] as [string, CastPoint],
    ),
  ]),
  clients: new Map(
    ['ping', 'other'].map((name) => [name, { node: 'pc', addresses: [PC], target: SRV }] as const),
  ),
}

const IDENTIFIERS = { 'linux-ping': [300, 400], 'windows-ping': [1, 1] } as const

/** The cast, with what captures show of these flows. */
function castOf(flows: readonly RecordedFlow[]): Cast {
  const clients = [...CAST.clients].map(([name, client]) => {
    const { kind = '' } = flows.find((each) => each.name === name) ?? {}
    const identifiers = kind in IDENTIFIERS && IDENTIFIERS[kind as keyof typeof IDENTIFIERS]
    return [name, identifiers ? { ...client, probes: { protocol: 'icmp', identifiers } } : client]
  })
  return { ...CAST, clients: new Map(clients as [string, Client][]) }
}

/** fw1 is MASTER of VHID 5 from 1 s on, is powered off at 5 s, and fw2 takes over at 8 s. */
export const EVENTS: readonly RecordedEvent[] = [
  stateEvent(1, 'fw1', 'BACKUP', 'MASTER'),
  {
    timeUs: 5_000_000,
    node: 'fw1',
    kind: 'fault',
    text: 'power-off fw1',
    details: { fault: 'power-off' },
  },
  { timeUs: 5_000_000, node: 'fw1', kind: 'node.poweredOff', text: 'power off', details: {} },
  stateEvent(8, 'fw2', 'BACKUP', 'MASTER'),
]

function stateEvent(s: number, node: string, before: string, after: string): RecordedEvent {
  const role = after === 'MASTER' ? 'active' : 'standby'
  const reason = 'master timed out'
  const details = {
    protocol: 'carp',
    interface: 'LAN',
    id: 5,
    role,
    before,
    after,
    reason,
  } as const
  return {
    timeUs: s * 1_000_000,
    node,
    kind: 'role.changed',
    text: `${before} -> ${after}`,
    details,
  }
}

export function flow(
  name: string,
  kind: string,
  losses: readonly LossMetrics[] = [],
): RecordedFlow {
  const outages = [{ downUs: 5_000_000, upUs: 8_000_000, durationUs: 3_000_000 }]
  const lost = losses.length
  return { name, kind, sent: 10, received: 10 - lost, lost, outages, losses }
}

export function loss(probe: number, sentUs: number, frameId: number): LossMetrics {
  return { probe, sentUs, cause: 'virtualMacNotMaster', at: 'fw2 LAN', frameId }
}

export function runOf(flows: readonly RecordedFlow[], sightings: Sighting[] = []): RecordedRun {
  return { flows, events: EVENTS, sightings, gap: '', cast: castOf(flows), styles: eventStyles }
}

export interface EchoFrame {
  readonly from?: MacAddress
  readonly to?: MacAddress
  readonly reply?: boolean
  readonly identifier?: number
  readonly sequence?: number
  readonly ttl?: number
  readonly client?: number
  readonly target?: number
  readonly vlanId?: number
}

/** A ping of `pc` to `srv`, or its reply. */
export function echo(options: EchoFrame = {}): Uint8Array {
  const { reply = false, identifier = 300, sequence = 1, ttl = 64, vlanId } = options
  const { client = PC, target = SRV, from = MAC.pc, to = MAC.virtual } = options
  const totalBytes = IPV4_HEADER_BYTES + ICMP_HEADER_BYTES
  const tag = vlanId === undefined ? {} : { tag: { priority: 0, vlanId } }
  const bytes = new Uint8Array(ETHERNET_HEADER_BYTES + (vlanId === undefined ? 0 : 4) + totalBytes)
  const ethernet = { destination: to, source: from, etherType: ETHER_TYPE.ipv4, ...tag }
  const ipAt = writeEthernet(bytes, 0, ethernet)
  const icmpAt = writeIpv4(bytes, ipAt, {
    headerBytes: IPV4_HEADER_BYTES,
    tos: 0,
    totalBytes,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl,
    protocol: IP_PROTOCOL.icmp,
    source: reply ? target : client,
    destination: reply ? client : target,
  })
  writeIcmpEcho(bytes, icmpAt, { reply, identifier, sequence }, 0)
  return bytes
}

export function seen(
  packetId: number,
  timeUs: number,
  point: string,
  direction: 'in' | 'out',
  bytes: Uint8Array,
  ...comments: readonly string[]
): Sighting {
  const way = direction === 'in' ? 'inbound' : 'outbound'
  return { packetId, timeUs, point, direction: way, bytes, comments }
}

/** The whole way of an answered ping, with copies at `fw2` and at the uplink. */
export function answeredPing(id: number, sentUs: number, options: EchoFrame = {}): Sighting[] {
  const request = { ...options, reply: false }
  const inside = echo({ ...request, from: MAC.fw1, to: MAC.srv, ttl: 63 })
  const reply = { ...options, reply: true, from: MAC.srv }
  const back = echo({ ...reply, from: MAC.fw1, to: MAC.pc, ttl: 63, vlanId: 7 })
  return [
    seen(id, sentUs, 'pc', 'out', echo(request)),
    seen(id, sentUs + 10, 'esx-uplink', 'in', echo({ ...request, vlanId: 7 })),
    seen(id, sentUs + 20, 'fw1', 'in', echo(request)),
    seen(id, sentUs + 20, 'fw1', 'out', inside),
    seen(id, sentUs + 20, 'fw2', 'in', echo(request)),
    seen(id, sentUs + 30, 'srv', 'in', inside),
    seen(id + 1, sentUs + 30, 'srv', 'out', echo(reply)),
    seen(id + 1, sentUs + 35, 'esx-uplink', 'out', echo(reply)),
    seen(id + 1, sentUs + 40, 'fw1', 'in', echo(reply)),
    seen(id + 1, sentUs + 40, 'fw1', 'out', back),
    seen(id + 1, sentUs + 50, 'esx-uplink', 'out', back),
    seen(id + 1, sentUs + 60, 'pc', 'in', back),
  ]
}

/** A ping that finds nobody MASTER: `fw2` gets a copy, and there it dies. */
export function lostPing(id: number, sentUs: number, options: EchoFrame = {}): Sighting[] {
  const drop = 'DROP fw2 LAN: virtualMacNotMaster (the target is the virtual MAC of …)'
  return [
    seen(id, sentUs, 'pc', 'out', echo(options)),
    seen(id, sentUs + 10, 'esx-uplink', 'in', echo({ ...options, vlanId: 7 })),
    seen(id, sentUs + 20, 'fw2', 'in', echo(options), drop),
  ]
}
