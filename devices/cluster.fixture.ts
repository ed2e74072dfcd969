import type { JournalEntry } from '../engine/journal.ts'
import { MICROSECOND_NS, MILLISECOND_NS, SECOND_NS } from '../engine/time.ts'
import type { PortGroup, SecurityPolicy } from './esxi/port-group.ts'
import { StandardVSwitch, type VSwitchSettings } from './esxi/vswitch.ts'
import type { TimingPreset } from './freebsd/callout.ts'
import { type HostText, hostSettings } from './host/host.fixture.ts'
import { Host } from './host/host.ts'
import { Laboratory, prefix } from './laboratory.fixture.ts'
import { LearningSwitch } from './learning-switch.ts'
import type { OpenVpnSettings } from './pfsense/openvpn-server.ts'
import { PfSense } from './pfsense/pfsense.ts'

export const BOOT_NS = SECOND_NS
export const SHUTDOWN_NS = 5 * SECOND_NS
export const SERVER_IP = '10.10.110.10'
export const CLIENT_IP = '10.10.199.10'

const CARP_NEEDS: SecurityPolicy = {
  promiscuousMode: 'accept',
  macChanges: 'accept',
  forgedTransmits: 'accept',
}

export interface ClusterPlan {
  readonly security?: { readonly fw1?: SecurityPolicy; readonly fw2?: SecurityPolicy }
  readonly uplinks?: 1 | 2
  readonly vSwitch?: Partial<VSwitchSettings>
  readonly timing?: TimingPreset
  readonly seed?: number
  readonly readdOnLinkUp?: boolean
  /** An OpenVPN server on both firewalls. */
  readonly openvpn?: OpenVpnSettings
}

export type NodeName = 'fw1' | 'fw2' | 'server' | 'client'

/**
 * The reference deployment in small: two pfSense and a server on one vSwitch, a client on the
 * physical switch. VLAN 110 (SERVER, VHID 2) and VLAN 199 (MGMT, VHID 5) on one trunk NIC of each
 * firewall, and a network of its own (WAN, VHID 1) on another.
 */
export class Cluster {
  readonly lab: Laboratory
  readonly fw1: PfSense
  readonly fw2: PfSense
  readonly hosts: Readonly<Record<NodeName, Host>>
  /** The vmnics, at their vSwitch. */
  readonly uplinks
  /** What the nodes told of CARP, as `3.000000 fw1 carp: …`. */
  readonly story: string[] = []
  #vSwitch: StandardVSwitch
  #nextMac = 0x10

