import { assert } from '../../../engine/assert.ts'
import type { Nanoseconds } from '../../../engine/time.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import { type Asker, Decider } from '../../decider.ts'
import type { FilterHost } from './filter-host.ts'
import { trackFlow } from './flow-tracking.ts'
import { findQuoted, isPlausible, translateError } from './icmp-error.ts'
import { isOver } from './key-table.ts'
import { type NatRules, type PortDraws, type Translated, translate } from './nat.ts'
import { newState, placeOf, type StateOrigin } from './new-state.ts'
import { isIcmpError, type PacketSummary } from './packet.ts'
import { DEFAULT_RULE, type LoadedRule, type RuleSet } from './rule.ts'
import { type PfState, translationOf } from './state.ts'
import { type ImportOutcome, importState, type StateRecord } from './state-record.ts'
import { StateTable, type StateTableSettings } from './state-table.ts'
import { trackTcp } from './tcp-tracking.ts'
import {
  byState,
  type Foresight,
  mismatch,
  refuse,
  routeOf,
  STOPPED,
  stop,
  type Verdict,
} from './verdict.ts'

export interface PacketFilterSettings {
  readonly states: StateTableSettings
  readonly host: FilterHost
  /** For the choice of translated ports. */
  readonly draws: PortDraws
  readonly rules: RuleSet
  readonly nat: NatRules
}

/** pf on one host: states first, then translation, then rules (pf_test). */
export class PacketFilter {
  readonly states: StateTable
  #host: FilterHost
  #draws: PortDraws
  #rules: RuleSet
  #nat: NatRules
  /** Which rules are loaded. */
  #loaded = new Decider('filter')

  constructor(settings: PacketFilterSettings) {
    this.states = new StateTable(settings.states)
    this.#host = settings.host
    this.#draws = settings.draws
    this.#rules = settings.rules
    this.#nat = settings.nat
  }

  get rules(): RuleSet {
    return this.#rules
  }

  /** Replaces all rules at once. States stay, with the rule that made them. */
  load(rules: RuleSet, nat: NatRules): void {
    this.#rules = rules
    this.#nat = nat
    this.#loaded.changed()
  }

  /**
   * Judges a packet that crosses an interface, and notes what it tells of its flow. The caller
   * drops it or carries the translation out.
   */
  inspect(packet: PacketSummary, nowNs: Nanoseconds): Verdict {
    assert(
      packet.protocol !== IP_PROTOCOL.tcp || packet.tcp !== undefined || packet.fragment === true,
      'the summary of a TCP segment has its TCP part',
    )
    this.states.purge(nowNs)
    const verdict = this.#judge(packet, nowNs)
    const { state } = verdict
    if (verdict.action === 'pass' && state !== undefined) count(state, packet)
    return verdict
  }

  /**
   * The verdict that `inspect` would give. It leaves no trace: no state is made or hit, and no port
   * is drawn, so the translated port of a new flow is only a guess.
   */
  foresee(packet: PacketSummary, asker: Asker): Foresight {
    const decision = this.#decide(packet, LOWEST_PORT, asker)
    const { by } = decision
    if (by === 'stop') return STOPPED
    if (by === 'state') {
      const { state } = decision
      const translation = translationOf(state, packet.direction)
      return { action: 'pass', translation, route: routeOf(packet, state), boundTo: undefined }
    }
    const { rule, translated, origin } = decision
    const route = routeOf(packet, { direction: packet.direction, route: rule.route })
    const stateOn = origin && placeOf(packet, origin).interface
    return { action: 'pass', translation: translated?.endpoints, route, boundTo: stateOn }
  }

  /**
   * Makes the state that a peer told of.
   *
   * @param sameRules whether the peer has the same rule set: then its rule numbers hold here too
   */
  importState(record: StateRecord, sameRules: boolean, nowNs: Nanoseconds): ImportOutcome {
    this.states.purge(nowNs)
    const rule = (sameRules ? this.#rules.rules[record.rule] : undefined) ?? DEFAULT_RULE
    const hasInterface = (name: string) => this.#host.hasInterface(name)
    return importState(record, rule, this.states, hasInterface, nowNs)
  }

  #judge(packet: PacketSummary, nowNs: Nanoseconds): Verdict {
    const { icmp } = packet
    if (packet.fragment !== true && icmp !== undefined && isIcmpError(icmp.type)) {
      return this.#judgeError(packet, nowNs)
    }
    const reused = this.#reusedBy(packet)
    if (reused !== undefined) this.states.remove(reused, 'reused', nowNs)
    return this.#carryOut(this.#decide(packet, this.#draws), packet, nowNs)
  }

  // --- The decision: it changes nothing --------------------------------------------------------

  #decide(packet: PacketSummary, draws: PortDraws, asker?: Asker): Decision {
    asker?.note(this.#loaded)
    const state = packet.fragment === true ? undefined : this.#find(packet, asker)
    const isReused = asker !== undefined && this.#reusedBy(packet) === state
    if (state !== undefined && !isReused) return { by: 'state', state }
    return this.#decideByRules(packet, draws, asker)
  }

