import { CARP_TTL, type CarpAdvertisement, parseCarp } from '../../../protocols/carp/wire.ts'
import type { DropCause } from '../../../protocols/frame/fate.ts'
import { isWireError, type WireError } from '../../../protocols/wire-error.ts'
import type { ReceivedPacket } from '../../host/ip-input.ts'
import type { VirtualHost } from './virtual-host.ts'

/** The settings and virtual hosts that decide whether an advertisement is accepted. */
export interface CarpHearing {
  /** net.inet.carp.allow */
  readonly allow: boolean
  /** Whether one with another TTL than 255 is refused. */
  readonly verifyTtl: boolean
  find(on: string, vhid: number): VirtualHost | undefined
}

export interface AcceptedAdvertisement {
  readonly virtualHost: VirtualHost
  readonly advertisement: CarpAdvertisement
}

/**
 * The checks of an advertisement in the kernel's order, which knows no own echo (pf does): allow,
 * length, version, checksum, VHID, TTL, HMAC.
 *
 * @returns why it is refused, if so
 */
export function judgeAdvertisement(
  { frame, header, payloadAt, payloadEnd, arrival }: ReceivedPacket,
  { allow, verifyTtl, find }: CarpHearing,
): AcceptedAdvertisement | DropCause {
  if (!allow) return 'carpNotAllowed'
  const advertisement = parseCarp(frame.bytes, payloadAt, payloadEnd)
  if (isWireError(advertisement)) return CAUSE_OF_WIRE_ERROR[advertisement]
  const virtualHost = find(arrival.name, advertisement.vhid)
  if (virtualHost === undefined) return 'carpBadVhid'
  if (verifyTtl && header.ttl !== CARP_TTL) return 'carpBadTtl'
  const { counterHigh, counterLow, digest } = advertisement
  const authentic = virtualHost.authenticator.verify(counterHigh, counterLow, digest, 0)
  return authentic ? { virtualHost, advertisement } : 'carpBadAuthentication'
}

const CAUSE_OF_WIRE_ERROR: Record<WireError, DropCause> = {
  truncated: 'carpBadLength',
  badLength: 'carpBadLength',
  badVersion: 'carpBadVersion',
  badType: 'carpBadVersion',
  badChecksum: 'carpBadChecksum',
}
