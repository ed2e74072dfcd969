import type * as z from 'zod'
import type { CheckContext } from '../schema/check-context.ts'
import type { AnyFirewall, Nic } from '../schema/network.ts'
import type { Path } from '../schema/problem.ts'
import type { TimingPreset } from './freebsd/callout.ts'
import type { Host, HostSettings } from './host/host.ts'
import type { Walk } from './walk.ts'
import type { World } from './world.ts'

/**
 * A firewall product: its part of a scenario document, and how a node of it is built. A product is
 * a folder below `devices/`, and one entry in `devices/products.ts`.
 */
export interface Product<Schema extends z.ZodObject, Document extends AnyFirewall> {
  /** The value of the field `product` in a scenario. */
  readonly name: string
  /** A firewall as people write it. */
  readonly schema: Schema
  /** Fills in the defaults that follow from other fields. */
  derive(written: z.output<Schema> & { nics: Nic[] }): Document
  /** Reports what does not fit together, in all firewalls of this product at once. */
  check(context: CheckContext, firewalls: readonly FirewallEntry<Document>[]): void
  /** The addresses that move between nodes, with the interface that each is on. */
  sharedAddresses(document: Document): { readonly address: string; readonly interface: string }[]
  build(world: World, document: Document, parts: BuildParts): FirewallNode
}

/** A firewall and its place in the document. */
export interface FirewallEntry<Document extends AnyFirewall> {
  readonly firewall: Document
  readonly path: Path
}

/** The settings that the builder of a network gives to a product. */
export interface BuildParts {
  /** A host with the NICs, interfaces and routes of the document. */
  readonly host: Omit<HostSettings, 'system' | 'forwarding'>
  /** The precision of kernel timers. */
  readonly timing: TimingPreset
}

/** A firewall of a running network, as far as the rest of the program knows it. */
export interface FirewallNode {
  readonly host: Host
  /** An administrator disables an interface. */
  disableInterface(name: string): void
  enableInterface(name: string): void
  /** The rows of the status page about redundancy; none while the node does not run. */
  statusPage(): StatusRow[]
  /** Counts of the state table since the last boot; undefined without one. */
  readonly stateCounters: StateCounts | undefined
  /** The OpenVPN server, if there is one. */
  readonly openvpn: OpenVpnServer | undefined
}

/** One shared address on the status page, in the words of the product. */
export interface StatusRow {
  readonly interface: string
  readonly vhid: number
  readonly vip: string
  readonly description: string
  readonly status: string
}

export interface StateCounts {
  readonly created: number
  readonly synced: number
  readonly expired: number
  readonly peak: number
}

export interface OpenVpnServer {
  /** Walks the path of a keepalive to the client of a session. */
  walkKeepalive(session: string, walk: Walk): void
}
