import { UnusedVmnic } from '../devices/esxi/unused-vmnic.ts'
import { StandardVSwitch } from '../devices/esxi/vswitch.ts'
import type { TimingPreset } from '../devices/freebsd/callout.ts'
import { Host, type HostSettings } from '../devices/host/host.ts'
import { LearningSwitch } from '../devices/learning-switch.ts'
import type { Network } from '../devices/network.ts'
import { Port } from '../devices/port.ts'
import type { FirewallNode } from '../devices/product.ts'
import { type Firewall, productOf } from '../devices/products.ts'
import { madeBridgeAddress, startSpanningTrees } from '../devices/switch/spanning-tree.ts'
import type { World } from '../devices/world.ts'
import { assert } from '../engine/assert.ts'
import { MILLISECOND_NS, type Nanoseconds } from '../engine/time.ts'
import type { MacAddress } from '../protocols/addresses.ts'
import { type CableProperties, cableOf, completeCable } from '../schema/cable.ts'
import type {
  Connection,
  EsxiHost,
  Interface,
  Nic as NicDocument,
  Switch,
  VirtualSwitch,
} from '../schema/network.ts'
import type { Machine } from '../schema/network-index.ts'
import { ipv4, mac, nanoseconds, prefix } from '../schema/values.ts'
import type { Topology } from '../topologies/document.ts'

/** Builds a validated topology. Nothing runs yet: see `startNodes`. */
export function buildNetwork(world: World, topology: Topology, timing: TimingPreset): Network {
  return new NetworkBuilder(world, timing).build(topology)
}

/** Switches on what the scenario says is on, as if it had been for long. */
export function startNodes(network: Network, topology: Topology): void {
  const isOn = new Map(
    [...topology.firewalls, ...topology.hosts].map(({ name, powerState }) => [
      name,
      powerState === 'poweredOn',
    ]),
  )
  for (const [name, host] of network.hosts) {
    if (isOn.get(name)) host.startRunning()
  }
  startSpanningTrees(network.switches.flatMap(({ spanningTree }) => spanningTree ?? []))
}

class NetworkBuilder {
  #world: World
  #timing: TimingPreset
  #hosts = new Map<string, Host>()
  #firewalls = new Map<string, FirewallNode>()
  #switches: LearningSwitch[] = []
  #ports = new Map<string, Port>()
  /** What a frame takes beside the cable until a port has it: interrupts, copies to the guest. */
  #arrivalLatencies = new Map<Port, string>()
  #portGroups = new Map<string, { vswitch: StandardVSwitch; document: VirtualSwitch }>()

  constructor(world: World, timing: TimingPreset) {
    this.#world = world
    this.#timing = timing
  }

  build(topology: Topology): Network {
    for (const document of topology.switches) this.#addSwitch(document)
    for (const document of topology.esxiHosts) this.#addEsxiHost(document)
    for (const document of topology.firewalls) this.#addFirewall(document)
    for (const document of topology.hosts) {
      const { os: system, forwarding } = document
      const { timeout, acceptGratuitousArp } = document.arp
      const timeoutNs = timeout === undefined ? undefined : nanoseconds(timeout)
      const arp = { timeoutNs, acceptGratuitousArp }
      const settings = { ...hostSettingsOf(document), system, forwarding, arp }
      this.#hosts.set(document.name, new Host(this.#world, settings))
    }
    for (const host of this.#hosts.values()) {
      for (const nic of host.nics) this.#ports.set(keyOf(host.name, nic.name), nic.port)
    }
    for (const document of topology.switches) this.#connectSwitches(document)
    for (const document of topology.esxiHosts) this.#connectUplinks(document)
    for (const { name, nics } of [...topology.firewalls, ...topology.hosts]) {
      for (const nic of nics) this.#connectNic(name, nic)
    }
    return {
      hosts: this.#hosts,
      firewalls: this.#firewalls,
      switches: this.#switches,
      findPort: (node, nic) => this.#port(node, nic),
    }
  }

  // --- Machines ---------------------------------------------------------------------------------

