import type { AnyScenario, Connection } from './network.ts'
import type { NetworkIndex } from './network-index.ts'

/**
 * Broadcast domains: which interfaces hear each other's broadcasts, by the cabling and the VLANs
 * alone, whatever is up or down.
 */
export class Segments {
  #index: NetworkIndex
  /** A forest: each place points towards the one that stands for its domain. */
  #towards = new Map<string, string>()

  constructor(scenario: AnyScenario, index: NetworkIndex) {
    this.#index = index
    const vlans = vlansOf(scenario)
    for (const nic of index.nics) {
      for (const vlan of vlans) {
        const far = this.#farEnd(nic.connectedTo, vlan)
        if (far !== undefined) this.#join(atNic(nic.node, nic.name, vlan), far)
      }
    }
    for (const { name, ports } of scenario.topology.switches) {
      for (const { name: port, connectedTo } of ports) {
        if (connectedTo === undefined) continue
        for (const vlan of vlans) {
          const near = this.#inSwitch(name, port, vlan)
          const far = this.#inSwitch(connectedTo.switch, connectedTo.port, vlan)
          if (near !== undefined && far !== undefined) this.#join(near, far)
        }
      }
    }
    for (const host of scenario.topology.esxiHosts) {
      for (const vswitch of host.vswitches) {
        for (const uplink of vswitch.uplinks) {
          for (const vlan of vlans) {
            this.#join(atVswitch(host.name, vswitch.name, vlan), atNic(host.name, uplink, vlan))
          }
        }
      }
    }
  }

  /** @returns the same text for all that share a domain; `vlanId` undefined stands for untagged */
  of(node: string, nic: string, vlanId: number | undefined): string {
    return this.#find(atNic(node, nic, vlanId ?? UNTAGGED))
  }

  /** The place where a frame with this tag leaves the plug; undefined when it may not pass. */
  #farEnd(connectedTo: Connection | undefined, vlan: number): string | undefined {
    if (connectedTo === undefined) return undefined
    if ('esxiHost' in connectedTo) {
      const { esxiHost } = connectedTo
      const entry = this.#index.portGroupsOf(esxiHost).get(connectedTo.portGroup)
      if (entry === undefined) return undefined
      const { vlanId } = entry.portGroup
      if (vlanId === EVERY_VLAN) return atVswitch(esxiHost, entry.vswitch.name, vlan)
      return vlan === UNTAGGED ? atVswitch(esxiHost, entry.vswitch.name, vlanId) : undefined
    }
    if ('switch' in connectedTo) {
      return this.#inSwitch(connectedTo.switch, connectedTo.port, vlan)
    }
    return 'node' in connectedTo ? atNic(connectedTo.node, connectedTo.nic, vlan) : undefined
  }

  /** The place of a frame with this tag behind a port of a switch. */
  #inSwitch(name: string, portName: string, vlan: number): string | undefined {
    const port = this.#index.portsOf(name).get(portName)
    if (port?.mode === 'access') {
      return vlan === UNTAGGED ? atSwitch(name, port.vlanId) : undefined
    }
    const inside = vlan === UNTAGGED ? port?.nativeVlan : vlan
    const passes = inside !== undefined && port?.allowedVlans?.includes(inside) === true
    return passes ? atSwitch(name, inside) : undefined
  }

  #find(place: string): string {
    let here = place
    for (let next = this.#towards.get(here); next !== undefined; next = this.#towards.get(here)) {
      here = next
    }
    return here
  }

  #join(a: string, b: string): void {
    const from = this.#find(a)
    const to = this.#find(b)
    if (from !== to) this.#towards.set(from, to)
  }
}

const UNTAGGED = 0
const EVERY_VLAN = 4095

function atNic(node: string, nic: string, vlan: number): string {
  return ['nic', node, nic, vlan].join('\n')
}

function atVswitch(esxiHost: string, vswitch: string, vlan: number): string {
  return ['vswitch', esxiHost, vswitch, vlan].join('\n')
}

function atSwitch(name: string, vlan: number): string {
  return ['switch', name, vlan].join('\n')
}

/** Every VLAN that the topology speaks of, and the untagged frames. */
function vlansOf({ topology }: AnyScenario): ReadonlySet<number> {
  const portGroups = topology.esxiHosts.flatMap((it) => it.vswitches).flatMap((it) => it.portGroups)
  const ports = topology.switches.flatMap((it) => it.ports)
  const interfaces = [...topology.firewalls, ...topology.hosts].flatMap((it) => it.interfaces)
  return new Set([
    UNTAGGED,
    ...portGroups.map((it) => it.vlanId).filter((vlan) => vlan !== EVERY_VLAN),
    ...ports.flatMap((it) => (it.mode === 'access' ? it.vlanId : it.allowedVlans)),
    ...interfaces.flatMap((it) => it.vlanId ?? []),
  ])
}
