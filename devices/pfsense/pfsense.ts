import { SECOND_NS } from '../../engine/time.ts'
import { KernelCallout, type TimingPreset } from '../freebsd/callout.ts'
import type { VirtualIp } from '../freebsd/carp/service.ts'
import type { StateCounters, StateTable } from '../freebsd/pf/state-table.ts'
import { Host, type HostSettings, type RunningHost } from '../host/host.ts'
import type { World } from '../world.ts'
import {
  Administration,
  type AdministrationOptions,
  FACTORY_ADMINISTRATION,
  type VirtualIpChange,
} from './administration.ts'
import { type CarpStatusRow, carpStatusRows } from './carp-status.ts'
import { filterSettingsNow, initialConfiguration } from './config/initial.ts'
import type { OpenVpnServerService } from './openvpn-server.ts'
import type { FilterSettings } from './pf-configuration.ts'
import { type BootStages, usualStages } from './rc-bootup.ts'
import type { ReloadStatus } from './reload-status.ts'
import { RunningSystem, type SystemSettings } from './running-system.ts'

export interface PfSenseSettings extends SystemSettings {
  readonly host: HostSettings
  readonly virtualIps: readonly VirtualIp[]
  readonly timing: TimingPreset
  /** Undefined: packet filtering is disabled, and everything is forwarded. */
  readonly filter?: FilterSettings | undefined
  /** How its configuration changes. Undefined: as delivered. */
  readonly administration?: AdministrationOptions | undefined
  /** Undefined: the usual shares of the host's boot. */
  readonly boot?: BootStages | undefined
}

/** The skew that the maintenance mode configures; 240 of it goes out on the wire. */
const MAINTENANCE_ADVSKEW = 254
const INTERFACES_SAVED = 'Interfaces settings changed'
/** rc.reboot sleeps twice for a second before it lets CARP go. */
export const REBOOT_SLEEPS_NS = 2 * SECOND_NS

/**
 * A pfSense node: a forwarding FreeBSD host, what is configured on it, and what an administrator
 * does to it in the GUI. This survives a reboot; the `RunningSystem` does not.
 */
export class PfSense {
  readonly host: Host
  readonly administration: Administration
  #filter: FilterSettings | undefined
  #maintenance = false
  /** The system of the last boot. The host knows whether it still runs. */
  #lastSystem: RunningSystem | undefined

  constructor(world: World, settings: PfSenseSettings) {
    const { host, timing, administration = FACTORY_ADMINISTRATION } = settings
    this.#filter = settings.filter
    this.administration = new Administration(
      world,
      {
        ...administration,
        configuration: initialConfiguration({
          version: administration.configVersion,
          interfaces: host.interfaces.map(({ name }) => name),
          virtualIps: settings.virtualIps,
          filter: settings.filter,
          openvpn: settings.openvpn,
        }),
      },
      { name: host.name, system: () => this.#systemUp },
    )
    const bootStages = settings.boot ?? usualStages(host.bootDurationNs)
    const node = {
      callout: new KernelCallout(timing, world.random.stream(`${host.name}/callout`)),
      bootStages,
      virtualIps: () => this.#virtualIps,
      filter: () => this.#filterInForce,
      configuration: () => this.administration.configuration,
      startWebGui: (running: RunningHost) => this.administration.startWebGui(running),
    }
    this.host = new Host(world, { ...host, bootDurationNs: bootStages.interfacesNs }, (running) => {
      this.#lastSystem = new RunningSystem(world, running, settings, node)
      return this.#lastSystem
    })
  }

  // --- Interfaces -------------------------------------------------------------------------------

  /** Interfaces > (name) > Enable unticked > Apply. */
  disableInterface(name: string): void {
    this.administration.save(INTERFACES_SAVED)
    this.#bringDown(name)
  }

  /** The box ticked again and applied. */
  enableInterface(name: string): void {
    this.administration.save(INTERFACES_SAVED)
    this.#bringUp(name)
  }

  /**
   * Interfaces > (name) > Save > Apply, with nothing changed: the interface is torn down and
   * configured anew, and its VHIDs start over.
   */
  applyInterface(name: string): void {
    if (this.#systemUp === undefined || this.host.findInterface(name)?.enabled !== true) return
    this.administration.save(INTERFACES_SAVED)
    this.#bringDown(name)
    this.#bringUp(name)
  }

  #bringDown(name: string): void {
    this.#system?.virtualIps.removeFrom(name)
    this.host.setInterfaceEnabled(name, false)
  }

  #bringUp(name: string): void {
    const wasDown = this.host.findInterface(name)?.enabled === false
    this.host.setInterfaceEnabled(name, true)
    if (wasDown) this.#system?.configureInterface(name)
  }

