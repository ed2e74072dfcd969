import type { Network } from '../devices/network.ts'
import type { Tap } from '../protocols/frame/tap.ts'
import type { EsxiHost, Interface, Nic, Vmnic } from '../schema/network.ts'
import type { Machine } from '../schema/network-index.ts'
import type { Topology } from './document.ts'

/** A place where frames can be recorded: a card, an uplink, or one VLAN of a card. */
export interface CapturePointPlan {
  /** Names the file: `mgmt-pc`, `pfsense1-vlanmgmt`, `esx1-vswitch0-vmnic0`. */
  readonly name: string
  readonly description: string
  readonly node: string
  /** The address as the document has it. */
  readonly macAddress: string
  readonly linkSpeedMbps: number
  readonly address?: string
  /** At a whole card of a machine: the VLANs that it has interfaces in; undefined: untagged. */
  readonly vlans?: readonly (number | undefined)[]
  attach(network: Network, tap: Tap): void
}

/** All capture points of a topology, in its order. */
export function planCapturePoints(topology: Topology): CapturePointPlan[] {
  return [
    ...topology.esxiHosts.flatMap(planUplinks),
    ...topology.firewalls.flatMap(planMachine),
    ...topology.hosts.flatMap(planMachine),
  ]
}

function planUplinks(host: EsxiHost): CapturePointPlan[] {
  return host.vswitches.flatMap((vswitch) =>
    host.vmnics
      .filter(({ name }) => vswitch.uplinks.includes(name))
      .map((vmnic) => ({
        name: pointName(host.name, vswitch.name, vmnic.name),
        description: `${host.name}: uplink ${vmnic.name} of ${vswitch.name}`,
        ...onCard(host.name, vmnic),
      })),
  )
}

function planMachine(machine: Machine): CapturePointPlan[] {
  const { name, nics, interfaces } = machine
  const ofCard = (card: Nic) => ({
    ...onCard(name, card),
    vlans: interfaces.filter(({ nic }) => nic === card.name).map(({ vlanId }) => vlanId),
  })
  const ofInterfaces = interfaces.flatMap((each) => {
    const card = nics.find((candidate) => candidate.name === each.nic)
    if (card === undefined) return []
    const point = {
      // The only interface of a machine is what people mean by its name.
      name: interfaces.length === 1 ? pointName(name) : pointName(name, each.name),
      description: describe(name, each),
      ...(each.address === undefined ? {} : { address: each.address }),
    }
    const { vlanId } = each
    return [{ ...point, ...(vlanId === undefined ? ofCard(card) : onVlan(name, card, each)) }]
  })
  // A card that carries VLANs only has no interface of its own to be seen by.
  const bare = nics.filter(
    (card) => !interfaces.some(({ nic, vlanId }) => nic === card.name && vlanId === undefined),
  )
  return [
    ...ofInterfaces,
    ...bare.map((card) => ({
      name: pointName(name, card.name),
      description: `${name}: ${card.name}`,
      ...ofCard(card),
    })),
  ]
}

type Placement = Pick<CapturePointPlan, 'node' | 'macAddress' | 'linkSpeedMbps' | 'attach'>

function onCard(node: string, { name, macAddress, linkSpeedMbps }: Nic | Vmnic): Placement {
  const attach: Placement['attach'] = (network, tap) => {
    network.findPort(node, name).tap = tap
  }
  return { node, macAddress, linkSpeedMbps, attach }
}

function onVlan(node: string, card: Nic, { name }: Interface): Placement {
  const attach: Placement['attach'] = (network, tap) => {
    network.hosts.get(node)?.interfaceTaps.set(name, tap)
  }
  return { ...onCard(node, card), attach }
}

function describe(machine: string, { name, nic, vlanId, address }: Interface): string {
  const vlan = vlanId === undefined ? '' : ` VLAN ${vlanId}`
  return `${machine}: ${name} (${nic}${vlan}${address === undefined ? '' : `, ${address}`})`
}

/** Part of a file's name, so only what every file system takes. */
function pointName(...parts: readonly string[]): string {
  return parts.map((part) => part.toLowerCase().replaceAll(/[^a-z0-9._]+/g, '-')).join('-')
}
