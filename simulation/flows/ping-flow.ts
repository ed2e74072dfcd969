import type { Host } from '../../devices/host/host.ts'
import type { IcmpService } from '../../devices/host/icmp.ts'
import { LINUX_TIMER_DRIFT_NS, LinuxPing } from '../../devices/ping/linux-ping.ts'
import type { PingHost, PingProgram } from '../../devices/ping/ping-host.ts'
import { WindowsPing } from '../../devices/ping/windows-ping.ts'
import type { World } from '../../devices/world.ts'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { echoTransports } from '../../flows/transports.ts'
import { ipv4, nanoseconds } from '../../schema/values.ts'
import type { Flow, Scenario } from '../../topologies/document.ts'
import type { FlowLog } from '../../traces/flow-log.ts'
import type { OutageLog } from '../../traces/outage-log.ts'
import type { FlowContext, FlowProgram } from './context.ts'

export type PingFlow = Extract<Flow, { kind: 'windows-ping' | 'linux-ping' }>

/** Starts the ping program of a flow on its host, watched from now on. */
export function startPing(
  { world, scenario, fates, reachability }: FlowContext,
  flow: PingFlow,
  host: Host,
  log: FlowLog,
  outages: OutageLog,
): FlowProgram | undefined {
  const { icmp, stack } = host.running ?? {}
  if (icmp === undefined || stack === undefined) return undefined
  const target = ipv4(flow.to)
  const program = makeProgram(world, scenario, flow, numbering(icmp, log), log)
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

function makeProgram(
  world: World,
  { timing, language }: Scenario,
  flow: PingFlow,
  host: PingHost,
  log: FlowLog,
): PingProgram {
  const target = ipv4(flow.to)
  const intervalNs = nanoseconds(flow.interval)
  const draws = world.random.stream(`flow/${flow.name}/client`)
  const exact = timing === 'ideal'
  if (flow.kind === 'windows-ping') {
    const options = {
      target,
      intervalNs,
      language,
      apostrophes: flow.apostrophe,
      payloadBytes: flow.dataBytes,
      timeoutNs: nanoseconds(flow.timeout),
      timeoutPauseNs: nanoseconds(flow.pauseAfterTimeout),
    }
    if (exact) return new WindowsPing(host, options, log)
    const intervalJitterNs = () => draws.integer(MILLISECOND_NS, 2 * MILLISECOND_NS + 1)
    return new WindowsPing(host, { ...options, intervalJitterNs }, log)
  }
  return new LinuxPing(
    host,
    {
      target,
      intervalNs,
      payloadBytes: flow.dataBytes,
      // A process id, of which the 16 bits of the identifier hold all that is usual.
      identifier: draws.integer(300, 0x8000),
      // Measured for 1 s only: the coarser timer wheel that a wait of a second falls on.
      timerDriftNs: exact || intervalNs !== SECOND_NS ? 0 : LINUX_TIMER_DRIFT_NS,
    },
    log,
  )
}
