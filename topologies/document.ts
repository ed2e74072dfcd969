import * as z from 'zod'
import type { Firewall } from '../devices/products.ts'
import { faultSchema } from '../faults/index.ts'
import { type Flow, flowSchema } from '../flows/index.ts'
import {
  duration,
  expectation,
  identifier,
  integer,
  list,
  mapping,
  oneOf,
  positiveDuration,
  text,
} from '../schema/fields.ts'
import type { EsxiHost, Host, With } from '../schema/network.ts'
import { budgetSchema } from './schema/budget.ts'
import { capturesSchema } from './schema/captures.ts'
import { expectationSchema } from './schema/expectation.ts'
import { topologySchema } from './schema/topology.ts'

/** The scenario document: all that a run is made from. Its YAML form is what people write. */

export const scenarioSchema = mapping({
  name: identifier('a name').describe('Names the run and its directory.'),
  summary: text('a text').default('').describe('One line for bascule list.'),
  description: text('a text').default('').describe('One line on what happens.'),
  seed: integer(0, Number.MAX_SAFE_INTEGER)
    .default(1)
    .describe('Chooses every drawn time; the same seed gives the same run, byte for byte.'),
  timing: oneOf('ideal', 'bare', 'vm')
    .default('ideal')
    .describe(
      "Timers: exact, FreeBSD's on bare metal (1000 Hz), or in a virtual machine (100 Hz).",
    ),
  language: oneOf('fr', 'en').default('fr').describe('Language of the Windows transcripts.'),
  duration: positiveDuration()
    .exactOptional()
    .describe('Simulated time. Default: a minute, and until a minute after the last fault.'),
  settle: duration().default('10s').describe('How long after a fault the status pages are read.'),
  topology: topologySchema.describe('Machines and cables.'),
  flows: list(flowSchema, 'flows').default([]).describe('Pings whose losses are measured.'),
  faults: list(faultSchema, 'faults').default([]).describe('What breaks, and what is mended.'),
  budget: budgetSchema
    .default(budgetSchema.parse({}))
    .describe('Where a run that takes too much ends.'),
  captures: capturesSchema
    .default(capturesSchema.parse({}))
    .describe('What is recorded frame by frame.'),
  group: text('a text').exactOptional().describe('Where bascule list has it: the kind of cause.'),
  symptom: text('a text').exactOptional().describe('What people notice.'),
  cause: text('a text').exactOptional().describe('Why it is so.'),
  fix: text('a text').exactOptional().describe('What mends it.'),
  expect: expectationSchema
    .exactOptional()
    .describe('What the run should come to; it is told whether it did.'),
  fixed: z
    .record(z.string(), z.unknown(), { error: expectation('a mapping of fields and set') })
    .exactOptional()
    .describe('Changes, as behind extends, that make the mended variant: bascule run --fixed.'),
}).meta({
  title: 'bascule scenario',
  description:
    'A network, what runs on it and what breaks in it. Durations: 90s, 12.5s, 15us, 2min.',
})

// --- As it is written --------------------------------------------------------------------------

/** A scenario before its defaults are filled in. */
export type ScenarioInput = z.input<typeof scenarioSchema>
export type TopologyInput = ScenarioInput['topology']
export type FlowInput = NonNullable<ScenarioInput['flows']>[number]
export type FaultInput = NonNullable<ScenarioInput['faults']>[number]

/** With the defaults that stand alone, but not yet those that follow from other fields. */
export type ScenarioDraft = z.output<typeof scenarioSchema>

// --- Resolved ----------------------------------------------------------------------------------

// Every default spelled out; `derive.ts` fills in those that follow from other fields.

export type Scenario = With<ScenarioDraft, { duration: string; topology: Topology; flows: Flow[] }>
export type Topology = With<
  ScenarioDraft['topology'],
  { esxiHosts: EsxiHost[]; firewalls: Firewall[]; hosts: Host[] }
>
/** Told apart by `kind`. */
export type Fault = Scenario['faults'][number]
export type Captures = Scenario['captures']