  constructor(plan: ClusterPlan = {}) {
    this.lab = new Laboratory(plan.seed)
    const { world } = this.lab
    world.journal.listen((entry) => this.#listen(entry))
    this.#vSwitch = new StandardVSwitch(world, 'vSwitch0', {
      mtuBytes: 1500,
      forwardingDelayNs: 3 * MICROSECOND_NS,
      reversePathCheck: true,
      reversePathCheckPromiscuous: false,
      blockGuestBpdu: true,
      teamPolicyUpDelayNs: 100 * MILLISECOND_NS,
      ...plan.vSwitch,
    })
    const physical = new LearningSwitch(world, 'sw1', {
      ageingNs: 300 * SECOND_NS,
      forwardingDelayNs: 4 * MICROSECOND_NS,
    })
    this.uplinks = Array.from({ length: plan.uplinks ?? 1 }, (_, index) => {
      const trunk = { mode: 'trunk', allowedVlans: [110, 199], nativeVlan: 1 } as const
      const uplink = this.#vSwitch.addUplink(`vmnic${index}`)
      const delays = { delayFromANs: 50, delayFromBNs: 15 * MICROSECOND_NS }
      this.lab.connect(uplink, physical.addPort(`Gi1/0/${index + 1}`, trunk), delays)
      return uplink
    })
    this.fw1 = this.#makeFirewall(1, plan)
    this.fw2 = this.#makeFirewall(2, plan)
    const server = this.#makeHost('server', `${SERVER_IP}/24`, '10.10.110.254')
    const client = this.#makeHost('client', `${CLIENT_IP}/24`, '10.10.199.254')
    this.#plugIn(server, 0, portGroup('SERVER', 110, 'reject'))
    const clientPort = physical.addPort('Gi1/0/9', { mode: 'access', vlanId: 199 })
    if (client.nics[0] !== undefined) this.lab.connect(client.nics[0].port, clientPort)
    this.hosts = { fw1: this.fw1.host, fw2: this.fw2.host, server, client }
  }

  start(...names: readonly NodeName[]): void {
    const all: readonly NodeName[] = ['fw1', 'fw2', 'server', 'client']
    for (const name of names.length === 0 ? all : names) this.hosts[name].startRunning()
  }

  runForSeconds(seconds: number): void {
    this.lab.runForSeconds(seconds)
  }

  takeStory(): string[] {
    return this.story.splice(0)
  }

  /** The status words of a node's page, in its order: WAN, SERVER, MGMT. */
  statuses(node: 'fw1' | 'fw2'): string[] {
    return this[node].statusPage().map(({ status }) => status)
  }

  #listen({ kind, node, text, timeNs }: JournalEntry): void {
    if (!(kind.startsWith('role.') || kind === 'carp.demotion') || kind === 'role.removed') return
    this.story.push(`${(timeNs / SECOND_NS).toFixed(6)} ${node} ${text}`)
  }

  #makeFirewall(number: 1 | 2, plan: ClusterPlan): PfSense {
    const name = `fw${number}` as const
    const own = 250 + number
    const advskew = number === 1 ? 0 : 100
    const firewall = new PfSense(this.lab.world, {
      host: hostSettings({
        name,
        system: 'freebsd',
        forwarding: true,
        bootDurationNs: BOOT_NS,
        nics: { vmx0: `00:50:56:0${number}:00:01`, vmx1: `00:50:56:0${number}:00:02` },
        interfaces: [
          { name: 'WAN', nic: 'vmx0', address: `10.10.210.${own}/24` },
          { name: 'SERVER', nic: 'vmx1', vlanId: 110, address: `10.10.110.${own}/24` },
          { name: 'MGMT', nic: 'vmx1', vlanId: 199, address: `10.10.199.${own}/24` },
        ],
      }),
      carp: { preempt: true, interfaceDownDemotion: 240, verifyTtl: false },
      virtualIps: [
        { interface: 'WAN', vhid: 1, vip: '10.10.210.253/24' },
        { interface: 'SERVER', vhid: 2, vip: '10.10.110.254/24' },
        { interface: 'MGMT', vhid: 5, vip: '10.10.199.254/24' },
      ].map(({ vip, ...rest }) => ({
        ...rest,
        address: prefix(vip),
        description: `CARP ${rest.interface}`,
        password: `carp-vhid-${rest.vhid}`,
        advbaseSeconds: 1,
        advskew,
      })),
      timing: plan.timing ?? 'ideal',
      shutdownNs: SHUTDOWN_NS,
      readdOnLinkUp: plan.readdOnLinkUp ?? true,
      openvpn: plan.openvpn,
    })
    const security = plan.security?.[name] ?? CARP_NEEDS
    this.#plugIn(firewall.host, 0, { name: 'WAN', vlanId: 210, security })
    this.#plugIn(firewall.host, 1, { name: 'TRUNK', vlanId: 4095, security })
    return firewall
  }

  #makeHost(name: string, address: string, gateway: string): Host {
    const text: HostText = {
      name,
      bootDurationNs: BOOT_NS,
      nics: { eth0: `02:00:00:00:00:${(this.#nextMac++).toString(16)}` },
      interfaces: [{ name: 'eth0', address }],
      routes: { '0.0.0.0/0': gateway },
    }
    return new Host(this.lab.world, hostSettings(text))
  }

  #plugIn(host: Host, at: number, plan: Omit<PortGroup, 'teaming'>): void {
    const nic = host.nics[at]
    if (nic === undefined) throw new Error(`${host.name} has no NIC ${at}`)
    const label = `${host.name}.${nic.name}`
    const activeUplinks = this.uplinks.map(({ name }) => name)
    const teaming = {
      policy: 'srcport',
      notifySwitches: true,
      failback: true,
      activeUplinks,
      standbyUplinks: [],
    } as const
    const group: PortGroup = { ...plan, teaming }
    this.lab.connect(nic.port, this.#vSwitch.addVirtualPort(nic, group, label), {
      bitsPerSecond: 10_000_000_000,
      delayFromANs: 5 * MICROSECOND_NS,
      delayFromBNs: 17 * MICROSECOND_NS,
    })
  }
}

function portGroup(name: string, vlanId: number, promiscuousMode: 'accept' | 'reject') {
  return { name, vlanId, security: { ...CARP_NEEDS, promiscuousMode } }
}
