import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../../engine/time.ts'
import { Bench, translated } from './bench.fixture.ts'
import type { PortForward } from './nat.ts'
import { address, answerTo, packet } from './packets.fixture.ts'
import { endpoint } from './rules.fixture.ts'
import { type PfState, rowOf, silentPeer } from './state.ts'
import { TIMEOUT } from './timeouts.ts'

const UDP = 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53'
const START_SECOND = 1_724_227_200

describe('the id of a state', () => {
  it('counts from the second in which pf started', () => {
    const bench = new Bench(['pass all'], { states: { startNs: 42 * SECOND_NS + 7 } })
    const ids = [1, 2, 3].map((port) => bench.see(`in vmx1 udp 10.0.1.5:${port} > 1.1.1.1:53`))
    expect(ids.map(({ state }) => state?.id)).toEqual([
      { high: 0, low: START_SECOND + 42 },
      { high: 0, low: START_SECOND + 43 },
      { high: 0, low: START_SECOND + 44 },
    ])
    expect(ids[0]?.state?.creatorId).toBe(0x1a2b3c4d)
  })

  it('finds its state, together with its creator', () => {
    const bench = new Bench(['pass all'])
    const { state } = bench.see(UDP)
    const id = state?.id ?? { high: 0, low: 0 }
    expect(bench.states.findById(id, 0x1a2b3c4d)).toBe(state)
    expect(bench.states.findById(id, 1)).toBeUndefined()
    expect(bench.states.findById({ ...id, high: 1 }, 0x1a2b3c4d)).toBeUndefined()
  })

  it('gives the row of the hash', () => {
    expect(rowOf({ high: 0, low: START_SECOND })).toBe(START_SECOND % 131_072)
    expect(rowOf({ high: 7, low: 131_073 })).toBe(1)
  })
})

describe('a state', () => {
  it.each([
    ['floating', 'vmx2', 'finds it'],
    ['if-bound', 'vmx2', 'does not'],
    ['if-bound', 'vmx1', 'finds it'],
  ] as const)('%s: an answer by %s %s', (statePolicy, interfaceName, found) => {
    const bench = new Bench(['block all', 'pass in all'], { statePolicy })
    bench.see(UDP)
    const answer = { ...answerTo(packet(UDP)), interface: interfaceName }
    expect(bench.see(answer).action).toBe(found === 'finds it' ? 'pass' : 'block')
  })

  it.each([
    ['pass all if-bound', 'floating', 'vmx1'],
    ['pass all floating', 'if-bound', 'all'],
  ] as const)('made by `%s` goes by it, not by the policy %s', (rule, statePolicy, bound) => {
    expect(new Bench([rule], { statePolicy }).see(UDP).state?.interface).toBe(bound)
  })

  it('bound to the interface goes before a floating one', () => {
    const bench = new Bench([
      'pass in all floating',
      'pass in on vmx1 proto udp to 1.1.1.1 if-bound',
    ])
    bench.see({ ...packet(UDP), interface: 'vmx2' })
    const floating = bench.states.all()[0]
    const bound = copyOf(floating as PfState, { interface: 'vmx1', id: { high: 0, low: 5 } })
    expect(bench.states.insert(bound, 'peer', 0)).toBe('inserted')
    expect(bench.see(UDP).state).toBe(bound)
    expect(bench.see({ ...packet(UDP), interface: 'vmx0' }).state).toBe(floating)
  })
})

function copyOf(state: PfState, changes: Partial<PfState>): PfState {
  return { ...state, source: silentPeer(), destination: silentPeer(), ...changes }
}

