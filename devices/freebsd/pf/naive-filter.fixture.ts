import { MILLISECOND_NS, SECOND_NS } from '../../../engine/time.ts'
import { HOST_ADDRESSES } from './bench.fixture.ts'
import { matches, matchesNat } from './naive-rules.fixture.ts'
import type { OutboundNat, PortForward } from './nat.ts'
import type { Endpoints, PacketSummary } from './packet.ts'
import { address } from './packets.fixture.ts'
import type { Rule } from './rule.ts'
import { TIMEOUT } from './timeouts.ts'

/**
 * pf by the book, without a thought of speed: an oracle. States are kept in arrays, and a state is
 * the packet that made it and what became of it, not a pair of keys. TCP windows are not checked.
 */

const TCP = 6
const UDP = 17
const ICMP = 1
const SECONDS = [120, 30, 86400, 900, 45, 90, 60, 30, 60, 20, 10, 60, 30, 60]

export interface NaiveState {
  readonly id: number
  readonly direction: 'in' | 'out'
  readonly bound: string
  readonly protocol: number
  readonly seen: Endpoints
  readonly becomes: Endpoints
  readonly rule: string
  levels: { maker: number; other: number }
  timeout: number
  hitSecond: number
  packets: [number, number]
}

export interface NaiveOutcome {
  readonly outcome: string
  readonly flow: Endpoints | undefined
}

export class NaiveFilter {
  /** The same states twice: in the order in which arriving and leaving packets look at them. */
  arriving: NaiveState[] = []
  leaving: NaiveState[] = []
  expired = 0
  #rules: readonly Rule[]
  #policy: 'floating' | 'if-bound'
  #outbound: readonly OutboundNat[]
  #forwards: readonly PortForward[]
  #draw: (from: number, to: number) => number
  #nextId = 1_724_227_200
  #passes = 0

  constructor(settings: {
    rules: readonly Rule[]
    policy: 'floating' | 'if-bound'
    outbound: readonly OutboundNat[]
    forwards: readonly PortForward[]
    draw: (from: number, to: number) => number
  }) {
    this.#rules = settings.rules
    this.#policy = settings.policy
    this.#outbound = settings.outbound
    this.#forwards = settings.forwards
    this.#draw = settings.draw
  }

  inspect(packet: PacketSummary, nowNs: number): NaiveOutcome {
    this.#purge(nowNs)
    const second = Math.floor(nowNs / SECOND_NS)
    const list = packet.direction === 'in' ? this.arriving : this.leaving
    const found = list.find(
      (state) =>
        state.protocol === packet.protocol &&
        (state.bound === 'all' || state.bound === packet.interface) &&
        isSame(flowOf(state, packet.direction), packet),
    )
    if (found !== undefined && found.timeout !== TIMEOUT.purge) {
      const isSyn = packet.tcp !== undefined && (packet.tcp.flags & 0x12) === 2
      if (!isSyn || !isOver(found)) return this.#byState(packet, found, second)
      this.#remove(found)
    }
    return this.#byRules(packet, second)
  }

