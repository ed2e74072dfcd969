import { formatMac } from '../../../protocols/addresses.ts'
import { fromHex, readUint16, writeUint16 } from '../../../protocols/bytes.ts'
import { CarpAuthenticator } from '../../../protocols/carp/hmac.ts'
import {
  CARP_AUTH_LENGTH,
  CARP_BYTES,
  CARP_DIGEST_BYTES,
  CARP_GROUP_MAC,
  type CarpAdvertisement,
  parseCarp,
  virtualMacOf,
  writeCarp,
} from '../../../protocols/carp/wire.ts'
import { internetChecksum } from '../../../protocols/checksum.ts'
import { ethernetLength, parseEthernet } from '../../../protocols/ethernet/wire.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, parseIpv4 } from '../../../protocols/ipv4/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import { ipv4 } from '../../frames.fixture.ts'
import { ip, prefix } from '../../laboratory.fixture.ts'
import type { VirtualIp } from './service.ts'

/** The virtual IP of vector V1 (facts/carp-pfsync.md A13), with edits. */
export function virtualIp(edits: Partial<VirtualIp> & { readonly vip?: string } = {}): VirtualIp {
  const { vip = '10.10.210.253/24', ...rest } = edits
  return {
    interface: 'WAN',
    vhid: 1,
    address: prefix(vip),
    description: 'CARP WAN',
    password: 'secret',
    advbaseSeconds: 1,
    advskew: 0,
    ...rest,
  }
}

export interface AdvertisementText {
  readonly vhid?: number
  readonly advskew?: number
  readonly advbase?: number
  readonly password?: string
  readonly vip?: string
  readonly source?: string
  readonly ttl?: number
  readonly vlanId?: number
  readonly counterHigh?: number
  readonly counterLow?: number
  /** Breaks it, in this order of making: each breach leaves what follows it consistent. */
  readonly digest?: 'bad'
  readonly version?: number
  readonly checksum?: 'bad'
  readonly length?: number
}

/** An advertisement of the other node, as it comes in. */
export function advertisement(text: AdvertisementText = {}): Uint8Array {
  const { vhid = 1, counterHigh = 0, counterLow = 1 } = text
  const vip = ip(text.vip ?? '10.10.210.253')
  const digest = new Uint8Array(CARP_DIGEST_BYTES)
  new CarpAuthenticator(text.password ?? 'secret', vhid, { ipv4: [vip], ipv6: [] }).sign(
    counterHigh,
    counterLow,
    digest,
    0,
  )
  if (text.digest === 'bad') digest[0] = (digest[0] ?? 0) ^ 1
  const bytes = new Uint8Array(CARP_BYTES)
  writeCarp(bytes, 0, {
    vhid,
    advskew: text.advskew ?? 100,
    advbaseSeconds: text.advbase ?? 1,
    authLength: CARP_AUTH_LENGTH,
    demotion: 0,
    counterHigh,
    counterLow,
    digest,
  })
  if (text.version !== undefined) {
    bytes[0] = (text.version << 4) | 1
    writeUint16(bytes, 6, 0)
    writeUint16(bytes, 6, internetChecksum(bytes, 0, CARP_BYTES))
  }
  if (text.checksum === 'bad') writeUint16(bytes, 6, readUint16(bytes, 6) ^ 0x0100)
  return ipv4(
    {
      to: formatMac(CARP_GROUP_MAC),
      from: formatMac(virtualMacOf(vhid)),
      ...(text.vlanId === undefined ? {} : { vlanId: text.vlanId }),
    },
    {
      source: text.source ?? '10.10.210.252',
      target: '224.0.0.18',
      protocol: IP_PROTOCOL.carp,
      ttl: text.ttl ?? 255,
    },
    bytes.subarray(0, text.length ?? CARP_BYTES),
  )
}

/** The advertisement in a frame; undefined for any other frame. */
export function advertisementIn(hex: string): CarpAdvertisement | undefined {
  const bytes = fromHex(hex)
  const header = parseEthernet(bytes, 0, bytes.length)
  if (isWireError(header)) return undefined
  const at = ethernetLength(header)
  const packet = parseIpv4(bytes, at, bytes.length)
  if (isWireError(packet) || packet.protocol !== IP_PROTOCOL.carp) return undefined
  const parsed = parseCarp(bytes, at + IPV4_HEADER_BYTES, bytes.length)
  return isWireError(parsed) ? undefined : parsed
}