  // --- Firewall > Virtual IPs -------------------------------------------------------------------

  /** Save > Apply of one: its VHID starts over, changed or not. */
  applyVirtualIp(name: string, vhid: number, change: VirtualIpChange = {}): void {
    const before = this.administration.configuration.virtualIps
    this.administration.saveVirtualIp(name, vhid, change)
    const after = this.administration.configuration.virtualIps
    const system = this.#systemUp
    if (system?.virtualIps.replace(before, after)) system.interfacesSyncSetup()
    else system?.configureVirtualIps(name, vhid)
  }

  // --- Status > CARP ----------------------------------------------------------------------------

  /** A node that does not run, or boots, shows no page, hence no rows. */
  statusPage(): CarpStatusRow[] {
    const carp = this.host.power === 'running' ? this.#system?.carp : undefined
    return carp === undefined ? [] : carpStatusRows(this.#virtualIps, carp)
  }

  /** Temporarily Disable CARP. Not kept over a reboot. */
  disableCarp(): void {
    this.#systemUp?.disableCarp()
  }

  enableCarp(): void {
    this.#systemUp?.enableCarp()
  }

  /**
   * Enter Persistent CARP Maintenance Mode: advskew 254 on every VIP, nothing sent at the click.
   * The next advertisement of each VHID tells the peer.
   */
  enterMaintenance(): void {
    this.administration.save('Enter CARP maintenance mode')
    this.#maintenance = true
    this.#system?.virtualIps.applyAdvskews()
  }

  leaveMaintenance(): void {
    this.administration.save('Leave CARP maintenance mode')
    this.#maintenance = false
    this.#system?.virtualIps.applyAdvskews()
  }

  // --- Diagnostics ------------------------------------------------------------------------------

  /**
   * Reboot (rc.reboot). No advertisement says so: the peer has to time out. Until the kernel is gone
   * the node answers on its own addresses.
   */
  reboot(): void {
    const system = this.#systemUp
    const goDown = (): void => system?.shutDown(() => this.host.restart())
    system?.running.stack.defer(goDown, REBOOT_SLEEPS_NS)
  }

  /** Halt System (`shutdown -p`): as a reboot, but the machine is off afterwards. */
  halt(): void {
    this.#systemUp?.shutDown(() => this.host.halt())
  }

  // --- The running system; undefined while the node does not run -------------------------------

  get #system(): RunningSystem | undefined {
    return this.host.running === undefined ? undefined : this.#lastSystem
  }

  /** There is a GUI: it has booted, and is not on its way down. */
  get #systemUp(): RunningSystem | undefined {
    return this.#system?.isUp ? this.#system : undefined
  }

  /** The daemon that takes the events of the running node. */
  get reloadStatus(): ReloadStatus | undefined {
    return this.#system?.reloadStatus
  }

  /** The OpenVPN server, if there is one. */
  get openvpn(): OpenVpnServerService | undefined {
    return this.#system?.openvpn.service
  }

  /** pf's states, if there is pf. */
  get states(): StateTable | undefined {
    return this.#system?.pf?.filter.states
  }

  /** The counters of pf, if there is pf. */
  get stateCounters(): StateCounters | undefined {
    return this.states?.counters
  }

  // --- The configuration -----------------------------------------------------------------------

  get #virtualIps(): readonly VirtualIp[] {
    const { virtualIps } = this.administration.configuration
    if (!this.#maintenance) return virtualIps
    return virtualIps.map((each) => ({ ...each, advskew: MAINTENANCE_ADVSKEW }))
  }

  get #filterInForce(): FilterSettings | undefined {
    return this.#filter && filterSettingsNow(this.#filter, this.administration.configuration)
  }
}
