import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../engine/scheduler.ts'
import { SECOND_NS } from '../../engine/time.ts'
import { type ReloadEvent, ReloadStatus } from './reload-status.ts'

/** Sends an event at each of these seconds; returns when scripts ran, and whose. */
function runsOf(event: ReloadEvent, ...sentAt: readonly number[]): string[] {
  const scheduler = new Scheduler()
  const reloadStatus = new ReloadStatus(scheduler, scheduler)
  const runs: string[] = []
  for (const seconds of sentAt) {
    const note = () => runs.push(`${scheduler.nowNs / SECOND_NS}: script of ${seconds}`)
    const send = () => reloadStatus.send(event, note)
    scheduler.postAt(seconds * SECOND_NS, send, null)
  }
  scheduler.runUntilIdle()
  return runs
}

describe('an event', () => {
  it('runs its script a second later', () => {
    expect(runsOf('filter sync', 10)).toEqual(['11: script of 10'])
    expect(runsOf('carpmaster', 10)).toEqual(['11: script of 10'])
  })

  it('of CARP runs each time, one script for each', () => {
    expect(runsOf('carpbackup', 10, 10, 10.5)).toEqual([
      '11: script of 10',
      '11: script of 10',
      '11.5: script of 10.5',
    ])
  })
})

describe('an aggregated event', () => {
  it('that comes again before its script ran is merged with it', () => {
    expect(runsOf('filter reload', 10, 10.5)).toEqual(['11: script of 10.5'])
  })

  it('within eight seconds of the last runs once more five seconds later, however often it came', () => {
    expect(runsOf('filter sync', 10, 12, 13, 14)).toEqual(['11: script of 10', '17: script of 14'])
  })

  it('after eight seconds of silence is a first one again', () => {
    expect(runsOf('filter sync', 10, 18)).toEqual(['11: script of 10', '19: script of 18'])
  })
})
