import { describe, expect, it } from 'vitest'
import { toHex } from '../bytes.ts'
import { actionNameOf, actionTitleOf, entryBytesOf, PFSYNC_ACTION } from './actions.ts'
import { PF_ADDRESS_FAMILY } from './fields.ts'
import {
  type PfsyncBulkStatus,
  type PfsyncClear,
  type PfsyncCompressedUpdate,
  type PfsyncTdb,
  writeBulkStatus,
  writeClear,
  writeCompressedUpdate,
  writeTdb,
} from './messages.ts'
import { PF_PEER_NONE, type PfPeer } from './peer.ts'
import { type PfState, writeState1400 } from './state-1400.ts'

/** Checks the offset of each field: when only this field is set, all other bytes are zero. */

type Field<Entry> = readonly [at: number, hex: string, edit: Partial<Entry>]

const ZERO_KEY = { addresses: [0, 0], ports: [0, 0] } as const
const ZERO_STATE: PfState = {
  id: { high: 0, low: 0 },
  creatorId: 0,
  interfaceName: '',
  wire: ZERO_KEY,
  stack: ZERO_KEY,
  source: PF_PEER_NONE,
  destination: PF_PEER_NONE,
  rule: 0,
  anchor: 0,
  natRule: 0,
  ageSeconds: 0,
  expireSeconds: 0,
  packets: [0, 0],
  bytes: [0, 0],
  addressFamily: 0,
  protocol: 0,
  direction: 0,
  flags: 0,
  log: 0,
  timeout: 0,
  syncFlags: 0,
  updates: 0,
  queueId: 0,
  priorityQueueId: 0,
  dummynet: 0,
  reverseDummynet: 0,
  routingTable: 0,
  minTtl: 0,
  setTos: 0,
  maxMss: 0,
  setPriority: [0, 0],
  route: 0,
  routeAddress: 0,
  routeInterfaceName: '',
}

function peer(edit: Partial<PfPeer>): PfPeer {
  return { ...PF_PEER_NONE, ...edit }
}

const IPV6 = [0x2001_0db8, 0x1112_1314, 0x2122_2324, 0xfffe_fdfc] as const
const IPV6_HEX = '20010db81112131421222324fffefdfc'

const STATE_FIELDS: readonly Field<PfState>[] = [
  [0, 'f1f2f3f4a1a2a3a4', { id: { high: 0xf1f2_f3f4, low: 0xa1a2_a3a4 } }],
  [8, '766d78312e313230', { interfaceName: 'vmx1.120' }],
  [24, 'c0a80101', { wire: { addresses: [0xc0a8_0101, 0], ports: [0, 0] } }],
  [40, IPV6_HEX, { wire: { addresses: [0, IPV6], ports: [0, 0] } }],
  [56, 'fedc', { wire: { addresses: [0, 0], ports: [0xfedc, 0] } }],
  [58, 'fedc', { wire: { addresses: [0, 0], ports: [0, 0xfedc] } }],
  [60, IPV6_HEX, { stack: { addresses: [IPV6, 0], ports: [0, 0] } }],
  [76, 'c0a80101', { stack: { addresses: [0, 0xc0a8_0101], ports: [0, 0] } }],
  [92, 'fedc', { stack: { addresses: [0, 0], ports: [0xfedc, 0] } }],
  [94, 'fedc', { stack: { addresses: [0, 0], ports: [0, 0xfedc] } }],
  [
    96,
    '00014001f1f2f3f4',
    { source: peer({ scrub: { flags: 1, ttl: 64, timestampOffset: 0xf1f2_f3f4 } }) },
  ],
  [104, 'f1f2f3f4', { source: peer({ seqlo: 0xf1f2_f3f4 }) }],
  [108, 'f1f2f3f4', { source: peer({ seqhi: 0xf1f2_f3f4 }) }],
  [112, 'f1f2f3f4', { source: peer({ seqdiff: 0xf1f2_f3f4 }) }],
  [116, 'f1f2', { source: peer({ maxWindow: 0xf1f2 }) }],
  [118, 'f1f2', { source: peer({ mss: 0xf1f2 }) }],
  [120, '0a', { source: peer({ state: 10 }) }],
  [121, '87', { source: peer({ wscale: 0x87 }) }],
  [136, 'f1f2f3f4', { destination: peer({ seqlo: 0xf1f2_f3f4 }) }],
  [153, '87', { destination: peer({ wscale: 0x87 }) }],
  [160, 'c0a80101', { routeAddress: 0xc0a8_0101 }],
  [176, 'ffffffff', { rule: -1 }],
  [180, '0000004d', { anchor: 77 }],
  [184, 'ffffffff', { natRule: -1 }],
  [188, 'f1f2f3f4', { ageSeconds: 0xf1f2_f3f4 }],
  [192, 'f1f2f3f4', { expireSeconds: 0xf1f2_f3f4 }],
  [196, '001fffffffffffff', { packets: [Number.MAX_SAFE_INTEGER, 0] }],
  [204, '0000000100000002', { packets: [0, 0x1_0000_0002] }],
  [212, '00000000fffffffe', { bytes: [0xffff_fffe, 0] }],
  [220, '0000000080000000', { bytes: [0, 0x8000_0000] }],
  [228, '419f1e34', { creatorId: 0x419f_1e34 }],
  [232, '02', { addressFamily: PF_ADDRESS_FAMILY.ipv4 }],
  [232, '1c', { addressFamily: PF_ADDRESS_FAMILY.ipv6 }],
  [233, '06', { protocol: 6 }],
  [234, '02', { direction: 2 }],
  [235, 'c301', { flags: 0xc301 }],
  [237, '1f', { log: 0x1f }],
  [239, '18', { timeout: 24 }],
  [240, '0c', { syncFlags: 12 }],
  [241, 'ff', { updates: 255 }],
  [242, 'f1f2', { queueId: 0xf1f2 }],
  [244, 'f1f2', { priorityQueueId: 0xf1f2 }],
  [246, 'f1f2', { dummynet: 0xf1f2 }],
  [248, 'f1f2', { reverseDummynet: 0xf1f2 }],
  [250, 'ffffffff', { routingTable: -1 }],
  [254, '40', { minTtl: 64 }],
  [255, 'b8', { setTos: 0xb8 }],
  [256, '05b4', { maxMss: 1460 }],
  [258, '0507', { setPriority: [5, 7] }],
  [260, '04', { route: 4 }],
  [261, '766d7830', { routeInterfaceName: 'vmx0' }],
]

