import type { Nanoseconds } from '../../engine/time.ts'
import { formatMac, type MacAddress } from '../addresses.ts'
import {
  readUint8,
  readUint16,
  readUint32,
  readUint48,
  writeUint8,
  writeUint16,
  writeUint32,
  writeUint48,
} from '../bytes.ts'
import type { WireError } from '../wire-error.ts'
import type { BridgeId, PriorityVector } from './vector.ts'

/** Bridge protocol data units in LLC: IEEE 802.1D-1998 clause 9 (STP), 802.1D-2004 clause 9 (RSTP). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The bridge group address. */
export const BRIDGE_GROUP: MacAddress = 0x0180_c200_0000

/** The group addresses that no bridge passes on: 01:80:c2:00:00:00 to 0f (802.1D-2004, 7.12.6). */
export function isBridgeGroup(destination: MacAddress): boolean {
  return destination >= BRIDGE_GROUP && destination <= BRIDGE_GROUP + 0x0f
}

const LLC_BYTES = 3
const LLC_BRIDGE_SAP = 0x42
const LLC_UNNUMBERED = 0x03

const TYPE = { configuration: 0x00, rapid: 0x02, notification: 0x80 } as const
const RAPID_VERSION = 2

// Behind the LLC header.
const PROTOCOL = 0
const VERSION = 2
const BPDU_TYPE = 3
const FLAGS = 4
const ROOT = 5
const ROOT_PATH_COST = 13
const BRIDGE = 17
const PORT = 25
const MESSAGE_AGE = 27
const MAX_AGE = 29
const HELLO_TIME = 31
const FORWARD_DELAY = 33
const VERSION_1_LENGTH = 35
const NOTIFICATION_BYTES = 4
const CONFIGURATION_BYTES = 35
const RAPID_BYTES = 36

const FLAG = {
  topologyChange: 0x01,
  proposal: 0x02,
  learning: 0x10,
  forwarding: 0x20,
  agreement: 0x40,
  acknowledgement: 0x80,
} as const
const ROLE_SHIFT = 2
const ROLE_MASK = 0x03
const ROLES = ['unknown', 'alternate', 'root', 'designated'] as const

/** Times travel in units of 1/256 s. */
const TIME_UNIT_NS = 1_000_000_000 / 256
const UINT16_MAX = 0xffff

// --- Parsed form -------------------------------------------------------------------------------

export interface BridgeTimes {
  readonly maxAgeNs: Nanoseconds
  readonly helloTimeNs: Nanoseconds
  readonly forwardDelayNs: Nanoseconds
}

interface Configuration extends BridgeTimes {
  readonly vector: PriorityVector
  readonly messageAgeNs: Nanoseconds
  readonly topologyChange: boolean
}

export interface ConfigurationBpdu extends Configuration {
  readonly kind: 'configuration'
  readonly topologyChangeAck: boolean
}

export interface RapidBpdu extends Configuration {
  readonly kind: 'rapid'
  /** The role of the sending port; `alternate` stands for backup too. */
  readonly role: (typeof ROLES)[number]
  readonly proposal: boolean
  readonly agreement: boolean
  readonly learning: boolean
  readonly forwarding: boolean
}

/** Topology change notification. */
export interface NotificationBpdu {
  readonly kind: 'notification'
}

export type Bpdu = ConfigurationBpdu | RapidBpdu | NotificationBpdu

/**
 * Parses the BPDU with its LLC header in `bytes[start, end)`, where `end` follows from the length
 * field. Errors: `truncated`; `badType` for another LLC protocol, protocol identifier or type.
 * As the standard has it, versions are not checked and what stands behind the fields is ignored.
 */
export function parseBpdu(bytes: Uint8Array, start: number, end: number): Bpdu | WireError {
  const length = end - start - LLC_BYTES
  if (length < NOTIFICATION_BYTES) return 'truncated'
  const isBridge =
    readUint16(bytes, start) === LLC_BRIDGE_SAP * 0x101 &&
    readUint8(bytes, start + 2) === LLC_UNNUMBERED
  const at = start + LLC_BYTES
  if (!isBridge || readUint16(bytes, at + PROTOCOL) !== 0) return 'badType'
  const type = readUint8(bytes, at + BPDU_TYPE)
  if (type === TYPE.notification) return { kind: 'notification' }
  if (type !== TYPE.configuration && type !== TYPE.rapid) return 'badType'
  if (length < (type === TYPE.rapid ? RAPID_BYTES : CONFIGURATION_BYTES)) return 'truncated'
  const flags = readUint8(bytes, at + FLAGS)
  const has = (flag: number) => (flags & flag) !== 0
  const configuration: Configuration = {
    vector: {
      root: readBridge(bytes, at + ROOT),
      rootPathCost: readUint32(bytes, at + ROOT_PATH_COST),
      bridge: readBridge(bytes, at + BRIDGE),
      portId: readUint16(bytes, at + PORT),
    },
    messageAgeNs: readUint16(bytes, at + MESSAGE_AGE) * TIME_UNIT_NS,
    maxAgeNs: readUint16(bytes, at + MAX_AGE) * TIME_UNIT_NS,
    helloTimeNs: readUint16(bytes, at + HELLO_TIME) * TIME_UNIT_NS,
    forwardDelayNs: readUint16(bytes, at + FORWARD_DELAY) * TIME_UNIT_NS,
    topologyChange: has(FLAG.topologyChange),
  }
  if (type === TYPE.configuration) {
    return {
      kind: 'configuration',
      ...configuration,
      topologyChangeAck: has(FLAG.acknowledgement),
    }
  }
  return {
    kind: 'rapid',
    ...configuration,
    role: ROLES[(flags >>> ROLE_SHIFT) & ROLE_MASK] as RapidBpdu['role'],
    proposal: has(FLAG.proposal),
    agreement: has(FLAG.agreement),
    learning: has(FLAG.learning),
    forwarding: has(FLAG.forwarding),
  }
}

