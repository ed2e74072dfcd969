import type { Host } from '../devices/host/host.ts'
import type { IcmpService } from '../devices/host/icmp.ts'
import { LINUX_TIMER_DRIFT_NS, LinuxPing } from '../devices/ping/linux-ping.ts'
import type { PingHost, PingProgram } from '../devices/ping/ping-host.ts'
import { WindowsPing } from '../devices/ping/windows-ping.ts'
import type { World } from '../devices/world.ts'
import { MILLISECOND_NS, type Nanoseconds, SECOND_NS } from '../engine/time.ts'
import type { FateLog } from '../traces/fate-log.ts'
import { FlowLog } from '../traces/flow-log.ts'
import { OutageLog } from '../traces/outage-log.ts'
import type { Network } from './build.ts'
import type { Flow, Scenario } from './document.ts'
import type { ReachabilityWatch } from './reachability.ts'
import { ipv4, nanoseconds } from './values.ts'

/** One flow of a run: what its client sent and got, and what was true meanwhile. */
export interface FlowRun {
  readonly flow: Flow
  readonly log: FlowLog
  readonly outages: OutageLog
  /** What the client has printed. */
  transcript(): readonly string[]
}

/** What a flow tells and asks of the run that it belongs to. */
export interface FlowContext {
  readonly world: World
  readonly network: Network
  readonly scenario: Scenario
  readonly fates: FateLog
  readonly reachability: ReachabilityWatch
}

/** Posts the start and the stop of a flow's client. */
export function scheduleFlow(context: FlowContext, flow: Flow): FlowRun {
  const { world, network, reachability } = context
  const log = new FlowLog(flow.name, flow.kind)
  const outages = new OutageLog(flow.name, (up, timeNs) =>
    world.journal.tell({
      timeNs,
      node: flow.from,
      kind: up ? 'flow.up' : 'flow.down',
      text: `${flow.name}: ${up ? 'packets can cross again' : 'no packet can cross any more'}`,
      details: { flow: flow.name },
    }),
  )
  let program: PingProgram | undefined
  const start = (): void => {
    const host = network.hosts.get(flow.from)
    if (host?.running === undefined) return
    program = startProgram(context, flow, host, log, outages)
  }
  const stop = (): void => {
    program?.stop()
    log.ended()
    outages.ended(world.nowNs)
    reachability.unwatch(outages)
  }
  world.scheduler.postAt(nanoseconds(flow.start) + drawPhase(world, flow), start, null)
  world.scheduler.postAt(nanoseconds(flow.stop), stop, null)
  return { flow, log, outages, transcript: () => program?.transcript ?? [] }
}

/** Where within its interval the client starts: nobody starts a ping in step with a firewall. */
function drawPhase(world: World, { name, phase, interval }: Flow): Nanoseconds {
  if (phase !== 'random') return nanoseconds(phase)
  return world.random.stream(`flow/${name}/phase`).integer(0, nanoseconds(interval))
}

function startProgram(
  { world, scenario, fates, reachability }: FlowContext,
  flow: Flow,
  host: Host,
  log: FlowLog,
  outages: OutageLog,
): PingProgram | undefined {
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
    reachability.watch({ client: host.name, source, target, identifier, log: outages })
  }
  icmp.addProgram(program)
  program.start()
  return program
}

/** The host, telling the log which sequence number the next probe carries. */
function numbering(icmp: IcmpService, log: FlowLog): PingHost {
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
  flow: Flow,
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
