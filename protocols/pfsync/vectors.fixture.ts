import { parseIpv4 as address, type MacAddress } from '../addresses.ts'
import { fromHex, toHex } from '../bytes.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, writeEthernet } from '../ethernet/wire.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4 } from '../ipv4/wire.ts'
import { PING_STATE } from './packets.fixture.ts'
import { PF_PEER_NONE } from './peer.ts'
import {
  PFSYNC_GROUP,
  PFSYNC_GROUP_MAC,
  PFSYNC_TOS,
  PFSYNC_TTL,
  type PfsyncPacket,
  pfsyncLength,
  writePfsync,
} from './wire.ts'

/** pfsync test vectors: complete frames with their content. */

/** The offset of pfsync in a frame. */
export const PFSYNC_AT = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES

const RULESET_CHECKSUM = fromHex('000102030405060708090a0b0c0d0e0f')
const SECONDARY = { ip: '172.16.1.3', mac: 0x000c_29bb_0006 }
const PRIMARY = { ip: '172.16.1.2', mac: 0x000c_29aa_0006 }

interface Sender {
  readonly ip: string
  readonly mac: MacAddress
}

/** The frame with these bytes as FreeBSD sends it. */
export function frameAround(pfsync: Uint8Array, sender: Sender = PRIMARY): Uint8Array {
  const bytes = new Uint8Array(PFSYNC_AT + pfsync.length).fill(0xa5)
  const ipAt = writeEthernet(bytes, 0, {
    destination: PFSYNC_GROUP_MAC,
    source: sender.mac,
    etherType: ETHER_TYPE.ipv4,
  })
  const at = writeIpv4(bytes, ipAt, {
    headerBytes: IPV4_HEADER_BYTES,
    tos: PFSYNC_TOS,
    totalBytes: IPV4_HEADER_BYTES + pfsync.length,
    identification: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: PFSYNC_TTL,
    protocol: IP_PROTOCOL.pfsync,
    source: address(sender.ip) as number,
    destination: PFSYNC_GROUP,
  })
  bytes.set(pfsync, at)
  return bytes
}

export function frameOf(packet: PfsyncPacket, sender?: Sender): Uint8Array {
  const bytes = new Uint8Array(pfsyncLength(packet)).fill(0xa5)
  writePfsync(bytes, 0, packet)
  return frameAround(bytes, sender)
}

export interface Vector {
  readonly name: string
  readonly packet: PfsyncPacket
  /** Written by this program. */
  readonly frame: Uint8Array
  /** The bytes of the vector. */
  readonly expected: Uint8Array
  readonly text: string
}

/** W1: a bulk request of the secondary. */
const BULK_REQUEST: PfsyncPacket = {
  rulesetChecksum: RULESET_CHECKSUM,
  regions: [{ kind: 'updateRequest', entries: [{ id: { high: 0, low: 0 }, creatorId: 0 }] }],
}
const BULK_REQUEST_FRAME = `
  0100 5e00 00f0 000c 29bb 0006 0800 4510
  003c 0000 4000 fff0 ecbd ac10 0103 e000
  00f0 0500 0028 0001 0203 0405 0607 0809
  0a0b 0c0d 0e0f 0500 0001 0000 0000 0000
  0000 0000 0000 0c00 0001`

/** W2: an insert of the state of a ping. */
const INSERT: PfsyncPacket = {
  rulesetChecksum: RULESET_CHECKSUM,
  regions: [{ kind: 'insert1400', entries: [PING_STATE] }],
}
/** The bytes that are not zero, by their offset. */
const INSERTED_STATE = sparse(277, {
  0: '0000000067a0b1c2',
  8: toHex(new TextEncoder().encode('vmx1')),
  24: '0a0ad214',
  40: '01010101',
  56: '1234',
  58: '0008',
  60: '0a0ad214',
  76: '01010101',
  92: '1234',
  94: '0008',
  176: '0000004d',
  180: 'ffffffff',
  184: 'ffffffff',
  188: '00000001',
  192: '00000009',
  196: '0000000000000001',
  204: '0000000000000001',
  212: '0000000000000054',
  220: '0000000000000054',
  228: '1a2b3c4d',
  232: '020101',
  239: '0a',
  250: 'ffffffff',
})
const INSERT_FRAME = `
  01005e0000f0 000c29aa0006 0800
  45100145 00004000 fff0ebb5 ac100102 e00000f0
  05000131 000102030405060708090a0b0c0d0e0f
  0d000001 ${toHex(INSERTED_STATE)}
  0c000001`

/** W3: an update of the same state. */
const { id, creatorId, timeout } = PING_STATE
const UPDATE: PfsyncPacket = {
  rulesetChecksum: RULESET_CHECKSUM,
  regions: [
    {
      kind: 'updateCompressed',
      entries: [{ id, creatorId, source: PF_PEER_NONE, destination: PF_PEER_NONE, timeout }],
    },
  ],
}
const UPDATED_STATE = sparse(84, { 0: '0000000067a0b1c2', 72: '1a2b3c4d', 80: '0a' })
const UPDATE_FRAME = `
  01005e0000f0 000c29aa0006 0800
  45100084 00004000 fff0ec76 ac100102 e00000f0
  05000070 000102030405060708090a0b0c0d0e0f
  04000001 ${toHex(UPDATED_STATE)}
  0c000001`

export const VECTORS: readonly Vector[] = [
  {
    name: 'W1, a bulk request',
    packet: BULK_REQUEST,
    frame: frameOf(BULK_REQUEST, SECONDARY),
    expected: fromHex(BULK_REQUEST_FRAME),
    text: 'PFSYNCv5 len 40\n    request uncompressed count 1\n    eof count 1',
  },
  {
    name: 'W2, an insertion',
    packet: INSERT,
    frame: frameOf(INSERT),
    expected: fromHex(INSERT_FRAME),
    text: 'PFSYNCv5 len 305\n    insert count 1\n    eof count 1',
  },
  {
    name: 'W3, an update',
    packet: UPDATE,
    frame: frameOf(UPDATE),
    expected: fromHex(UPDATE_FRAME),
    text: 'PFSYNCv5 len 112\n    update compressed count 1\n    eof count 1',
  },
]

function sparse(length: number, fields: Readonly<Record<number, string>>): Uint8Array {
  const bytes = new Uint8Array(length)
  for (const [at, hex] of Object.entries(fields)) bytes.set(fromHex(hex), Number(at))
  return bytes
}
