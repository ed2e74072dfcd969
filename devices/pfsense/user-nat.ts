import type { Ipv4Address } from '../../protocols/addresses.ts'
import { IP_PROTOCOL } from '../../protocols/ipv4/wire.ts'
import type { OutboundNat, PortForward } from '../freebsd/pf/nat.ts'
import { ANYWHERE, type EndpointRule, type PortRange, type Where } from '../freebsd/pf/rule.ts'
import type { FirewallInterface, TabRule } from './generated-rules.ts'

/** NAT rules of the user (Firewall > NAT), as pfSense completes them. */

/** The names of an address of the firewall: one of its VIPs, or the interface's own. */
export type OwnAddress = Ipv4Address | 'interface'

// --- Port forwards -----------------------------------------------------------------------------

export interface ForwardedPort {
  readonly protocols: readonly ('tcp' | 'udp')[]
  readonly source: EndpointRule
  readonly destination: OwnAddress
  /** Both ends belong to it. */
  readonly ports: PortRange
  readonly target: Ipv4Address
  /** The port; of a range of ports, the first. */
  readonly targetPort: number
  readonly description: string
  /**
   * `pass`: what is forwarded needs no filter rule. Empty: it needs one, which is nothing of the port
   * forward's. Otherwise the id of the rule that was made along with it.
   */
  readonly associatedRuleId: string
}

/** `rdr`; the packet still needs the associated rule. */
export function portForward(forward: ForwardedPort, on: FirewallInterface): PortForward {
  const { protocols, source, destination, ports, target, targetPort, associatedRuleId } = forward
  return {
    interfaces: [on.name],
    protocols: numbersOf(protocols),
    source,
    // `WAN address` is written as the address itself, so a CARP VIP does not belong to it.
    destination: { where: addressOf(destination, on), ports: [ports] },
    to: { address: target, port: targetPort },
    pass: associatedRuleId === 'pass',
  }
}

/** "Add associated filter rule", which sees the packet as it is after translation. */
export function associatedRule(forward: ForwardedPort, tracker: number): TabRule {
  const { protocols, source, ports, target, targetPort, description } = forward
  const to = targetPort + ports.to - ports.from
  return {
    action: 'pass',
    protocols: numbersOf(protocols),
    source,
    destination: {
      where: { kind: 'address', address: target },
      ports: [{ from: targetPort, to }],
    },
    description: `NAT ${description}`,
    tracker,
  }
}

function numbersOf(protocols: ForwardedPort['protocols']): number[] {
  return protocols.map((protocol) => IP_PROTOCOL[protocol])
}

function addressOf(own: OwnAddress, on: FirewallInterface): Where {
  return { kind: 'address', address: own === 'interface' ? on.address.address : own }
}

// --- Outbound NAT ------------------------------------------------------------------------------

export interface MappedSource {
  readonly source: EndpointRule
  readonly target: OwnAddress
}

/** A rule of mode Hybrid or Manual. */
export function outboundNat({ source, target }: MappedSource, on: FirewallInterface): OutboundNat {
  return {
    interfaces: [on.name],
    source,
    destination: ANYWHERE,
    to:
      target === 'interface'
        ? { kind: 'interface', name: on.name }
        : { kind: 'address', address: target },
  }
}
