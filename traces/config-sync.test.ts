import { describe, expect, it } from 'vitest'
import type { EventKind, JournalEntry } from '../engine/journal.ts'
import { SECOND_NS } from '../engine/time.ts'
import { measureConfigSyncs } from './config-sync.ts'

const NODES = new Map([
  ['10.0.0.1', 'fw1'],
  ['10.0.0.2', 'fw2'],
])

function entry(seconds: number, node: string, kind: EventKind, details: object = {}): JournalEntry {
  return { timeNs: seconds * SECOND_NS, node, kind, text: '', details } as JournalEntry
}

const saved = (seconds: number) => entry(seconds, 'fw1', 'config.saved')
const started = (seconds: number, sync = 1) =>
  entry(seconds, 'fw1', 'sync.started', { sync, to: '10.0.0.2' })
const called = (seconds: number, attempt: number) =>
  entry(seconds, 'fw1', 'sync.call', { sync: 1, attempt })
const ended = (seconds: number, result: string, sync = 1, attempts = 1) =>
  entry(seconds, 'fw1', 'sync.ended', { sync, result, attempts })
const merged = (seconds: number) => entry(seconds, 'fw2', 'sync.merged', { from: '10.0.0.1' })
const loaded = (seconds: number, node: string) => entry(seconds, node, 'filter.loaded')
const measure = (...entries: JournalEntry[]) => measureConfigSyncs(entries, NODES)

describe('a synchronisation', () => {
  it('begins with the first save, and ends with the rules in force on the peer', () => {
    const story = [saved(1), saved(2), started(3), merged(4), ended(5, 'synchronized')]
    expect(measure(...story, loaded(6, 'fw1'), loaded(7, 'fw2'), loaded(8, 'fw2'))).toEqual([
      {
        atUs: 1_000_000,
        startedUs: 3_000_000,
        from: 'fw1',
        to: 'fw2',
        result: 'synchronized',
        attempts: 1,
        appliedUs: 7_000_000,
      },
    ])
  })

  it('carries what was saved since the one before', () => {
    const first = [saved(1), started(2), ended(3, 'failed', 1, 4)]
    const second = [saved(4), saved(5), started(6, 2), ended(7, 'synchronized', 2)]
    expect(measure(...first, ...second).map(({ atUs, attempts }) => [atUs, attempts])).toEqual([
      [1_000_000, 4],
      [4_000_000, 1],
    ])
  })

  it('is a loop if the peer says so, whatever the sender believes', () => {
    const loop = entry(3, 'fw2', 'sync.loop', { from: '10.0.0.1' })
    expect(measure(started(2), loop, ended(4, 'synchronized'))).toMatchObject([
      { result: 'loop', appliedUs: null },
    ])
  })

  it('is interrupted when its end never came, after so many attempts', () => {
    expect(measure(started(2), called(2, 1), called(3, 2))).toMatchObject([
      { atUs: 2_000_000, result: 'interrupted', attempts: 2, appliedUs: null },
    ])
  })

  it('is not in force on a peer that died before it had loaded', () => {
    const off = entry(5, 'fw2', 'node.poweredOff')
    const story = [started(2), merged(3), ended(4, 'synchronized'), off, loaded(9, 'fw2')]
    expect(measure(...story)).toMatchObject([{ result: 'synchronized', appliedUs: null }])
  })

  it('may go to an address that is nobody', () => {
    const entries = [entry(1, 'fw1', 'sync.started', { sync: 1, to: '10.0.0.9' })]
    expect(measureConfigSyncs(entries, NODES)).toMatchObject([{ to: '10.0.0.9' }])
  })
})
