import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { World } from '../devices/world.ts'
import type { JournalEntry } from '../engine/journal.ts'
import { formatSeconds, type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import { formatIpv4 } from '../protocols/addresses.ts'
import { DROP_CAUSES, type DropCause } from '../protocols/frame/fate.ts'
import { CaptureRecorder } from '../traces/capture.ts'
import type { CapturePointOptions } from '../traces/capture-files.ts'
import { measureConfigSyncs } from '../traces/config-sync.ts'
import { measureFailovers } from '../traces/failover.ts'
import { FateLog } from '../traces/fate-log.ts'
import type { Death } from '../traces/flow-log.ts'
import { explainLoss, lossesOf, measureFlow } from '../traces/flow-metrics.ts'
import type { RunMetrics, StatusSnapshot } from '../traces/metrics.ts'
import { Story } from '../traces/story.ts'
import { buildNetwork, type Network, startNodes } from './build.ts'
import { type CapturePointPlan, planCapturePoints } from './capture-points.ts'
import type { Scenario } from './document.ts'
import { type ScheduledFault, scheduleFaults } from './faults.ts'
import { type FlowRun, scheduleFlow } from './flows.ts'
import { ReachabilityWatch } from './reachability.ts'
import { mac, nanoseconds, prefix } from './values.ts'
import { writeScenario } from './write.ts'

/** A file of a run's directory. */
export interface RunFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What a run has produced when it is over. */
export interface RunResult {
  readonly metrics: RunMetrics
  /** Per flow, what its client printed. */
  readonly transcripts: ReadonlyMap<string, readonly string[]>
  readonly timeline: string
  /** Makes everything that belongs into the run's directory; a sweep does without. */
  makeFiles(): readonly RunFile[]
}

/** One run of a scenario, from the cables to the metrics. */
export class ScenarioRun {
  readonly durationNs: Nanoseconds
  #scenario: Scenario
  #version: string
  #world: World
  #network: Network
  #story = new Story()
  #captures: CaptureRecorder
  #flows: FlowRun[]
  #snapshotsNs: Nanoseconds[]
  #status: StatusSnapshot[] = []

  /**
   * @param scenario a validated and resolved document
   * @param version of this program: part of what the results depend on
   */
  constructor(scenario: Scenario, version: string) {
    this.#scenario = scenario
    this.#version = version
    this.durationNs = nanoseconds(scenario.duration)
    const world = new World(scenario.seed)
    this.#world = world
    this.#captures = new CaptureRecorder(world, {
      scenario: scenario.name,
      seed: scenario.seed,
      version,
      hostNames: hostNames(scenario),
    })
    world.journal.listen((entry) => this.#listen(entry))
    const fates = new FateLog(world)
    world.frames.observer = fates
    this.#network = buildNetwork(world, scenario.topology, scenario.timing)
    this.#attachCaptures(fates)
    const network = this.#network
    const reachability = new ReachabilityWatch(world, network)
    startNodes(network, scenario.topology)
    const faults = scheduleFaults(world, network, scenario)
    this.#snapshotsNs = planSnapshots(faults, this.durationNs)
    const context = { world, network, scenario, fates, reachability }
    this.#flows = scenario.flows.map((flow) => scheduleFlow(context, flow))
  }

  get nowNs(): Nanoseconds {
    return this.#world.nowNs
  }

  /** The network as it is now: to look at, not to change. */
  get network(): Network {
    return this.#network
  }

  /** How many frames have been put on a wire so far, each hop counted. */
  get framesOnWires(): number {
    return this.#world.digest.frames
  }

  /** Simulates up to `timeNs`, at most to the end. */
  advance(timeNs: Nanoseconds): void {
    const untilNs = Math.min(timeNs, this.durationNs)
    for (;;) {
      const nextNs = this.#snapshotsNs[0]
      if (nextNs === undefined || nextNs > untilNs) break
      this.#world.scheduler.runUntil(nextNs)
      this.#takeSnapshot()
      this.#snapshotsNs.shift()
    }
    this.#world.scheduler.runUntil(untilNs)
  }

  /** Simulates what is left and makes the results. Checks the conservation law. */
  finish(): RunResult {
    this.advance(this.durationNs)
    this.#world.assertFramesConserved()
    this.#tellLosses()
    const transcripts = new Map(
      this.#flows.flatMap((each) => {
        const lines = each.transcript()
        return lines === undefined ? [] : [[each.flow.name, lines] as const]
      }),
    )
    const events = this.#story.eventsJsonl()
    const timeline = this.#story.timeline()
    const metrics = this.#measure(events, transcripts)
    const { classicPcap } = this.#scenario.captures
    return {
      metrics,
      transcripts,
      timeline,
      makeFiles: () => [
        textFile('metrics.json', `${JSON.stringify(metrics, null, 2)}\n`),
        textFile('scenario.yaml', writeScenario(this.#scenario)),
        textFile('timeline.txt', timeline),
        textFile('events.jsonl', events),
        ...[...transcripts].map(([name, lines]) =>
          textFile(`ping-${name}.txt`, lines.map((line) => `${line}\n`).join('')),
        ),
        ...this.#captures.files({ classicPcap }),
      ],
    }
  }

  // --- Observers --------------------------------------------------------------------------------

  #listen(entry: JournalEntry): void {
    this.#story.add(entry)
    if (entry.kind === 'fault') {
      this.#captures.event(`EVENT ${entry.text} at ${formatSeconds(entry.timeNs)} s`)
    } else if (entry.kind === 'carp.state') {
      const text = `EVENT ${entry.node} ${entry.text} at ${formatSeconds(entry.timeNs)} s`
      this.#captures.event(text, entry.node)
    }
  }

  #attachCaptures(fates: FateLog): void {
    const { points } = this.#scenario.captures
    if (points === 'none') return
    for (const plan of planCapturePoints(this.#scenario.topology)) {
      if (points !== 'all' && !points.includes(plan.name)) continue
      plan.attach(this.#network, this.#captures.point(captureOptionsOf(plan)))
    }
    fates.listen({
      // The ends of copies nobody waited for would only clutter; see #tellLosses for the rest.
      died: (death) => {
        if (!DROP_CAUSES[death.cause].incidental) this.#commentOn(death)
      },
    })
  }

  #commentOn({ sighting, at, cause }: Death): void {
    this.#captures.comment(sighting, `DROP ${at}: ${cause} (${DROP_CAUSES[cause].meaning})`)
  }

  #takeSnapshot(): void {
    const atUs = toMicroseconds(this.#world.nowNs)
    for (const [node, firewall] of this.#network.firewalls) {
      this.#status.push({ atUs, node, rows: firewall.statusPage() })
    }
  }

  // --- Results ----------------------------------------------------------------------------------

  /** Losses are known for certain only at the end; in the story they stand where they happened. */
  #tellLosses(): void {
    for (const { log, flow, outages } of this.#flows) {
      for (const probe of lossesOf(log, outages.endNs ?? this.durationNs)) {
        const { cause, at, frameId } = explainLoss(probe)
        const { death } = probe
        if (death !== undefined && DROP_CAUSES[death.cause].incidental) this.#commentOn(death)
        this.#story.add({
          timeNs: death?.timeNs ?? probe.sentNs,
          node: flow.from,
          kind: 'probe.lost',
          text: `${flow.name}: probe ${probe.probe} lost at ${at || 'an unknown place'}: ${cause}`,
          frameId,
          details: { flow: flow.name, probe: probe.probe, cause, at },
        })
      }
    }
  }

  #measure(events: string, transcripts: RunResult['transcripts']): RunMetrics {
    const { scheduler, frames, digest } = this.#world
    const { name, seed, timing } = this.#scenario
    const { entries } = this.#story
    const endNs = this.durationNs
    const outages = this.#flows.flatMap((each) => each.outages.outages)
    const results = {
      simulatedUs: toMicroseconds(endNs),
      events: scheduler.eventsRun,
      flows: this.#flows.map((each) => ({
        ...measureFlow(each.log, each.outages, endNs),
        ...each.metrics(),
      })),
      failovers: measureFailovers(entries, outages, endNs),
      configSync: measureConfigSyncs(entries, nodesByAddress(this.#scenario)),
      frames: {
        sent: frames.sent,
        delivered: frames.delivered,
        inFlight: frames.inFlight,
        dropped: inListOrder(frames.dropped),
      },
      status: this.#status,
      nodes: Object.fromEntries(
        [...this.#network.firewalls].map(([node, { stateCounters }]) => [
          node,
          { states: stateCounters === undefined ? null : { ...stateCounters } },
        ]),
      ),
    }
    const fingerprint = JSON.stringify([digest.toString(), results, events, [...transcripts]])
    return {
      scenario: name,
      seed,
      timing,
      version: this.#version,
      digest: `sha256:${bytesToHex(sha256(utf8ToBytes(fingerprint)))}`,
      ...results,
    }
  }
}

