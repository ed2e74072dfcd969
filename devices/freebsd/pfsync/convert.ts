import { PF_ADDRESS_FAMILY, type PfAddress } from '../../../protocols/pfsync/fields.ts'
import type { PfPeer } from '../../../protocols/pfsync/peer.ts'
import {
  PF_DIRECTION,
  PF_NONE,
  type PfKey,
  type PfState as WireState,
} from '../../../protocols/pfsync/state-1400.ts'
import type { Direction } from '../pf/packet.ts'
import type { RouteRule } from '../pf/rule.ts'
import { type Peer, STATE_FLAG, type StateKey } from '../pf/state.ts'
import type { StateRecord } from '../pf/state-record.ts'

/** Between a state as pf knows it and as pfsync's version 1400 writes it. */

/** PF_ROUTETO and PF_REPLYTO of pf.h, as in the field `rt`. */
const ROUTE_NUMBER: Readonly<Record<RouteRule['kind'], number>> = { routeTo: 2, replyTo: 4 }

/** The bits that say something of the sender only: pfsync_state_import clears them. */
const PRIVATE_FLAGS = STATE_FLAG.noSync | STATE_FLAG.ack

/** pfsync_state_export */
export function toWireState(record: StateRecord): WireState {
  const { route } = record
  return {
    id: record.id,
    creatorId: record.creatorId,
    interfaceName: record.interface,
    wire: toWireKey(record.wire),
    stack: toWireKey(record.stack),
    source: toWirePeer(record.source),
    destination: toWirePeer(record.destination),
    rule: record.rule,
    anchor: PF_NONE,
    natRule: record.natRule,
    ageSeconds: record.ageSeconds,
    expireSeconds: record.expiresInSeconds,
    packets: record.packets,
    bytes: record.bytes,
    addressFamily: PF_ADDRESS_FAMILY.ipv4,
    protocol: record.wire.protocol,
    direction: PF_DIRECTION[record.direction],
    flags: record.flags,
    log: 0,
    timeout: record.timeout,
    syncFlags: 0,
    updates: 0,
    queueId: 0,
    priorityQueueId: 0,
    dummynet: 0,
    reverseDummynet: 0,
    routingTable: PF_NONE,
    minTtl: 0,
    setTos: 0,
    maxMss: 0,
    setPriority: [0, 0],
    route: route === undefined ? 0 : ROUTE_NUMBER[route.kind],
    routeAddress: route?.gateway ?? 0,
    routeInterfaceName: route?.interface ?? '',
  }
}

/** @returns undefined for what pf here cannot hold: IPv6, or a state of no direction */
export function fromWireState(state: WireState): StateRecord | undefined {
  const direction = directionOf(state.direction)
  const wire = fromWireKey(state.wire, state.protocol)
  const stack = fromWireKey(state.stack, state.protocol)
  if (direction === undefined || wire === undefined || stack === undefined) return undefined
  return {
    id: state.id,
    creatorId: state.creatorId,
    interface: state.interfaceName,
    wire,
    stack,
    source: fromWirePeer(state.source),
    destination: fromWirePeer(state.destination),
    direction,
    route: routeOf(state),
    rule: state.rule,
    natRule: state.natRule,
    ageSeconds: state.ageSeconds,
    expiresInSeconds: state.expireSeconds,
    packets: state.packets,
    bytes: state.bytes,
    flags: state.flags & ~PRIVATE_FLAGS,
    timeout: state.timeout,
  }
}

/** pf_state_peer_hton, without normalisation */
export function toWirePeer(peer: Readonly<Peer>): PfPeer {
  return {
    seqlo: peer.seqLow,
    seqhi: peer.seqHigh,
    seqdiff: peer.seqDiff,
    maxWindow: peer.maxWindow,
    mss: peer.mss,
    state: peer.level,
    wscale: peer.windowScale,
  }
}

/** pf_state_peer_ntoh, without normalisation */
export function fromWirePeer(peer: PfPeer): Peer {
  return {
    level: peer.state,
    seqLow: peer.seqlo,
    seqHigh: peer.seqhi,
    seqDiff: peer.seqdiff,
    maxWindow: peer.maxWindow,
    mss: peer.mss,
    windowScale: peer.wscale,
  }
}

function toWireKey({ address0, port0, address1, port1 }: StateKey): PfKey {
  return { addresses: [address0, address1], ports: [port0, port1] }
}

function fromWireKey({ addresses, ports }: PfKey, protocol: number): StateKey | undefined {
  const [address0, address1] = addresses
  if (!isIpv4(address0) || !isIpv4(address1)) return undefined
  return { protocol, address0, port0: ports[0], address1, port1: ports[1] }
}

function isIpv4(address: PfAddress): address is number {
  return typeof address === 'number'
}

function directionOf(number: number): Direction | undefined {
  if (number === PF_DIRECTION.in) return 'in'
  return number === PF_DIRECTION.out ? 'out' : undefined
}

function routeOf({ route, routeAddress, routeInterfaceName }: WireState): RouteRule | undefined {
  const kinds: readonly RouteRule['kind'][] = ['routeTo', 'replyTo']
  const kind = kinds.find((each) => ROUTE_NUMBER[each] === route)
  if (kind === undefined || !isIpv4(routeAddress)) return undefined
  return { kind, interface: routeInterfaceName, gateway: routeAddress }
}
