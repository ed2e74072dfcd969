import { describe, expect, it } from 'vitest'
import type { Peer, PfState } from '../devices/freebsd/pf/state.ts'
import type { StateTable } from '../devices/freebsd/pf/state-table.ts'
import { pfSenseIn } from '../devices/pfsense/faults/pfsense-fault.ts'
import { SECOND_NS } from '../engine/time.ts'
import { IP_PROTOCOL } from '../protocols/ipv4/wire.ts'
import { ScenarioRun } from '../simulation/run.ts'
import { scenarioOf } from './run-scenario.fixture.ts'

/**
 * What pfsync is for: the state tables of both nodes say the same.
 *
 * Not synchronised, and so not compared: the counters of packets and bytes, which count what each
 * node saw; the rule, which is pf's default one at the node that was told, as the rule sets of the
 * two differ by their own addresses; the number of the NAT rule and the interface that a state was
 * made on, which message 1400 does not carry; and when the peer last touched a state.
 */

/** An update waits up to 1 s, and is older by then; each node rounds to seconds of its own. */
const EXPIRY_TOLERANCE_SECONDS = 2
const AGE_TOLERANCE_SECONDS = 2
/** One interval of updates, and the way. */
const BEHIND_AT_MOST_NS = 1.05 * SECOND_NS

/** Everything goes out, but for what comes in by the tunnel. */
const OUTSIDE = ['flows.*.to=203.0.113.10', 'flows.vpn.to=10.10.110.10']

interface Tables {
  readonly nowNs: number
  readonly first: StateTable
  readonly second: StateTable
}

function tablesOf(run: ScenarioRun): Tables {
  const [first, second] = [1, 2].map((n) => pfSenseIn(run.network, `pfsense${n}`).states)
  if (first === undefined || second === undefined) throw new Error('both nodes run')
  return { nowNs: run.nowNs, first, second }
}

/** States of pfsync itself are no-sync; all others are, and each node has those of its own. */
function byName(table: StateTable): Map<string, PfState> {
  const synced = table.all().filter(({ wire }) => wire.protocol !== IP_PROTOCOL.pfsync)
  return new Map(
    synced.map((state) => [
      `${state.creatorId.toString(16)} ${state.id.high}:${state.id.low}`,
      state,
    ]),
  )
}

/** What is never different. */
function identityOf({ creatorId, id, direction, wire, stack, ...rest }: PfState) {
  const { interface: on, flags, route } = rest
  return { creatorId, id, direction, wire, stack, on, flags, route }
}

/** What is the same as soon as nothing has happened for an interval of updates. */
function progressOf({ source, destination, timeout }: PfState) {
  return { source, destination, timeout }
}

function expectSameStates({ nowNs, first, second }: Tables): void {
  const ours = byName(first)
  const theirs = byName(second)
  expect([...theirs.keys()].sort()).toEqual([...ours.keys()].sort())
  const left = (table: StateTable, state: PfState) =>
    table.expiresAtSecond(state) - table.secondAt(nowNs)
  const age = (table: StateTable, state: PfState) => table.secondAt(nowNs) - state.createdSecond
  for (const [name, our] of ours) {
    const their = theirs.get(name) as PfState
    expect(identityOf(their)).toEqual(identityOf(our))
    expect(Math.abs(left(second, their) - left(first, our))).toBeLessThanOrEqual(
      EXPIRY_TOLERANCE_SECONDS,
    )
    expect(Math.abs(age(second, their) - age(first, our))).toBeLessThanOrEqual(
      AGE_TOLERANCE_SECONDS,
    )
  }
}

function expectSameProgress({ first, second }: Tables): void {
  const theirs = byName(second)
  for (const [name, our] of byName(first)) {
    expect(progressOf(theirs.get(name) as PfState)).toEqual(progressOf(our))
  }
}

function protocolsOf({ first }: Tables): Set<number> {
  return new Set([...byName(first).values()].map(({ wire }) => wire.protocol))
}

function runUntil(run: ScenarioRun, seconds: number): Tables {
  run.advance(Math.round(seconds * SECOND_NS))
  return tablesOf(run)
}