/**
 * When the status pages are read: after each fault has settled, but before the next one, and at
 * the end.
 */
function planSnapshots(faults: readonly ScheduledFault[], endNs: Nanoseconds): Nanoseconds[] {
  const instants = faults.map(({ settledNs }, index) => {
    const nextNs = faults[index + 1]?.atNs
    return Math.min(settledNs, nextNs === undefined ? endNs : nextNs - 1)
  })
  return [...new Set([...instants.filter((each) => each < endNs), endNs])].sort((a, b) => a - b)
}

function captureOptionsOf(plan: CapturePointPlan): CapturePointOptions {
  const { name, description, node, macAddress, linkSpeedMbps, address } = plan
  return {
    name,
    description,
    node,
    macAddress: mac(macAddress),
    speedBps: linkSpeedMbps * 1_000_000,
    ...(address === undefined ? {} : { ipv4: prefix(address) }),
  }
}

function inListOrder(dropped: ReadonlyMap<DropCause, number>): Record<string, number> {
  const causes = Object.keys(DROP_CAUSES) as DropCause[]
  return Object.fromEntries(
    causes.flatMap((cause) => {
      const count = dropped.get(cause)
      return count === undefined ? [] : [[cause, count]]
    }),
  )
}

/** Names of all addresses, for whoever reads a capture with name resolution on. */
function hostNames({ topology }: Scenario): { address: number; name: string }[] {
  const names = new Map<number, string>()
  for (const { name, interfaces } of [...topology.firewalls, ...topology.hosts]) {
    for (const { address } of interfaces) {
      if (address !== undefined) names.set(prefix(address).address, name)
    }
  }
  for (const { virtualIps } of topology.firewalls) {
    for (const { address, interface: on } of virtualIps) {
      names.set(prefix(address).address, `vip-${on.toLowerCase()}`)
    }
  }
  return [...names].map(([address, name]) => ({ address, name }))
}

/** Which firewall an address belongs to, as the devices write addresses. */
function nodesByAddress({ topology }: Scenario): ReadonlyMap<string, string> {
  return new Map(
    topology.firewalls.flatMap(({ name, interfaces }) =>
      interfaces.flatMap(({ address }) =>
        address === undefined ? [] : [[formatIpv4(prefix(address).address), name] as const],
      ),
    ),
  )
}

function textFile(name: string, text: string): RunFile {
  return { name, bytes: utf8ToBytes(text) }
}
