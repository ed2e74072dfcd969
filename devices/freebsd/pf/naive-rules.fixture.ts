import { inPrefix } from '../../../protocols/addresses.ts'
import { ALIASES, HOST } from './bench.fixture.ts'
import type { OutboundNat, PortForward } from './nat.ts'
import type { PacketSummary } from './packet.ts'
import type { EndpointRule, Rule } from './rule.ts'

/** Whether rules match, every condition asked for every rule: the oracle's part of `rule.ts`. */

const TCP = 6
const UDP = 17

export function matches(rule: Rule, packet: PacketSummary): boolean {
  const asksFlags = rule.action === 'pass' && rule.state !== 'none' && rule.flags === undefined
  const hasPorts = packet.protocol === TCP || packet.protocol === UDP
  return [
    rule.direction === 'any' || rule.direction === packet.direction,
    rule.interfaces?.includes(packet.interface) ?? true,
    rule.protocols?.includes(packet.protocol) ?? true,
    isIn(packet.source, rule.source),
    isIn(packet.target, rule.destination),
    !hasPorts || hasPort(packet.sourcePort, rule.source),
    !hasPorts || hasPort(packet.targetPort, rule.destination),
    packet.tcp === undefined || !asksFlags || (packet.tcp.flags & 0x12) === 2,
    packet.icmp === undefined || (rule.icmpType ?? packet.icmp.type) === packet.icmp.type,
  ].every((fits) => fits)
}

export function matchesNat(rule: OutboundNat | PortForward, packet: PacketSummary): boolean {
  return [
    rule.interfaces?.includes(packet.interface) ?? true,
    rule.protocols?.includes(packet.protocol) ?? true,
    isIn(packet.source, rule.source),
    isIn(packet.target, rule.destination),
    hasPort(packet.targetPort, rule.destination),
  ].every((fits) => fits)
}

function hasPort(port: number, { ports }: EndpointRule): boolean {
  return ports === undefined || ports.some(({ from, to }) => port >= from && port <= to)
}

function isIn(ip: number, { where, not }: EndpointRule): boolean {
  const inside = {
    any: () => true,
    network: () => where.kind === 'network' && inPrefix(ip, where.prefix),
    address: () => where.kind === 'address' && where.address === ip,
    alias: () =>
      where.kind === 'alias' && (ALIASES.get(where.name) ?? []).some((p) => inPrefix(ip, p)),
    self: () => HOST.isSelf(ip),
    interface: () => where.kind === 'interface' && HOST.isOn(where.name, ip),
  }[where.kind]()
  return inside !== (not ?? false)
}
