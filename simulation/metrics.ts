import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Network } from '../devices/network.ts'
import type { World } from '../devices/world.ts'
import type { JournalEntry } from '../engine/journal.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import { kindOf } from '../flows/index.ts'
import { formatIpv4 } from '../protocols/addresses.ts'
import { DROP_CAUSES, type DropCause } from '../protocols/frame/fate.ts'
import { prefix } from '../schema/values.ts'
import type { Scenario } from '../topologies/document.ts'
import { dissectOutages } from '../traces/anatomy.ts'
import { measureConfigSyncs } from '../traces/config-sync.ts'
import { measureFailovers } from '../traces/failover.ts'
import { measureFlow } from '../traces/flow-metrics.ts'
import type { RunMetrics, StatusSnapshot } from '../traces/metrics.ts'
import type { Outage } from '../traces/outage-log.ts'
import { differencesFrom } from './expectation.ts'
import type { FlowRun } from './flows.ts'

/** Per flow, what its client printed. */
export type Transcripts = ReadonlyMap<string, readonly string[]>

/** A run that is over, and all that was noted of it. */
export interface EndedRun {
  readonly scenario: Scenario
  readonly version: string
  readonly world: World
  readonly network: Network
  readonly endNs: Nanoseconds
  /** Why it ended before its time; undefined: it did not. */
  readonly ended: 'budget' | undefined
  readonly flows: readonly FlowRun[]
  readonly status: readonly StatusSnapshot[]
  readonly entries: readonly JournalEntry[]
  /** The text of events.jsonl. */
  readonly events: string
  readonly transcripts: Transcripts
}

export function measureRun(run: EndedRun): RunMetrics {
  const { scenario, version, world, events, transcripts } = run
  const { name, seed, timing } = scenario
  const results = resultsOf(run)
  const fingerprint = JSON.stringify([world.digest.toString(), results, events, [...transcripts]])
  const digest = `sha256:${bytesToHex(sha256(utf8ToBytes(fingerprint)))}`
  const ended = run.ended === undefined ? {} : { ended: run.ended }
  const anatomy = dissectOutages(run.flows, run.entries, run.endNs)
  const expected = run.scenario.expect
  const differences =
    expected === undefined ? {} : { differences: differencesFrom(expected, results) }
  const head = { scenario: name, seed, timing, version, digest, ...ended, ...differences }
  return { ...head, ...results, anatomy }
}

/** All but what the run was of: its digest is made from this, in this order. */
function resultsOf({ scenario, world, network, endNs, flows, status, entries }: EndedRun) {
  const { scheduler, frames } = world
  return {
    simulatedUs: toMicroseconds(endNs),
    events: scheduler.eventsRun,
    flows: flows.map((each) => ({
      ...measureFlow(each.log, each.outages, endNs),
      ...each.metrics(),
    })),
    failovers: measureFailovers(entries, serviceOutages(flows), endNs),
    configSync: measureConfigSyncs(entries, nodesByAddress(scenario)),
    frames: {
      sent: frames.sent,
      delivered: frames.delivered,
      inFlight: frames.inFlight,
      dropped: inListOrder(frames.dropped),
    },
    status,
    nodes: Object.fromEntries(
      [...network.firewalls].map(([node, { stateCounters }]) => [
        node,
        { states: stateCounters === undefined ? null : { ...stateCounters } },
      ]),
    ),
  }
}

/**
 * The outages that count for a failover: those of flows whose packets only need a path. A session
 * may stay dead for longer; flows of sessions count only if there are no others.
 */
function serviceOutages(flows: readonly FlowRun[]): readonly Outage[] {
  const ofPaths = flows.filter(({ flow }) => !kindOf(flow).livesInSession)
  return (ofPaths.length > 0 ? ofPaths : flows).flatMap(({ outages }) => outages.outages)
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
