import type { Network } from '../devices/network.ts'
import { World } from '../devices/world.ts'
import { assert } from '../engine/assert.ts'
import type { Nanoseconds } from '../engine/time.ts'
import { kindOf } from '../flows/index.ts'
import { ReachabilityWatch } from '../flows/reachability.ts'
import { nanoseconds } from '../schema/values.ts'
import type { Scenario } from '../topologies/document.ts'
import { FateLog } from '../traces/fate-log.ts'
import type { RunMetrics } from '../traces/metrics.ts'
import { disagreementOf } from '../traces/proofs.ts'
import type { RunFile } from '../traces/run-file.ts'
import type { SlabStore } from '../traces/slab-log.ts'
import { Story } from '../traces/story.ts'
import { buildNetwork, startNodes } from './build.ts'
import { RunCaptures } from './captures.ts'
import { eventStyles } from './events.ts'
import { scheduleFaults } from './faults.ts'
import { runFiles } from './files.ts'
import { type FlowRun, scheduleFlow } from './flows.ts'
import { tellLosses } from './losses.ts'
import { measureRun, type Transcripts } from './metrics.ts'
import { StatusLog } from './status-log.ts'

/** The results of a run that is over. */
export interface RunResult {
  readonly metrics: RunMetrics
  readonly transcripts: Transcripts
  /** Made when it is asked for: a sweep does without. */
  readonly timeline: string
  /** Makes everything that belongs into the run's directory; a sweep does without. */
  makeFiles(): readonly RunFile[]
}

/** One run of a scenario, from the cables to the metrics. */
export class ScenarioRun {
  readonly durationNs: Nanoseconds
  /** The network as it is now: to look at, not to change. */
  readonly network: Network
  #scenario: Scenario
  #version: string
  #world: World
  #story = new Story(eventStyles)
  #captures: RunCaptures
  #flows: readonly FlowRun[]
  #status: StatusLog

  /**
   * @param scenario a validated and resolved document
   * @param version of this program: part of what the results depend on
   * @param slabs takes the captured frames that memory has no room for
   */
  constructor(scenario: Scenario, version: string, slabs?: SlabStore) {
    this.#scenario = scenario
    this.#version = version
    this.durationNs = nanoseconds(scenario.duration)
    const world = new World(scenario.seed)
    world.scheduler.eventLimit = scenario.budget.events
    this.#world = world
    this.#captures = new RunCaptures(world, scenario, version, slabs)
    world.journal.listen((entry) => {
      this.#story.add(entry)
      this.#captures.noteEvent(entry)
    })
    const fates = new FateLog(world)
    world.frames.observer = fates
    const network = buildNetwork(world, scenario.topology, scenario.timing)
    this.network = network
    this.#captures.attach(network, fates)
    const reachability = new ReachabilityWatch(world, network)
    startNodes(network, scenario.topology)
    const faults = scheduleFaults(world, network, scenario)
    this.#status = new StatusLog(network, faults, this.durationNs)
    const { timing, language } = scenario
    const context = { world, network, timing, language, fates, reachability }
    this.#flows = scenario.flows.map((flow) => scheduleFlow(context, flow))
  }

  get nowNs(): Nanoseconds {
    return this.#world.nowNs
  }

  /** How many frames have been put on a wire so far, each hop counted. */
  get framesOnWires(): number {
    return this.#world.digest.frames
  }

  /** When the run ends, or has ended because its budget is spent. */
  get #endNs(): Nanoseconds {
    return this.isOverBudget ? this.nowNs : this.durationNs
  }

  /** Whether the run has stopped before its end, since its budget is spent. */
  get isOverBudget(): boolean {
    return this.#world.scheduler.isStopped
  }

  /** Simulates up to `timeNs`, at most to the end, or as far as the budget goes. */
  advance(timeNs: Nanoseconds): void {
    const { scheduler } = this.#world
    const untilNs = Math.min(timeNs, this.durationNs)
    for (;;) {
      const { nextNs } = this.#status
      if (nextNs === undefined || nextNs > untilNs) break
      scheduler.runUntil(nextNs)
      if (this.isOverBudget) return
      this.#status.read(nextNs)
    }
    scheduler.runUntil(untilNs)
  }

  #assertTruthCoversProofs(): void {
    for (const { flow, log, outages } of this.#flows) {
      if (!kindOf(flow).probesArePackets) continue
      const disagreement = disagreementOf(log, outages, this.#endNs)
      assert(disagreement === undefined, `the truth covers what probes prove: ${disagreement}`)
    }
  }

  /** Simulates what is left and makes the results. Checks the conservation law. */
  finish(): RunResult {
    this.advance(this.durationNs)
    this.#world.assertFramesConserved()
    this.#assertTruthCoversProofs()
    tellLosses(this.#flows, this.#endNs, this.#story, this.#captures)
    const events = this.#story.eventsJsonl()
    const transcripts = transcriptsOf(this.#flows)
    const scenario = this.#scenario
    const metrics = measureRun({
      scenario,
      version: this.#version,
      world: this.#world,
      network: this.network,
      endNs: this.#endNs,
      ended: this.isOverBudget ? 'budget' : undefined,
      flows: this.#flows,
      status: this.#status.snapshots,
      entries: this.#story.entries,
      events,
      transcripts,
    })
    const [captures, story] = [this.#captures, this.#story]
    let timeline: string | undefined
    const result: RunResult = {
      metrics,
      transcripts,
      get timeline() {
        timeline ??= story.timeline()
        return timeline
      },
      makeFiles: () =>
        runFiles({ scenario, metrics, timeline: result.timeline, events, transcripts, captures }),
    }
    return result
  }
}

function transcriptsOf(flows: readonly FlowRun[]): Transcripts {
  return new Map(
    flows.flatMap((each) => {
      const lines = each.transcript()
      return lines === undefined ? [] : [[each.flow.name, lines] as const]
    }),
  )
}
