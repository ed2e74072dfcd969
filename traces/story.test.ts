import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../engine/journal.ts'
import { eventStyles } from '../simulation/events.ts'
import { seconds } from './flow.fixture.ts'
import {
  advert,
  booted,
  demotion,
  fault,
  flow,
  lost,
  poweredOff,
  removed,
  state,
  takeover,
} from './journal.fixture.ts'
import { Story } from './story.ts'

function tell(...entries: readonly (JournalEntry | readonly JournalEntry[])[]): Story {
  const story = new Story(eventStyles)
  for (const entry of entries.flat()) story.add(entry)
  return story
}

/** The lines of the timeline below its header, their blanks folded. */
function linesOf(story: Story): string[] {
  const lines = story.timeline().split('\n')
  expect(lines.pop()).toBe('')
  return lines.slice(1).map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))
}

function eventsOf(story: Story): Record<string, unknown>[] {
  const lines = story.eventsJsonl().split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('the timeline', () => {
  it('is aligned: time in seconds, node, what happened', () => {
    const story = tell(
      booted(0, 'fw1'),
      takeover(3, 'fw1', 'LAN@2'),
      fault(12.935_346_789, 'power-off pfsense1'),
      flow(12.935_346_789, 'ping', 'down'),
      flow(123_456.5, 'ping', 'up'),
    )
    expect(story.timeline()).toBe(
      [
        '     seconds  node      what happened',
        '    0.000000  fw1       Bootup complete, CARP allowed',
        '    3.000000  fw1       LAN@2: BACKUP -> MASTER (master timed out)',
        '   12.935346  pfsense1  power-off pfsense1',
        '   12.935346  pc        ping: down',
        '123456.500000  pc        ping: up',
        '',
      ].join('\n'),
    )
  })

  it('is as wide as its header at least', () => {
    expect(tell(booted(0, 'fw')).timeline().split('\n')).toEqual([
      '     seconds  node  what happened',
      '    0.000000  fw    Bootup complete, CARP allowed',
      '',
    ])
  })

  it('of nothing is its header', () => {
    expect(tell().timeline()).toBe('     seconds  node  what happened\n')
  })

  it('leaves out what only machines want to know', () => {
    expect(linesOf(tell(advert(1, 'fw1', 'LAN@2'), poweredOff(2, 'fw1')))).toEqual([])
  })
})

describe('what happens within 10 µs of the first', () => {
  it('to several VHIDs of a node, for one reason, is one line', () => {
    const story = tell(
      state(3, 'fw1', 'WAN@1', 'BACKUP -> MASTER'),
      state(3, 'fw1', 'LAN@2', 'BACKUP -> MASTER'),
      state(3.000_01, 'fw1', 'DMZ@3', 'BACKUP -> MASTER'),
      state(3.000_010_001, 'fw1', 'MGMT@4', 'BACKUP -> MASTER'),
    )
    expect(linesOf(story)).toEqual([
      '3.000000 | fw1 | WAN@1 LAN@2 DMZ@3: BACKUP -> MASTER (master timed out)',
      '3.000010 | fw1 | MGMT@4: BACKUP -> MASTER (master timed out)',
    ])
  })

  it('is told apart by node, change and reason', () => {
    const story = tell(
      state(3, 'fw1', 'WAN@1', 'BACKUP -> MASTER'),
      state(3, 'fw2', 'WAN@1', 'MASTER -> BACKUP'),
      state(3, 'fw1', 'LAN@2', 'BACKUP -> MASTER', 'preempting a slower master'),
      state(3, 'fw2', 'LAN@2', 'MASTER -> BACKUP'),
      state(3, 'fw1', 'DMZ@3', 'INIT -> BACKUP'),
      state(3, 'fw1', 'MGMT@4', 'INIT -> MASTER'),
      state(3, 'fw2', 'MGMT@4', 'INIT -> MASTER'),
    )
    expect(linesOf(story)).toEqual([
      '3.000000 | fw1 | WAN@1: BACKUP -> MASTER (master timed out)',
      '3.000000 | fw2 | WAN@1 LAN@2: MASTER -> BACKUP (master timed out)',
      '3.000000 | fw1 | LAN@2: BACKUP -> MASTER (preempting a slower master)',
      '3.000000 | fw1 | DMZ@3: INIT -> BACKUP (master timed out)',
      '3.000000 | fw1 | MGMT@4: INIT -> MASTER (master timed out)',
      '3.000000 | fw2 | MGMT@4: INIT -> MASTER (master timed out)',
    ])
  })

  it('adds demotions up', () => {
    const story = tell(
      demotion(12, 'fw1', 240, 240),
      demotion(12, 'fw1', 240, 480),
      demotion(13, 'fw1', 240, 720),
    )
    expect(linesOf(story)).toEqual([
      '12.000000 | fw1 | demoted by 480 to 480 (interface down)',
      '13.000000 | fw1 | demoted by 240 to 720 (interface down)',
    ])
  })
})

describe('what several VHIDs or scripts of a node do at once', () => {
  it('is one line: VHIDs that are removed, and the same words about pfsync', () => {
    const wait = (atS: number, text: string): JournalEntry => ({
      timeNs: seconds(atS),
      node: 'fw1',
      kind: 'pfsync.wait',
      text,
      details: {},
    })
    const story = tell(
      removed(3, 'fw1', 'WAN@1'),
      removed(3, 'fw1', 'LAN@2'),
      wait(4, 'rc: waiting for pfsync...'),
      wait(4, 'rc: waiting for pfsync...'),
      wait(4, 'rc: pfsync done in 31 seconds.'),
    )
    expect(linesOf(story)).toEqual([
      '3.000000 | fw1 | WAN@1 LAN@2: removed',
      '4.000000 | fw1 | rc: waiting for pfsync...',
      '4.000000 | fw1 | rc: pfsync done in 31 seconds.',
    ])
  })
})

describe('lost probes, which are found out at the end', () => {
  it('stand where they were lost, behind what was told of that instant', () => {
    const story = tell(
      fault(12, 'power-off fw1'),
      flow(15, 'ping', 'up'),
      lost(15, 'ping', 10),
      lost(13, 'ping', 9),
    )
    expect(linesOf(story)).toEqual([
      '12.000000 | fw1 | power-off fw1',
      '13.000000 | pc | ping: probe 9 lost at fw1 lan: linkDown',
      '15.000000 | pc | ping: up',
      '15.000000 | pc | ping: probe 10 lost at fw1 lan: linkDown',
    ])
  })

  it('are told one by one up to four in a row', () => {
    const story = tell([9, 10, 11, 12].map((probe) => lost(probe, 'ping', probe)))
    expect(linesOf(story)).toHaveLength(4)
  })

  it('are one line from five in a row on, whatever happens between', () => {
    const story = tell(
      [9, 10, 11, 12, 13].map((probe) => lost(probe, 'ping', probe)),
      takeover(10.5, 'fw2', 'LAN@2'),
      [1, 2].map((probe) => lost(9 + probe, 'other', probe)),
    )
    expect(linesOf(story)).toEqual([
      '9.000000 | pc | ping: probes 9 to 13 lost at fw1 lan: linkDown (until 13.000000)',
      '10.000000 | pc | other: probe 1 lost at fw1 lan: linkDown',
      '10.500000 | fw2 | LAN@2: BACKUP -> MASTER (master timed out)',
      '11.000000 | pc | other: probe 2 lost at fw1 lan: linkDown',
    ])
  })

  it('are in a row only while nothing was answered between, nor the cause or place changed', () => {
    const run = (numbers: readonly number[], cause: string, at: string) =>
      numbers.map((probe) => lost(probe, 'ping', probe, cause, at))
    const linkDown = run([1, 2, 3, 4], 'linkDown', 'fw1')
    expect(linesOf(tell(linkDown, run([5], 'linkDown', 'fw1')))).toHaveLength(1)
    expect(linesOf(tell(linkDown, run([6], 'linkDown', 'fw1')))).toHaveLength(5)
    expect(linesOf(tell(linkDown, run([5], 'noRoute', 'fw1')))).toHaveLength(5)
    expect(linesOf(tell(linkDown, run([5], 'linkDown', 'fw2')))).toHaveLength(5)
  })

  it('of an unknown place say so', () => {
    const story = tell([1, 2, 3, 4, 5].map((n) => lost(n, 'ping', n, 'inFlight', '')))
    expect(linesOf(story)[0]).toContain('probes 1 to 5 lost at an unknown place: inFlight')
  })
})

describe('a flow that changes for no time', () => {
  it('has not changed', () => {
    const blink = tell(flow(1, 'ping', 'down'), flow(1, 'ping', 'up'))
    expect(blink.entries).toEqual([])
    const dip = tell(
      flow(1, 'ping', 'down'),
      flow(2, 'ping', 'up'),
      takeover(2, 'fw2', 'LAN@2'),
      flow(2, 'ping', 'down'),
      flow(3, 'ping', 'up'),
    )
    expect(linesOf(dip).filter((line) => line.includes('ping'))).toEqual([
      '1.000000 | pc | ping: down',
      '3.000000 | pc | ping: up',
    ])
  })

  it('is not mistaken for another flow, or another time', () => {
    const story = tell(flow(1, 'a', 'down'), flow(1, 'b', 'up'), flow(1.000_000_001, 'a', 'up'))
    expect(story.entries).toHaveLength(3)
  })
})

describe('events.jsonl', () => {
  it('is one object per line: time, node, kind, text, frame and the details', () => {
    const story = tell(lost(13, 'ping', 9), booted(0.000_001_999, 'fw1'))
    expect(story.eventsJsonl()).toBe(
      '{"timeUs":1,"node":"fw1","kind":"node.booted","text":"Bootup complete, CARP allowed"}\n' +
        '{"timeUs":13000000,"node":"pc","kind":"probe.lost",' +
        '"text":"ping: probe 9 lost at fw1 lan: linkDown","frameId":9,' +
        '"flow":"ping","probe":9,"cause":"linkDown","at":"fw1 lan"}\n',
    )
  })

  it('has the first advertisement of a new MASTER, and no other', () => {
    const story = tell(
      takeover(3, 'fw1', 'LAN@2'),
      advert(4, 'fw1', 'LAN@2'),
      advert(4, 'fw2', 'LAN@2'),
      state(5, 'fw1', 'LAN@2', 'MASTER -> BACKUP'),
      advert(5.5, 'fw1', 'LAN@2'),
      takeover(6, 'fw1', 'LAN@2'),
    )
    const kinds = eventsOf(story).map(({ kind, timeUs }) => `${kind} ${timeUs}`)
    expect(kinds).toEqual([
      'role.changed 3000000',
      'role.firstAdvertisement 3000000',
      'role.changed 5000000',
      'role.changed 6000000',
      'role.firstAdvertisement 6000000',
    ])
  })

  it('tells every loss, however many in a row', () => {
    const story = tell(Array.from({ length: 300 }, (_, index) => lost(9, 'ping', index + 1)))
    expect(eventsOf(story)).toHaveLength(300)
    expect(linesOf(story)).toHaveLength(1)
  })

  it('of nothing is empty', () => {
    expect(tell().eventsJsonl()).toBe('')
  })

  it('is in order of time, ties as told, and a line each whatever the text', () => {
    const entries = fc.array(
      fc.record({
        timeNs: fc.nat(5).map((each) => seconds(each)),
        node: fc.string(),
        kind: fc.constantFrom('config.saved' as const, 'node.booted' as const),
        details: fc.constant({}),
        text: fc.string({ unit: 'binary' }),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(entries, (told) => {
        const expected = told
          .toSorted((a, b) => a.timeNs - b.timeNs)
          .map(({ timeNs, details: _, ...rest }) => ({ timeUs: timeNs / 1000, ...rest }))
        expect(eventsOf(tell(told))).toEqual(expected)
      }),
    )
  })
})
