import type { Nanoseconds } from '../../engine/time.ts'
import { SECOND_NS } from '../../engine/time.ts'
import {
  IPV4_BROADCAST,
  type Ipv4Address,
  isGroupMac,
  isMulticastIpv4,
} from '../../protocols/addresses.ts'
import { destinationOf, ETHERNET_HEADER_BYTES } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import {
  ICMP_TIME_EXCEEDED,
  ICMP_TYPE,
  ICMP_UNREACHABLE,
  type IcmpErrorHeader,
  icmpErrorLength,
  writeIcmpError,
} from '../../protocols/icmp/wire.ts'
import {
  destinationIpOf,
  fragmentOffsetOf,
  headerBytesOf,
  IP_PROTOCOL,
  protocolOf,
  sourceIpOf,
  totalBytesOf,
} from '../../protocols/ipv4/wire.ts'
import type { World } from '../world.ts'
import type { IpStack } from './ip-stack.ts'
import type { Refusal } from './refusals.ts'

const ERROR_OF_REFUSAL: Record<Refusal, IcmpErrorHeader> = {
  noRoute: { type: ICMP_TYPE.unreachable, code: ICMP_UNREACHABLE.net },
  neighbourUnresolved: { type: ICMP_TYPE.unreachable, code: ICMP_UNREACHABLE.host },
  mtuExceeded: { type: ICMP_TYPE.unreachable, code: ICMP_UNREACHABLE.fragmentationNeeded },
  ttlExceeded: { type: ICMP_TYPE.timeExceeded, code: ICMP_TIME_EXCEEDED.inTransit },
  portClosed: { type: ICMP_TYPE.unreachable, code: ICMP_UNREACHABLE.port },
  rejected: { type: ICMP_TYPE.unreachable, code: ICMP_UNREACHABLE.port },
}

/** The budget of errors to one target, as time that it has saved up. */
interface Bucket {
  savedNs: Nanoseconds
  lastNs: Nanoseconds
}

/** The ICMP errors of a running host: about what, to whom, how much of it, and how many. */
export class IcmpErrors {
  #world: World
  #stack: IpStack
  #buckets = new Map<Ipv4Address, Bucket>()
  #secondStartNs = 0
  #saidInSecond = 0

  constructor(world: World, stack: IpStack) {
    this.#world = world
    this.#stack = stack
  }

  /**
   * Tells the sender of a packet why it could not go on, unless that must not be answered.
   * @param mtuBytes for `mtuExceeded`: the largest packet that would have passed
   */
  answer(reason: Refusal, frame: Frame, mtuBytes: number): void {
    const headerAt = frame.start + ETHERNET_HEADER_BYTES
    if (!this.#mayBeAnswered(frame, headerAt)) return
    const target = sourceIpOf(frame.bytes, headerAt)
    if (!this.#isWithinLimit(reason, target)) return
    this.#send(reason, frame, headerAt, target, mtuBytes)
  }

  /** No error about an error, a group, a later fragment, or a packet without a sender (RFC 1122). */
  #mayBeAnswered(frame: Frame, headerAt: number): boolean {
    const { bytes } = frame
    const source = sourceIpOf(bytes, headerAt)
    const destination = destinationIpOf(bytes, headerAt)
    if (isGroupMac(destinationOf(frame))) return false
    if (source === 0 || source === IPV4_BROADCAST || isMulticastIpv4(source)) return false
    if (this.#isGroup(destination)) return false
    if (fragmentOffsetOf(bytes, headerAt) !== 0) return false
    if (protocolOf(bytes, headerAt) !== IP_PROTOCOL.icmp) return true
    const type = bytes[headerAt + headerBytesOf(bytes, headerAt)]
    return type === ICMP_TYPE.echoRequest || type === ICMP_TYPE.echoReply
  }

  #isGroup(destination: Ipv4Address): boolean {
    if (destination === IPV4_BROADCAST || isMulticastIpv4(destination)) return true
    return this.#stack.interfaces.some((each) => each.isBroadcast(destination))
  }

  #isWithinLimit(reason: Refusal, target: Ipv4Address): boolean {
    const { limit } = this.#stack.profile.icmpErrors
    if (limit === undefined) return true
    if (limit.kind === 'perTarget') {
      return reason === 'mtuExceeded' || this.#takeFromBucket(target, limit)
    }
    return reason !== 'portClosed' || this.#isAmongFirst(limit.perSecond)
  }

  /** inet_peer_xrlim_allow */
  #takeFromBucket(target: Ipv4Address, limit: { intervalNs: Nanoseconds; burst: number }): boolean {
    const { nowNs } = this.#world
    const fullNs = limit.intervalNs * limit.burst
    let bucket = this.#buckets.get(target)
    if (bucket === undefined) {
      bucket = { savedNs: fullNs, lastNs: nowNs }
      this.#buckets.set(target, bucket)
    }
    bucket.savedNs = Math.min(fullNs, bucket.savedNs + nowNs - bucket.lastNs)
    bucket.lastNs = nowNs
    if (bucket.savedNs < limit.intervalNs) return false
    bucket.savedNs -= limit.intervalNs
    return true
  }

  /** badport_bandlim */
  #isAmongFirst(perSecond: number): boolean {
    const { nowNs } = this.#world
    if (nowNs - this.#secondStartNs >= SECOND_NS) {
      this.#secondStartNs = nowNs
      this.#saidInSecond = 0
    }
    this.#saidInSecond += 1
    return this.#saidInSecond <= perSecond
  }

  #send(
    reason: Refusal,
    { bytes }: Frame,
    headerAt: number,
    target: Ipv4Address,
    mtuBytes: number,
  ): void {
    const stack = this.#stack
    const { tos, quoteBytes } = stack.profile.icmpErrors
    const packet = bytes.subarray(headerAt, headerAt + totalBytesOf(bytes, headerAt))
    const asked = destinationIpOf(bytes, headerAt)
    const error = ERROR_OF_REFUSAL[reason]
    const header = reason === 'mtuExceeded' ? { ...error, nextHopMtu: mtuBytes } : error
    const frame = stack.newPacket(icmpErrorLength(packet, quoteBytes))
    writeIcmpError(frame.bytes, stack.payloadAt(frame), header, packet, quoteBytes)
    stack.send(frame, {
      protocol: IP_PROTOCOL.icmp,
      // The address that was asked answers. A router on the way answers with its own address.
      ...(stack.findLocal(asked) === undefined ? {} : { source: asked }),
      target,
      ttl: stack.profile.ttl,
      tos,
      ungated: reason === 'rejected',
    })
  }
}
