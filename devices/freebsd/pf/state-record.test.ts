import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../../engine/time.ts'
import { generatedRules } from '../../pfsense/generated-rules.ts'
import { Bench } from './bench.fixture.ts'
import { address, answerTo, packet, prefix } from './packets.fixture.ts'
import { STATE_FLAG, silentPeer } from './state.ts'
import { exportState, type StateRecord } from './state-record.ts'

const PING = packet('in vmx1 icmp 10.10.210.20 > 1.1.1.1 request 4660')

function recordOf(bench: Bench): StateRecord {
  const [state] = bench.states.all()
  if (state === undefined) throw new Error('there is no state')
  return exportState(state, bench.states, bench.nowNs)
}

function importInto(bench: Bench, record: StateRecord, sameRules = true) {
  return bench.filter.importState(record, sameRules, bench.nowNs)
}

describe('an exported state', () => {
  it('is that of vector W2: a ping, asked and answered, after a second', () => {
    const rules = [...Array<string>(77).fill('block all'), 'pass in quick all']
    const bench = new Bench(rules, { statePolicy: 'if-bound' })
    bench.see(PING)
    bench.see(answerTo(PING))
    bench.waitSeconds(1)
    const key = {
      protocol: 1,
      address0: 0x0a0ad214,
      port0: 0x1234,
      address1: 0x01010101,
      port1: 8,
    }
    expect(recordOf(bench)).toEqual({
      id: { high: 0, low: 1_724_227_200 },
      creatorId: 0x1a2b3c4d,
      interface: 'vmx1',
      wire: key,
      stack: key,
      source: silentPeer(),
      destination: silentPeer(),
      direction: 'in',
      route: undefined,
      rule: 77,
      natRule: -1,
      ageSeconds: 1,
      expiresInSeconds: 9,
      packets: [1, 1],
      bytes: [84, 84],
      flags: 0,
      timeout: 10,
    })
  })

  it('has no time left, rather than less, while it waits for its scan', () => {
    const bench = new Bench(['pass all'])
    bench.see(PING)
    bench.waitSeconds(25)
    expect(recordOf(bench)).toMatchObject({ ageSeconds: 25, expiresInSeconds: 0 })
  })

  it('says where it goes and what it may, by rules that pfSense generates', () => {
    const gateway = address('203.0.113.254')
    const wan = { name: 'vmx0', address: prefix('203.0.113.2/24'), virtualIps: [], gateway }
    const bench = new Bench(generatedRules({ interfaces: [wan], hasCarp: false }))
    bench.see('out vmx0 udp 203.0.113.2:1 > 1.1.1.1:53')
    expect(recordOf(bench)).toMatchObject({
      route: { kind: 'routeTo', interface: 'vmx0', gateway },
      flags: STATE_FLAG.allowOptions,
    })
  })

  it('of pfsync itself, or by a rule with no-sync, is not to be told', () => {
    const bench = new Bench(['pass all'])
    bench.see('in vmx2 pfsync 10.0.2.3 > 224.0.0.240')
    expect(recordOf(bench).flags).toBe(STATE_FLAG.noSync)
  })
})

describe('an imported state', () => {
  const told = () => {
    const bench = new Bench(['block all', 'pass in quick all'])
    bench.see(PING)
    bench.see(answerTo(PING))
    bench.waitSeconds(3)
    return recordOf(bench)
  }

  it('is the one that was exported, but for what was counted', () => {
    const record = told()
    const bench = new Bench(['block all', 'pass in quick all'], {
      states: { creatorId: 2, bootNs: -500 * SECOND_NS },
    })
    expect(importInto(bench, record).result).toBe('imported')
    expect(recordOf(bench)).toEqual({ ...record, packets: [0, 0], bytes: [0, 0] })
    expect(bench.takeTold()).toEqual([`insert ${record.id.low} peer`])
    expect(bench.states.counters).toMatchObject({ created: 0, synced: 1 })
  })

  it('lets the flow go on, by the rule of its number', () => {
    const bench = new Bench(['block all', 'pass in quick all'])
    importInto(bench, told())
    expect(bench.outcome(answerTo(PING))).toBe('pass: pass in quick all')
  })

  it.each([
    ['by pf itself, where the rules differ', false, 1],
    ['by pf itself, where there is no such rule', true, 99],
  ])('lets it go on %s', (_, sameRules, rule) => {
    const bench = new Bench(['block all', 'pass in quick all'])
    importInto(bench, { ...told(), rule }, sameRules)
    expect(bench.see(answerTo(PING))).toMatchObject({ action: 'pass', rule: { number: -1 } })
  })

  it('expires when it said that it would', () => {
    const bench = new Bench(['pass all'])
    bench.waitSeconds(1000)
    const outcome = importInto(bench, { ...told(), expiresInSeconds: 4 })
    if (outcome.result !== 'imported') throw new Error(outcome.result)
    expect(bench.states.expiresAtSecond(outcome.state)).toBe(1004)
    expect(outcome.state).toMatchObject({ createdSecond: 997, peerSecond: 1000 })
  })

  it('that has no time left gets a full one', () => {
    const bench = new Bench(['pass all'])
    const outcome = importInto(bench, { ...told(), expiresInSeconds: 0 })
    if (outcome.result !== 'imported') throw new Error(outcome.result)
    expect(bench.states.expiresAtSecond(outcome.state)).toBe(10)
  })

  it('needs its interfaces to be there, by name', () => {
    const bench = new Bench(['pass all'])
    const record = told()
    expect(importInto(bench, { ...record, interface: 'igb0' }).result).toBe('skipped')
    const route = { kind: 'routeTo', interface: 'igb0', gateway: 1 } as const
    expect(importInto(bench, { ...record, route }).result).toBe('skipped')
    expect(importInto(bench, { ...record, interface: 'all' }).result).toBe('imported')
    expect(bench.states.size).toBe(1)
  })

  it('needs a creator, room, and keys and an id of its own', () => {
    const bench = new Bench(['pass all'], { states: { limit: 2 } })
    const record = told()
    expect(importInto(bench, { ...record, creatorId: 0 }).result).toBe('badCreator')
    expect(importInto(bench, record).result).toBe('imported')
    expect(importInto(bench, record).result).toBe('keyCollision')
    const wire = { ...record.wire, port0: 9 }
    const other = { ...record, wire, stack: wire }
    expect(importInto(bench, other).result).toBe('idCollision')
    expect(importInto(bench, { ...other, creatorId: 3 }).result).toBe('imported')
    expect(importInto(bench, { ...other, creatorId: 4 }).result).toBe('limit')
  })

  // After a split brain both have the flow: the one that was here first stays.
  it('does not replace a state of our own', () => {
    const bench = new Bench(['pass all'], { states: { creatorId: 2 } })
    bench.see(PING)
    const [own] = bench.states.all()
    expect(importInto(bench, told()).result).toBe('keyCollision')
    expect(bench.states.all()).toEqual([own])
  })

  it('translates as the original does', () => {
    const to = { kind: 'address', address: address('203.0.113.1') } as const
    const source = { where: { kind: 'any' } } as const
    const nat = { outbound: [{ source, destination: source, to }], forwards: [] }
    const bench = new Bench(['pass all'], { nat })
    const asked = packet('out vmx0 tcp 10.0.1.5:1025 > 1.1.1.1:80 S')
    const { translation } = bench.see(asked)
    const other = new Bench(['pass all'], { nat, states: { creatorId: 2 } })
    importInto(other, recordOf(bench))
    expect(other.see(asked).translation).toEqual(translation)
    expect(other.states.size).toBe(1)
  })
})
