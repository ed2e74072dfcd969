import { productOf } from '../devices/products.ts'
import { MILLISECOND_NS, SECOND_NS } from '../engine/time.ts'
import type { Flow } from '../flows/index.ts'
import { completeCable } from '../schema/cable.ts'
import { formatDuration, parseDuration } from '../schema/duration.ts'
import type { CardProperties, EsxiHost, Teaming, VirtualSwitch } from '../schema/network.ts'
import { defaultMac } from './default-mac.ts'
import type { Scenario, ScenarioDraft } from './document.ts'

/** Defaults that follow from other fields. */

const STOP_BEFORE_END_NS = 100 * MILLISECOND_NS
/** Of a run without faults, and after the last one. */
const DURATION_MIN_NS = 60 * SECOND_NS

type DraftNic =
  | ScenarioDraft['topology']['hosts'][number]['nics'][number]
  | ScenarioDraft['topology']['esxiHosts'][number]['vmnics'][number]

/** Spells out every default that is still open. The draft is left as it is. */
export function derive(draft: ScenarioDraft): Scenario {
  const { topology } = draft
  const cables = describedCables(topology)
  const card = <Nic extends DraftNic>(node: string, nic: Nic) =>
    completeCard(node, nic, cables.get(cableEnd(node, nic.name)))
  const machine = <Machine extends { name: string; nics: DraftNic[] }>(it: Machine) => ({
    ...it,
    nics: it.nics.map((nic) => card(it.name, nic)),
  })
  const runTime = draft.duration ?? untilAllIsOver(draft)
  return {
    ...draft,
    duration: runTime,
    topology: {
      ...topology,
      esxiHosts: topology.esxiHosts.map(
        (host): EsxiHost => ({
          ...host,
          vmnics: host.vmnics.map((nic) => card(host.name, nic)),
          vswitches: host.vswitches.map(withEffectivePolicies),
        }),
      ),
      firewalls: topology.firewalls.map((firewall) =>
        productOf(firewall.product).derive(machine(firewall)),
      ),
      hosts: topology.hosts.map(machine),
    },
    flows: draft.flows.map((flow): Flow => ({ ...flow, stop: flow.stop ?? lastStop(runTime) })),
  }
}

/** A cable is described at one end; the NIC at its other end has the same link. */
function describedCables(topology: ScenarioDraft['topology']): Map<string, DraftNic> {
  const cables = new Map<string, DraftNic>()
  const machines = [...topology.firewalls, ...topology.hosts]
  const nics = [
    ...machines.flatMap((it) => it.nics),
    ...topology.esxiHosts.flatMap((it) => it.vmnics),
  ]
  for (const nic of nics) {
    if (nic.connectedTo !== undefined && 'node' in nic.connectedTo) {
      cables.set(cableEnd(nic.connectedTo.node, nic.connectedTo.nic), nic)
    }
  }
  return cables
}

function cableEnd(node: string, nic: string): string {
  return `${node}\n${nic}`
}

function completeCard<Nic extends DraftNic>(
  node: string,
  nic: Nic,
  otherEnd: DraftNic | undefined,
): Nic & CardProperties {
  const { connectedTo } = nic
  const isVirtual = connectedTo !== undefined && 'esxiHost' in connectedTo
  const own: CardProperties = {
    ...completeCable(isVirtual, nic, otherEnd),
    macAddress: nic.macAddress ?? defaultMac(node, nic.name, isVirtual),
  }
  return { ...nic, ...own }
}

type DraftVirtualSwitch = ScenarioDraft['topology']['esxiHosts'][number]['vswitches'][number]

function withEffectivePolicies(vswitch: DraftVirtualSwitch): VirtualSwitch {
  const { uplinks, security } = vswitch
  const teaming = withFailoverOrder(uplinks, vswitch.teaming)
  return {
    ...vswitch,
    teaming,
    portGroups: vswitch.portGroups.map((portGroup) => {
      const { activeUplinks, standbyUplinks, unusedUplinks } = portGroup.teaming ?? {}
      const ownsOrder = activeUplinks ?? standbyUplinks ?? unusedUplinks
      const { policy, notifySwitches, failback } = teaming
      const inherited = ownsOrder === undefined ? teaming : { policy, notifySwitches, failback }
      return {
        ...portGroup,
        security: { ...security, ...portGroup.security },
        teaming: withFailoverOrder(uplinks, { ...inherited, ...portGroup.teaming }),
      }
    }),
  }
}

/** Every uplink is active, standby or unused. */
function withFailoverOrder(
  uplinks: readonly string[],
  teaming: DraftVirtualSwitch['teaming'],
): Teaming {
  const { activeUplinks, standbyUplinks = [], unusedUplinks = [] } = teaming
  const others = [...standbyUplinks, ...unusedUplinks]
  const active = activeUplinks ?? uplinks.filter((name) => !others.includes(name))
  const named = [...active, ...others]
  const left = uplinks.filter((name) => !named.includes(name))
  return {
    ...teaming,
    activeUplinks: active,
    standbyUplinks,
    unusedUplinks: [...unusedUplinks, ...left],
  }
}

/** Long enough for what the last fault brings: a takeover, or a boot and a return. */
function untilAllIsOver({ faults }: ScenarioDraft): string {
  const latestNs = faults.map(({ at }) => parseDuration(typeof at === 'string' ? at : at.to) ?? 0)
  return formatDuration(Math.max(0, ...latestNs) + DURATION_MIN_NS)
}

function lastStop(duration: string): string {
  const endNs = parseDuration(duration) ?? 0
  return formatDuration(Math.max(0, endNs - STOP_BEFORE_END_NS))
}
