import { expect, it } from 'vitest'
import { EVENTS } from './explain.fixture.ts'
import { isActiveAt, reignsOf } from './mastership.ts'
import type { RecordedEvent } from './recorded-run.ts'

function state(timeUs: number, after: string, vhid = 5): RecordedEvent {
  const role = after === 'MASTER' ? 'active' : 'standby'
  const group = { protocol: 'carp', interface: 'LAN', id: vhid } as const
  const details = { ...group, role, before: '', after, reason: 'why' } as const
  return { timeUs, node: 'fw1', kind: 'role.changed', text: '', details }
}

it('a reign ends with the power, by another state, or with the VHID', () => {
  expect(reignsOf(EVENTS).map(({ node, untilUs, end }) => [node, untilUs, end])).toEqual([
    ['fw1', 5_000_000, 'it was powered off'],
    ['fw2', Number.POSITIVE_INFINITY, ''],
  ])
  const removed = { ...state(4, ''), kind: 'role.removed' } as RecordedEvent
  const reigns = reignsOf([state(1, 'MASTER'), state(2, 'BACKUP'), state(3, 'MASTER'), removed])
  expect(reigns.map(({ fromUs, untilUs, end }) => [fromUs, untilUs, end])).toEqual([
    [1, 2, 'it became BACKUP (why)'],
    [3, 4, 'it was removed'],
  ])
})

it('is of one VHID of one node', () => {
  const reigns = reignsOf([state(1, 'MASTER', 5), state(1, 'MASTER', 6), state(3, 'INIT', 6)])
  expect([1, 3, 4].map((us) => isActiveAt(reigns, 'fw1', 6, us))).toEqual([true, true, false])
  expect(isActiveAt(reigns, 'fw1', 5, 4)).toBe(true)
  expect(isActiveAt(reigns, 'fw1', 5, 0)).toBe(false)
  expect(isActiveAt(reigns, 'fw2', 5, 2)).toBe(false)
})
