import * as z from 'zod'
import type { Host } from '../devices/host/host.ts'
import type { Network } from '../devices/network.ts'
import type { World } from '../devices/world.ts'
import type { CheckContext } from '../schema/check-context.ts'
import { duration, identifier, ipv4, mapping, phase, positiveDuration } from '../schema/fields.ts'
import type { Path } from '../schema/problem.ts'
import type { ProbeTrace } from '../traces/explain/recorded-run.ts'
import type { FateLog } from '../traces/fate-log.ts'
import type { FlowLog } from '../traces/flow-log.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import type { OutageLog } from '../traces/outage-log.ts'
import type { ReachabilityWatch } from './reachability.ts'

/**
 * A kind of flow: how it is written and checked, the program that sends it, and what is told of it.
 * `Metrics` are its own fields in `metrics.json` and those of every flow.
 */
export interface FlowKind<
  Schema extends FlowSchema,
  Metrics extends FlowMetrics = FlowMetrics,
  Flow = FlowOf<Schema>,
> {
  readonly schema: Schema
  /** The operating system that has the program. Without it: every one. */
  readonly os?: 'windows' | 'linux'
  /** Whether each probe is one packet, whose fate proves whether the path was up. */
  readonly probesArePackets: boolean
  /** Whether it lives in one session, which may stay dead though packets can cross again. */
  readonly livesInSession: boolean
  /** How captures show its probes. Without it: they cannot be told from other packets. */
  probeTrace?(flow: Flow): ProbeTrace
  check?(context: CheckContext, flow: Flow, path: Path): void
  /** Starts the program. @returns undefined if the host has no address to send from */
  start(context: FlowContext, flow: Flow, host: Host, logs: FlowLogs): FlowProgram | undefined
  /** Two columns about losses and consequences, for the line that a terminal shows. */
  summary(metrics: Metrics): [string, string]
}

export type FlowSchema = z.ZodObject<{
  kind: z.ZodLiteral<string>
  stop: z.ZodExactOptional<z.ZodString>
}>

/** A flow whose `stop` is filled in. */
export type FlowOf<Schema extends FlowSchema> = Omit<z.output<Schema>, 'stop'> & { stop: string }

/** Infers the type of the flow from its schema. */
export function flowKind<Schema extends FlowSchema, Metrics extends FlowMetrics = FlowMetrics>(
  kind: FlowKind<Schema, Metrics>,
): FlowKind<Schema, Metrics> {
  return kind
}

/** The parts of the run that a flow uses. */
export interface FlowContext {
  readonly world: World
  readonly network: Network
  readonly timing: 'ideal' | 'bare' | 'vm'
  readonly language: 'fr' | 'en'
  readonly fates: FateLog
  readonly reachability: ReachabilityWatch
}

/** The logs of a flow: the fates of its probes, and the outages of its path. */
export interface FlowLogs {
  readonly log: FlowLog
  readonly outages: OutageLog
}

/** The running client of a flow. */
export interface FlowProgram {
  stop(): void
  /** The lines that it printed; undefined for a program that prints nothing. */
  transcript(): readonly string[] | undefined
  /** The fields of `metrics.json` that its kind adds to those of every flow. */
  metrics?(): object
}

// --- The document ------------------------------------------------------------------------------

const flowFields = {
  from: identifier('the name of a host').describe('Host that sends.'),
  to: ipv4().describe('Address of the target; a ping goes to an address of nothing too.'),
  start: duration().default('5s').describe('When the program is started.'),
  phase: phase()
    .default('random')
    .describe('Delay of the first probe: a duration, or random: drawn from one whole interval.'),
  interval: positiveDuration().default('1s').describe('From one probe to the next.'),
}

/** The schema of one kind of flow: the fields of every flow, and its own. */
export function flowMapping<const Kind extends string, const Fields extends z.ZodRawShape>(
  kind: Kind,
  description: string,
  fields: Fields,
) {
  return mapping({
    name: identifier('the name of a flow').describe('Unique; names its transcript ping-NAME.txt.'),
    kind: z.literal(kind).describe(description),
    ...flowFields,
    ...fields,
    stop: duration()
      .exactOptional()
      .describe('When the program is stopped. Default: 100ms before the end of the run.'),
  })
}
