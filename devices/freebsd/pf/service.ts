import { md5 } from '@noble/hashes/legacy.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { SECOND_NS } from '../../../engine/time.ts'
import type { Frame } from '../../../protocols/frame/frame.ts'
import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import type { Asker } from '../../decider.ts'
import type { IpInterface } from '../../host/interface.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import type { Foreseen, GateVerdict, PacketGate } from '../../host/packet-gate.ts'
import type { NextHop } from '../../host/routes.ts'
import {
  configurationOf,
  type FilterSettings,
  filterHostOf,
} from '../../pfsense/pf-configuration.ts'
import type { WalkedPacket } from '../../walk.ts'
import type { World } from '../../world.ts'
import type { VirtualIp } from '../carp/service.ts'
import { sendAnswer } from './answers.ts'
import { PacketFilter } from './filter.ts'
import type { Direction, PacketSummary } from './packet.ts'
import type { RouteRule, RuleSet } from './rule.ts'
import { applyTranslation, newSummaryBuffer, readSummary } from './summary.ts'
import type { Verdict } from './verdict.ts'
import { summaryOf, walkedAfter } from './walked-packet.ts'

/** pf of one running firewall: between the IP stack's packets and the filter's verdicts. */
export class PfService implements PacketGate {
  readonly filter: PacketFilter
  /** MD5 of the rules: pfsync peers honour each other's rule numbers only where it is the same. */
  rulesetChecksum: Uint8Array
  #world: World
  #stack: IpStack
  #summary = newSummaryBuffer()

  constructor(
    world: World,
    stack: IpStack,
    settings: FilterSettings,
    virtualIps: readonly VirtualIp[],
  ) {
    this.#world = world
    this.#stack = stack
    const { nowNs } = world
    // Whole seconds of uptime are counted from somewhere in the boot, by each node on its own.
    const uptime = world.random.stream(`${stack.place}/uptime`)
    const bootNs = nowNs - uptime.integer(10 * SECOND_NS, 60 * SECOND_NS)
    const { rules, nat } = configurationOf(stack, settings, virtualIps)
    this.filter = new PacketFilter({
      states: { creatorId: settings.hostId, bootNs, startNs: nowNs },
      host: filterHostOf(stack),
      draws: world.random.stream(`${stack.place}/pf`),
      rules,
      nat,
    })
    this.rulesetChecksum = checksumOf(rules)
    const purge = stack.timer(() => {
      this.filter.states.purge(world.nowNs)
      purge.armAt(this.filter.states.nextPurgeNs)
    })
    purge.armAt(this.filter.states.nextPurgeNs)
  }

  /** Until this is set, packets cross as if there were no pf, and pfsync takes none in. */
  get isEnabled(): boolean {
    return this.#stack.gate === this
  }

  /** The rules are loaded and pf is enabled (`pfctl -e`). */
  enable(): void {
    this.#stack.gate = this
  }

  /** `pfctl -f`: all rules at once, while states stay. pfsync is to be told of the new checksum. */
  load(settings: FilterSettings, virtualIps: readonly VirtualIp[]): void {
    const { rules, nat } = configurationOf(this.#stack, settings, virtualIps)
    this.filter.load(rules, nat)
    this.rulesetChecksum = checksumOf(rules)
  }

  cross(direction: Direction, frame: Frame, headerAt: number, on: IpInterface): GateVerdict {
    const summary = readSummary(frame.bytes, headerAt, direction, on.systemName, this.#summary)
    if (isWireError(summary)) {
      return { stoppedBy: `short packet (${summary})`, cause: 'filtered' }
    }
    const verdict = this.filter.inspect(summary, this.#world.nowNs)
    if (verdict.action === 'block') {
      const stopped = { stoppedBy: nameOf(verdict), cause: causeOf(summary, verdict) }
      // The answer crosses too, and is read into the same summary.
      if (verdict.answer !== undefined) sendAnswer(this.#stack, verdict.answer, frame, on)
      return stopped
    }
    const { translation } = verdict
    if (translation !== undefined) {
      const change = () => applyTranslation(frame.bytes, headerAt, translation)
      this.#world.frames.translate(frame, change)
    }
    const routedTo = this.#hopOf(verdict.route)
    if (routedTo !== undefined) return { routedTo }
    return translation === undefined ? 'pass' : 'translated'
  }

  foresee(
    direction: Direction,
    packet: WalkedPacket,
    on: IpInterface,
    asker: Asker,
  ): Foreseen | undefined {
    const summary = summaryOf(direction, packet, on.systemName)
    // Rules may be about the addresses of this host.
    for (const each of this.#stack.interfaces) asker.note(each.settings)
    const { action, translation, route, boundTo } = this.filter.foresee(summary, asker)
    if (action === 'block') return undefined
    const translated = translation === undefined ? packet : walkedAfter(packet, translation)
    return { packet: translated, routedTo: this.#hopOf(route), boundTo }
  }

  #hopOf(route: RouteRule | undefined): NextHop | undefined {
    if (route === undefined) return undefined
    const out = this.#stack.interfaces.find(({ systemName }) => systemName === route.interface)
    return out === undefined ? undefined : { out, neighbour: route.gateway }
  }
}

/** Rules with flags S/SA take only what opens a connection: without a state, the rest is stopped. */
function causeOf({ tcp }: PacketSummary, { reason }: Verdict): 'filtered' | 'noState' {
  const isMidstream =
    tcp !== undefined && (tcp.flags & (TCP_FLAG.syn | TCP_FLAG.ack)) !== TCP_FLAG.syn
  return isMidstream && reason === 'match' ? 'noState' : 'filtered'
}

/** The rule that stopped a packet, as pfSense's firewall log names it. */
function nameOf({ rule, reason }: Verdict): string {
  return reason === 'match' ? rule.label : reason
}

function checksumOf({ rules }: RuleSet): Uint8Array {
  return md5(utf8ToBytes(JSON.stringify(rules)))
}