  #addSwitch(document: Switch): void {
    const made = new LearningSwitch(this.#world, document.name, {
      ageingNs: nanoseconds(document.ageing),
      forwardingDelayNs: nanoseconds(document.forwardingDelay),
      ...switchFeaturesOf(document),
    })
    this.#switches.push(made)
    for (const port of document.ports) {
      const { spanningTree } = port
      const features = spanningTree === undefined ? {} : { spanningTree }
      this.#ports.set(keyOf(document.name, port.name), made.addPort(port.name, port, features))
    }
  }

  #addEsxiHost(document: EsxiHost): void {
    const { advanced } = document
    for (const each of document.vswitches) {
      const vswitch = new StandardVSwitch(this.#world, `${document.name} ${each.name}`, {
        mtuBytes: each.mtu,
        forwardingDelayNs: nanoseconds(each.latency.forwarding),
        reversePathCheck: advanced['Net.ReversePathFwdCheck'] === 1,
        reversePathCheckPromiscuous: advanced['Net.ReversePathFwdCheckPromisc'] === 1,
        blockGuestBpdu: advanced['Net.BlockGuestBPDU'] === 1,
        teamPolicyUpDelayNs: advanced['Net.TeamPolicyUpDelay'] * MILLISECOND_NS,
      })
      for (const vmnic of each.uplinks) {
        this.#ports.set(keyOf(document.name, vmnic), vswitch.addUplink(vmnic))
      }
      for (const { name } of each.portGroups) {
        this.#portGroups.set(keyOf(document.name, name), { vswitch, document: each })
      }
    }
    for (const { name, interruptLatency } of document.vmnics) {
      const key = keyOf(document.name, name)
      const port = this.#ports.get(key) ?? new UnusedVmnic(this.#world, document.name, name).port
      this.#ports.set(key, port)
      this.#arrivalLatencies.set(port, interruptLatency)
    }
  }

  #addFirewall(document: Firewall): void {
    const firewall = productOf(document.product).build(this.#world, document, {
      host: hostSettingsOf(document),
      timing: this.#timing,
    })
    this.#firewalls.set(document.name, firewall)
    this.#hosts.set(document.name, firewall.host)
  }

  // --- Cables -----------------------------------------------------------------------------------

  #connectSwitches({ name, ports }: Switch): void {
    for (const port of ports) {
      if (port.connectedTo === undefined) continue
      const far = this.#farEnd(port.connectedTo)
      this.#connect(this.#port(name, port.name), far, completeCable(false, port))
    }
  }

  #connectUplinks(document: EsxiHost): void {
    for (const vmnic of document.vmnics) {
      const { connectedTo } = vmnic
      if (connectedTo === undefined) continue
      this.#connect(this.#port(document.name, vmnic.name), this.#farEnd(connectedTo), vmnic)
    }
  }

  #connectNic(node: string, document: NicDocument): void {
    const { connectedTo } = document
    if (connectedTo === undefined) return
    const near = this.#port(node, document.name)
    if ('portGroup' in connectedTo) {
      const { esxiHost, portGroup } = connectedTo
      this.#connectVirtualNic(node, document, this.#findPortGroup(esxiHost, portGroup))
      return
    }
    this.#connect(near, this.#farEnd(connectedTo), document)
  }

  #farEnd(connectedTo: Exclude<Connection, { portGroup: string }>): Port {
    return 'switch' in connectedTo
      ? this.#port(connectedTo.switch, connectedTo.port)
      : this.#port(connectedTo.node, connectedTo.nic)
  }

  #connectVirtualNic(
    node: string,
    document: NicDocument,
    { vswitch, portGroup, latency }: FoundPortGroup,
  ): void {
    const nic = this.#hosts.get(node)?.nics.find(({ name }) => name === document.name)
    assert(nic !== undefined, `${node} has a NIC ${document.name}`)
    const virtualPort = vswitch.addVirtualPort(nic, portGroup, `${node}.${document.name}`)
    this.#arrivalLatencies.set(virtualPort, latency.guestTransmit)
    this.#arrivalLatencies.set(nic.port, latency.guestReceive)
    this.#connect(nic.port, virtualPort, document)
  }

  #connect(a: Port, b: Port, properties: CableProperties): void {
    const { propagationNs, ...cable } = cableOf(properties)
    const delayTo = (port: Port): Nanoseconds =>
      propagationNs + nanoseconds(this.#arrivalLatencies.get(port) ?? '0ns')
    Port.connect({ a, b, ...cable, delayFromANs: delayTo(b), delayFromBNs: delayTo(a) })
  }

  #findPortGroup(esxiHost: string, name: string): FoundPortGroup {
    const found = this.#portGroups.get(keyOf(esxiHost, name))
    const portGroup = found?.document.portGroups.find((each) => each.name === name)
    assert(found !== undefined && portGroup !== undefined, `${esxiHost} has a port group ${name}`)
    return { vswitch: found.vswitch, portGroup, latency: found.document.latency }
  }

  #port(node: string, name: string): Port {
    const port = this.#ports.get(keyOf(node, name))
    assert(port !== undefined, `${node} has a port ${name}`)
    return port
  }
}

function switchFeaturesOf({ name, spanningTree, errdisableRecovery: recovery }: Switch) {
  return {
    ...(spanningTree === undefined
      ? {}
      : {
          spanningTree: {
            mode: spanningTree.mode,
            id: {
              priority: spanningTree.priority,
              address: bridgeAddressOf(name, spanningTree.bridgeAddress),
            },
            helloTimeNs: nanoseconds(spanningTree.helloTime),
            maxAgeNs: nanoseconds(spanningTree.maxAge),
            forwardDelayNs: nanoseconds(spanningTree.forwardDelay),
          },
        }),
    ...(recovery === undefined
      ? {}
      : {
          errDisableRecovery: {
            causes: recovery.causes,
            intervalNs: nanoseconds(recovery.interval),
          },
        }),
  }
}

function bridgeAddressOf(name: string, written: string | undefined): MacAddress {
  return written === undefined ? madeBridgeAddress(name) : mac(written)
}

interface FoundPortGroup {
  readonly vswitch: StandardVSwitch
  readonly portGroup: VirtualSwitch['portGroups'][number]
  readonly latency: VirtualSwitch['latency']
}

/** Port and NIC names may hold any printable character, so the separator is none. */
function keyOf(node: string, name: string): string {
  return `${node}\n${name}`
}

function hostSettingsOf(document: Machine): Omit<HostSettings, 'system' | 'forwarding'> {
  return {
    name: document.name,
    bootDurationNs: nanoseconds(document.bootDuration),
    nics: document.nics.map(({ name, macAddress }) => ({ name, mac: mac(macAddress) })),
    interfaces: document.interfaces.map((each) => ({
      name: each.name,
      nic: each.nic,
      vlanId: each.vlanId,
      enabled: each.enabled,
      address: each.address === undefined ? undefined : prefix(each.address),
    })),
    routes: [
      ...document.routes.map(({ to, via }) => ({ to: prefix(to), via: ipv4(via) })),
      ...document.interfaces.flatMap(defaultRouteOf),
    ],
  }
}

function defaultRouteOf({ gateway }: Interface): HostSettings['routes'] {
  return gateway === undefined ? [] : [{ to: { address: 0, length: 0 }, via: ipv4(gateway) }]
}
