import type { Ipv4Address } from '../addresses.ts'
import { readUint8, readUint16, readUint32 } from '../bytes.ts'
import { adjustChecksum32, internetChecksum } from '../checksum.ts'
import { IP_PROTOCOL } from '../ipv4/wire.ts'
import type { WireError } from '../wire-error.ts'

/** The advertisement of VRRP over IPv4: version 2 (RFC 3768) and 3 (RFC 9568). */

const HEADER_BYTES = 8
/** Version 2 always has it. */
const AUTHENTICATION_BYTES = 8
const TYPE_ADVERTISEMENT = 1

export interface VrrpAdvertisement {
  readonly version: 2 | 3
  /** 1 to 255. */
  readonly virtualRouterId: number
  /** 0: the sender stops being active. */
  readonly priority: number
  /** Whole seconds in version 2, hundredths in version 3. */
  readonly advertIntervalMs: number
  readonly addresses: readonly Ipv4Address[]
}

/**
 * Parses the payload of a packet from `source` to `destination`. Errors: `truncated`, `badVersion`,
 * `badType`, `badLength`, `badChecksum`; keepalived may leave the pseudo-header out of the checksum
 * of version 3 (`v3_checksum_as_v2`).
 */
export function parseVrrp(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): VrrpAdvertisement | WireError {
  if (end - start < HEADER_BYTES) return 'truncated'
  const version = readUint8(bytes, start) >>> 4
  if (version !== 2 && version !== 3) return 'badVersion'
  if ((readUint8(bytes, start) & 0xf) !== TYPE_ADVERTISEMENT) return 'badType'
  const count = readUint8(bytes, start + 3)
  const length = HEADER_BYTES + 4 * count + (version === 2 ? AUTHENTICATION_BYTES : 0)
  if (end - start < length) return 'badLength'
  const sum = internetChecksum(bytes, start, end)
  const withPseudoHeader = [source, destination, (IP_PROTOCOL.carp << 16) | (end - start)].reduce(
    (checksum, number) => adjustChecksum32(checksum, 0, number),
    sum,
  )
  if (sum !== 0 && (version === 2 || withPseudoHeader !== 0)) return 'badChecksum'
  return {
    version,
    virtualRouterId: readUint8(bytes, start + 1),
    priority: readUint8(bytes, start + 2),
    advertIntervalMs:
      version === 2
        ? 1000 * readUint8(bytes, start + 5)
        : 10 * (readUint16(bytes, start + 4) & 0xfff),
    addresses: Array.from({ length: count }, (_, index) =>
      readUint32(bytes, start + HEADER_BYTES + 4 * index),
    ),
  }
}