describe('a collision', () => {
  it('of id and creator keeps the second state out, and its keys too', () => {
    const bench = new Bench(['pass all'])
    const { state } = bench.see(UDP)
    const { state: other } = new Bench(['pass all']).see('in vmx1 udp 10.0.1.5:2 > 1.1.1.1:53')
    expect(bench.states.insert(other as PfState, 'peer', 0)).toBe('idCollision')
    expect(bench.states.all()).toEqual([state])
    expect(bench.see('in vmx1 udp 10.0.1.5:2 > 1.1.1.1:53').state).not.toBe(other)
  })

  it('of keys keeps the second state out, unless interface or direction differ', () => {
    const bench = new Bench(['pass all'])
    const { state } = bench.see(UDP)
    const twin = (low: number, changes: Partial<PfState>) =>
      bench.states.insert(copyOf(state as PfState, { id: { high: 0, low }, ...changes }), 'peer', 0)
    expect(twin(1, {})).toBe('keyCollision')
    expect(twin(2, { creatorId: 9 })).toBe('keyCollision')
    expect(twin(3, { interface: 'vmx1' })).toBe('inserted')
    expect(twin(4, { direction: 'out' })).toBe('inserted')
    expect(bench.states.size).toBe(3)
  })

  /** Two addresses forwarded to one: two flows that are one on the inside. */
  describe('on the inside', () => {
    const forward = (target: string): PortForward => ({
      source: endpoint(),
      destination: endpoint(target, '80'),
      to: { address: address('10.0.2.80') },
      pass: false,
    })
    const nat = { outbound: [], forwards: [forward('203.0.113.1'), forward('203.0.113.2')] }
    const first = packet('in vmx0 tcp 9.9.9.9:1025 > 203.0.113.1:80 S')
    const second = packet('in vmx0 tcp 9.9.9.9:1025 > 203.0.113.2:80 S')

    it('stops the second flow', () => {
      const bench = new Bench(['pass all'], { nat })
      bench.see(first)
      expect(bench.see(second)).toMatchObject({
        action: 'block',
        reason: 'state-insert',
        rule: { label: 'pass all' },
        logged: true,
      })
      expect(bench.states.size).toBe(1)
    })

    it('lets it in where the first connection is over, which then waits for its end', () => {
      const bench = new Bench(['pass all'], { nat })
      const { state: old } = bench.see(first)
      const inside = translated(first, bench.see(first))
      bench.see(answerTo(inside, { flags: 'RA' }))
      const { state } = bench.see(second)
      expect(state?.id.low).toBe((old?.id.low ?? 0) + 1)
      expect(old).toMatchObject({ timeout: TIMEOUT.purge, source: { level: 0 } })
      expect(bench.see(answerTo(inside, { flags: 'SA' })).state).toBe(state)
      // Nobody finds it any more, and as it does not give way again it is in the way.
      expect(bench.outcome(first)).toBe('block: state-insert')
      bench.waitSeconds(10.1)
      expect(bench.outcome(first)).toBe('block: state-insert')
      expect(bench.states.all()).toEqual([state])
    })
  })
})

describe('what listeners and counters are told', () => {
  it('is each creation, hit and end', () => {
    const bench = new Bench(['pass all'])
    bench.see(UDP)
    bench.see(answerTo(packet(UDP)))
    const id = START_SECOND
    expect(bench.takeTold()).toEqual([`insert ${id} local`, `update ${id}`])
    const [state] = bench.states.all()
    bench.states.remove(state as PfState, 'peer', 0)
    expect(bench.takeTold()).toEqual([`delete ${id} peer`])
    expect(bench.states.counters).toEqual({ created: 1, synced: 0, expired: 0, peak: 1 })
  })

  it('is the peak, not the present number', () => {
    const bench = new Bench(['pass all'])
    for (const port of [1, 2, 3]) bench.see(`in vmx1 udp 10.0.1.5:${port} > 1.1.1.1:53`)
    bench.waitSeconds(100)
    bench.see(UDP)
    expect(bench.states.size).toBe(1)
    expect(bench.states.counters).toEqual({ created: 4, synced: 0, expired: 3, peak: 3 })
  })
})

describe('the order of all states', () => {
  it('is that of rows, and in a row the youngest first', () => {
    const bench = new Bench(['pass all'])
    const { state } = bench.see(UDP)
    const add = (low: number, creatorId: number, port0: number) => {
      const wire = { ...(state as PfState).wire, port0 }
      const copy = copyOf(state as PfState, { id: { high: 0, low }, creatorId, wire, stack: wire })
      expect(bench.states.insert(copy, 'peer', 0)).toBe('inserted')
    }
    add(131_072 * 3 + 4, 7, 11)
    add(4, 8, 12)
    add(3, 7, 13)
    add(131_071, 7, 14)
    const order = bench.states.all().map(({ id, creatorId }) => `${rowOf(id)} ${creatorId}`)
    expect(order).toEqual([
      '3 7',
      '4 8',
      '4 7',
      `${rowOf({ high: 0, low: START_SECOND })} ${0x1a2b3c4d}`,
      '131071 7',
    ])
  })
})
