import { assert } from '../../engine/assert.ts'
import { formatIpv4Prefix } from '../../protocols/addresses.ts'
import { Host, type HostService, type HostSettings } from '../host/host.ts'
import type { IpInterface } from '../host/interface.ts'
import type { IpStack } from '../host/ip-stack.ts'
import type { World } from '../world.ts'
import {
  Administration,
  type AdministrationOptions,
  FACTORY_ADMINISTRATION,
} from './administration.ts'
import { KernelCallout, type TimingPreset } from './callout.ts'
import { CarpService, type CarpServiceSettings, type VirtualIp } from './carp-service.ts'
import { FACTORY_SECTIONS } from './config/configuration.ts'
import { changedVirtualIps } from './config/virtual-ips.ts'
import type { StateCounters } from './pf/state-table.ts'
import { type FilterSettings, PfService } from './pf-service.ts'
import { PfsyncService, type PfsyncSettings } from './pfsync/service.ts'
import { ReloadStatus } from './reload-status.ts'

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
}

export type PfsyncNodeSettings = Pick<PfsyncSettings, 'interface' | 'peer' | 'buckets'>

/** One row of Status / CARP. */
export interface CarpStatusRow {
  readonly interface: string
  readonly vhid: number
  readonly vip: string
  readonly description: string
  /** Empty when the kernel has no such VHID, as after the GUI disabled the interface. */
  readonly status: '' | 'INIT' | 'BACKUP' | 'MASTER'
}

/** The skew that the maintenance mode configures; 240 of it goes out on the wire. */
const MAINTENANCE_ADVSKEW = 254
/** Of pfsync0, as pfSense leaves it. */
const PFSYNC_MTU_BYTES = 1500

/**
 * A pfSense node: a forwarding FreeBSD host with CARP, and what an administrator does to it in the
 * GUI. Its configuration survives a reboot, what the kernel knew does not.
 */
export class PfSense {
  readonly host: Host
  readonly administration: Administration
  #world: World
  #settings: PfSenseSettings
  #callout: KernelCallout
  #carp: CarpService | undefined
  #filter: PfService | undefined
  #pfsync: PfsyncService | undefined
  /** Of the running node. */
  #reloadStatus: ReloadStatus | undefined
  #maintenance = false

  constructor(world: World, settings: PfSenseSettings) {
    this.#world = world
    this.#settings = settings
    const { name } = settings.host
    this.#callout = new KernelCallout(settings.timing, world.random.stream(`${name}/callout`))
    this.host = new Host(world, settings.host, [
      (stack) => this.#makeCarp(stack),
      ...(settings.filter === undefined ? [] : [this.#makeFilter(settings.filter)]),
      ...(settings.pfsync === undefined ? [] : [this.#makePfsync(settings.pfsync)]),
      () => this.#makeWebGui(),
    ])
    this.administration = this.#makeAdministration()
  }

  // --- What the administrator does --------------------------------------------------------------

  /**
   * Interfaces > (name) > Enable unticked > Apply. The VHIDs go while the interface is still up
   * (`ifconfig IF delete`), so no demotion remains and the other VHIDs stay MASTER.
   */
  disableInterface(name: string): void {
    const on = this.host.findInterface(name)
    if (on?.enabled) this.#carp?.removeFrom(on)
    this.host.setInterfaceEnabled(name, false)
  }

  /** The box ticked again and applied: address, then VHIDs, which start as BACKUP. */
  enableInterface(name: string): void {
    const wasDown = this.host.findInterface(name)?.enabled === false
    this.host.setInterfaceEnabled(name, true)
    const on = this.host.findInterface(name)
    const { stack } = this.host.running ?? {}
    if (!wasDown || on === undefined || stack === undefined || this.#carp === undefined) return
    announceOwnAddresses(stack, on)
    this.#addVirtualIps(this.#carp, [on])
  }

  /**
   * Status > CARP > Enter Persistent CARP Maintenance Mode: advskew 254 on every VIP, nothing sent
   * at the click. The next advertisement of each VHID tells the peer.
   */
  enterMaintenance(): void {
    this.#maintenance = true
    this.#applyAdvskews()
  }

  leaveMaintenance(): void {
    this.#maintenance = false
    this.#applyAdvskews()
  }

  /** Where the running node sends its events; undefined while it does not run. */
  get reloadStatus(): ReloadStatus | undefined {
    return this.host.running === undefined ? undefined : this.#reloadStatus
  }

  /** What pf counts; undefined without pf, or while the node does not run. */
  get stateCounters(): StateCounters | undefined {
    return this.host.running === undefined ? undefined : this.#filter?.filter.states.counters
  }

  /** Status > CARP. A node that does not run shows no page, hence no rows. */
  statusPage(): CarpStatusRow[] {
    const carp = this.#carp
    if (carp === undefined || this.host.running === undefined) return []
    return this.#virtualIps.map((virtualIp) => ({
      interface: virtualIp.interface,
      vhid: virtualIp.vhid,
      vip: formatIpv4Prefix(virtualIp.address),
      description: virtualIp.description,
      status: carp.stateOf(virtualIp.interface, virtualIp.vhid) ?? '',
    }))
  }

  // --- What pfSense's scripts do ----------------------------------------------------------------

  /** interfaces_sync_setup: sets pfsync up anew, which asks the peer for its states, allows CARP. */
  interfacesSyncSetup(through: () => void = () => {}): void {
    this.#pfsync?.configure()
    this.#carp?.host.setAllow(true)
    through()
  }

  // --- How it comes about -----------------------------------------------------------------------

  get #virtualIps(): readonly VirtualIp[] {
    return this.administration.configuration.virtualIps
  }

  #makeAdministration(): Administration {
    const { administration = FACTORY_ADMINISTRATION, virtualIps, host, filter } = this.#settings
    const configuration = {
      version: administration.configVersion,
      interfaces: host.interfaces.map(({ name }) => name),
      rules: filter?.rules ?? [],
      aliases: filter?.aliases ?? new Map(),
      virtualIps,
      others: FACTORY_SECTIONS,
    }
    const self = this
    return new Administration(
      this.#world,
      { ...administration, configuration },
      {
        name: host.name,
        get running() {
          return self.host.running
        },
        get reloadStatus() {
          return self.reloadStatus
        },
        loadFilter: () => this.#loadFilter(),
        replaceVirtualIps: (before) => this.#replaceVirtualIps(before),
        interfacesSyncSetup: (through) => this.interfacesSyncSetup(through),
      },
    )
  }