const STOP_AT_20 = ['flows.*.stop=20s', 'duration=40s']
/** Not with the WAN's own network: both nodes would send their own IGMP in the name of the VIP. */
const VIP_RULE = '{ interface: WAN, source: 10.10.199.0/24, target: 10.10.210.253 }'
const NAT_TO_VIP = `topology.firewalls.*.filter.outboundNat={ mode: hybrid, rules: [${VIP_RULE}] }`

describe('at a quiet moment', () => {
  it.each([
    ['with sessions, a download, a call and pings', []],
    ['seed 2', ['seed=2']],
    ['seed 3', ['seed=3']],
    ['timers of a virtual machine', ['timing=vm']],
    ['states bound to their interface', ['topology.firewalls.*.filter.statePolicy=if-bound']],
    ['everything through NAT to the address of the node', [...OUTSIDE]],
    ['everything through NAT to a VIP', [...OUTSIDE, NAT_TO_VIP]],
    ['one queue', ['topology.firewalls.*.pfsync.buckets=1']],
  ])('both nodes have the same states: %s', (_what, overrides) => {
    const run = new ScenarioRun(scenarioOf('no-fault', ...STOP_AT_20, ...overrides), 'test')
    const tables = runUntil(run, 22.5)
    const { icmp, tcp, udp } = IP_PROTOCOL
    for (const protocol of [icmp, tcp, udp]) expect(protocolsOf(tables)).toContain(protocol)
    expectSameStates(tables)
    expectSameProgress(tables)
    // Until the last of them has expired, which each finds out by itself.
    const later = runUntil(run, 28)
    expectSameStates(later)
    expectSameProgress(later)
  })
})

describe('while there is traffic', () => {
  const run = new ScenarioRun(scenarioOf('no-fault'), 'test')
  const copied = (peer: Peer) => ({ ...peer })

  it.each([8.3, 11.7, 20.9, 37.2])('node 2 is at most one interval behind (%f s)', (seconds) => {
    const before = runUntil(run, seconds - BEHIND_AT_MOST_NS / SECOND_NS)
    const past = new Map(
      [...byName(before.first)].map(([name, { source, destination }]) => [
        name,
        { source: copied(source), destination: copied(destination) },
      ]),
    )
    const tables = runUntil(run, seconds)
    expectSameStates(tables)
    const theirs = byName(tables.second)
    for (const [name, our] of byName(tables.first)) {
      const then = past.get(name)
      const their = theirs.get(name)
      if (then === undefined || their === undefined) continue
      for (const side of ['source', 'destination'] as const) {
        expect(isBetween(their[side].seqLow, then[side].seqLow, our[side].seqLow)).toBe(true)
        expect(isBetween(their[side].seqHigh, then[side].seqHigh, our[side].seqHigh)).toBe(true)
        expect(their[side].level).toBe(our[side].level)
      }
    }
  })
})

/** In the order of sequence numbers, both ends included. */
function isBetween(number: number, from: number, to: number): boolean {
  return (number - from) >>> 0 <= (to - from) >>> 0
}

describe('after the return of node 1', () => {
  it.each([[[]], [['seed=4']], [[...OUTSIDE, NAT_TO_VIP]]])(
    'it has by bulk update what node 2 had, and from then on what it does itself (%j)',
    (overrides) => {
      const document = scenarioOf('power-off-return', 'flows.*.stop=80s', ...overrides)
      const run = new ScenarioRun({ ...document, duration: '90s' }, 'test')
      // It boots from 30 s on, asks for states at 45 s, and is MASTER again after 60 s.
      run.advance(44.9 * SECOND_NS)
      expect(pfSenseIn(run.network, 'pfsense1').states).toBeUndefined()
      const booted = runUntil(run, 59.9)
      const told = byName(booted.first)
      const known = [...byName(booted.second)]
      expect(known.length).toBeGreaterThan(8)
      for (const [name, theirs] of known) {
        const own = told.get(name)
        expect(own === undefined ? name : identityOf(own)).toEqual(identityOf(theirs))
      }
      const quiet = runUntil(run, 82.5)
      expectSameStates(quiet)
      expectSameProgress(quiet)
    },
  )
})
