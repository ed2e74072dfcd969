import type { Network } from '../devices/network.ts'
import { productOf } from '../devices/products.ts'
import type { World } from '../devices/world.ts'
import type { JournalEntry } from '../engine/journal.ts'
import { formatSeconds } from '../engine/time.ts'
import { DROP_CAUSES } from '../protocols/frame/fate.ts'
import { mac, prefix } from '../schema/values.ts'
import { type CapturePointPlan, planCapturePoints } from '../topologies/capture-points.ts'
import type { Scenario } from '../topologies/document.ts'
import { CaptureRecorder } from '../traces/capture.ts'
import type { CapturePointOptions } from '../traces/capture-files.ts'
import type { FateLog } from '../traces/fate-log.ts'
import type { Death } from '../traces/flow-log.ts'
import type { RunFile } from '../traces/run-file.ts'
import type { SlabStore } from '../traces/slab-log.ts'

/** The captures of one run, and what is written into them beside frames. */
export class RunCaptures {
  #scenario: Scenario
  #recorder: CaptureRecorder

  constructor(world: World, scenario: Scenario, version: string, slabs?: SlabStore) {
    this.#scenario = scenario
    this.#recorder = new CaptureRecorder(
      world,
      {
        scenario: scenario.name,
        seed: scenario.seed,
        version,
        hostNames: hostNames(scenario),
      },
      scenario.budget.captureMegabytes * 1_000_000,
      () => world.scheduler.stop(),
      slabs,
    )
  }

  /** Taps the points that the scenario asks for, in a network without running nodes yet. */
  attach(network: Network, fates: FateLog): void {
    const { points } = this.#scenario.captures
    if (points === 'none') return
    for (const plan of planCapturePoints(this.#scenario.topology)) {
      if (points !== 'all' && !points.includes(plan.name)) continue
      plan.attach(network, this.#recorder.point(captureOptionsOf(plan)))
    }
    fates.listen({
      // The ends of copies nobody waited for would only clutter; see `tellLosses` for the rest.
      died: (death) => {
        if (!DROP_CAUSES[death.cause].incidental) this.commentOn(death)
      },
    })
  }

  /** Marks faults and elections. */
  noteEvent({ kind, node, text, timeNs }: JournalEntry): void {
    if (kind === 'fault') {
      this.#recorder.event(`EVENT ${text} at ${formatSeconds(timeNs)} s`)
    } else if (kind === 'role.changed') {
      this.#recorder.event(`EVENT ${node} ${text} at ${formatSeconds(timeNs)} s`, node)
    }
  }

  commentOn({ sighting, at, cause }: Death): void {
    this.#recorder.comment(sighting, `DROP ${at}: ${cause} (${DROP_CAUSES[cause].meaning})`)
  }

  files(): RunFile[] {
    return this.#recorder.files(this.#scenario.captures)
  }
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

/** Names of all addresses, for whoever reads a capture with name resolution on. */
function hostNames({ topology }: Scenario): { address: number; name: string }[] {
  const names = new Map<number, string>()
  for (const { name, interfaces } of [...topology.firewalls, ...topology.hosts]) {
    for (const { address } of interfaces) {
      if (address !== undefined) names.set(prefix(address).address, name)
    }
  }
  for (const firewall of topology.firewalls) {
    for (const each of productOf(firewall.product).sharedAddresses(firewall)) {
      const { address, interface: on } = each
      names.set(prefix(address).address, `vip-${on.toLowerCase()}`)
    }
  }
  return [...names].map(([address, name]) => ({ address, name }))
}
