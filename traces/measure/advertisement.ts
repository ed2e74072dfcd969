import { formatIpv4 } from '../../protocols/addresses.ts'
import { CARP_AUTH_LENGTH, CARP_BYTES, CARP_GROUP, parseCarp } from '../../protocols/carp/wire.ts'
import { HSRP_PORT, parseHsrp } from '../../protocols/hsrp/wire.ts'
import { destinationIpOf, IP_PROTOCOL, protocolOf, sourceIpOf } from '../../protocols/ipv4/wire.ts'
import { UDP_HEADER_BYTES, udpDestinationPortOf } from '../../protocols/udp/wire.ts'
import { parseVrrp } from '../../protocols/vrrp/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'

/** What a member of a redundancy group says of itself, whatever the protocol. */
export interface HeardAdvertisement {
  readonly protocol: 'carp' | 'vrrp' | 'hsrp'
  readonly id: number
  /** The address that it sends from. */
  readonly member: string
  readonly isActive: boolean
  readonly resigns: boolean
  /** How long until its next one. */
  readonly intervalUs: number
}

/** Microseconds of a 256th of a second, the unit of CARP's skew. */
const SKEW_US = 1_000_000 / 256

/**
 * @param ipAt where the IPv4 header stands
 * @param at, end its payload
 * @returns undefined if it is none, or damaged
 */
export function advertisementIn(
  bytes: Uint8Array,
  ipAt: number,
  at: number,
  end: number,
): HeardAdvertisement | undefined {
  const source = sourceIpOf(bytes, ipAt)
  const destination = destinationIpOf(bytes, ipAt)
  const member = formatIpv4(source)
  if (protocolOf(bytes, ipAt) === IP_PROTOCOL.udp) {
    if (end - at < UDP_HEADER_BYTES || udpDestinationPortOf(bytes, at) !== HSRP_PORT) return
    const hello = parseHsrp(bytes, at + UDP_HEADER_BYTES, end)
    if (isWireError(hello)) return
    const { group, isActive, resigns, helloMs } = hello
    return { protocol: 'hsrp', id: group, member, isActive, resigns, intervalUs: 1000 * helloMs }
  }
  if (protocolOf(bytes, ipAt) !== IP_PROTOCOL.carp || destination !== CARP_GROUP) return
  // CARP looks like VRRP version 2 of seven addresses, but is too short for them.
  if (end - at === CARP_BYTES && bytes[at + 3] === CARP_AUTH_LENGTH) {
    const carp = parseCarp(bytes, at, end)
    if (isWireError(carp)) return
    const { vhid, advbaseSeconds, advskew } = carp
    const intervalUs = Math.round(1_000_000 * advbaseSeconds + SKEW_US * advskew)
    return { protocol: 'carp', id: vhid, member, isActive: true, resigns: false, intervalUs }
  }
  const vrrp = parseVrrp(bytes, at, end, source, destination)
  if (isWireError(vrrp)) return
  const { virtualRouterId: id, priority, advertIntervalMs } = vrrp
  const resigns = priority === 0
  const intervalUs = 1000 * advertIntervalMs
  return { protocol: 'vrrp', id, member, isActive: !resigns, resigns, intervalUs }
}
