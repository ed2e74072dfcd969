import { SECOND_NS } from '../../engine/time.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import {
  IGMP_RECORD,
  IGMP_REPORT_GROUP,
  type IgmpReportV3,
  igmpLength,
  writeIgmp,
} from '../../protocols/igmp/wire.ts'
import { IP_PROTOCOL, IPV4_ROUTER_ALERT } from '../../protocols/ipv4/wire.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'
import type { IpStack } from './ip-stack.ts'

/** DSCP CS6, internetwork control, which FreeBSD gives its reports. */
const IGMP_TOS = 0xc0
/** [Unsolicited Report Interval] and [Robustness Variable] of RFC 3376, sections 8.11 and 8.1. */
const UNSOLICITED_REPORT_INTERVAL_NS = SECOND_NS
const ROBUSTNESS = 2

/**
 * Joins a group on an interface and says so by IGMPv3 reports: one now, and one more within the
 * unsolicited report interval in case the first got lost.
 */
export function joinGroup(
  world: World,
  stack: IpStack,
  out: IpInterface,
  group: Ipv4Address,
): void {
  out.joinGroup(group)
  const draws = world.random.stream(`${stack.place}/${out.name}/igmp`)
  let left = ROBUSTNESS
  const timer = stack.timer(() => {
    if (!out.enabled) return
    sendReport(stack, out, group, IGMP_RECORD.changeToExclude)
    left--
    if (left > 0) timer.arm(draws.integer(1, UNSOLICITED_REPORT_INTERVAL_NS))
  })
  timer.arm(0)
}

/** Leaves a group. The report that says so goes out once: nobody here relies on it. */
export function leaveGroup(stack: IpStack, out: IpInterface, group: Ipv4Address): void {
  out.leaveGroup(group)
  if (out.up) sendReport(stack, out, group, IGMP_RECORD.changeToInclude)
}

function sendReport(stack: IpStack, out: IpInterface, group: Ipv4Address, type: number): void {
  const report: IgmpReportV3 = {
    kind: 'report',
    version: 3,
    records: [{ type, group, sources: [] }],
  }
  const optionBytes = IPV4_ROUTER_ALERT.length
  const frame = stack.newPacket(igmpLength(report), optionBytes)
  writeIgmp(frame.bytes, stack.payloadAt(frame, optionBytes), report)
  stack.sendToGroup(out, frame, {
    protocol: IP_PROTOCOL.igmp,
    target: IGMP_REPORT_GROUP,
    ttl: 1,
    tos: IGMP_TOS,
    options: IPV4_ROUTER_ALERT,
  })
}
