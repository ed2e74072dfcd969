import { MachineClock } from '../../engine/machine-clock.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import type { Ipv4Address, Ipv4Prefix, MacAddress } from '../../protocols/addresses.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { Tap } from '../../protocols/frame/tap.ts'
import { type Asker, Decider } from '../decider.ts'
import { Nic } from '../nic.ts'
import type { Device, Port } from '../port.ts'
import type { Walk, WalkedFrame } from '../walk.ts'
import type { World } from '../world.ts'
import type { hostEvents } from './events.ts'
import { IcmpService } from './icmp.ts'
import { IpInterface } from './interface.ts'
import { IpStack } from './ip-stack.ts'
import { type ArpSettings, STACK_PROFILES, withArp } from './profile.ts'
import type { StaticRoute } from './routes.ts'
import { TcpService } from './tcp.ts'
import { UdpService } from './udp.ts'

export interface HostInterfaceSettings {
  readonly name: string
  readonly nic: string
  readonly vlanId?: number | undefined
  readonly address?: Ipv4Prefix | undefined
  /** Administratively up after a boot. */
  readonly enabled: boolean
}

export interface HostSettings {
  readonly name: string
  readonly system: keyof typeof STACK_PROFILES
  readonly forwarding: boolean
  readonly nics: readonly { readonly name: string; readonly mac: MacAddress }[]
  readonly interfaces: readonly HostInterfaceSettings[]
  readonly routes: readonly StaticRoute[]
  /** Undefined: as the system does. */
  readonly arp?: ArpSettings | undefined
  /** From power on to the network being up, and all else with it where the system has no boot. */
  readonly bootDurationNs: Nanoseconds
}

/** The services that every booted machine has. They are gone when the power goes. */
export interface RunningHost {
  readonly stack: IpStack
  readonly icmp: IcmpService
  readonly tcp: TcpService
  readonly udp: UdpService
}

/**
 * The purpose of a machine: the services beside those of every machine, such as CARP or a packet
 * filter. Its parts attach themselves to the stack, as handlers of a protocol or as its gate, and
 * use its timers. The methods here tell what they cannot hear of there.
 */
export interface HostSystem {
  /** The link of a NIC came up or went down. */
  linkChanged?(nic: Nic, up: boolean): void
  /**
   * The boot between the network being up and the whole system being up. Absent: there is none.
   *
   * @param hasLongBooted the host is up from the start: everything happens at once
   * @param complete to be called when all is up
   */
  boot?(hasLongBooted: boolean, complete: () => void): void
}

/** Makes the system of a host that boots. Called anew at each boot. */
export type SystemFactory = (running: RunningHost) => HostSystem

/** Net.MaxPortRxQueueLen of ESXi: what a port holds for a guest that does not take it. */
const RX_QUEUE_FRAMES = 80

export type PowerState = 'off' | 'booting' | 'running'

/**
 * A machine with NICs and an operating system. This class has the parts that survive a power cut
 * (NICs, configuration). The `RunningHost` and its system have the others (addresses in use, ARP
 * cache, timers); they are made anew at each boot.
 */
export class Host implements Device {
  readonly name: string
  readonly nics: readonly Nic[]
  readonly interfaceTaps = new Map<string, Tap>()
  #world: World
  #settings: HostSettings
  #makeSystem: SystemFactory
  /** The interfaces as configured. A boot starts from them. */
  #interfaces: readonly HostInterfaceSettings[]
  #power: PowerState = 'off'
  /** Whether it runs decides what becomes of frames. */
  #life = new Decider('power')
  #running: RunningHost | undefined
  #system: HostSystem | undefined
  #bootTimer: ReturnType<World['scheduler']['timer']>
  #nicByPort = new Map<Port, Nic>()
  #clock: MachineClock
  /** Frames that came in while the machine stood still. */
  #queued: { readonly frame: Frame; readonly port: Port }[] = []
  /** Actions of people who waited for the machine to go on. */
  #waiting: (() => void)[] = []
  /** The NICs whose link the system believes to be up. */
  #linksUp = new Set<Nic>()
  /** Servers that every boot starts. */
  #servers: ((running: RunningHost) => void)[] = []

