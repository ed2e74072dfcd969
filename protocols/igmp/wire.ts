import { formatIpv4, IPV4_ANY, type Ipv4Address } from '../addresses.ts'
import {
  readUint8,
  readUint16,
  readUint32,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../bytes.ts'
import { internetChecksum } from '../checksum.ts'
import type { WireError } from '../wire-error.ts'

/** IGMP versions 1 (RFC 1112), 2 (RFC 2236) and 3 (RFC 3376). */

// --- Constants of the wire ---------------------------------------------------------------------

/** A message of version 1 or 2, which is the shortest. */
const IGMP_BYTES = 8

export const IGMP_TYPE = {
  query: 0x11,
  version1Report: 0x12,
  version2Report: 0x16,
  leave: 0x17,
  version3Report: 0x22,
} as const

/** RFC 3376, section 4.2.12. */
export const IGMP_RECORD = {
  modeIsInclude: 1,
  modeIsExclude: 2,
  changeToInclude: 3,
  changeToExclude: 4,
  allowNewSources: 5,
  blockOldSources: 6,
} as const

/** The destination of version 3 reports. */
export const IGMP_REPORT_GROUP: Ipv4Address = 0xe000_0016

const TYPE = 0
const MAX_RESPONSE_CODE = 1
const CHECKSUM = 2
const GROUP = 4
// Version 3 query.
const FLAGS = 8
const INTERVAL_CODE = 9
const QUERY_SOURCE_COUNT = 10
const QUERY_V3_BYTES = 12
const SUPPRESS = 0x08
const ROBUSTNESS_MASK = 0x07
// Version 3 report.
const RESERVED = 4
const RECORD_COUNT = 6
const RECORDS = 8
// Record of a version 3 report.
const RECORD_TYPE = 0
const RECORD_AUXILIARY_WORDS = 1
const RECORD_SOURCE_COUNT = 2
const RECORD_GROUP = 4
const RECORD_BYTES = 8

const SOURCE_BYTES = 4
const MS_PER_TENTH = 100
const NO_SOURCES: readonly Ipv4Address[] = []

// --- Parsed form -------------------------------------------------------------------------------

interface IgmpQuery {
  readonly kind: 'query'
  readonly version: 1 | 2
  /** `IPV4_ANY` in a general query. */
  readonly group: Ipv4Address
  /** A multiple of 100, up to 25500; 0 in version 1, which means 10 s. */
  readonly maxResponseMs: number
}

interface IgmpQueryV3 {
  readonly kind: 'query'
  readonly version: 3
  readonly group: Ipv4Address
  /** A multiple of 100, up to 3174400; from 12800 on only 5 significant bits are sent. */
  readonly maxResponseMs: number
  /** S flag: other routers must not restart their timers. */
  readonly suppress: boolean
  /** 0 to 7. */
  readonly robustness: number
  /** Up to 31744; from 128 on only 5 significant bits are sent. */
  readonly intervalSeconds: number
  readonly sources: readonly Ipv4Address[]
}

/** A report or leave of version 1 or 2, for one group. */
interface IgmpMembership {
  readonly kind: 'report' | 'leave'
  /** A leave has version 2; version 1 has no leave. */
  readonly version: 1 | 2
  readonly group: Ipv4Address
}

interface IgmpRecord {
  /** 0 to 255, usually one of `IGMP_RECORD`; a receiver ignores unknown ones. */
  readonly type: number
  readonly group: Ipv4Address
  readonly sources: readonly Ipv4Address[]
}

export interface IgmpReportV3 {
  readonly kind: 'report'
  readonly version: 3
  readonly records: readonly IgmpRecord[]
}

export type IgmpMessage = IgmpQuery | IgmpQueryV3 | IgmpMembership | IgmpReportV3

/**
 * Parses the message in `bytes[start, end)`, where `end` is the end of the IP packet. Errors:
 * `truncated` below 8 bytes; `badChecksum`; `badType` unless one of `IGMP_TYPE`; `badLength` for a
 * query of 9 to 11 bytes (RFC 3376, section 7.1) and for sources or records beyond the end.
 */
export function parseIgmp(bytes: Uint8Array, start: number, end: number): IgmpMessage | WireError {
  if (end - start < IGMP_BYTES) return 'truncated'
  if (internetChecksum(bytes, start, end) !== 0) return 'badChecksum'
  switch (readUint8(bytes, start + TYPE)) {
    case IGMP_TYPE.query:
      return parseQuery(bytes, start, end)
    case IGMP_TYPE.version1Report:
      return { kind: 'report', version: 1, group: readUint32(bytes, start + GROUP) }
    case IGMP_TYPE.version2Report:
      return { kind: 'report', version: 2, group: readUint32(bytes, start + GROUP) }
    case IGMP_TYPE.leave:
      return { kind: 'leave', version: 2, group: readUint32(bytes, start + GROUP) }
    case IGMP_TYPE.version3Report:
      return parseReportV3(bytes, start, end)
    default:
      return 'badType'
  }
}

/** The version of a query follows from its length and code (RFC 3376, section 7.1). */
function parseQuery(
  bytes: Uint8Array,
  start: number,
  end: number,
): IgmpQuery | IgmpQueryV3 | WireError {
  const group = readUint32(bytes, start + GROUP)
  const code = readUint8(bytes, start + MAX_RESPONSE_CODE)
  if (end - start === IGMP_BYTES) {
    const version = code === 0 ? 1 : 2
    return { kind: 'query', version, group, maxResponseMs: code * MS_PER_TENTH }
  }
  if (end - start < QUERY_V3_BYTES) return 'badLength'
  const sourceCount = readUint16(bytes, start + QUERY_SOURCE_COUNT)
  const sourcesAt = start + QUERY_V3_BYTES
  if (end - sourcesAt < sourceCount * SOURCE_BYTES) return 'badLength'
  const flags = readUint8(bytes, start + FLAGS)
  return {
    kind: 'query',
    version: 3,
    group,
    maxResponseMs: decodeFloat(code) * MS_PER_TENTH,
    suppress: (flags & SUPPRESS) !== 0,
    robustness: flags & ROBUSTNESS_MASK,
    intervalSeconds: decodeFloat(readUint8(bytes, start + INTERVAL_CODE)),
    sources: readSources(bytes, sourcesAt, sourceCount),
  }
}

function parseReportV3(bytes: Uint8Array, start: number, end: number): IgmpReportV3 | WireError {
  const count = readUint16(bytes, start + RECORD_COUNT)
  const records: IgmpRecord[] = []
  let at = start + RECORDS
  for (let index = 0; index < count; index++) {
    if (end - at < RECORD_BYTES) return 'badLength'
    const sourceCount = readUint16(bytes, at + RECORD_SOURCE_COUNT)
    const words = sourceCount + readUint8(bytes, at + RECORD_AUXILIARY_WORDS)
    const next = at + RECORD_BYTES + words * SOURCE_BYTES
    if (next > end) return 'badLength'
    records.push({
      type: readUint8(bytes, at + RECORD_TYPE),
      group: readUint32(bytes, at + RECORD_GROUP),
      sources: readSources(bytes, at + RECORD_BYTES, sourceCount),
    })
    // Receivers ignore auxiliary data (RFC 3376, section 4.2.10).
    at = next
  }
  return { kind: 'report', version: 3, records }
}

export function igmpLength(message: IgmpMessage): number {
  if (message.version !== 3) return IGMP_BYTES
  if (message.kind === 'query') return QUERY_V3_BYTES + message.sources.length * SOURCE_BYTES
  let length = RECORDS
  for (const record of message.records) {
    length += RECORD_BYTES + record.sources.length * SOURCE_BYTES
  }
  return length
}

/** Writes the message with its checksum at `start` and returns its end. */
export function writeIgmp(bytes: Uint8Array, start: number, message: IgmpMessage): number {
  writeUint8(bytes, start + TYPE, typeOf(message))
  writeUint8(bytes, start + MAX_RESPONSE_CODE, 0)
  writeUint16(bytes, start + CHECKSUM, 0)
  const end =
    message.kind === 'report' && message.version === 3
      ? writeRecords(bytes, start, message.records)
      : writeGroup(bytes, start, message)
  writeUint16(bytes, start + CHECKSUM, internetChecksum(bytes, start, end))
  return end
}

function typeOf(message: IgmpMessage): number {
  if (message.kind === 'query') return IGMP_TYPE.query
  if (message.kind === 'leave') return IGMP_TYPE.leave
  if (message.version === 3) return IGMP_TYPE.version3Report
  return message.version === 2 ? IGMP_TYPE.version2Report : IGMP_TYPE.version1Report
}

function writeGroup(
  bytes: Uint8Array,
  start: number,
  message: IgmpQuery | IgmpQueryV3 | IgmpMembership,
): number {
  writeUint32(bytes, start + GROUP, message.group)
  if (message.kind !== 'query') return start + IGMP_BYTES
  const tenths = message.maxResponseMs / MS_PER_TENTH
  if (message.version !== 3) {
    writeUint8(bytes, start + MAX_RESPONSE_CODE, tenths)
    return start + IGMP_BYTES
  }
  writeUint8(bytes, start + MAX_RESPONSE_CODE, encodeFloat(tenths))
  writeUint8(bytes, start + FLAGS, (message.suppress ? SUPPRESS : 0) | message.robustness)
  writeUint8(bytes, start + INTERVAL_CODE, encodeFloat(message.intervalSeconds))
  writeUint16(bytes, start + QUERY_SOURCE_COUNT, message.sources.length)
  return writeSources(bytes, start + QUERY_V3_BYTES, message.sources)
}

function writeRecords(bytes: Uint8Array, start: number, records: readonly IgmpRecord[]): number {
  writeUint16(bytes, start + RESERVED, 0)
  writeUint16(bytes, start + RECORD_COUNT, records.length)
  let at = start + RECORDS
  for (const record of records) {
    writeUint8(bytes, at + RECORD_TYPE, record.type)
    writeUint8(bytes, at + RECORD_AUXILIARY_WORDS, 0)
    writeUint16(bytes, at + RECORD_SOURCE_COUNT, record.sources.length)
    writeUint32(bytes, at + RECORD_GROUP, record.group)
    at = writeSources(bytes, at + RECORD_BYTES, record.sources)
  }
  return at
}

function readSources(bytes: Uint8Array, at: number, count: number): readonly Ipv4Address[] {
  if (count === 0) return NO_SOURCES
  const sources: Ipv4Address[] = []
  for (let index = 0; index < count; index++) {
    sources.push(readUint32(bytes, at + index * SOURCE_BYTES))
  }
  return sources
}

function writeSources(bytes: Uint8Array, start: number, sources: readonly Ipv4Address[]): number {
  let at = start
  for (const source of sources) {
    writeUint32(bytes, at, source)
    at += SOURCE_BYTES
  }
  return at
}

/** A code from 128 on is 1, exponent (3 bits), mantissa (4 bits). */
function decodeFloat(code: number): number {
  return code < 128 ? code : ((code & 0xf) | 0x10) << (((code >>> 4) & 7) + 3)
}

/** The largest code that does not exceed `value`. */
function encodeFloat(value: number): number {
  if (value < 128) return value
  const exponent = 24 - Math.clz32(value)
  return exponent > 7 ? 0xff : 0x80 | (exponent << 4) | ((value >>> (exponent + 3)) & 0xf)
}

// --- Text ---------------------------------------------------------------------------------------

/** The message as tcpdump -vv prints it, but the time of a version 2 query in seconds. */
export function describeIgmp(message: IgmpMessage): string {
  switch (message.kind) {
    case 'query':
      return `igmp query v${message.version}${describeQuery(message)}`
    case 'leave':
      return `igmp leave ${formatIpv4(message.group)}`
    case 'report':
      if (message.version !== 3) {
        return `igmp v${message.version} report ${formatIpv4(message.group)}`
      }
      return `igmp v3 report, ${message.records.length} group record(s)${message.records.map(describeRecord).join('')}`
  }
}

/** The names of tcpdump, by type. */
const RECORD_NAMES = ['', 'is_in', 'is_ex', 'to_in', 'to_ex', 'allow', 'block']

function describeRecord(record: IgmpRecord): string {
  const name = RECORD_NAMES[record.type] || `type-${record.type}`
  return ` [gaddr ${formatIpv4(record.group)} ${name}${describeSources(record.sources) || ' { }'}]`
}

function describeQuery(query: IgmpQuery | IgmpQueryV3): string {
  const { version, group, maxResponseMs } = query
  const seconds = (maxResponseMs / 1000).toFixed(1)
  const time = version === 1 || maxResponseMs === 10_000 ? '' : ` [max resp time ${seconds}s]`
  const sources = version === 3 ? describeSources(query.sources) : ''
  return `${time}${group === IPV4_ANY ? '' : ` [gaddr ${formatIpv4(group)}${sources}]`}`
}

function describeSources(sources: readonly Ipv4Address[]): string {
  return sources.length === 0 ? '' : ` { ${sources.map(formatIpv4).join(' ')} }`
}
