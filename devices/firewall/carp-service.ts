import type { RandomStream } from '../../engine/random.ts'
import type { Timer } from '../../engine/scheduler.ts'
import { formatIpv4, type Ipv4Prefix, type MacAddress } from '../../protocols/addresses.ts'
import { CarpAuthenticator } from '../../protocols/carp/hmac.ts'
import {
  type CarpEffects,
  CarpHost,
  type CarpState,
  CarpVhid,
} from '../../protocols/carp/machine.ts'
import {
  CARP_AUTH_LENGTH,
  CARP_BYTES,
  CARP_DIGEST_BYTES,
  CARP_GROUP,
  CARP_TOS,
  CARP_TTL,
  type CarpAdvertisement,
  parseCarp,
  virtualMacOf,
  writeCarp,
} from '../../protocols/carp/wire.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import { IP_PROTOCOL } from '../../protocols/ipv4/wire.ts'
import { isWireError, type WireError } from '../../protocols/wire-error.ts'
import { joinGroup, leaveGroup } from '../host/igmp.ts'
import type { InterfaceAddress, IpInterface } from '../host/interface.ts'
import type { ReceivedPacket } from '../host/ip-input.ts'
import type { IpStack } from '../host/ip-stack.ts'
import type { Nic } from '../nic.ts'
import type { World } from '../world.ts'
import type { KernelCallout } from './callout.ts'

export interface CarpServiceSettings {
  readonly preempt: boolean
  readonly interfaceDownDemotion: number
  /** Whether an advertisement with another TTL than 255 is refused; FreeBSD on amd64 does not. */
  readonly verifyTtl: boolean
}

/** Hears of each change of state, as devd does. */
export type CarpListener = (change: {
  readonly interface: string
  readonly vhid: number
  readonly before: CarpState
  readonly after: CarpState
}) => void

export interface VirtualIp {
  readonly interface: string
  readonly vhid: number
  readonly address: Ipv4Prefix
  readonly description: string
  readonly password: string
  readonly advbaseSeconds: number
  readonly advskew: number
}

/** One VHID in the kernel: its machine, its address and what its advertisements need. */
interface VirtualHost {
  readonly machine: CarpVhid
  readonly on: IpInterface
  readonly address: InterfaceAddress
  readonly mac: MacAddress
  readonly authenticator: CarpAuthenticator
  readonly advertisementTimer: Timer
  readonly masterDownTimer: Timer
  /** Until a peer was heard, each advertisement carries a new random counter (sc_init). */
  counterFromPeer: boolean
  counterHigh: number
  counterLow: number
}