  constructor(world: World, settings: HostSettings, makeSystem: SystemFactory = () => ({})) {
    this.#world = world
    this.#settings = settings
    this.#makeSystem = makeSystem
    this.name = settings.name
    this.#interfaces = settings.interfaces
    this.nics = settings.nics.map(({ name, mac }) => new Nic(world, this, name, mac))
    for (const nic of this.nics) {
      nic.port.setOn(false)
      this.#nicByPort.set(nic.port, nic)
    }
    this.#clock = new MachineClock(world)
    this.#bootTimer = world.scheduler.timer(() => this.#bringUpNetwork(false), this.#clock)
    world.registerFrameHolder(() => this.#queued.length)
  }

  get power(): PowerState {
    return this.#power
  }

  /** Undefined while the host is off, or boots and has no network yet. */
  get running(): RunningHost | undefined {
    return this.#running
  }

  findInterface(name: string): IpInterface | undefined {
    return this.#running?.stack.interfaces.find((candidate) => candidate.name === name)
  }

  // --- Power --------------------------------------------------------------------------------------

  /** Up from the start, as if it had booted long ago. */
  startRunning(): void {
    this.#bringUpNetwork(true)
  }

  powerOn(): void {
    if (this.#power !== 'off') return
    this.#power = 'booting'
    this.#bootTimer.arm(this.#settings.bootDurationNs)
  }

  /** The plug is pulled: nothing more is said, and all that was in memory is lost. */
  powerOff(): void {
    if (this.#power === 'off') return
    this.#tell('node.poweredOff', 'powered off')
    this.#die()
  }

  /** The system has shut down and the machine starts anew. */
  restart(): void {
    if (this.#power === 'off') return
    this.#tell('node.restarted', `restart ${this.name}`)
    this.#die()
    this.powerOn()
  }

  /** The system has shut down and switched the machine off. */
  halt(): void {
    if (this.#power === 'off') return
    this.#tell('node.halted', 'shut down, powered off')
    this.#die()
  }

  /**
   * The hypervisor stops the machine where it is, as while a snapshot is made or deleted: its links
   * stay up, its timers stand still, and frames for it wait, as many as a port's receive queue holds.
   */
  suspend(): void {
    if (this.#power === 'off' || this.#clock.isStopped) return
    this.#tell('node.suspended', 'suspended')
    this.#clock.stop()
    this.#life.changed()
  }

  /** The machine goes on where it was. */
  resume(): void {
    if (!this.#clock.isStopped) return
    this.#tell('node.resumed', 'resumed')
    this.#clock.goOn()
    for (const nic of this.nics) this.#noticeLink(nic)
    for (const { frame, port } of this.#queued.splice(0)) this.receive(frame, port)
    for (const act of this.#waiting.splice(0)) act()
    this.#life.changed()
  }

  /** Does what a person asks of the running system. A suspended one does it when it goes on. */
  whenGoing(act: () => void): void {
    if (this.#clock.isStopped) this.#waiting.push(act)
    else act()
  }

  /** Starts a server, now and after each boot to come. */
  serve(start: (running: RunningHost) => void): void {
    this.#servers.push(start)
    if (this.#running !== undefined) start(this.#running)
  }

  /** Whether it has an address by its configuration, also while it is off. */
  isConfigured(address: Ipv4Address): boolean {
    return this.#interfaces.some((each) => each.address?.address === address)
  }

  #die(): void {
    this.#power = 'off'
    this.#bootTimer.cancel()
    this.#clock.reset()
    this.#waiting = []
    for (const { frame, port } of this.#queued.splice(0)) {
      this.#world.frames.drop(frame, 'poweredOff', port.place)
    }
    const { stack } = this.#running ?? {}
    this.#running = undefined
    this.#system = undefined
    stack?.halt()
    for (const nic of this.nics) {
      nic.port.setOn(false)
      nic.reset()
    }
    this.#life.changed()
  }

  #bringUpNetwork(hasLongBooted: boolean): void {
    for (const nic of this.nics) nic.port.setOn(true)
    const stack = new IpStack(this.#world, {
      place: this.name,
      profile: withArp(STACK_PROFILES[this.#settings.system], this.#settings.arp),
      forwarding: this.#settings.forwarding,
      interfaces: this.#interfaces.map((settings) => this.#makeInterface(settings)),
      routes: this.#settings.routes,
      clock: this.#clock,
    })
    const running = {
      stack,
      icmp: new IcmpService(this.#world, stack),
      tcp: new TcpService(this.#world, stack),
      udp: new UdpService(this.#world, stack),
    }
    const system = this.#makeSystem(running)
    this.#running = running
    this.#system = system
    this.#life.changed()
    for (const start of this.#servers) start(running)
    const complete = (): void => {
      this.#power = 'running'
    }
    if (system.boot === undefined) complete()
    else system.boot(hasLongBooted, complete)
  }

  #tell(kind: keyof typeof hostEvents, text: string): void {
    this.#world.tell({ node: this.name, kind, text, details: {} })
  }

  // --- Administration -----------------------------------------------------------------------------

  /** Takes an interface up or down, now and after each boot to come. */
  setInterfaceEnabled(name: string, enabled: boolean): void {
    this.#interfaces = this.#interfaces.map((each) =>
      each.name === name ? { ...each, enabled } : each,
    )
    const changed = this.findInterface(name)
    if (changed === undefined || changed.enabled === enabled) return
    changed.enabled = enabled
    const { address } = this.#interfaces.find((each) => each.name === name) ?? {}
    if (!enabled) {
      for (const each of changed.addresses) changed.removeAddress(each)
      this.#running?.stack.neighbours.forget(changed)
    } else if (address !== undefined) changed.addAddress(address)
    this.#running?.stack.routes.rebuild()
  }

  #makeInterface(settings: HostInterfaceSettings): IpInterface {
    const nic = this.nics.find((candidate) => candidate.name === settings.nic) as Nic
    const made = new IpInterface({ name: settings.name, nic, vlanId: settings.vlanId })
    made.enabled = settings.enabled
    made.tap = this.interfaceTaps.get(settings.name)
    if (settings.address !== undefined && settings.enabled) made.addAddress(settings.address)
    return made
  }

  // --- Frames -------------------------------------------------------------------------------------

  receive(frame: Frame, port: Port): void {
    const nic = this.#nicByPort.get(port) as Nic
    if (this.#clock.isStopped) {
      if (this.#queued.length < RX_QUEUE_FRAMES) this.#queued.push({ frame, port })
      else this.#world.frames.drop(frame, 'queueFull', port.place)
      return
    }
    if (this.#running === undefined) {
      this.#world.frames.drop(frame, 'poweredOff', port.place)
      return
    }
    this.#running.stack.receive(frame, nic)
  }

  linkChanged(port: Port): void {
    if (!this.#clock.isStopped) this.#noticeLink(this.#nicByPort.get(port) as Nic)
  }

  #noticeLink(nic: Nic): void {
    const { up } = nic.port
    if (up === this.#linksUp.has(nic)) return
    if (up) this.#linksUp.add(nic)
    else this.#linksUp.delete(nic)
    this.#system?.linkChanged?.(nic, up)
  }

  walk(frame: WalkedFrame, port: Port, walk: Walk): void {
    const nic = this.#nicByPort.get(port) as Nic
    this.walkable(walk)?.walkFrameIn(frame, nic, walk)
  }

  /** The stack, for whoever walks in or out of it; undefined while there is none, or it stands still. */
  walkable(asker: Asker): IpStack | undefined {
    asker.note(this.#life)
    return this.#clock.isStopped ? undefined : this.#running?.stack
  }
}
