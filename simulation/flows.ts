import type { World } from '../devices/world.ts'
import type { Nanoseconds } from '../engine/time.ts'
import type { FlowContext, FlowProgram } from '../flows/flow-kind.ts'
import { type Flow, kindOf } from '../flows/index.ts'
import { nanoseconds } from '../schema/values.ts'
import { FlowLog } from '../traces/flow-log.ts'
import { OutageLog } from '../traces/outage-log.ts'

/** One flow of a run: what its client sent and got, and what was true meanwhile. */
export interface FlowRun {
  readonly flow: Flow
  readonly log: FlowLog
  readonly outages: OutageLog
  /** The lines that the client has printed; undefined for a program that prints nothing. */
  transcript(): readonly string[] | undefined
  /** The metrics that its kind adds to those of every flow; of a flow that never started, that. */
  metrics(): object | undefined
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
  let isOver = false
  const start = (): void => {
    const host = network.hosts.get(flow.from)
    host?.whenGoing(() => {
      if (isOver || host.running === undefined) return
      program = kindOf(flow).start(context, flow, host, { log, outages })
    })
  }
  const stop = (): void => {
    isOver = true
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
    metrics: () => (program === undefined ? { started: false } : program.metrics?.()),
  }
}

/**
 * The delay of the client's start within its interval: nobody starts a ping in step with a
 * firewall.
 */
function drawPhase(world: World, { name, phase, interval }: Flow): Nanoseconds {
  if (phase !== 'random') return nanoseconds(phase)
  return world.random.stream(`flow/${name}/phase`).integer(0, nanoseconds(interval))
}
