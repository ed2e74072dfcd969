import { assert } from '../../engine/assert.ts'
import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import { Host, type HostService, type HostSettings } from '../host/host.ts'
import type { IpInterface } from '../host/interface.ts'
import type { IpStack } from '../host/ip-stack.ts'
import type { Nic } from '../nic.ts'
import type { World } from '../world.ts'
import {
  Administration,
  type AdministrationOptions,
  FACTORY_ADMINISTRATION,
  type VirtualIpChange,
} from './administration.ts'
import { KernelCallout, type TimingPreset } from './callout.ts'
import { CarpService, type CarpServiceSettings, type VirtualIp } from './carp-service.ts'
import { type CarpStatusRow, carpStatusRows } from './carp-status.ts'
import { filterSettingsNow, initialConfiguration, timingsOf } from './config/initial.ts'
import { replaceVirtualIps } from './config/virtual-ips.ts'
import { OpenVpnControl } from './openvpn-control.ts'
import type { OpenVpnServerService, OpenVpnSettings } from './openvpn-server.ts'
import type { StateCounters, StateTable } from './pf/state-table.ts'
import type { FilterSettings } from './pf-configuration.ts'
import { PfService } from './pf-service.ts'
import { PfsyncService, type PfsyncSettings } from './pfsync/service.ts'
import { kernelTicks } from './pfsync/ticks.ts'
import { type BootStages, type BootSteps, bootUp, usualStages } from './rc-bootup.ts'
import { linkCameUp } from './rc-linkup.ts'
import { ReloadStatus } from './reload-status.ts'
import { setUpPfsync } from './sync-setup.ts'

export interface PfSenseSettings {
  readonly host: HostSettings
  readonly carp: CarpServiceSettings
  readonly virtualIps: readonly VirtualIp[]
  readonly timing: TimingPreset
  /** Undefined: packet filtering is disabled, and everything is forwarded. */
  readonly filter?: FilterSettings | undefined
  /** State synchronisation, where there is a filter; undefined: switched off. */
  readonly pfsync?: PfsyncNodeSettings | undefined
  /** How its configuration changes. Undefined: as delivered. */
  readonly administration?: AdministrationOptions | undefined
  /** Undefined: the usual shares of the host's boot. */
  readonly boot?: BootStages | undefined
  /** From `/sbin/reboot` or `shutdown -p` to the kernel being gone. */
  readonly shutdownNs: Nanoseconds
  /** Whether a link that comes up has rc.newwanip put the virtual IPs of its interfaces anew. */
  readonly readdOnLinkUp: boolean
  /** An OpenVPN server on one of the virtual IPs; undefined: none. */
  readonly openvpn?: OpenVpnSettings | undefined
}

export type PfsyncNodeSettings = Pick<PfsyncSettings, 'interface' | 'peer' | 'buckets'>

/** The skew that the maintenance mode configures; 240 of it goes out on the wire. */
const MAINTENANCE_ADVSKEW = 254
const INTERFACES_SAVED = 'Interfaces settings changed'
/** Of pfsync0, as pfSense leaves it. */
const PFSYNC_MTU_BYTES = 1500
/** rc.reboot sleeps twice for a second before it lets CARP go. */
export const REBOOT_SLEEPS_NS = 2 * SECOND_NS

/**
 * A pfSense node: a forwarding FreeBSD host with CARP, and what an administrator does to it in the
 * GUI. Its configuration survives a reboot, what the kernel knew does not.
 */
export class PfSense {
  readonly host: Host
  readonly administration: Administration
  #world: World
  #settings: PfSenseSettings
  #boot: BootStages
  #callout: KernelCallout
  #carp: CarpService | undefined
  #filter: PfService | undefined
  #pfsync: PfsyncService | undefined
  #openvpn: OpenVpnControl
  /** Of the running node. */
  #reloadStatus: ReloadStatus | undefined
  #maintenance = false
  /** The system is going down: whatever still waits does not bring CARP back. */
  #isStopping = false