  /** The settings of the filter as they are configured now. */
  #filterSettings(filter: FilterSettings): FilterSettings {
    const { rules, aliases } = this.administration.configuration
    return { ...filter, rules, aliases }
  }

  #loadFilter(): number {
    const { filter } = this.#settings
    if (filter === undefined || this.#filter === undefined) return 0
    this.#filter.load(this.#filterSettings(filter), this.#virtualIps)
    if (this.#pfsync !== undefined) this.#pfsync.rulesetChecksum = this.#filter.rulesetChecksum
    return this.#filter.filter.rules.rules.length
  }

  /** Those that are as they were are left alone, so that their VHIDs go on. */
  #replaceVirtualIps(before: readonly VirtualIp[]): boolean {
    const { gone, changed } = changedVirtualIps(before, this.#virtualIps)
    for (const virtualIp of changed) {
      const on = this.host.findInterface(virtualIp.interface)
      if (on === undefined || !on.enabled) continue
      const settings = { ...virtualIp, advskew: this.#advskewOf(virtualIp) }
      this.#carp?.replace(virtualIp.vhid, on, settings)
    }
    for (const { vhid, interface: name } of gone) {
      const on = this.host.findInterface(name)
      if (on !== undefined) this.#carp?.replace(vhid, on, undefined)
    }
    return changed.length > 0
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

  /** In the order of the configuration, which decides which VHID is the newest. */
  #addVirtualIps(carp: CarpService, interfaces: readonly IpInterface[]): void {
    for (const virtualIp of this.#virtualIps) {
      const on = interfaces.find(({ name }) => name === virtualIp.interface)
      if (on !== undefined) carp.add({ ...virtualIp, advskew: this.#advskewOf(virtualIp) }, on)
    }
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
        // net.pfsync.carp_demotion_factor is 0 on pfSense, but even so every MASTER advertises.
        onBulk: (reason) => this.#carp?.host.demote(0, reason),
      })
      return this.#pfsync
    }
  }

  /**
   * The end of rc.bootup: addresses are up, the VIPs exist but CARP is not allowed yet (so each
   * VHID adds its demotion), and the last step allows it.
   */
  #makeCarp(stack: IpStack): HostService {
    const carp = new CarpService(this.#world, stack, this.#settings.carp, false, this.#callout)
    this.#carp = carp
    this.#reloadStatus = new ReloadStatus(this.#world, stack)
    return {
      linkChanged: (nic, up) => carp.linkChanged(nic, up),
      booted: () => {
        const enabled = stack.interfaces.filter((each) => each.enabled)
        for (const on of enabled) announceOwnAddresses(stack, on)
        this.#addVirtualIps(carp, enabled)
        this.#world.journal.tell({
          timeNs: this.#world.nowNs,
          node: stack.place,
          kind: 'node.booted',
          text: 'Bootup complete, CARP allowed',
        })
        carp.host.setAllow(true)
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
