import type { RandomStream } from '../../../engine/random.ts'
import type { Ipv4Address } from '../../../protocols/addresses.ts'
import { ICMP_TYPE } from '../../../protocols/icmp/wire.ts'
import type { FilterHost } from './filter-host.ts'
import type { Endpoints, PacketSummary } from './packet.ts'
import {
  type Aliases,
  type EndpointRule,
  hasPorts,
  isOneOf,
  isWithin,
  type PortRange,
} from './rule.ts'
import { keyOf } from './state.ts'
import type { StateTable } from './state-table.ts'

/**
 * Translation rules, and what they make of a flow's first packet (pf_get_translation, pf_get_sport
 * of sys/netpfil/pf/pf_lb.c). The first rule that matches decides; the states do the rest.
 */

interface NatMatch {
  /** Any of these; undefined: every interface. */
  readonly interfaces?: readonly string[]
  /** Any of these; undefined: every protocol. */
  readonly protocols?: readonly number[]
  readonly source: EndpointRule
  readonly destination: EndpointRule
}

/** Outbound NAT: looked at when a packet goes out. */
export interface OutboundNat extends NatMatch {
  /** The new source: an address such as a CARP VIP, the address of an interface, or `no nat`. */
  readonly to:
    | { readonly kind: 'address'; readonly address: Ipv4Address }
    | { readonly kind: 'interface'; readonly name: string }
    | { readonly kind: 'none' }
  /** `static`: the source port stays. Undefined: `NAT_PORTS`. An ICMP identifier ignores it. */
  readonly ports?: PortRange | 'static'
}

/** A port forward (`rdr`): looked at when a packet comes in. */
export interface PortForward extends NatMatch {
  /** The new target; of a range of ports, the first port. Undefined: `no rdr`. */
  readonly to?: { readonly address: Ipv4Address; readonly port?: number }
  /** Its packets need no filter rule (`rdr pass`). */
  readonly pass: boolean
}

/** The range that pfSense writes for a rule without ports of its own: `port 1024:65535`. */
export const NAT_PORTS: PortRange = { from: 1024, to: 65_535 }

/** An ICMP identifier is chosen from all but 0 (pf_get_sport). */
const ICMP_IDS: PortRange = { from: 1, to: 65_535 }

export interface NatRules {
  readonly outbound: readonly OutboundNat[]
  readonly forwards: readonly PortForward[]
}

export interface Translated {
  /** The flow after translation. */
  readonly endpoints: Endpoints
  /** The number of the rule among those of its kind. */
  readonly rule: number
  readonly pass: boolean
}

/** The chance that ports are chosen by: a `RandomStream`. */
export type PortDraws = Pick<RandomStream, 'integer'>

/** The parts that the translation of a flow's first packet uses. */
export interface NatContext {
  readonly rules: NatRules
  readonly aliases: Aliases
  readonly host: FilterHost
  readonly states: StateTable
  readonly draws: PortDraws
}

/** @returns undefined: no rule changes it; `mapFailed`: there is no address or no free port */
export function translate(
  packet: PacketSummary,
  context: NatContext,
): Translated | 'mapFailed' | undefined {
  return packet.direction === 'out' ? translateOut(packet, context) : translateIn(packet, context)
}

function translateOut(
  packet: PacketSummary,
  context: NatContext,
): Translated | 'mapFailed' | undefined {
  const rule = context.rules.outbound.findIndex((each) => matches(each, packet, context))
  const found = context.rules.outbound[rule]
  if (found === undefined || found.to.kind === 'none') return undefined
  const source =
    found.to.kind === 'address' ? found.to.address : context.host.primaryAddress(found.to.name)
  if (source === undefined) return 'mapFailed'
  const sourcePort = choosePort(packet, source, found.ports ?? NAT_PORTS, context)
  if (sourcePort === undefined) return 'mapFailed'
  return changed(packet, { ...endpoints(packet), source, sourcePort }, rule, false)
}

function translateIn(packet: PacketSummary, context: NatContext): Translated | undefined {
  const rule = context.rules.forwards.findIndex((each) => matches(each, packet, context))
  const found = context.rules.forwards[rule]
  if (found?.to === undefined) return undefined
  const target = found.to.address
  const targetPort = forwardedPort(packet, found, found.to.port)
  return changed(packet, { ...endpoints(packet), target, targetPort }, rule, found.pass)
}

function matches(rule: NatMatch, packet: PacketSummary, { aliases, host }: NatContext): boolean {
  if (rule.interfaces !== undefined && !rule.interfaces.includes(packet.interface)) return false
  if (rule.protocols !== undefined && !rule.protocols.includes(packet.protocol)) return false
  if (!isWithin(packet.source, rule.source, aliases, host)) return false
  if (!isWithin(packet.target, rule.destination, aliases, host)) return false
  // pf does this for every protocol: the identifier of an echo counts as a port.
  return (
    isOneOf(packet.sourcePort, rule.source.ports) &&
    isOneOf(packet.targetPort, rule.destination.ports)
  )
}

function endpoints({ source, sourcePort, target, targetPort }: Endpoints): Endpoints {
  return { source, sourcePort, target, targetPort }
}

/** A translation that changes nothing is none. */
function changed(
  before: Endpoints,
  after: Endpoints,
  rule: number,
  pass: boolean,
): Translated | undefined {
  const isSame =
    before.source === after.source &&
    before.sourcePort === after.sourcePort &&
    before.target === after.target &&
    before.targetPort === after.targetPort
  return isSame ? undefined : { endpoints: after, rule, pass }
}

function forwardedPort(
  packet: PacketSummary,
  { destination }: PortForward,
  first: number | undefined,
): number {
  if (first === undefined || !hasPorts(packet.protocol)) return packet.targetPort
  // A range of ports is mapped to a range of the same length.
  const range = destination.ports?.find(({ from, to }) =>
    isOneOf(packet.targetPort, [{ from, to }]),
  )
  return first + (range === undefined ? 0 : packet.targetPort - range.from)
}

/**
 * A port for the translated source that no other flow to the same target has: a random one, else
 * the next free above it, else the next below.
 */
function choosePort(
  packet: PacketSummary,
  source: Ipv4Address,
  ports: PortRange | 'static',
  { states, draws }: NatContext,
): number | undefined {
  const { protocol, sourcePort, target, targetPort, icmp } = packet
  if (icmp !== undefined && targetPort !== ICMP_TYPE.echoRequest) return sourcePort
  // Answers come in: their look-up is by the wire key.
  const isTaken = (port: number) =>
    states.hasWireKey(keyOf('out', protocol, { source, sourcePort: port, target, targetPort }))
  const isChosen = icmp !== undefined || (hasPorts(protocol) && ports !== 'static')
  if (!isChosen) return isTaken(sourcePort) ? undefined : sourcePort
  const { from, to } = icmp !== undefined || ports === 'static' ? ICMP_IDS : ports
  const cut = draws.integer(from, to + 1)
  for (let port = cut; port <= to; port += 1) if (!isTaken(port)) return port
  for (let port = cut - 1; port >= from; port -= 1) if (!isTaken(port)) return port
  return undefined
}
