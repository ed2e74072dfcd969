import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'

/** The differences between the IP stacks of the operating systems. Sources: docs/fidelity.md. */
export interface StackProfile {
  readonly ttl: number
  readonly neighbours: {
    /** A confirmed ARP entry is trusted for a time drawn once per host from [from, to]. */
    readonly reachableNs: { readonly from: Nanoseconds; readonly to: Nanoseconds }
    readonly delayNs: Nanoseconds
    readonly retransmitNs: Nanoseconds
    readonly broadcastProbes: number
    readonly unicastProbes: number
    readonly failedHoldNs: Nanoseconds
    /** Packets that may wait for one ARP answer; the oldest gives way. */
    readonly queueFrames: number
    /** Whether it learns from packets whose sender and target are one address. */
    readonly acceptGratuitousArp: boolean
  }
  /** The ICMP errors that it sends about packets that could not go on. */
  readonly icmpErrors: IcmpErrorProfile
  /** Whether a ping reply counts as proof that the next hop is there (MSG_CONFIRM of iputils). */
  readonly pingConfirmsNeighbour: boolean
}

export interface IcmpErrorProfile {
  readonly tos: number
  /** How much of a packet it quotes behind the IP header. */
  readonly quoteBytes: number
  /**
   * `perTarget`: a bucket for each target, from which an error takes `intervalNs`, and which holds
   * `burst` of them; all errors but those that path MTU discovery lives by. `portUnreachable`: so
   * many within a second, and of this kind alone.
   */
  readonly limit:
    | { readonly kind: 'perTarget'; readonly intervalNs: Nanoseconds; readonly burst: number }
    | { readonly kind: 'portUnreachable'; readonly perSecond: number }
    | undefined
}

/** What a machine does otherwise than its system: how long it trusts ARP entries, and whom. */
export interface ArpSettings {
  readonly timeoutNs: Nanoseconds | undefined
  readonly acceptGratuitousArp: boolean
}

/** An entry with a timeout of its own expires when it is over. It is never doubted before. */
export function withArp(profile: StackProfile, arp: ArpSettings | undefined): StackProfile {
  if (arp === undefined) return profile
  const { timeoutNs, acceptGratuitousArp } = arp
  const neighbours = { ...profile.neighbours, acceptGratuitousArp }
  if (timeoutNs === undefined) return { ...profile, neighbours }
  const reachableNs = { from: timeoutNs, to: timeoutNs }
  return {
    ...profile,
    neighbours: { ...neighbours, reachableNs, delayNs: 0, unicastProbes: 0 },
    pingConfirmsNeighbour: false,
  }
}

export const STACK_PROFILES = {
  windows: {
    ttl: 128,
    neighbours: {
      reachableNs: { from: 15 * SECOND_NS, to: 45 * SECOND_NS },
      delayNs: 5 * SECOND_NS,
      retransmitNs: SECOND_NS,
      broadcastProbes: 3,
      unicastProbes: 3,
      failedHoldNs: 0,
      queueFrames: 16,
      acceptGratuitousArp: true,
    },
    icmpErrors: { tos: 0, quoteBytes: 8, limit: undefined },
    pingConfirmsNeighbour: false,
  },
  linux: {
    ttl: 64,
    neighbours: {
      reachableNs: { from: 15 * SECOND_NS, to: 45 * SECOND_NS },
      delayNs: 5 * SECOND_NS,
      retransmitNs: SECOND_NS,
      broadcastProbes: 3,
      unicastProbes: 3,
      failedHoldNs: 0,
      queueFrames: 101,
      acceptGratuitousArp: true,
    },
    icmpErrors: {
      tos: 0xc0, // IPTOS_PREC_INTERNETCONTROL
      quoteBytes: 528, // what makes 576 bytes of it all
      limit: { kind: 'perTarget', intervalNs: SECOND_NS, burst: 6 },
    },
    pingConfirmsNeighbour: true,
  },
  freebsd: {
    ttl: 64,
    neighbours: {
      reachableNs: { from: 1200 * SECOND_NS, to: 1200 * SECOND_NS },
      delayNs: 0,
      retransmitNs: SECOND_NS,
      broadcastProbes: 5,
      unicastProbes: 0,
      failedHoldNs: 0,
      queueFrames: 1,
      acceptGratuitousArp: true,
    },
    icmpErrors: { tos: 0, quoteBytes: 8, limit: { kind: 'portUnreachable', perSecond: 200 } },
    pingConfirmsNeighbour: false,
  },
} as const satisfies Record<string, StackProfile>
