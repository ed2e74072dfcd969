import {
  formatMac,
  isGroupMac,
  MAC_BROADCAST,
  type MacAddress,
  multicastMacOf,
} from '../../protocols/addresses.ts'
import { CARP_GROUP_MAC, virtualMacOf } from '../../protocols/carp/wire.ts'
import { PFSYNC_GROUP_MAC } from '../../protocols/pfsync/wire.ts'
import type { Card, Cast } from './recorded-run.ts'

/** 224.0.0.22, where IGMP version 3 reports go (RFC 3376, section 4.2.14). */
const IGMP_GROUP_MAC = multicastMacOf(0xe000_0016)

const GROUP_NAMES = new Map<MacAddress, string>([
  [MAC_BROADCAST, 'broadcast'],
  [CARP_GROUP_MAC, 'CARP group'],
  [PFSYNC_GROUP_MAC, 'pfsync group'],
  [IGMP_GROUP_MAC, 'IGMP group'],
])

/** Ethernet addresses as a person knows them. */
export class Names {
  #byMac: ReadonlyMap<MacAddress, Card>
  #cardCounts = new Map<string, number>()

  constructor({ cards }: Cast) {
    this.#byMac = new Map(cards.map((card) => [card.macAddress, card]))
    for (const { node } of cards) {
      this.#cardCounts.set(node, (this.#cardCounts.get(node) ?? 0) + 1)
    }
  }

  cardOf(mac: MacAddress): Card | undefined {
    return this.#byMac.get(mac)
  }

  /** `pfsense1 vmx1`, `mgmt-pc` for a node's only card, `virtual MAC of VHID 5`, or the address. */
  nameOf(mac: MacAddress): string {
    const card = this.#byMac.get(mac)
    if (card !== undefined) {
      return this.#cardCounts.get(card.node) === 1 ? card.node : `${card.node} ${card.name}`
    }
    const vhid = vhidOf(mac)
    if (vhid !== undefined) return `virtual MAC of VHID ${vhid}`
    return GROUP_NAMES.get(mac) ?? `${formatMac(mac)}${isGroupMac(mac) ? ' (group)' : ''}`
  }
}

/** @returns 1 to 255; undefined unless it is a virtual MAC of CARP or VRRP */
export function vhidOf(mac: MacAddress): number | undefined {
  const vhid = mac - virtualMacOf(0)
  return vhid >= 1 && vhid <= 255 ? vhid : undefined
}