interface AcceptedAdvertisement {
  readonly virtualHost: VirtualHost
  readonly advertisement: CarpAdvertisement
}

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
  #draws: RandomStream
  #verifyTtl: boolean
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
    this.#draws = world.random.stream(`${stack.place}/carp`)
    this.host = new CarpHost(settings, allow, {
      defer: (task) => stack.defer(task),
      demoted: (by, to, reason) => this.#tellDemotion(by, to, reason),
    })
    stack.handle(IP_PROTOCOL.carp, (packet) => this.#receive(packet))
  }

  // --- Configuration ----------------------------------------------------------------------------

  /** `ifconfig IF vhid N … alias`: the address goes to the interface, the VHID starts over. */
  add(virtualIp: VirtualIp, on: IpInterface): void {
    const { vhid } = virtualIp
    const mac = virtualMacOf(vhid)
    const machine = new CarpVhid(
      this.host,
      virtualIp,
      this.#effectsOf(() => added),
    )
    const added: VirtualHost = {
      machine,
      on,
      mac,
      address: {
        ...virtualIp.address,
        owner: {
          mac,
          get active() {
            return machine.state === 'MASTER'
          },
        },
      },
      authenticator: new CarpAuthenticator(virtualIp.password, vhid, {
        ipv4: [virtualIp.address.address],
        ipv6: [],
      }),
      advertisementTimer: this.#stack.timer(() => this.#fire('advertisementTimer', added)),
      masterDownTimer: this.#stack.timer(() => this.#fire('masterDownTimer', added)),
      counterFromPeer: false,
      counterHigh: 0,
      counterLow: 0,
    }
    if (!this.#virtualHosts.some((other) => other.on === on)) this.#openInterface(on)
    this.#virtualHosts.push(added)
    this.host.add(machine)
    on.addAddress(added.address)
    machine.interfaceChanged(on.up)
    this.#world.noteForwardingChange()
  }

  /** Takes all VHIDs off an interface, as deleting their addresses does. */
  removeFrom(on: IpInterface): void {
    const removed = this.#virtualHosts.filter((virtualHost) => virtualHost.on === on)
    if (removed.length === 0) return
    this.#virtualHosts = this.#virtualHosts.filter((virtualHost) => virtualHost.on !== on)
    for (const { machine, address } of removed) {
      on.removeAddress(address)
      this.host.remove(machine)
      this.#world.journal.tell({
        timeNs: this.#world.nowNs,
        node: this.#stack.place,
        kind: 'carp.removed',
        text: `carp: ${machine.vhid}@${on.systemName} removed`,
        details: { interface: on.name, vhid: machine.vhid },
      })
    }
    leaveGroup(this.#stack, on, CARP_GROUP)
    on.judgeUnicast = undefined
    on.nic?.releasePromiscuous()
    this.#world.noteForwardingChange()
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
    if (replaced !== undefined) {
      on.removeAddress(replaced.address)
      this.host.remove(replaced.machine)
    }
    if (virtualIp !== undefined) this.add(virtualIp, on)
    this.#virtualHosts = this.#virtualHosts.filter((each) => each !== replaced)
    this.#world.noteForwardingChange()
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

  linkChanged(nic: Nic, up: boolean): void {
    // In the order of attachment, as the list of the interface goes (carp_linkstate).
    for (const { machine, on } of this.#virtualHosts) {
      if (on.nic === nic) machine.interfaceChanged(up && on.enabled)
    }
  }

  /**
   * A timer has fired. Of several that are due at this instant the lowest VHID goes first: in
   * FreeBSD the order within a tick is left open.
   */
  #fire(timer: 'advertisementTimer' | 'masterDownTimer', fired: VirtualHost): void {
    const { nowNs } = this.#world
    const due = this.#virtualHosts.filter((each) => each === fired || each[timer].dueNs === nowNs)
    for (const each of due.sort((one, other) => one.machine.vhid - other.machine.vhid)) {
      each[timer].cancel()
      if (timer === 'advertisementTimer') each.machine.advertisementTimerFired()
      else each.machine.masterDownTimerFired()
    }
  }

  #find(on: string, vhid: number): VirtualHost | undefined {
    return this.#virtualHosts.find(
      ({ machine, on: { name } }) => name === on && machine.vhid === vhid,
    )
  }

  /** The first VHID makes the NIC promiscuous and joins the group; the NIC's MAC stays. */
  #openInterface(on: IpInterface): void {
    on.nic?.requestPromiscuous()
    on.judgeUnicast = (target) => this.#judgeUnicast(on, target)
    joinGroup(this.#world, this.#stack, on, CARP_GROUP)
  }

  /** carp_forus: a frame to a virtual MAC is ours while its VHID is MASTER. */
  #judgeUnicast(on: IpInterface, target: MacAddress): 'accept' | DropCause | undefined {
    for (const virtualHost of this.#virtualHosts) {
      if (virtualHost.on !== on || virtualHost.mac !== target) continue
      return virtualHost.machine.state === 'MASTER' ? 'accept' : 'virtualMacNotMaster'
    }
    return undefined
  }

  // --- Out --------------------------------------------------------------------------------------

  #effectsOf(self: () => VirtualHost): CarpEffects {
    const arm = (timer: Timer, intervalUs: number): void =>
      timer.arm(this.#callout.delayNs(this.#world.nowNs, intervalUs))
    return {
      armAdvertisementTimer: (intervalUs) => arm(self().advertisementTimer, intervalUs),
      armMasterDownTimer: (intervalUs) => arm(self().masterDownTimer, intervalUs),
      cancelTimers: () => {
        self().advertisementTimer.cancel()
        self().masterDownTimer.cancel()
      },
      sendAdvertisement: (advskew) => this.#sendAdvertisement(self(), advskew),
      announceAddresses: () => this.#announce(self()),
      stateChanged: (before, after, reason) => this.#tellState(self(), before, after, reason),
    }
  }

  #sendAdvertisement(virtualHost: VirtualHost, advskew: number): void {
    const { machine, on, mac, authenticator } = virtualHost
    this.#nextCounter(virtualHost)
    const { counterHigh, counterLow } = virtualHost
    const digest = new Uint8Array(CARP_DIGEST_BYTES)
    authenticator.sign(counterHigh, counterLow, digest, 0)
    const frame = this.#stack.newPacket(CARP_BYTES)
    writeCarp(frame.bytes, this.#stack.payloadAt(frame), {
      vhid: machine.vhid,
      advskew,
      advbaseSeconds: machine.advbaseSeconds,
      authLength: CARP_AUTH_LENGTH,
      demotion: 0,
      counterHigh,
      counterLow,
      digest,
    })
    this.#world.journal.tell({
      timeNs: this.#world.nowNs,
      node: this.#stack.place,
      kind: 'carp.advertisement',
      text: `carp: ${machine.vhid}@${on.systemName}: advertisement, skew ${advskew}`,
      frameId: frame.packetId,
      details: { interface: on.name, vhid: machine.vhid, advskew },
    })
    const header = {
      protocol: IP_PROTOCOL.carp,
      target: CARP_GROUP,
      ttl: CARP_TTL,
      tos: CARP_TOS,
      dontFragment: true,
      identification: 0,
    }
    this.#stack.sendToGroup(on, frame, header, mac)
  }

  #nextCounter(virtualHost: VirtualHost): void {
    if (!virtualHost.counterFromPeer) {
      virtualHost.counterHigh = this.#draws.bits32()
      virtualHost.counterLow = this.#draws.bits32()
      return
    }
    virtualHost.counterLow = (virtualHost.counterLow + 1) >>> 0
    if (virtualHost.counterLow === 0) {
      virtualHost.counterHigh = (virtualHost.counterHigh + 1) >>> 0
    }
  }

  /** One gratuitous ARP: it refreshes what hosts believe, but it moves no switch. */
  #announce(virtualHost: VirtualHost): void {
    const { on, address, machine } = virtualHost
    const frameId = this.#stack.arp.announce(on, address)
    this.#world.journal.tell({
      timeNs: this.#world.nowNs,
      node: this.#stack.place,
      kind: 'carp.gratuitousArp',
      text: `gratuitous ARP for ${formatIpv4(address.address)} on ${on.systemName}`,
      frameId,
      details: { interface: on.name, vhid: machine.vhid },
    })
  }

  // --- In ---------------------------------------------------------------------------------------

  #receive(packet: ReceivedPacket): void {
    const { frame, arrival } = packet
    const accepted = this.#judge(packet)
    if (typeof accepted === 'string') {
      this.#world.frames.drop(frame, accepted, `${this.#stack.place} ${arrival.name}`)
      return
    }
    const { virtualHost, advertisement } = accepted
    // There is no replay protection: whatever counter comes with a good HMAC is adopted.
    virtualHost.counterFromPeer = true
    virtualHost.counterHigh = advertisement.counterHigh
    virtualHost.counterLow = advertisement.counterLow
    this.#causeFrameId = frame.packetId
    virtualHost.machine.advertisementReceived(advertisement)
    this.#causeFrameId = undefined
    this.#world.frames.deliver(frame)
  }

  /** The checks in the kernel's order, which knows no own echo (pf does): allow, length, version, checksum, VHID, TTL, HMAC. */
  #judge(packet: ReceivedPacket): AcceptedAdvertisement | DropCause {
    const { frame, header, payloadAt, payloadEnd, arrival } = packet
    if (!this.host.allow) return 'carpNotAllowed'
    const advertisement = parseCarp(frame.bytes, payloadAt, payloadEnd)
    if (isWireError(advertisement)) return CAUSE_OF_WIRE_ERROR[advertisement]
    const virtualHost = this.#find(arrival.name, advertisement.vhid)
    if (virtualHost === undefined) return 'carpBadVhid'
    if (this.#verifyTtl && header.ttl !== CARP_TTL) return 'carpBadTtl'
    const { counterHigh, counterLow, digest } = advertisement
    const authentic = virtualHost.authenticator.verify(counterHigh, counterLow, digest, 0)
    return authentic ? { virtualHost, advertisement } : 'carpBadAuthentication'
  }

  // --- What it tells ----------------------------------------------------------------------------

  #tellState(virtualHost: VirtualHost, before: CarpState, after: CarpState, reason: string): void {
    this.#world.noteForwardingChange()
    const { machine, on } = virtualHost
    this.#world.journal.tell({
      timeNs: this.#world.nowNs,
      node: this.#stack.place,
      kind: 'carp.state',
      text: `carp: ${machine.vhid}@${on.systemName}: ${before} -> ${after} (${reason})`,
      ...(this.#causeFrameId === undefined ? {} : { frameId: this.#causeFrameId }),
      details: { interface: on.name, vhid: machine.vhid, before, after, reason },
    })
    this.onStateChange?.({ interface: on.name, vhid: machine.vhid, before, after })
  }

  #tellDemotion(by: number, to: number, reason: string): void {
    this.#world.journal.tell({
      timeNs: this.#world.nowNs,
      node: this.#stack.place,
      kind: 'carp.demotion',
      text: `carp: demoted by ${by} to ${to} (${reason})`,
      details: { by, to, reason },
    })
  }
}

const CAUSE_OF_WIRE_ERROR: Record<WireError, DropCause> = {
  truncated: 'carpBadLength',
  badLength: 'carpBadLength',
  badVersion: 'carpBadVersion',
  badType: 'carpBadVersion',
  badChecksum: 'carpBadChecksum',
}
