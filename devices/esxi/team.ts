import type { MacAddress } from '../../protocols/addresses.ts'
import { readUint32 } from '../../protocols/bytes.ts'
import { ETHERNET_HEADER_BYTES, isTagged, VLAN_TAG_BYTES } from '../../protocols/ethernet/wire.ts'
import { Frame } from '../../protocols/frame/frame.ts'
import type { Port } from '../port.ts'
import type { WalkedFrame } from '../walk.ts'

/** NIC teaming of a port group: which uplink a frame leaves by. The names are VMware's. */

export interface TeamingPolicy {
  /**
   * What shares the frames out: the originating virtual port, a hash of the source MAC, a hash of
   * both IP addresses; or nothing does, and the first uplink in the failover order takes all.
   */
  readonly policy: 'srcport' | 'srcmac' | 'iphash' | 'explicit'
  readonly notifySwitches: boolean
  /** Whether an uplink that is back displaces the one that stood in for it. */
  readonly failback: boolean
  readonly activeUplinks: readonly string[]
  readonly standbyUplinks: readonly string[]
}

/** The uplinks in use by a port group. Each active one has a place, which a standby may take. */
export class UplinkTeam {
  readonly policy: TeamingPolicy
  /** The uplink in each place; undefined while nobody is left to take it. */
  #places: readonly (Port | undefined)[] = []
  #taken: readonly Port[] = []

  constructor(policy: TeamingPolicy) {
    this.policy = policy
  }

  /** Fills the places anew after an uplink failed or came back. */
  settle(uplinks: readonly Port[], isUsable: (uplink: Port) => boolean): void {
    const { policy, activeUplinks, standbyUplinks, failback } = this.policy
    const named = (names: readonly string[]): Port[] =>
      names.flatMap((name) => uplinks.find((uplink) => uplink.name === name) ?? [])
    const active = named(activeUplinks)
    const order = [...active, ...named(standbyUplinks)]
    // With an explicit order there is one place, and the order tells who may take it.
    const places = policy === 'explicit' ? order.slice(0, 1) : active
    const kept = places.map((own, at) => {
      const present = failback ? own : (this.#places[at] ?? own)
      return isUsable(present) ? present : undefined
    })
    const free = order.filter((uplink) => isUsable(uplink) && !kept.includes(uplink))
    const standIns = free.filter((uplink) => policy === 'explicit' || !active.includes(uplink))
    // An uplink that came back and was not let in stands by like the others.
    const benched = failback ? [] : free.filter((uplink) => !standIns.includes(uplink))
    const next = [...standIns, ...benched]
    this.#places = kept.map((uplink) => uplink ?? next.shift())
    this.#taken = this.#places.filter((uplink) => uplink !== undefined)
  }

  uses({ name }: Port): boolean {
    const { activeUplinks, standbyUplinks } = this.policy
    return activeUplinks.includes(name) || standbyUplinks.includes(name)
  }

  /** Whether frames of one port may leave by different uplinks. */
  get sharesByFrame(): boolean {
    const { policy } = this.policy
    return policy === 'srcmac' || policy === 'iphash'
  }

  /** The uplink of a virtual port, as far as its frames do not decide. */
  ofPort(number: number, effectiveMac: MacAddress): Port | undefined {
    return this.#choose(this.policy.policy === 'srcmac' ? lastByteOf(effectiveMac) : number)
  }

  /** The uplink that a frame leaves by where `sharesByFrame`. */
  ofFrame(source: MacAddress, frame: Frame | WalkedFrame): Port | undefined {
    return this.#choose(this.policy.policy === 'srcmac' ? lastByteOf(source) : addressHashOf(frame))
  }

  #choose(number: number): Port | undefined {
    const pinned = this.#places[number % this.#places.length]
    return pinned ?? this.#taken[number % this.#taken.length]
  }
}

function lastByteOf(mac: MacAddress): number {
  return mac % 0x100
}

/** Where an IPv4 packet without a tag has its addresses. */
const SOURCE_IP = ETHERNET_HEADER_BYTES + 12
const TARGET_IP = ETHERNET_HEADER_BYTES + 16
const HASHED_END = ETHERNET_HEADER_BYTES + 20

/** Both IP addresses, exclusively or'ed; of other frames whatever stands in their place. */
function addressHashOf(frame: Frame | WalkedFrame): number {
  if (!(frame instanceof Frame)) return walkedHashOf(frame)
  const at = frame.start + (isTagged(frame) ? VLAN_TAG_BYTES : 0)
  if (at + HASHED_END > frame.end) return 0
  return (readUint32(frame.bytes, at + SOURCE_IP) ^ readUint32(frame.bytes, at + TARGET_IP)) >>> 0
}

function walkedHashOf({ payload, destinationMac }: WalkedFrame): number {
  if (payload.kind === 'ipv4') return (payload.source ^ payload.target) >>> 0
  // Of an ARP packet: the end of the sender's MAC, its IP, and the start of the target's MAC.
  const targetMac = payload.kind === 'arpRequest' ? 0 : destinationMac
  const { senderMac, senderIp } = payload
  const source = ((senderMac % 0x1_0000) * 0x1_0000 + (senderIp >>> 16)) >>> 0
  const target = ((senderIp % 0x1_0000) * 0x1_0000 + Math.floor(targetMac / 0x1_0000_0000)) >>> 0
  return (source ^ target) >>> 0
}