  #byState(packet: PacketSummary, state: NaiveState, second: number): NaiveOutcome {
    const forward = packet.direction === state.direction
    track(state, forward, packet)
    state.hitSecond = second
    state.packets[forward ? 0 : 1] += 1
    const flow = forward ? state.becomes : turn(state.seen)
    return { outcome: `pass: ${state.rule}`, flow }
  }

  #byRules(packet: PacketSummary, second: number): NaiveOutcome {
    const nat = packet.direction === 'out' ? this.#natOut(packet) : this.#natIn(packet)
    if (nat === 'failed') return { outcome: 'block: map-failed', flow: undefined }
    const becomes = { ...endpoints(packet), ...nat.to }
    const rule = nat.pass ? undefined : this.#decide({ ...packet, ...becomes })
    if (rule !== undefined && rule.action !== 'pass') {
      return { outcome: `block: ${rule.label}`, flow: undefined }
    }
    const label = rule?.label ?? ''
    const translates = !isSame(becomes, packet)
    if (translates || (rule !== undefined && rule.state !== 'none')) {
      const policy = rule === undefined ? 'floating' : (rule.statePolicy ?? this.#policy)
      const state: NaiveState = {
        id: this.#nextId,
        direction: packet.direction,
        bound: policy === 'floating' ? 'all' : packet.interface,
        protocol: packet.protocol,
        seen: endpoints(packet),
        becomes,
        rule: label,
        levels: firstLevels(packet.protocol),
        timeout: firstTimeout(packet.protocol),
        hitSecond: second,
        packets: [1, 0],
      }
      this.#nextId += 1
      if (!this.#insert(state)) return { outcome: 'block: state-insert', flow: undefined }
    }
    return { outcome: `pass: ${label}`, flow: becomes }
  }

  #decide(packet: PacketSummary): Rule | undefined {
    const matching = this.#rules.filter((rule) => matches(rule, packet))
    const end = matching.findIndex((rule) => rule.quick)
    return end < 0 ? matching.at(-1) : matching[end]
  }

  // --- Translation ------------------------------------------------------------------------------

  #natOut(packet: PacketSummary): { to: Partial<Endpoints>; pass: boolean } | 'failed' {
    const rule = this.#outbound.find((each) => matchesNat(each, packet))
    if (rule === undefined || rule.to.kind === 'none') return { to: {}, pass: false }
    const first = rule.to.kind === 'interface' ? HOST_ADDRESSES[rule.to.name]?.[0] : undefined
    const source = rule.to.kind === 'address' ? rule.to.address : address(first ?? '')
    const choices = this.#choices(packet, rule)
    const free = choices.find((port) => {
      const answer = turn({ ...endpoints(packet), source, sourcePort: port })
      return !this.arriving.some(
        (state) => state.protocol === packet.protocol && isSame(flowOf(state, 'in'), answer),
      )
    })
    if (packet.protocol === ICMP && packet.targetPort !== 8) return { to: { source }, pass: false }
    return free === undefined ? 'failed' : { to: { source, sourcePort: free }, pass: false }
  }

  /** In the order in which they are tried. */
  #choices(packet: PacketSummary, rule: OutboundNat): number[] {
    const { protocol, sourcePort, targetPort } = packet
    if (protocol === ICMP && targetPort !== 8) return []
    const isChosen = protocol === ICMP || protocol === TCP || protocol === UDP
    if (!isChosen || (rule.ports === 'static' && protocol !== ICMP)) return [sourcePort]
    const isEcho = protocol === ICMP || rule.ports === 'static' || rule.ports === undefined
    const from = isEcho ? (protocol === ICMP ? 1 : 1024) : Number(rangeOf(rule.ports).from)
    const to = isEcho ? 65_535 : Number(rangeOf(rule.ports).to)
    const cut = this.#draw(from, to + 1)
    const up = Array.from({ length: Math.min(20, to - cut + 1) }, (_, step) => cut + step)
    const down = Array.from({ length: Math.min(20, cut - from) }, (_, step) => cut - 1 - step)
    return [...up, ...down]
  }

  #natIn(packet: PacketSummary): { to: Partial<Endpoints>; pass: boolean } {
    const rule = this.#forwards.find((each) => matchesNat(each, packet))
    if (rule?.to === undefined) return { to: {}, pass: false }
    const { address: target, port } = rule.to
    const first = rule.destination.ports?.[0]?.from ?? packet.targetPort
    const targetPort = port === undefined ? packet.targetPort : port + packet.targetPort - first
    const to = { target, targetPort }
    return { to, pass: rule.pass && !isSame({ ...endpoints(packet), ...to }, packet) }
  }

  // --- States -----------------------------------------------------------------------------------

  #insert(state: NaiveState): boolean {
    if (!claim(this.arriving, state, 'in')) return false
    if (!claim(this.leaving, state, 'out')) {
      this.arriving = this.arriving.filter((other) => other !== state)
      return false
    }
    return true
  }

  #remove(state: NaiveState): void {
    this.arriving = this.arriving.filter((other) => other !== state)
    this.leaving = this.leaving.filter((other) => other !== state)
  }

  /** Every pass there has been, looking at every state. */
  #purge(nowNs: number): void {
    for (; this.#passes * 100 * MILLISECOND_NS <= nowNs; this.#passes += 1) {
      const second = Math.floor((this.#passes * 100 * MILLISECOND_NS) / SECOND_NS)
      for (const state of [...this.arriving]) {
        const row = state.id % 131_072
        if (Math.floor(row / 1310) !== this.#passes % 101) continue
        const limit = state.hitSecond + (SECONDS[state.timeout] ?? 0)
        if (state.timeout !== TIMEOUT.purge && limit > second) continue
        this.#remove(state)
        this.expired += 1
      }
    }
  }
}

function claim(list: NaiveState[], state: NaiveState, direction: 'in' | 'out'): boolean {
  let dead: NaiveState | undefined
  for (const rival of list) {
    const isRival =
      rival.protocol === state.protocol &&
      rival.direction === state.direction &&
      rival.bound === state.bound &&
      isSame(flowOf(rival, direction), flowOf(state, direction))
    if (!isRival) continue
    if (!isOver(rival)) return false
    rival.levels = { maker: 0, other: 0 }
    rival.timeout = TIMEOUT.purge
    dead = rival
  }
  if (state.bound === 'all') list.push(state)
  else list.unshift(state)
  if (dead !== undefined) {
    list.splice(list.indexOf(dead), 1)
    list.push(dead)
  }
  return true
}

/** How packets of a state look when they come in, or when they go out, before translation. */
export function flowOf(state: NaiveState, direction: 'in' | 'out'): Endpoints {
  return state.direction === direction ? state.seen : turn(state.becomes)
}

function rangeOf(ports: OutboundNat['ports']): { from: number; to: number } {
  return typeof ports === 'object' ? ports : { from: 1024, to: 65_535 }
}

function endpoints({ source, sourcePort, target, targetPort }: Endpoints): Endpoints {
  return { source, sourcePort, target, targetPort }
}

function turn({ source, sourcePort, target, targetPort }: Endpoints): Endpoints {
  return { source: target, sourcePort: targetPort, target: source, targetPort: sourcePort }
}

function isSame(left: Endpoints, right: Endpoints): boolean {
  return JSON.stringify(endpoints(left)) === JSON.stringify(endpoints(right))
}

// --- Levels, as tables ---------------------------------------------------------------------------

function firstLevels(protocol: number): NaiveState['levels'] {
  if (protocol === ICMP) return { maker: 0, other: 0 }
  return { maker: protocol === TCP ? 2 : 1, other: 0 }
}

function firstTimeout(protocol: number): number {
  return { [TCP]: 0, [UDP]: 6, [ICMP]: 9 }[protocol] ?? 11
}

function isOver({ protocol, levels }: NaiveState): boolean {
  return protocol === TCP && levels.maker >= 9 && levels.other >= 9
}

function track(state: NaiveState, forward: boolean, packet: PacketSummary): void {
  const before = state.levels
  let [from, to] = forward ? [before.maker, before.other] : [before.other, before.maker]
  if (packet.tcp !== undefined) {
    const has = (bit: number) => ((packet.tcp?.flags ?? 0) & bit) !== 0
    if (from < 2) from = 2
    if (has(1) && from < 7) from = 7
    if (has(16) && to === 2) to = 4
    else if (has(16) && to === 7) to = 9
    if (has(4)) [from, to] = [10, 10]
    const [low, high] = [Math.min(from, to), Math.max(from, to)]
    state.timeout = low >= 9 ? 5 : low >= 7 ? 4 : low < 4 ? 1 : high >= 7 ? 3 : 2
  } else if (packet.protocol === ICMP) {
    state.timeout = 10
  } else {
    if (from < 1) from = 1
    if (to === 1) to = 2
    const base = packet.protocol === UDP ? 7 : 12
    state.timeout = from === 2 && to === 2 ? base + 1 : base
  }
  state.levels = forward ? { maker: from, other: to } : { maker: to, other: from }
}