const ZERO_UPDATE: PfsyncCompressedUpdate = {
  id: { high: 0, low: 0 },
  creatorId: 0,
  source: PF_PEER_NONE,
  destination: PF_PEER_NONE,
  timeout: 0,
}
const UPDATE_FIELDS: readonly Field<PfsyncCompressedUpdate>[] = [
  [0, 'f1f2f3f4a1a2a3a4', { id: { high: 0xf1f2_f3f4, low: 0xa1a2_a3a4 } }],
  [16, 'f1f2f3f4', { source: peer({ seqlo: 0xf1f2_f3f4 }) }],
  [64, '0a', { destination: peer({ state: 10 }) }],
  [72, '419f1e34', { creatorId: 0x419f_1e34 }],
  [80, '18', { timeout: 24 }],
]

const ZERO_BULK: PfsyncBulkStatus = { creatorId: 0, sinceRequestSeconds: 0, status: 0 }
const BULK_FIELDS: readonly Field<PfsyncBulkStatus>[] = [
  [0, '419f1e34', { creatorId: 0x419f_1e34 }],
  [4, 'f1f2f3f4', { sinceRequestSeconds: 0xf1f2_f3f4 }],
  [8, '02', { status: 2 }],
]

const ZERO_CLEAR: PfsyncClear = { interfaceName: '', creatorId: 0 }
const CLEAR_FIELDS: readonly Field<PfsyncClear>[] = [
  [0, '6e616d656f6631356c657474657273', { interfaceName: 'nameof15letters' }],
  [16, '419f1e34', { creatorId: 0x419f_1e34 }],
]

const ZERO_TDB: PfsyncTdb = {
  spi: 0,
  destination: new Uint8Array(28),
  replay: 0,
  currentBytes: 0,
  protocol: 0,
  updates: 0,
}
const TDB_FIELDS: readonly Field<PfsyncTdb>[] = [
  [0, 'f1f2f3f4', { spi: 0xf1f2_f3f4 }],
  [4, 'ff'.repeat(28), { destination: new Uint8Array(28).fill(0xff) }],
  [32, 'f1f2f3f4', { replay: 0xf1f2_f3f4 }],
  [36, '001fffffffffffff', { currentBytes: Number.MAX_SAFE_INTEGER }],
  [44, '32', { protocol: 50 }],
  [45, '09', { updates: 9 }],
]

interface Layout {
  readonly name: string
  readonly length: number
  readonly fields: readonly { at: number; hex: string; write: (bytes: Uint8Array) => void }[]
}

function layout<Entry>(
  name: string,
  length: number,
  zero: Entry,
  write: (bytes: Uint8Array, at: number, entry: Entry) => void,
  fields: readonly Field<Entry>[],
): Layout {
  return {
    name,
    length,
    fields: fields.map(([at, hex, edit]) => ({
      at,
      hex,
      write: (bytes) => write(bytes, 1, { ...zero, ...edit }),
    })),
  }
}

const LAYOUTS: readonly Layout[] = [
  layout('pfsync state 1400', 277, ZERO_STATE, writeState1400, STATE_FIELDS),
  layout('pfsync compressed update', 84, ZERO_UPDATE, writeCompressedUpdate, UPDATE_FIELDS),
  layout('pfsync bulk status', 12, ZERO_BULK, writeBulkStatus, BULK_FIELDS),
  layout('pfsync clear', 20, ZERO_CLEAR, writeClear, CLEAR_FIELDS),
  layout('pfsync TDB', 48, ZERO_TDB, writeTdb, TDB_FIELDS),
]

describe.each(LAYOUTS)('$name', ({ length, fields }) => {
  it.each(fields)('has the field $hex at offset $at', ({ at, hex, write }) => {
    const bytes = new Uint8Array(1 + length + 1).fill(0xa5)
    write(bytes)
    const rest = length - at - hex.length / 2
    expect(toHex(bytes)).toBe(`a5${'00'.repeat(at)}${hex}${'00'.repeat(rest)}a5`)
  })
})

describe('pfsync actions', () => {
  // From the table pfsync_acts of FreeBSD.
  it.each([
    [0, 20],
    [1, 242],
    [2, 12],
    [3, 242],
    [4, 84],
    [5, 12],
    [6, undefined],
    [7, 12],
    [8, undefined],
    [9, undefined],
    [10, 12],
    [11, 48],
    [12, 0],
    [13, 277],
    [14, 277],
    [15, 360],
    [16, 360],
    [17, undefined],
    [255, undefined],
  ])('action %i has entries of %s bytes', (action, bytes) => {
    expect(entryBytesOf(action)).toBe(bytes)
  })

  it('have a number, a name and a title each', () => {
    for (const [name, action] of Object.entries(PFSYNC_ACTION)) {
      expect(actionNameOf(action)).toBe(name)
      expect(actionTitleOf(action)).not.toBeUndefined()
    }
    expect(Object.values(PFSYNC_ACTION).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 17 }, (_, action) => action),
    )
  })
})
