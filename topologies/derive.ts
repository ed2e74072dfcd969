import { productOf } from '../devices/products.ts'
import { MILLISECOND_NS } from '../engine/time.ts'
import type { Flow } from '../flows/index.ts'
import { formatDuration, parseDuration } from '../schema/duration.ts'
import type { EsxiHost, LinkProperties, VirtualSwitch } from '../schema/network.ts'
import type { Scenario, ScenarioDraft } from './document.ts'

/** Defaults that follow from other fields. */

const STOP_BEFORE_END_NS = 100 * MILLISECOND_NS
const CABLE: LinkProperties = { linkSpeedMbps: 1000, propagation: '50ns' }
const VIRTUAL_CABLE: LinkProperties = { linkSpeedMbps: 10_000, propagation: '0ns' }

type DraftNic =
  | ScenarioDraft['topology']['hosts'][number]['nics'][number]
  | ScenarioDraft['topology']['esxiHosts'][number]['vmnics'][number]

/** Spells out every default that is still open. The draft is left as it is. */
export function derive(draft: ScenarioDraft): Scenario {
  const { topology } = draft
  const cables = describedCables(topology)
  const machine = <Machine extends { name: string; nics: DraftNic[] }>(it: Machine) => ({
    ...it,
    nics: it.nics.map((nic) => withLink(nic, cables.get(cableEnd(it.name, nic.name)))),
  })
  return {
    ...draft,
    topology: {
      ...topology,
      esxiHosts: topology.esxiHosts.map(
        (host): EsxiHost => ({
          ...host,
          vmnics: host.vmnics.map((nic) =>
            withLink(nic, cables.get(cableEnd(host.name, nic.name))),
          ),
          vswitches: host.vswitches.map(withEffectiveSecurity),
        }),
      ),
      firewalls: topology.firewalls.map((firewall) =>
        productOf(firewall.product).derive(machine(firewall)),
      ),
      hosts: topology.hosts.map(machine),
    },
    flows: draft.flows.map(
      (flow): Flow => ({ ...flow, stop: flow.stop ?? lastStop(draft.duration) }),
    ),
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

function withLink<Nic extends DraftNic>(
  nic: Nic,
  otherEnd: DraftNic | undefined,
): Nic & LinkProperties {
  const { connectedTo } = nic
  const usual = connectedTo !== undefined && 'esxiHost' in connectedTo ? VIRTUAL_CABLE : CABLE
  return {
    ...nic,
    linkSpeedMbps: nic.linkSpeedMbps ?? otherEnd?.linkSpeedMbps ?? usual.linkSpeedMbps,
    propagation: nic.propagation ?? otherEnd?.propagation ?? usual.propagation,
  }
}

function withEffectiveSecurity(
  vswitch: ScenarioDraft['topology']['esxiHosts'][number]['vswitches'][number],
): VirtualSwitch {
  return {
    ...vswitch,
    portGroups: vswitch.portGroups.map((portGroup) => ({
      ...portGroup,
      security: { ...vswitch.security, ...portGroup.security },
    })),
  }
}

function lastStop(duration: string): string {
  const endNs = parseDuration(duration) ?? 0
  return formatDuration(Math.max(0, endNs - STOP_BEFORE_END_NS))
}
