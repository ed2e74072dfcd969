import { assert } from '../../engine/assert.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { PFSYNC_MTU_BYTES } from '../../protocols/pfsync/load.ts'
import type { KernelCallout } from '../freebsd/callout.ts'
import { CarpService, type CarpServiceSettings, type VirtualIp } from '../freebsd/carp/service.ts'
import { PfService } from '../freebsd/pf/service.ts'
import { PfsyncService, type PfsyncSettings } from '../freebsd/pfsync/service.ts'
import { kernelTicks } from '../freebsd/pfsync/ticks.ts'
import type { HostSystem, RunningHost } from '../host/host.ts'
import type { IpInterface } from '../host/interface.ts'
import type { IpStack } from '../host/ip-stack.ts'
import type { Nic } from '../nic.ts'
import type { World } from '../world.ts'
import type { Configuration } from './config/configuration.ts'
import { timingsOf } from './config/initial.ts'
import { OpenVpnControl } from './openvpn-control.ts'
import type { OpenVpnSettings } from './openvpn-server.ts'
import type { FilterSettings } from './pf-configuration.ts'
import { type BootStages, type BootSteps, bootUp } from './rc-bootup.ts'
import { linkCameUp } from './rc-linkup.ts'
import { ReloadStatus } from './reload-status.ts'
import { setUpPfsync } from './sync-setup.ts'
import { VirtualIps } from './virtual-ips.ts'

export interface SystemSettings {
  readonly carp: CarpServiceSettings
  /** State synchronisation, where there is a filter; undefined: switched off. */
  readonly pfsync?: PfsyncNodeSettings | undefined
  /** An OpenVPN server on one of the virtual IPs; undefined: none. */
  readonly openvpn?: OpenVpnSettings | undefined
  /** From `/sbin/reboot` or `shutdown -p` to the kernel being gone. */
  readonly shutdownNs: Nanoseconds
  /** Whether a link that comes up has rc.newwanip put the virtual IPs of its interfaces anew. */
  readonly readdOnLinkUp: boolean
}

export type PfsyncNodeSettings = Pick<PfsyncSettings, 'interface' | 'peer' | 'buckets'>

/** The parts of the node that outlive the running system. */
export interface SystemNode {
  readonly callout: KernelCallout
  readonly bootStages: BootStages
  /** The virtual IPs as configured now, in their order, with the skews of the maintenance mode. */
  virtualIps(): readonly VirtualIp[]
  /** The filter as configured now. Undefined: packet filtering is disabled. */
  filter(): FilterSettings | undefined
  configuration(): Configuration
  startWebGui(running: RunningHost): void
}

/**
 * The part of a pfSense node that dies with its power: CARP, pf, pfsync and OpenVPN, and the
 * scripts of pfSense that set them up and bring them together.
 */
export class RunningSystem implements HostSystem {
  readonly running: RunningHost
  readonly reloadStatus: ReloadStatus
  readonly carp: CarpService
  readonly virtualIps: VirtualIps
  readonly openvpn: OpenVpnControl
  readonly pf: PfService | undefined
  readonly pfsync: PfsyncService | undefined
  #world: World
  #stack: IpStack
  #settings: SystemSettings
  #node: SystemNode
  #phase: 'booting' | 'up' | 'goingDown' = 'booting'

  constructor(world: World, running: RunningHost, settings: SystemSettings, node: SystemNode) {
    const { stack } = running
    this.#world = world
    this.running = running
    this.#stack = stack
    this.#settings = settings
    this.#node = node
    this.reloadStatus = new ReloadStatus(world, stack)
    // Nothing is allowed yet. That is the last step of the boot.
    this.carp = new CarpService(world, stack, settings.carp, false, node.callout)
    this.virtualIps = new VirtualIps(this.carp, stack, () => node.virtualIps())
    // Before the filter, whose rules are about its interface too.
    this.openvpn = new OpenVpnControl(world, running, timingsOf(settings.openvpn), {
      configuration: () => node.configuration(),
      carpState: (on, vhid) => this.carp.stateOf(on, vhid),
    })
    const filter = node.filter()
    this.pf = filter && new PfService(world, stack, filter, node.virtualIps())
    this.pfsync = this.#makePfsync()
    this.carp.onStateChange = (change) => {
      // The daemon that runs the scripts is among the first to end.
      if (this.#phase !== 'goingDown') this.openvpn.service?.carpChanged(change, this.reloadStatus)
    }
  }

  #makePfsync(): PfsyncService | undefined {
    const { pfsync } = this.#settings
    if (pfsync === undefined) return undefined
    const { pf } = this
    assert(pf !== undefined, 'pfsync has states to tell of')
    const draws = this.#world.random.stream(`${this.#stack.place}/pfsync-callout`)
    return new PfsyncService(this.#world, this.#stack, pf.filter, {
      ...pfsync,
      rulesetChecksum: pf.rulesetChecksum,
      mtuBytes: PFSYNC_MTU_BYTES,
      ticks: kernelTicks(this.#node.callout, draws),
      isPfEnabled: () => pf.isEnabled,
      // net.pfsync.carp_demotion_factor is 0 on pfSense, but even so every MASTER advertises.
      onBulk: (reason) => this.carp.host.demote(0, reason),
    })
  }

