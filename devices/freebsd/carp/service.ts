import type { Timer } from '../../../engine/scheduler.ts'
import type { MacAddress } from '../../../protocols/addresses.ts'
import {
  type CarpEffects,
  CarpHost,
  type CarpReason,
  type CarpState,
} from '../../../protocols/carp/machine.ts'
import { CARP_GROUP } from '../../../protocols/carp/wire.ts'
import type { DropCause } from '../../../protocols/frame/fate.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import type { Asker } from '../../decider.ts'
import { joinGroup, leaveGroup } from '../../host/igmp.ts'
import type { IpInterface } from '../../host/interface.ts'
import type { ReceivedPacket } from '../../host/ip-input.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import type { Nic } from '../../nic.ts'
import type { World } from '../../world.ts'
import type { KernelCallout } from '../callout.ts'
import { CarpAnnouncer } from './announcer.ts'
import { CarpJournal } from './journal.ts'
import { judgeAdvertisement } from './judge.ts'
import {
  VirtualHost,
  type VirtualHostParts,
  type VirtualHostTimer,
  type VirtualIp,
} from './virtual-host.ts'

export type { VirtualIp } from './virtual-host.ts'

export interface CarpServiceSettings {
  readonly preempt: boolean
  readonly interfaceDownDemotion: number
  /** Whether an advertisement with another TTL than 255 is refused; FreeBSD on amd64 does not. */
  readonly verifyTtl: boolean
}

export interface CarpStateChange {
  readonly interface: string
  readonly vhid: number
  readonly before: CarpState
  readonly after: CarpState
}

/** Hears of each change of state, as devd does. */
export type CarpListener = (change: CarpStateChange) => void

/**
 * CARP of one running firewall: the virtual hosts of its interfaces, their advertisements as
 * bytes, in the order in which the kernel checks and sends them (ip_carp.c).
 */
export class CarpService {
  readonly host: CarpHost
  onStateChange: CarpListener | undefined
  #world: World
  #stack: IpStack
  #callout: KernelCallout
  #verifyTtl: boolean
  #journal: CarpJournal
  #announcer: CarpAnnouncer
  #parts: VirtualHostParts
  /** In the order of attachment. */
  #virtualHosts: VirtualHost[] = []
  /** The advertisement being processed: what a state change is due to. */
  #causeFrameId: number | undefined

  constructor(
    world: World,
    stack: IpStack,
    settings: CarpServiceSettings,
    allow: boolean,
    callout: KernelCallout,
  ) {
    this.#world = world
    this.#stack = stack
    this.#callout = callout
    this.#verifyTtl = settings.verifyTtl
    this.#journal = new CarpJournal(world, stack.place)
    this.#announcer = new CarpAnnouncer(stack, this.#journal)
    this.host = new CarpHost(settings, allow, {
      defer: (task) => stack.defer(task),
      demoted: (by, to, reason) => this.#journal.demotion(by, to, reason),
    })
    this.#parts = {
      host: this.host,
      draws: world.random.stream(`${stack.place}/carp`),
      timer: (handler) => stack.timer(handler),
      effectsOf: (virtualHost) => this.#effectsOf(virtualHost),
      fired: (timer, virtualHost) => this.#fire(timer, virtualHost),
    }
    stack.handle(IP_PROTOCOL.carp, (packet) => this.#receive(packet))
  }

  // --- Configuration ----------------------------------------------------------------------------

  /** `ifconfig IF vhid N … alias`: the address goes to the interface, the VHID starts over. */
  add(virtualIp: VirtualIp, on: IpInterface): void {
    const added = new VirtualHost(virtualIp, on, this.#parts)
    if (!this.#virtualHosts.some((other) => other.on === on)) this.#openInterface(on)
    this.#virtualHosts.push(added)
    this.host.add(added.machine)
    on.addAddress(added.address)
    added.machine.interfaceChanged(on.up)
  }

  /** Takes all VHIDs off an interface, as deleting their addresses does. */
  removeFrom(on: IpInterface): void {
    const removed = this.#virtualHosts.filter((virtualHost) => virtualHost.on === on)
    if (removed.length === 0) return
    this.#virtualHosts = this.#virtualHosts.filter((virtualHost) => virtualHost.on !== on)
    for (const virtualHost of removed) {
      this.#detach(virtualHost)
      this.#journal.removed(virtualHost)
    }
    this.#closeInterface(on)
  }

  /**
   * `ifconfig IF VIP/bits alias vhid N` of an address that is there: it is detached and attached
   * anew (in_aifaddr_ioctl), so that the VHID starts over, even as a MASTER.
   *
   * @returns whether the interface has that VHID
   */
  reattach(vhid: number, on: IpInterface): boolean {
    const machine = this.#find(on.name, vhid)?.machine
    machine?.interfaceChanged(on.up)
    return machine !== undefined
  }

  /**
   * Puts other settings in the place of a VHID's, which starts over by that: its address is detached
   * and attached anew. Undefined: it is only taken away.
   */
  replace(vhid: number, on: IpInterface, virtualIp: VirtualIp | undefined): void {
    const replaced = this.#find(on.name, vhid)
    const isOnlyOne = this.#virtualHosts.every((each) => each === replaced || each.on !== on)
    if (replaced !== undefined && isOnlyOne && virtualIp === undefined) {
      this.removeFrom(on)
      return
    }
    if (replaced !== undefined) this.#detach(replaced)
    if (virtualIp !== undefined) this.add(virtualIp, on)
    this.#virtualHosts = this.#virtualHosts.filter((each) => each !== replaced)
  }

  /** Stored; it takes effect with the next advertisement and the next comparison. */
  setAdvskew(vhid: number, on: string, advskew: number): void {
    const machine = this.#find(on, vhid)?.machine
    if (machine !== undefined) machine.advskew = advskew
  }

  /** The state of a VHID; undefined when the kernel has no such VHID there. */
  stateOf(on: string, vhid: number): CarpState | undefined {
    return this.#find(on, vhid)?.machine.state
  }

  #find(on: string, vhid: number): VirtualHost | undefined {
    return this.#virtualHosts.find(
      ({ machine, on: { name } }) => name === on && machine.vhid === vhid,
    )
  }

