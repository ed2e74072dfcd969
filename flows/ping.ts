import type { Host } from '../devices/host/host.ts'
import type { IcmpService } from '../devices/host/icmp.ts'
import type { PingHost, PingProgram } from '../devices/ping/ping-host.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import { integer } from '../schema/fields.ts'
import { ipv4 } from '../schema/values.ts'
import { briefSeconds } from '../traces/explain/layout.ts'
import type { FlowLog } from '../traces/flow-log.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import type { FlowContext, FlowLogs, FlowProgram } from './flow-kind.ts'
import { echoTransports } from './transports.ts'

/** The common parts of the flows that ping. */

/** Data of an echo request in bytes: at most what 1500 bytes of IPv4 hold without fragmentation. */
export const dataBytes = () => integer(0, 1472)

/** Starts a ping program on its host, and watches its packets and its path. */
export function startPing(
  { fates, reachability }: FlowContext,
  flow: { readonly to: string; readonly dataBytes: number },
  host: Host,
  { log, outages }: FlowLogs,
  makeProgram: (target: Ipv4Address, host: PingHost) => PingProgram,
): FlowProgram | undefined {
  const { icmp, stack } = host.running ?? {}
  if (icmp === undefined || stack === undefined) return undefined
  const target = ipv4(flow.to)
  const program = makeProgram(target, numbering(icmp, log))
  // Without a route nothing can be sent; the flow is down, and is watched like any other.
  const on = stack.routes.lookUp(target)?.out ?? stack.interfaces[0]
  const source = on?.primaryAddress
  if (source !== undefined) {
    const { identifier } = program
    fates.watch({ log, client: source, target, identifier })
    reachability.watch({
      client: host.name,
      source,
      target,
      ...echoTransports(identifier, flow.dataBytes),
      log: outages,
    })
  }
  icmp.addProgram(program)
  program.start()
  return { stop: () => program.stop(), transcript: () => program.transcript }
}

/** The host, telling the log which sequence number the next probe carries. */
export function numbering(icmp: IcmpService, log: FlowLog): PingHost {
  return {
    get nowNs() {
      return icmp.nowNs
    },
    timer: (handler) => icmp.timer(handler),
    nextWindowsSequence: () => icmp.nextWindowsSequence(),
    send: (request) => {
      log.sending(request.sequence)
      return icmp.send(request)
    },
  }
}

/**
 * The lost probes, and the bounds of the outage if each run of losses was one. A lost probe alone
 * only proves that nothing crossed at its instant.
 */
export function summariseProbes({ lost, sent, outageBoundsUs }: FlowMetrics): [string, string] {
  const [low, high] = outageBoundsUs.map(briefSeconds)
  const bounds = lost === 0 ? `no outage above ${high} s;` : `as one outage: ${low} to ${high} s;`
  return [`${lost} of ${sent} lost`, bounds]
}
