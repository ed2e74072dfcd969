import type { Host } from '../../devices/host/host.ts'
import type { World } from '../../devices/world.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { nanoseconds } from '../../schema/values.ts'
import type { Flow } from '../../topologies/document.ts'
import { FlowLog } from '../../traces/flow-log.ts'
import { OutageLog } from '../../traces/outage-log.ts'
import type { FlowContext, FlowProgram, KindMetrics } from './context.ts'
import { startOpenVpn } from './openvpn-flow.ts'
import { startPing } from './ping-flow.ts'
import { startTcp } from './tcp-flow.ts'
import { startUdp } from './udp-flow.ts'
import { startWeb } from './web-flow.ts'

/** One flow of a run: what its client sent and got, and what was true meanwhile. */
export interface FlowRun {
  readonly flow: Flow
  readonly log: FlowLog
  readonly outages: OutageLog
  /** What the client has printed; undefined for one that prints nothing. */
  transcript(): readonly string[] | undefined
  /** What its kind adds to the metrics of every flow. */
  metrics(): KindMetrics | undefined
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
  let program: FlowProgram | undefined
  const start = (): void => {
    const host = network.hosts.get(flow.from)
    if (host?.running !== undefined) program = startProgram(context, flow, host, log, outages)
  }
  const stop = (): void => {
    program?.stop()
    log.ended()
    outages.ended(world.nowNs)
    reachability.unwatch(outages)
  }
  world.scheduler.postAt(nanoseconds(flow.start) + drawPhase(world, flow), start, null)
  world.scheduler.postAt(nanoseconds(flow.stop), stop, null)
  return {
    flow,
    log,
    outages,
    transcript: () => (program === undefined ? [] : program.transcript()),
    metrics: () => program?.metrics?.(),
  }
}

function startProgram(
  context: FlowContext,
  flow: Flow,
  host: Host,
  log: FlowLog,
  outages: OutageLog,
): FlowProgram | undefined {
  switch (flow.kind) {
    case 'tcp':
      return startTcp(context, flow, host, log, outages)
    case 'udp':
      return startUdp(context, flow, host, log, outages)
    case 'web-page':
      return startWeb(context, flow, host, log, outages)
    case 'openvpn':
      return startOpenVpn(context, flow, host, log, outages)
    default:
      return startPing(context, flow, host, log, outages)
  }
}

/** Where within its interval the client starts: nobody starts a ping in step with a firewall. */
function drawPhase(world: World, { name, phase, interval }: Flow): Nanoseconds {
  if (phase !== 'random') return nanoseconds(phase)
  return world.random.stream(`flow/${name}/phase`).integer(0, nanoseconds(interval))
}
