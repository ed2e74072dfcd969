import { formatIpv4 } from '../../protocols/addresses.ts'
import { readUint16 } from '../../protocols/bytes.ts'
import { ETHER_TYPE } from '../../protocols/ethernet/wire.ts'
import { ICMP_HEADER_BYTES, ICMP_TYPE } from '../../protocols/icmp/wire.ts'
import {
  destinationIpOf,
  fragmentOffsetOf,
  headerBytesOf,
  IP_PROTOCOL,
  IPV4_HEADER_BYTES,
  protocolOf,
  sourceIpOf,
  totalBytesOf,
} from '../../protocols/ipv4/wire.ts'
import { CaptureReader } from '../capture-reader.ts'
import type { CapturedPacket } from '../pcapng-reader.ts'
import { advertisementIn } from './advertisement.ts'
import { GroupLog, type MeasuredMove } from './group-log.ts'
import { isKnownLinkType, networkLayerOf } from './network-layer.ts'
import { type MeasuredFlow, PingLog } from './ping-log.ts'

/** How the data of an echo request of Windows begin. */
const WINDOWS_DATA = [...'abcdefgh'].map((letter) => letter.charCodeAt(0))

/** What one capture file tells. Times are µs from its first packet. */
export class CaptureLog {
  readonly name: string
  #reader = new CaptureReader((packet) => this.#see(packet))
  #pings = new Map<string, PingLog>()
  #groups = new Map<string, GroupLog>()
  #packets = 0
  #readable = 0
  #startUnixUs = 0
  #endUs = 0

  constructor(name: string) {
    this.name = name
  }

  /** @returns why it cannot be measured; no more may follow */
  push(chunk: Uint8Array): string | undefined {
    return this.#reader.push(chunk)
  }

  /** @returns why it cannot be measured */
  finish(): string | undefined {
    const reason = this.#reader.finish()
    if (reason !== undefined) return reason
    if (this.#packets === 0) return 'it holds no packets'
    if (this.#readable > 0) return undefined
    const types = [...new Set(this.#reader.interfaces.map(({ linkType }) => linkType))].join(', ')
    return `its packets are of link type ${types}; expected Ethernet (1), Linux cooked (113, 276) or raw IP (101)`
  }

  get packets(): number {
    return this.#packets
  }

  get startUnixUs(): number {
    return this.#startUnixUs
  }

  get endUs(): number {
    return this.#endUs
  }

  get flows(): MeasuredFlow[] {
    return [...this.#pings.values()].flatMap((log) => log.measure(this.#endUs) ?? [])
  }

  get moves(): MeasuredMove[] {
    return [...this.#groups.values()].flatMap(({ moves }) => moves)
  }

  #see({ bytes, timeUnixUs, interfaceIndex }: CapturedPacket): void {
    this.#packets++
    if (this.#packets === 1) this.#startUnixUs = timeUnixUs
    const timeUs = timeUnixUs - this.#startUnixUs
    this.#endUs = Math.max(this.#endUs, timeUs)
    const { linkType = -1, name = '' } = this.#reader.interfaces[interfaceIndex] ?? {}
    if (isKnownLinkType(linkType)) this.#readable++
    const layer = networkLayerOf(bytes, linkType)
    if (layer?.etherType !== ETHER_TYPE.ipv4) return
    const { at, vlan } = layer
    if (bytes.length < at + IPV4_HEADER_BYTES || fragmentOffsetOf(bytes, at) > 0) return
    const start = at + headerBytesOf(bytes, at)
    const end = Math.min(bytes.length, at + totalBytesOf(bytes, at))
    const isIcmp = protocolOf(bytes, at) === IP_PROTOCOL.icmp
    const heard = isIcmp ? undefined : advertisementIn(bytes, at, start, end)
    // Most packets of a capture are neither.
    if (!isIcmp && heard === undefined) return
    const place = [this.name, name, vlan === '' ? '' : `vlan ${vlan}`].filter(Boolean).join(' ')
    if (heard === undefined) {
      this.#seeIcmp(bytes, at, start, end, timeUs, place)
      return
    }
    const key = `${heard.protocol} ${heard.id} ${place}`
    const log = this.#groups.get(key) ?? new GroupLog(heard.protocol, heard.id, place)
    this.#groups.set(key, log)
    log.hear(heard, timeUs)
  }

  #seeIcmp(
    bytes: Uint8Array,
    ipAt: number,
    start: number,
    end: number,
    timeUs: number,
    place: string,
  ): void {
    const type = bytes[start]
    if (end - start < ICMP_HEADER_BYTES) return
    if (type !== ICMP_TYPE.echoRequest && type !== ICMP_TYPE.echoReply) return
    const [source, destination] = [sourceIpOf(bytes, ipAt), destinationIpOf(bytes, ipAt)]
    const [identifier, sequence] = [readUint16(bytes, start + 4), readUint16(bytes, start + 6)]
    if (type === ICMP_TYPE.echoReply) {
      const name = nameOf(destination, source, identifier)
      this.#pings.get(`${name} ${place}`)?.reply(sequence, timeUs)
      return
    }
    const name = nameOf(source, destination, identifier)
    const dataAt = start + ICMP_HEADER_BYTES
    const isWindows = WINDOWS_DATA.every((letter, index) => bytes[dataAt + index] === letter)
    const key = `${name} ${place}`
    const log = this.#pings.get(key) ?? new PingLog(name, place, isWindows)
    this.#pings.set(key, log)
    // The identification of IP and the checksum of ICMP: a copy has both, another request has not.
    const print = readUint16(bytes, ipAt + 4) * 0x1_0000 + readUint16(bytes, start + 2)
    log.request(sequence, timeUs, this.#packets, print)
  }
}

function nameOf(client: number, target: number, identifier: number): string {
  return `${formatIpv4(client)} > ${formatIpv4(target)} id ${identifier}`
}
