import type { CableProperties } from './cable.ts'
import type {
  AnyFirewall,
  AnyScenario,
  Connection,
  EsxiHost,
  Host,
  PortGroup,
  Switch,
  SwitchPort,
  VirtualSwitch,
} from './network.ts'
import type { Path } from './problem.ts'

/** The parts of a topology by name, and where each stands in the document. */

export type Machine = AnyFirewall | Host

export interface MachineEntry {
  readonly kind: 'firewall' | 'host'
  readonly machine: Machine
  readonly path: Path
}

export interface PortGroupEntry {
  readonly esxiHost: EsxiHost
  readonly vswitch: VirtualSwitch
  readonly portGroup: PortGroup
}

/** One end of a cable, or of a virtual one: a NIC of a machine or a vmnic of an ESXi host. */
export interface NicEntry extends CableProperties {
  readonly node: string
  readonly name: string
  readonly macAddress: string
  readonly connectedTo: Connection | undefined
  readonly path: Path
}

export class NetworkIndex {
  readonly machines = new Map<string, MachineEntry>()
  readonly esxiHosts = new Map<string, EsxiHost>()
  readonly switches = new Map<string, Switch>()
  readonly nics: NicEntry[] = []
  #portGroups = new Map<string, Map<string, PortGroupEntry>>()
  #ports = new Map<string, Map<string, SwitchPort>>()
  #nics = new Map<string, Map<string, NicEntry>>()

  constructor({ topology }: AnyScenario) {
    for (const [at, host] of topology.esxiHosts.entries()) {
      const path = ['topology', 'esxiHosts', at]
      this.esxiHosts.set(host.name, host)
      this.#addNics(host.name, host.vmnics, [...path, 'vmnics'])
      this.#portGroups.set(host.name, portGroupsOf(host))
    }
    for (const it of topology.switches) {
      this.switches.set(it.name, it)
      this.#ports.set(it.name, new Map(it.ports.map((port) => [port.name, port])))
    }
    for (const [at, machine] of topology.firewalls.entries()) {
      this.#addMachine('firewall', machine, ['topology', 'firewalls', at])
    }
    for (const [at, machine] of topology.hosts.entries()) {
      this.#addMachine('host', machine, ['topology', 'hosts', at])
    }
  }

  #addMachine(kind: MachineEntry['kind'], machine: Machine, path: Path): void {
    this.machines.set(machine.name, { kind, machine, path })
    this.#addNics(machine.name, machine.nics, [...path, 'nics'])
  }

  #addNics(
    node: string,
    nics: readonly (Machine['nics'][number] | EsxiHost['vmnics'][number])[],
    path: Path,
  ): void {
    const ofNode = this.#nics.get(node) ?? new Map<string, NicEntry>()
    this.#nics.set(node, ofNode)
    for (const [at, nic] of nics.entries()) {
      const entry = { ...nic, node, connectedTo: nic.connectedTo, path: [...path, at] }
      ofNode.set(nic.name, entry)
      this.nics.push(entry)
    }
  }

  /** Names of all that has NICs: firewalls, hosts and ESXi hosts. */
  nodesWithNics(): string[] {
    return [...this.#nics.keys()].filter((name) => name !== '')
  }

  nicsOf(node: string): ReadonlyMap<string, NicEntry> {
    return this.#nics.get(node) ?? new Map()
  }

  portGroupsOf(esxiHost: string): ReadonlyMap<string, PortGroupEntry> {
    return this.#portGroups.get(esxiHost) ?? new Map()
  }

  portsOf(switchName: string): ReadonlyMap<string, SwitchPort> {
    return this.#ports.get(switchName) ?? new Map()
  }
}

function portGroupsOf(esxiHost: EsxiHost): Map<string, PortGroupEntry> {
  const entries = new Map<string, PortGroupEntry>()
  for (const vswitch of esxiHost.vswitches) {
    for (const portGroup of vswitch.portGroups) {
      entries.set(portGroup.name, { esxiHost, vswitch, portGroup })
    }
  }
  return entries
}
