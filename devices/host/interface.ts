import {
  broadcastOf,
  formatIpv4Prefix,
  type Ipv4Address,
  type Ipv4Prefix,
  inPrefix,
  isGroupMac,
  MAC_BROADCAST,
  MAC_NONE,
  type MacAddress,
  multicastMacOf,
} from '../../protocols/addresses.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Tap } from '../../protocols/frame/tap.ts'
import { type Asker, Decider } from '../decider.ts'
import type { Nic } from '../nic.ts'
import type { TunnelEnd } from './tunnel.ts'

/**
 * The owner of a shared address: a CARP virtual host, or another way to share an address between
 * machines.
 */
export interface AddressOwner {
  /** Whether this host holds the address now. */
  readonly active: boolean
  /** The MAC that ARP gives for it. */
  readonly mac: MacAddress
  /** Decides whether it is active. */
  readonly election: Decider
}

export interface InterfaceAddress extends Ipv4Prefix {
  /** Undefined: the address is always ours and goes by the MAC of the NIC. */
  readonly owner?: AddressOwner
}

/** Judges a unicast frame whose target is not the MAC of the NIC; undefined: no opinion. */
export type UnicastJudge = (target: MacAddress, asker?: Asker) => 'accept' | DropCause | undefined

/** An IP interface: a NIC, one VLAN of it, or one end of a tunnel. */
export class IpInterface {
  readonly name: string
  /** The name in the operating system: `vmx1.110`, `ovpns1`. */
  readonly systemName: string
  /** Undefined: the interface is an end of a tunnel. */
  readonly nic: Nic | undefined
  readonly tunnel: TunnelEnd | undefined
  /** The 802.1Q VLAN of its frames; undefined for the untagged ones. */
  readonly vlanId: number | undefined
  readonly mtuBytes: number
  /** Its addresses and groups, and whether it is enabled, decide what it takes. */
  readonly settings = new Decider('interface')
  /** A capture of this interface, which sees a VLAN's frames without their tag. */
  tap: Tap | undefined
  #enabled = true
  #judgeUnicast: UnicastJudge | undefined
  #addresses: InterfaceAddress[] = []
  #groups = new Set<MacAddress>()

  constructor(settings: {
    name: string
    nic?: Nic
    tunnel?: TunnelEnd
    vlanId?: number | undefined
    mtuBytes?: number | undefined
  }) {
    this.name = settings.name
    this.nic = settings.nic
    this.tunnel = settings.tunnel
    this.vlanId = settings.vlanId
    this.mtuBytes = settings.mtuBytes ?? 1500
    const name = this.nic?.name ?? this.tunnel?.systemName ?? this.name
    this.systemName = this.vlanId === undefined ? name : `${name}.${this.vlanId}`
  }

  /** A tunnel has no MAC: its packets need no frame. */
  get mac(): MacAddress {
    return this.nic?.effectiveMac ?? MAC_NONE
  }

  get enabled(): boolean {
    return this.#enabled
  }

  set enabled(enabled: boolean) {
    this.#enabled = enabled
    this.settings.changed()
  }

  set judgeUnicast(judge: UnicastJudge | undefined) {
    this.#judgeUnicast = judge
    this.settings.changed()
  }

  /** Administratively up and with a link. */
  get up(): boolean {
    return this.enabled && (this.nic === undefined || this.nic.port.up)
  }

  get addresses(): readonly InterfaceAddress[] {
    return this.#addresses
  }

  /** The first address that is always ours: the source of what this host says by itself. */
  get primaryAddress(): Ipv4Address | undefined {
    return this.#addresses.find((address) => address.owner === undefined)?.address
  }

  addAddress(address: InterfaceAddress): void {
    this.#addresses.push(address)
    this.settings.changed()
  }

  removeAddress(address: InterfaceAddress): void {
    this.#addresses = this.#addresses.filter((other) => other !== address)
    this.settings.changed()
  }

  /** The address as long as it is ours to answer for. */
  findActive(ip: Ipv4Address, asker?: Asker): InterfaceAddress | undefined {
    asker?.note(this.settings)
    for (const address of this.#addresses) {
      if (address.address !== ip) continue
      const { owner } = address
      if (owner !== undefined) asker?.note(owner.election)
      if (owner?.active !== false) return address
    }
    return undefined
  }

  isBroadcast(ip: Ipv4Address): boolean {
    for (const address of this.#addresses) {
      if (address.length < 31 && broadcastOf(address) === ip && inPrefix(ip, address)) return true
    }
    return false
  }

  joinGroup(group: Ipv4Address): void {
    const mac = multicastMacOf(group)
    if (this.#groups.has(mac)) return
    this.#groups.add(mac)
    this.settings.changed()
    this.nic?.joinGroup(mac)
  }

  leaveGroup(group: Ipv4Address): void {
    const mac = multicastMacOf(group)
    if (!this.#groups.delete(mac)) return
    this.settings.changed()
    this.nic?.leaveGroup(mac)
  }

  /** Whether the interface takes frames to this MAC, or why not. */
  judge(target: MacAddress, asker?: Asker): 'accept' | DropCause {
    asker?.note(this.settings)
    if (!this.#enabled) return 'interfaceDisabled'
    if (target === this.mac || target === MAC_BROADCAST) return 'accept'
    if (isGroupMac(target)) return this.#groups.has(target) ? 'accept' : 'groupNotJoined'
    return this.#judgeUnicast?.(target, asker) ?? 'notForUs'
  }

  toString(): string {
    return `${this.name} (${this.#addresses.map(formatIpv4Prefix).join(', ') || 'no address'})`
  }
}