  #detach({ machine, on, address }: VirtualHost): void {
    on.removeAddress(address)
    this.host.remove(machine)
  }

  // --- Interfaces -------------------------------------------------------------------------------

  linkChanged(nic: Nic, up: boolean): void {
    // In the order of attachment, as the list of the interface goes (carp_linkstate).
    for (const { machine, on } of this.#virtualHosts) {
      if (on.nic === nic) machine.interfaceChanged(up && on.enabled)
    }
  }

  /** The first VHID makes the NIC promiscuous and joins the group; the NIC's MAC stays. */
  #openInterface(on: IpInterface): void {
    on.nic?.requestPromiscuous()
    on.judgeUnicast = (target, asker) => this.#judgeUnicast(on, target, asker)
    joinGroup(this.#world, this.#stack, on, CARP_GROUP)
  }

  #closeInterface(on: IpInterface): void {
    leaveGroup(this.#stack, on, CARP_GROUP)
    on.judgeUnicast = undefined
    on.nic?.releasePromiscuous()
  }

  /** carp_forus: a frame to a virtual MAC is ours while its VHID is MASTER. */
  #judgeUnicast(
    on: IpInterface,
    target: MacAddress,
    asker: Asker | undefined,
  ): 'accept' | DropCause | undefined {
    for (const virtualHost of this.#virtualHosts) {
      if (virtualHost.on !== on || virtualHost.mac !== target) continue
      asker?.note(virtualHost.election)
      return virtualHost.machine.state === 'MASTER' ? 'accept' : 'virtualMacNotMaster'
    }
    return undefined
  }

  // --- Effects and inputs of the machines ------------------------------------------------------

  #effectsOf(self: VirtualHost): CarpEffects {
    const arm = (timer: Timer, intervalUs: number): void =>
      timer.arm(this.#callout.delayNs(this.#world.nowNs, intervalUs))
    return {
      armAdvertisementTimer: (intervalUs) => arm(self.advertisementTimer, intervalUs),
      armMasterDownTimer: (intervalUs) => arm(self.masterDownTimer, intervalUs),
      cancelTimers: () => {
        self.advertisementTimer.cancel()
        self.masterDownTimer.cancel()
      },
      sendAdvertisement: (advskew) => this.#announcer.advertise(self, advskew),
      announceAddresses: () => this.#announcer.announceAddress(self),
      stateChanged: (before, after, reason) => this.#stateChanged(self, before, after, reason),
    }
  }

  #stateChanged(self: VirtualHost, before: CarpState, after: CarpState, reason: CarpReason): void {
    self.election.changed()
    this.#journal.state(self, before, after, reason, this.#causeFrameId)
    const { machine, on } = self
    this.onStateChange?.({ interface: on.name, vhid: machine.vhid, before, after })
  }

  /**
   * A timer has fired. If several are due at this instant, the lowest VHID goes first: FreeBSD
   * leaves the order within a tick open.
   */
  #fire(timer: VirtualHostTimer, fired: VirtualHost): void {
    const { nowNs } = this.#world
    const isDue = (each: VirtualHost): boolean => each === fired || each[timer].dueNs === nowNs
    const due = this.#virtualHosts.filter(isDue)
    if (due.length > 1) due.sort((one, other) => one.machine.vhid - other.machine.vhid)
    for (const each of due) each.timerFired(timer)
  }

  #receive(packet: ReceivedPacket): void {
    const { frame, arrival } = packet
    const accepted = judgeAdvertisement(packet, {
      allow: this.host.allow,
      verifyTtl: this.#verifyTtl,
      find: (on, vhid) => this.#find(on, vhid),
    })
    if (typeof accepted === 'string') {
      this.#world.frames.drop(frame, accepted, `${this.#stack.place} ${arrival.name}`)
      return
    }
    const { virtualHost, advertisement } = accepted
    virtualHost.counter.adopt(advertisement.counterHigh, advertisement.counterLow)
    this.#causeFrameId = frame.packetId
    virtualHost.machine.advertisementReceived(advertisement)
    this.#causeFrameId = undefined
    this.#world.frames.deliver(frame)
  }
}
