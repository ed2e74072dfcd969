import { expect, it } from 'vitest'
import { differencesFrom } from './expectation.ts'

const NONE = { flows: [], frames: { sent: 0, delivered: 0, inFlight: 0, dropped: {} } }

it('a firewall that is not there is not taken for one that is off', () => {
  const expected = { roles: [{ node: 'fw1', status: 'off' }], flows: [], drops: [] }
  expect(differencesFrom(expected, { ...NONE, status: [] })).toEqual([
    'fw1: there is no such firewall',
  ])
  const off = { atUs: 0, node: 'fw1', rows: [] }
  expect(differencesFrom(expected, { ...NONE, status: [off] })).toEqual([])
})