  #find(packet: PacketSummary, asker?: Asker): PfState | undefined {
    return this.states.find(packet.direction, packet.interface, packet.protocol, packet, asker)
  }

  /** The state of a connection that is over, whose ports the packet uses for a new one. */
  #reusedBy(packet: PacketSummary): PfState | undefined {
    if (packet.tcp === undefined || !isFirstSegment(packet.tcp.flags)) return undefined
    const state = this.#find(packet)
    return state !== undefined && isOver(state) ? state : undefined
  }

  /** The translation of a packet without a state, and the rule that decides of it then. */
  #decideByRules(packet: PacketSummary, draws: PortDraws, asker?: Asker): Decision {
    const { aliases } = this.#rules
    const context = { rules: this.#nat, aliases, host: this.#host, states: this.states, draws }
    // pfSense has scrub rules that put fragments together before; here they pass as they are.
    const translated = packet.fragment === true ? undefined : translate(packet, context)
    if (translated === 'mapFailed') {
      return { by: 'stop', verdict: stop(DEFAULT_RULE, 'map-failed', false) }
    }
    // Rules see addresses and ports as they are after translation.
    const seen = translated === undefined ? packet : { ...packet, ...translated.endpoints }
    const rule = translated?.pass ? DEFAULT_RULE : this.#rules.decide(seen, this.#host)
    if (rule.action !== 'pass') return { by: 'stop', verdict: refuse(packet, rule) }
    const keepsState =
      packet.fragment !== true &&
      (packet.icmp === undefined || !isIcmpError(packet.icmp.type)) &&
      (rule.state !== 'none' || translated !== undefined)
    if (!keepsState) return { by: 'rule', rule, translated, origin: undefined }
    if (this.states.size >= this.states.limit) {
      return { by: 'stop', verdict: stop(rule, 'memory', true) }
    }
    const { statePolicy } = this.#rules
    const origin = {
      rule,
      natRule: translated?.rule ?? -1,
      translated: translated?.endpoints,
      statePolicy,
    }
    if (this.states.isTaken(placeOf(packet, origin), asker)) {
      return { by: 'stop', verdict: stop(rule, 'state-insert', true) }
    }
    return { by: 'rule', rule, translated, origin }
  }

  // --- The effects of a decision ---------------------------------------------------------------

  #carryOut(decision: Decision, packet: PacketSummary, nowNs: Nanoseconds): Verdict {
    if (decision.by === 'stop') {
      // An id was taken for the state before it was found that it cannot be.
      if (decision.verdict.reason === 'state-insert') this.states.takeId()
      return decision.verdict
    }
    if (decision.by === 'state') return this.#judgeByState(packet, decision.state, nowNs)
    const { rule, translated, origin } = decision
    const state = origin && newState(packet, origin, this.states, nowNs)
    if (state !== undefined) {
      const inserted = this.states.insert(state, 'local', nowNs)
      assert(inserted === 'inserted', 'there is a place for the state, or the packet was stopped')
    }
    if (packet.options === true && !rule.allowOptions) {
      return { ...stop(rule, 'ip-option', true), state }
    }
    return {
      action: 'pass',
      reason: 'match',
      rule,
      state,
      translation: translated?.endpoints,
      route: routeOf(packet, { direction: packet.direction, route: rule.route }),
      answer: undefined,
      logged: rule.log,
    }
  }

  #judgeByState(packet: PacketSummary, state: PfState, nowNs: Nanoseconds): Verdict {
    const forward = packet.direction === state.direction
    const second = this.states.secondAt(nowNs)
    if (packet.tcp === undefined) {
      trackFlow(state, forward, second)
    } else {
      const outcome = trackTcp(state, packet.tcp, forward, second)
      if (outcome !== 'pass')
        return mismatch(state, outcome === 'reset' ? 'handshakeReset' : undefined)
    }
    this.states.touched(state, nowNs)
    return byState(packet, state, translationOf(state, packet.direction))
  }

  #judgeError(packet: PacketSummary, nowNs: Nanoseconds): Verdict {
    const quote = packet.icmp?.quote
    const state = findQuoted(packet, this.states)
    if (quote === undefined || state === undefined) {
      return this.#carryOut(this.#decideByRules(packet, this.#draws), packet, nowNs)
    }
    if (!isPlausible(packet, quote, state)) return mismatch(state, undefined)
    this.states.touched(state, nowNs)
    return byState(packet, state, translateError(packet, quote, state))
  }
}

/** The decision about a packet: the state that it belongs to, a rule that passes it, or neither. */
type Decision =
  | { readonly by: 'state'; readonly state: PfState }
  | {
      readonly by: 'rule'
      readonly rule: LoadedRule
      readonly translated: Translated | undefined
      /** The origin of the state that the packet makes; undefined: it makes none. */
      readonly origin: StateOrigin | undefined
    }
  | { readonly by: 'stop'; readonly verdict: Verdict }

/** For those who only ask: any port will do. */
const LOWEST_PORT: PortDraws = { integer: (from) => from }

function isFirstSegment(flags: number): boolean {
  return (flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn
}

/** pf_counters_inc */
function count(state: PfState, { direction, totalBytes }: PacketSummary): void {
  if (direction === state.direction) {
    state.packetsForward += 1
    state.bytesForward += totalBytes
  } else {
    state.packetsBackward += 1
    state.bytesBackward += totalBytes
  }
}