/** With the LLC header: the value of the length field of its Ethernet frame. */
export function bpduLength({ kind }: Bpdu): number {
  if (kind === 'notification') return LLC_BYTES + NOTIFICATION_BYTES
  return LLC_BYTES + (kind === 'rapid' ? RAPID_BYTES : CONFIGURATION_BYTES)
}

/** Writes the LLC header and the BPDU at `start`. */
export function writeBpdu(bytes: Uint8Array, start: number, bpdu: Bpdu): void {
  writeUint8(bytes, start, LLC_BRIDGE_SAP)
  writeUint8(bytes, start + 1, LLC_BRIDGE_SAP)
  writeUint8(bytes, start + 2, LLC_UNNUMBERED)
  const at = start + LLC_BYTES
  writeUint16(bytes, at + PROTOCOL, 0)
  writeUint8(bytes, at + VERSION, bpdu.kind === 'rapid' ? RAPID_VERSION : 0)
  writeUint8(bytes, at + BPDU_TYPE, TYPE[bpdu.kind])
  if (bpdu.kind === 'notification') return
  writeUint8(bytes, at + FLAGS, flagsOf(bpdu))
  writeBridge(bytes, at + ROOT, bpdu.vector.root)
  writeUint32(bytes, at + ROOT_PATH_COST, bpdu.vector.rootPathCost)
  writeBridge(bytes, at + BRIDGE, bpdu.vector.bridge)
  writeUint16(bytes, at + PORT, bpdu.vector.portId)
  writeTime(bytes, at + MESSAGE_AGE, bpdu.messageAgeNs)
  writeTime(bytes, at + MAX_AGE, bpdu.maxAgeNs)
  writeTime(bytes, at + HELLO_TIME, bpdu.helloTimeNs)
  writeTime(bytes, at + FORWARD_DELAY, bpdu.forwardDelayNs)
  if (bpdu.kind === 'rapid') writeUint8(bytes, at + VERSION_1_LENGTH, 0)
}

function flagsOf(bpdu: ConfigurationBpdu | RapidBpdu): number {
  let flags = bpdu.topologyChange ? FLAG.topologyChange : 0
  if (bpdu.kind === 'configuration') {
    return bpdu.topologyChangeAck ? flags | FLAG.acknowledgement : flags
  }
  flags |= ROLES.indexOf(bpdu.role) << ROLE_SHIFT
  for (const name of ['proposal', 'learning', 'forwarding', 'agreement'] as const) {
    if (bpdu[name]) flags |= FLAG[name]
  }
  return flags
}

function readBridge(bytes: Uint8Array, at: number): BridgeId {
  return { priority: readUint16(bytes, at), address: readUint48(bytes, at + 2) }
}

function writeBridge(bytes: Uint8Array, at: number, { priority, address }: BridgeId): void {
  writeUint16(bytes, at, priority)
  writeUint48(bytes, at + 2, address)
}

function writeTime(bytes: Uint8Array, at: number, timeNs: Nanoseconds): void {
  writeUint16(bytes, at, Math.min(UINT16_MAX, Math.round(timeNs / TIME_UNIT_NS)))
}

const VERSION_NAME = { configuration: '802.1d, Config', rapid: '802.1w, Rapid STP' } as const

/** As tcpdump prints it behind the addresses. */
export function describeBpdu(bpdu: Bpdu): string {
  const length = `length ${bpduLength(bpdu)}`
  if (bpdu.kind === 'notification') return `STP 802.1d, Topology Change, ${length}`
  const set = flagNames(bpdu).join(', ')
  const { bridge, portId } = bpdu.vector
  const hex = (value: number) => value.toString(16).padStart(4, '0')
  const sender = `${hex(bridge.priority)}.${formatMac(bridge.address)}.${hex(portId)}`
  return `STP ${VERSION_NAME[bpdu.kind]}, Flags [${set || 'none'}], bridge-id ${sender}, ${length}`
}

function flagNames(bpdu: ConfigurationBpdu | RapidBpdu): string[] {
  const names = bpdu.topologyChange ? ['Topology change'] : []
  if (bpdu.kind === 'configuration') {
    return bpdu.topologyChangeAck ? [...names, 'Topology change ACK'] : names
  }
  for (const name of ['proposal', 'learning', 'forwarding', 'agreement'] as const) {
    if (bpdu[name]) names.push(`${name[0]?.toUpperCase()}${name.slice(1)}`)
  }
  return names
}