  // --- Up and down ------------------------------------------------------------------------------

  /** Booted, and not on its way down. */
  get isUp(): boolean {
    return this.#phase === 'up'
  }

  /** A node that is on at the start has long booted: its stages are one, and pfsync is set up. */
  boot(hasLongBooted: boolean, complete: () => void): void {
    const steps = this.#bootSteps(complete)
    if (!hasLongBooted) {
      this.#stack.forwarding = false
      bootUp(this.#world, this.#stack, this.#node.bootStages, steps)
      return
    }
    steps.configureInterfaces()
    steps.loadFilter()
    steps.startForwarding()
    steps.complete()
    this.pfsync?.configure()
  }

  #bootSteps(complete: () => void): BootSteps {
    const { forwarding } = this.#stack
    return {
      configureInterfaces: () => {
        const enabled = this.#enabledInterfaces
        for (const on of enabled) this.#announceOwnAddresses(on)
        this.virtualIps.put(enabled)
      },
      setUpSync: (through) => setUpPfsync(this.#world, this.#stack, this.pfsync, through),
      loadFilter: () => this.pf?.enable(),
      startForwarding: () => {
        this.#stack.forwarding = forwarding
      },
      complete: () => {
        this.#world.tell({
          node: this.#stack.place,
          kind: 'node.booted',
          text: 'Bootup complete, CARP allowed',
          details: {},
        })
        this.carp.host.setAllow(true)
        this.#phase = 'up'
        complete()
        this.#node.startWebGui(this.running)
      },
    }
  }

  /** CARP goes first, so that the peer takes over before services stop, or so it is meant. */
  shutDown(gone: () => void): void {
    this.#phase = 'goingDown'
    this.carp.host.setAllow(false)
    this.#stack.defer(gone, this.#settings.shutdownNs)
  }

  /** devd tells of links: the kernel's CARP first, then the scripts. */
  linkChanged(nic: Nic, up: boolean): void {
    this.carp.linkChanged(nic, up)
    if (!up || !this.#settings.readdOnLinkUp || !this.isUp) return
    linkCameUp(nic, this.#stack, this.reloadStatus, (name) => {
      if (this.isUp) this.configureVirtualIps(name)
    })
  }

  // --- Scripts ----------------------------------------------------------------------------------

  /** interface_configure of one that was down: address, then VHIDs, which start as BACKUP. */
  configureInterface(name: string): void {
    const on = this.#enabledInterfaces.find((each) => each.name === name)
    if (on === undefined) return
    this.#announceOwnAddresses(on)
    this.configureVirtualIps(name)
  }

  /**
   * interfaces_vips_configure: puts the virtual IPs of an interface there, or one of them. A VHID
   * that is there already starts over. Then `interfacesSyncSetup`.
   */
  configureVirtualIps(name: string, vhid?: number): void {
    const on = this.#enabledInterfaces.filter((each) => each.name === name)
    if (this.virtualIps.put(on, vhid) > 0) this.interfacesSyncSetup()
  }

  /**
   * interfaces_sync_setup: sets pfsync up anew, waits 1 to 31 s for it, and allows CARP. It follows
   * on every change of a virtual IP, be it by the GUI or by a configuration that came in.
   *
   * @param through called when CARP is allowed; never if the node dies before
   */
  interfacesSyncSetup(through: () => void = () => {}): void {
    if (this.#phase === 'booting') return
    setUpPfsync(this.#world, this.#stack, this.pfsync, () => {
      if (this.isUp) this.carp.host.setAllow(true)
      through()
    })
  }

  /**
   * Not allowed any more, then the addresses are deleted, and with each VHID the demotion that it
   * held.
   */
  disableCarp(): void {
    this.carp.host.setAllow(false)
    this.virtualIps.removeAll()
  }

  /** The addresses come back, and once pfsync was waited for CARP. */
  enableCarp(): void {
    if (this.carp.host.allow) return
    this.virtualIps.put(this.#enabledInterfaces)
    this.interfacesSyncSetup()
  }

  /**
   * Loads the rules that are configured now.
   * @returns how many there are
   */
  loadFilter(): number {
    const filter = this.#node.filter()
    if (filter === undefined || this.pf === undefined) return 0
    this.pf.load(filter, this.#node.virtualIps())
    if (this.pfsync !== undefined) this.pfsync.rulesetChecksum = this.pf.rulesetChecksum
    return this.pf.filter.rules.rules.length
  }

  resyncOpenVpn(): void {
    this.openvpn.resync()
  }

  get #enabledInterfaces(): IpInterface[] {
    return this.#stack.interfaces.filter(({ enabled }) => enabled)
  }

  /** FreeBSD announces each address it is given (arp_ifinit). */
  #announceOwnAddresses(on: IpInterface): void {
    for (const address of on.addresses) {
      if (address.owner === undefined) this.#stack.arp.announce(on, address)
    }
  }
}
