import { RandomSource } from '../../../engine/random.ts'
import { SECOND_NS } from '../../../engine/time.ts'
import { formatIpv4 } from '../../../protocols/addresses.ts'
import { PacketFilter, type PacketFilterSettings } from './filter.ts'
import type { FilterHost } from './filter-host.ts'
import type { Endpoints, PacketSummary } from './packet.ts'
import { address, type Details, packet, prefix } from './packets.fixture.ts'
import { type Rule, RuleSet, type StatePolicy } from './rule.ts'
import { rule } from './rules.fixture.ts'
import type { StateTableSettings } from './state-table.ts'
import type { Verdict } from './verdict.ts'

/** The firewall of the tests: WAN vmx0, LAN vmx1, DMZ vmx2, and a CARP VIP on the first two. */
export const HOST_ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  vmx0: ['203.0.113.2', '203.0.113.1'],
  vmx1: ['10.0.1.2', '10.0.1.1'],
  vmx2: ['10.0.2.2'],
}

export const HOST: FilterHost = {
  hasInterface: (name) => HOST_ADDRESSES[name] !== undefined,
  isSelf: (ip) => Object.values(HOST_ADDRESSES).some((all) => all.some((a) => address(a) === ip)),
  isOn: (name, ip) => HOST_ADDRESSES[name]?.some((a) => address(a) === ip) ?? false,
  primaryAddress: (name) => {
    const first = HOST_ADDRESSES[name]?.[0]
    return first === undefined ? undefined : address(first)
  },
}

export const ALIASES = new Map([
  ['admins', [prefix('10.0.1.5/32'), prefix('10.0.1.64/26')]],
  ['nobody', []],
])

export interface BenchOptions extends Partial<Omit<PacketFilterSettings, 'rules' | 'states'>> {
  readonly statePolicy?: StatePolicy
  readonly states?: Partial<StateTableSettings>
}

/** A packet filter with the given rules, and what it told its listeners. */
export class Bench {
  readonly filter: PacketFilter
  readonly told: string[] = []
  nowNs = 0

  constructor(rules: readonly (string | Rule)[], options: BenchOptions = {}) {
    const { statePolicy = 'floating', states, ...rest } = options
    this.filter = new PacketFilter({
      states: { creatorId: 0x1a2b3c4d, bootNs: 0, startNs: 0, ...states },
      host: HOST,
      draws: new RandomSource(1).stream('nat'),
      nat: { outbound: [], forwards: [] },
      rules: ruleSet(rules, statePolicy),
      ...rest,
    })
    this.filter.states.listen({
      onInsert: ({ id }, origin) => this.told.push(`insert ${id.low} ${origin}`),
      onUpdate: ({ id }) => this.told.push(`update ${id.low}`),
      onDelete: ({ id }, cause) => this.told.push(`delete ${id.low} ${cause}`),
    })
  }

  get states() {
    return this.filter.states
  }

  waitSeconds(seconds: number): void {
    this.nowNs += Math.round(seconds * SECOND_NS)
  }

  see(seen: PacketSummary | string, details: Details = {}): Verdict {
    const summary = typeof seen === 'string' ? packet(seen, details) : seen
    return this.filter.inspect(summary, this.nowNs)
  }

  /** `pass` or `block` and by what: the label of the rule, or the reason where no rule decided. */
  outcome(seen: PacketSummary | string, details: Details = {}): string {
    const { action, reason, rule: by } = this.see(seen, details)
    return `${action}: ${reason === 'match' ? by.label : reason}`
  }

  /** Sends a packet through: in here, out there, translated on the way as the verdicts say. */
  forward(seen: PacketSummary, out: string): PacketSummary {
    const inbound = this.see(seen)
    const outbound = { ...translated(seen, inbound), direction: 'out' as const, interface: out }
    const verdict = this.see(outbound)
    if (inbound.action === 'block' || verdict.action === 'block') throw new Error('blocked')
    return translated(outbound, verdict)
  }

  takeTold(): string[] {
    return this.told.splice(0)
  }
}

export function ruleSet(
  rules: readonly (string | Rule)[],
  statePolicy: StatePolicy = 'floating',
): RuleSet {
  const parsed = rules.map((each) => (typeof each === 'string' ? rule(each) : each))
  return new RuleSet(parsed, ALIASES, statePolicy)
}

export function translated(seen: PacketSummary, { translation }: Verdict): PacketSummary {
  if (translation === undefined) return seen
  const { source, sourcePort, target, targetPort } = translation
  return { ...seen, source, sourcePort, target, targetPort }
}

export function show({ source, sourcePort, target, targetPort }: Endpoints): string {
  return `${formatIpv4(source)}:${sourcePort} > ${formatIpv4(target)}:${targetPort}`
}