  constructor(world: World, settings: PfSenseSettings) {
    this.#world = world
    this.#settings = settings
    const { name } = settings.host
    this.#callout = new KernelCallout(settings.timing, world.random.stream(`${name}/callout`))
    this.#boot = settings.boot ?? usualStages(settings.host.bootDurationNs)
    this.host = new Host(
      world,
      { ...settings.host, bootDurationNs: this.#boot.interfacesNs },
      [
        (stack) => this.#makeCarp(stack),
        // Before the filter, whose rules are about its interface too.
        (stack) => this.#openvpn.startUp(stack),
        ...(settings.filter === undefined ? [] : [this.#makeFilter(settings.filter)]),
        ...(settings.pfsync === undefined ? [] : [this.#makePfsync(settings.pfsync)]),
        () => this.#makeWebGui(),
      ],
      ({ stack }, hasLongBooted, complete) => this.#bootUp(stack, hasLongBooted, complete),
    )
    this.administration = this.#makeAdministration()
    this.#openvpn = this.#makeOpenVpn()
  }

  // --- What the administrator does --------------------------------------------------------------

  /**
   * Interfaces > (name) > Enable unticked > Apply. The VHIDs go while the interface is still up
   * (`ifconfig IF delete`), so no demotion remains and the other VHIDs stay MASTER.
   */
  disableInterface(name: string): void {
    this.administration.save(INTERFACES_SAVED)
    this.#tearDown(name)
  }

  /** The box ticked again and applied: address, then VHIDs, which start as BACKUP. */
  enableInterface(name: string): void {
    this.administration.save(INTERFACES_SAVED)
    this.#bringUp(name)
  }

  /**
   * Interfaces > (name) > Save > Apply, with nothing changed: the interface is torn down and
   * configured anew, and its VHIDs start over.
   */
  applyInterface(name: string): void {
    if (!this.#isUp || this.host.findInterface(name)?.enabled !== true) return
    this.administration.save(INTERFACES_SAVED)
    this.#tearDown(name)
    this.#bringUp(name)
  }

  /** Firewall > Virtual IPs > Save > Apply of one: its VHID starts over, changed or not. */
  applyVirtualIp(name: string, vhid: number, change: VirtualIpChange = {}): void {
    const before = this.#virtualIps
    this.administration.saveVirtualIp(name, vhid, change)
    if (!this.#isUp) return
    if (this.#replaceVirtualIps(before)) this.interfacesSyncSetup()
    else this.configureVirtualIps(name, vhid)
  }

  /**
   * Status > CARP > Temporarily Disable CARP: not allowed any more, then the addresses are deleted,
   * and with each VHID the demotion that it held. Not kept over a reboot.
   */
  disableCarp(): void {
    const carp = this.#carp
    if (!this.#isUp || carp === undefined) return
    carp.host.setAllow(false)
    for (const on of this.host.running?.stack.interfaces ?? []) carp.removeFrom(on)
  }

  /** Status > CARP > Enable CARP: the addresses come back, and once pfsync was waited for CARP. */
  enableCarp(): void {
    const carp = this.#carp
    if (!this.#isUp || carp === undefined || carp.host.allow) return
    this.#putVirtualIps(carp, this.#enabledInterfaces())
    this.interfacesSyncSetup()
  }

  /**
   * Diagnostics > Reboot (rc.reboot). No advertisement says so: the peer has to time out. Until the
   * kernel is gone the node answers on its own addresses.
   */
  reboot(): void {
    const { stack } = this.host.running ?? {}
    if (!this.#isUp) return
    stack?.defer(() => this.#shutDown(stack, () => this.host.restart()), REBOOT_SLEEPS_NS)
  }

  /** Diagnostics > Halt System (`shutdown -p`): as a reboot, but the machine is off afterwards. */
  halt(): void {
    const { stack } = this.host.running ?? {}
    if (this.#isUp && stack !== undefined) this.#shutDown(stack, () => this.host.halt())
  }

  /**
   * Status > CARP > Enter Persistent CARP Maintenance Mode: advskew 254 on every VIP, nothing sent
   * at the click. The next advertisement of each VHID tells the peer.
   */
  enterMaintenance(): void {
    this.administration.save('Enter CARP maintenance mode')
    this.#maintenance = true
    this.#applyAdvskews()
  }

  leaveMaintenance(): void {
    this.administration.save('Leave CARP maintenance mode')
    this.#maintenance = false
    this.#applyAdvskews()
  }

  /** Where the running node sends its events; undefined while it does not run. */
  get reloadStatus(): ReloadStatus | undefined {
    return this.host.running === undefined ? undefined : this.#reloadStatus
  }

  /** The OpenVPN server; undefined without one, or while the node does not run. */
  get openvpn(): OpenVpnServerService | undefined {
    return this.host.running === undefined ? undefined : this.#openvpn.service
  }

  /** pf's states; undefined without pf, or while the node does not run. */
  get states(): StateTable | undefined {
    return this.host.running === undefined ? undefined : this.#filter?.filter.states
  }

  /** What pf counts; undefined without pf, or while the node does not run. */
  get stateCounters(): StateCounters | undefined {
    return this.states?.counters
  }

  /** Status > CARP. A node that does not run, or boots, shows no page, hence no rows. */
  statusPage(): CarpStatusRow[] {
    if (this.#carp === undefined || this.host.power !== 'running') return []
    return carpStatusRows(this.#virtualIps, this.#carp)
  }

  // --- What pfSense's scripts do ----------------------------------------------------------------

  /**
   * interfaces_vips_configure: puts the virtual IPs of an interface there, or one of them. A VHID
   * that is there already starts over. Then `interfacesSyncSetup`.
   */
  configureVirtualIps(name: string, vhid?: number): void {
    const on = this.host.findInterface(name)
    if (this.#carp === undefined || on === undefined || !on.enabled) return
    if (this.#putVirtualIps(this.#carp, [on], vhid) > 0) this.interfacesSyncSetup()
  }

  /**
   * interfaces_sync_setup: sets pfsync up anew, waits 1 to 31 s for it, and allows CARP. It follows
   * on every change of a virtual IP, be it by the GUI or by a configuration that came in.
   *
   * @param through called when CARP is allowed; never if the node dies before
   */
  interfacesSyncSetup(through: () => void = () => {}): void {
    const { stack } = this.host.running ?? {}
    if (stack === undefined || this.host.power !== 'running') return
    setUpPfsync(this.#world, stack, this.#pfsync, () => {
      if (!this.#isStopping) this.#carp?.host.setAllow(true)
      through()
    })
  }

  // --- How it comes about -----------------------------------------------------------------------

  /** interface_bring_down: the VHIDs go while the interface is still up. */
  #tearDown(name: string): void {
    const on = this.host.findInterface(name)
    if (on?.enabled) this.#carp?.removeFrom(on)
    this.host.setInterfaceEnabled(name, false)
  }

  #bringUp(name: string): void {
    const wasDown = this.host.findInterface(name)?.enabled === false
    this.host.setInterfaceEnabled(name, true)
    const on = this.host.findInterface(name)
    const { stack } = this.host.running ?? {}
    if (!wasDown || on === undefined || stack === undefined) return
    announceOwnAddresses(stack, on)
    this.configureVirtualIps(name)
  }

  get #virtualIps(): readonly VirtualIp[] {
    return this.administration.configuration.virtualIps
  }

  #makeAdministration(): Administration {
    const { administration = FACTORY_ADMINISTRATION, host } = this.#settings
    const { virtualIps, filter, openvpn } = this.#settings
    const configuration = initialConfiguration({
      version: administration.configVersion,
      interfaces: host.interfaces.map(({ name }) => name),
      virtualIps,
      filter,
      openvpn,
    })
    const self = this
    return new Administration(
      this.#world,
      { ...administration, configuration },
      {
        name: host.name,
        get running() {
          return self.#isUp ? self.host.running : undefined
        },
        get reloadStatus() {
          return self.reloadStatus
        },
        loadFilter: () => this.#loadFilter(),
        replaceVirtualIps: (before) => this.#replaceVirtualIps(before),
        interfacesSyncSetup: (through) => this.interfacesSyncSetup(through),
        resyncOpenVpn: () => this.#openvpn.resync(),
      },
    )
  }

  /** The settings of the filter as they are configured now. */
  #filterSettings(filter: FilterSettings): FilterSettings {
    return filterSettingsNow(filter, this.administration.configuration)
  }

  #loadFilter(): number {
    const { filter } = this.#settings
    if (filter === undefined || this.#filter === undefined) return 0
    this.#filter.load(this.#filterSettings(filter), this.#virtualIps)
    if (this.#pfsync !== undefined) this.#pfsync.rulesetChecksum = this.#filter.rulesetChecksum
    return this.#filter.filter.rules.rules.length
  }

  #replaceVirtualIps(before: readonly VirtualIp[]): boolean {
    const carp = this.#carp
    const find = (name: string) => this.host.findInterface(name)
    const advskewOf = (virtualIp: VirtualIp) => this.#advskewOf(virtualIp)
    if (carp === undefined) return false
    return replaceVirtualIps({ carp, find, advskewOf }, before, this.#virtualIps)
  }

  /** The web server, which every node has. */
  #makeWebGui(): HostService {
    return {
      linkChanged: () => {},
      booted: () => {
        const { running } = this.host
        if (running !== undefined) this.administration.startWebGui(running)
      },
    }
  }

  #applyAdvskews(): void {
    for (const virtualIp of this.#virtualIps) {
      this.#carp?.setAdvskew(virtualIp.vhid, virtualIp.interface, this.#advskewOf(virtualIp))
    }
  }

  #advskewOf(virtualIp: VirtualIp): number {
    return this.#maintenance ? MAINTENANCE_ADVSKEW : virtualIp.advskew
  }

  /** The GUI is there: booted, and not on its way down. */
  get #isUp(): boolean {
    return this.host.power === 'running' && !this.#isStopping
  }

  #enabledInterfaces(): IpInterface[] {
    return this.host.running?.stack.interfaces.filter(({ enabled }) => enabled) ?? []
  }

  /**
   * In the order of the configuration, which decides which VHID is the newest.
   *
   * @returns how many there are
   */
  #putVirtualIps(carp: CarpService, interfaces: readonly IpInterface[], vhid?: number): number {
    let count = 0
    for (const virtualIp of this.#virtualIps) {
      const on = interfaces.find(({ name }) => name === virtualIp.interface)
      if (on === undefined || (vhid !== undefined && vhid !== virtualIp.vhid)) continue
      count += 1
      if (carp.reattach(virtualIp.vhid, on)) continue
      carp.add({ ...virtualIp, advskew: this.#advskewOf(virtualIp) }, on)
    }
    return count
  }

  /** CARP goes first, so that the peer takes over before services stop, or so it is meant. */
  #shutDown(stack: IpStack, gone: () => void): void {
    this.#isStopping = true
    this.#carp?.host.setAllow(false)
    stack.defer(gone, this.#settings.shutdownNs)
  }

  /** A link that is back has the virtual IPs of its interfaces put anew. */
  #linkCameUp(nic: Nic, stack: IpStack, reloadStatus: ReloadStatus): void {
    if (!this.#settings.readdOnLinkUp || !this.#isUp) return
    linkCameUp(nic, stack, reloadStatus, (name) => {
      if (this.#isUp) this.configureVirtualIps(name)
    })
  }

  #makeOpenVpn(): OpenVpnControl {
    const self = this
    return new OpenVpnControl(this.#world, timingsOf(this.#settings.openvpn), {
      get configuration() {
        return self.administration.configuration
      },
      udp: () => this.host.running?.udp,
      carpState: (on, vhid) => this.#carp?.stateOf(on, vhid),
    })
  }

  #makeFilter(filter: FilterSettings): (stack: IpStack) => HostService {
    return (stack) => {
      const settings = this.#filterSettings(filter)
      this.#filter = new PfService(this.#world, stack, settings, this.#virtualIps)
      return this.#filter
    }
  }

  #makePfsync(pfsync: PfsyncNodeSettings): (stack: IpStack) => HostService {
    return (stack) => {
      assert(this.#filter !== undefined, 'pfsync has states to tell of')
      const { filter, rulesetChecksum } = this.#filter
      this.#pfsync = new PfsyncService(this.#world, stack, filter, {
        ...pfsync,
        rulesetChecksum,
        mtuBytes: PFSYNC_MTU_BYTES,
        ticks: kernelTicks(
          this.#callout,
          this.#world.random.stream(`${stack.place}/pfsync-callout`),
        ),
        isPfEnabled: () => this.#filter?.isEnabled === true,
        // net.pfsync.carp_demotion_factor is 0 on pfSense, but even so every MASTER advertises.
        onBulk: (reason) => this.#carp?.host.demote(0, reason),
      })
      return this.#pfsync
    }
  }

  /** Nothing is allowed yet: that is the last step of the boot. */
  #makeCarp(stack: IpStack): HostService {
    const carp = new CarpService(this.#world, stack, this.#settings.carp, false, this.#callout)
    this.#carp = carp
    this.#isStopping = false
    const reloadStatus = new ReloadStatus(this.#world, stack)
    this.#reloadStatus = reloadStatus
    carp.onStateChange = (change) => {
      // Who would run the scripts is among the first to go.
      if (!this.#isStopping) this.#openvpn.service?.carpChanged(change, reloadStatus)
    }
    return {
      linkChanged: (nic, up) => {
        carp.linkChanged(nic, up)
        if (up) this.#linkCameUp(nic, stack, reloadStatus)
      },
      booted: () => {},
    }
  }

  /** A node that is on at the start has long booted: its stages are one, and pfsync is set up. */
  #bootUp(stack: IpStack, hasLongBooted: boolean, complete: () => void): void {
    const steps = this.#bootSteps(stack, complete)
    if (!hasLongBooted) {
      stack.forwarding = false
      bootUp(this.#world, stack, this.#boot, steps)
      return
    }
    steps.configureInterfaces()
    steps.loadFilter()
    steps.startForwarding()
    steps.complete()
    this.#pfsync?.configure()
  }

  #bootSteps(stack: IpStack, complete: () => void): BootSteps {
    const carp = this.#carp
    assert(carp !== undefined, 'CARP is made with the stack')
    return {
      configureInterfaces: () => {
        const enabled = stack.interfaces.filter((each) => each.enabled)
        for (const on of enabled) announceOwnAddresses(stack, on)
        this.#putVirtualIps(carp, enabled)
      },
      setUpSync: (through) => setUpPfsync(this.#world, stack, this.#pfsync, through),
      loadFilter: () => this.#filter?.enable(),
      startForwarding: () => {
        stack.forwarding = this.#settings.host.forwarding
      },
      complete: () => {
        this.#world.journal.tell({
          timeNs: this.#world.nowNs,
          node: stack.place,
          kind: 'node.booted',
          text: 'Bootup complete, CARP allowed',
        })
        carp.host.setAllow(true)
        complete()
      },
    }
  }
}

/** FreeBSD announces each address it is given (arp_ifinit). */
function announceOwnAddresses(stack: IpStack, on: IpInterface): void {
  for (const address of on.addresses) {
    if (address.owner === undefined) stack.arp.announce(on, address)
  }
}
