import { readUint16, readUint32 } from '../../protocols/bytes.ts'
import { ETHER_TYPE } from '../../protocols/ethernet/wire.ts'

/** Where the network layer of a captured packet begins, and what it is. */
export interface NetworkLayer {
  readonly etherType: number
  readonly at: number
  /** Of its tags, the outer one first: `10`, `10.20`; empty without. */
  readonly vlan: string
}

/** LINKTYPE_ values of the registry of tcpdump. */
const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  rawOld: 12,
  raw: 101,
  loop: 108,
  sll: 113,
  ipv4: 228,
  sll2: 276,
}
const TAGS: readonly number[] = [ETHER_TYPE.vlan, 0x88a8, 0x9100]
const VERSION_4 = 4
/** AF_INET, in the byte order of whoever captured. */
const AF_INET: readonly number[] = [2, 0x0200_0000]

/** The length of what comes before the network layer, and where in it the type stands. */
const HEADERS: ReadonlyMap<number, { readonly bytes: number; readonly typeAt: number }> = new Map([
  [LINK_TYPE.ethernet, { bytes: 14, typeAt: 12 }],
  [LINK_TYPE.sll, { bytes: 16, typeAt: 14 }],
  [LINK_TYPE.sll2, { bytes: 20, typeAt: 0 }],
])
const BARE: readonly number[] = [LINK_TYPE.rawOld, LINK_TYPE.raw, LINK_TYPE.ipv4]
const LOOPBACK: readonly number[] = [LINK_TYPE.null, LINK_TYPE.loop]

export function isKnownLinkType(linkType: number): boolean {
  return HEADERS.has(linkType) || BARE.includes(linkType) || LOOPBACK.includes(linkType)
}

/** @returns undefined if it is too short, or not of IP where only IP can be */
export function networkLayerOf(bytes: Uint8Array, linkType: number): NetworkLayer | undefined {
  if (BARE.includes(linkType)) {
    return (bytes[0] ?? 0) >>> 4 === VERSION_4
      ? { etherType: ETHER_TYPE.ipv4, at: 0, vlan: '' }
      : undefined
  }
  if (LOOPBACK.includes(linkType)) {
    return bytes.length >= 4 && AF_INET.includes(readUint32(bytes, 0))
      ? { etherType: ETHER_TYPE.ipv4, at: 4, vlan: '' }
      : undefined
  }
  const header = HEADERS.get(linkType)
  if (header === undefined || bytes.length < header.bytes) return undefined
  let at = header.bytes
  let etherType = readUint16(bytes, header.typeAt)
  let vlan = ''
  while (TAGS.includes(etherType)) {
    if (bytes.length < at + 4) return undefined
    vlan += `${vlan === '' ? '' : '.'}${readUint16(bytes, at) & 0xfff}`
    etherType = readUint16(bytes, at + 2)
    at += 4
  }
  return { etherType, at, vlan }
}
