import { readUint8, readUint16, readUint32 } from '../bytes.ts'
import type { WireError } from '../wire-error.ts'

/** HSRP over IPv4: version 1 (RFC 2281), and the group state of version 2 as Wireshark reads it. */

export const HSRP_PORT = 1985
const V1_BYTES = 20
const V1_ACTIVE = 16
const GROUP_STATE = 1
const GROUP_STATE_BYTES = 40
const V2_ACTIVE = 6
const RESIGN = 2

export interface HsrpMessage {
  readonly version: 1 | 2
  readonly group: number
  readonly isActive: boolean
  /** The sender stops being active. */
  readonly resigns: boolean
  readonly helloMs: number
}

/** Parses a datagram's payload. Errors: `truncated`, `badVersion` of neither version. */
export function parseHsrp(bytes: Uint8Array, start: number, end: number): HsrpMessage | WireError {
  if (end - start < V1_BYTES) return 'truncated'
  const first = readUint8(bytes, start)
  if (first === 0) {
    const [operation, state] = [readUint8(bytes, start + 1), readUint8(bytes, start + 2)]
    return {
      version: 1,
      group: readUint8(bytes, start + 6),
      isActive: state === V1_ACTIVE,
      resigns: operation === RESIGN,
      helloMs: 1000 * readUint8(bytes, start + 3),
    }
  }
  if (first !== GROUP_STATE || readUint8(bytes, start + 1) !== GROUP_STATE_BYTES) {
    return 'badVersion'
  }
  const at = start + 2
  if (end - at < GROUP_STATE_BYTES) return 'truncated'
  return {
    version: 2,
    group: readUint16(bytes, at + 4),
    isActive: readUint8(bytes, at + 2) === V2_ACTIVE,
    resigns: readUint8(bytes, at + 1) === RESIGN,
    helloMs: readUint32(bytes, at + 16),
  }
}
