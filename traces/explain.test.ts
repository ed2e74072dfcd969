import { describe, expect, it } from 'vitest'
import { answeredPing, flow, loss, lostPing, runOf } from './explain/explain.fixture.ts'
import type { RecordedRun } from './explain/recorded-run.ts'
import { explain } from './explain.ts'

/** A whole explanation, or the reason why there is none. */
function told(run: RecordedRun, question: string): string {
  const explanation = explain(run, question)
  return explanation.ok ? explanation.lines.join('\n') : explanation.reason
}

const SIGHTINGS = [
  ...answeredPing(10, 2_000_000, { sequence: 1 }),
  ...lostPing(20, 6_000_000, { sequence: 2 }),
]
const LOST = flow('ping', 'linux-ping', [loss(2, 6_000_000, 20)])
const RUN = runOf([LOST], SIGHTINGS)

describe('a probe', () => {
  it('that was answered: its way and the reply’s', () => {
    const text = told(RUN, 'ping/1').replaceAll(/\n {2}(?=\S)/g, ' ')
    expect(text).toContain('The request, frame #10')
    expect(text).toContain('IP 10.0.1.10 > 10.0.2.10: ICMP echo request, id 300, seq 1, length 8')
    expect(text).toContain('The reply, frame #11')
    expect(text).toContain(
      'ANSWERED 60 µs after it went on the wire: delivered to srv after 30 µs; the answer (frame #11) reached pc at 2.000060 s.',
    )
  })

  it('that was lost: where, why, who was MASTER, and in which outage', () => {
    const text = told(RUN, '2').replaceAll(/\s+/g, ' ')
    expect(text).toContain('x died at fw2 LAN: virtualMacNotMaster')
    expect(text).toContain(
      'Nobody was MASTER of LAN@5 at that instant: fw1 had been until 5.000000 s, when it was powered off; fw2 became MASTER at 8.000000 s.',
    )
    expect(text).toContain('from 5.000000 to 8.000000 s (3.000000 s); it was sent 1.000000 s after')
    expect(text).toContain('It began with power-off fw1 at 5.000000 s.')
  })

  it('is found by the frame of its request or its reply', () => {
    for (const frame of ['#10', '#11', 'frame 11']) {
      expect(told(RUN, frame)).toBe(told(RUN, 'ping/1'))
    }
    expect(told(RUN, '#20')).toBe(told(RUN, 'ping/2'))
  })

  it('without captures: all but the hops', () => {
    const run = { ...RUN, sightings: undefined, gap: 'no captures were taken' }
    const text = told(run, 'ping/2')
    expect(text).toContain('(no captures were taken)')
    expect(text).toContain('Nobody was MASTER of LAN@5')
    expect(text).not.toContain('seen at')
    expect(told(run, 'ping/1')).toContain('ANSWERED: ping/1 is not among the losses')
    expect(told(run, '#10')).toBe('#10: no frame can be shown: no captures were taken')
    expect(told(run, '#20')).toBe(text)
  })

  it('of TCP, lost: any packet is found by its frame', () => {
    const run = runOf([flow('ping', 'tcp', [loss(7, 6_000_000, 20)])], SIGHTINGS)
    expect(told(run, 'ping/7')).toContain('The packet, frame #20')
    expect(told(run, 'ping/6')).toBe(
      'ping/6: it was not lost, and a flow of kind tcp numbers only what it lost; expected a lost probe, or a frame as #N',
    )
    expect(told(run, '#10')).toContain('── frame #10')
  })

  it('that never became a packet, or waited', () => {
    const never = { probe: 2, sentUs: 6_000_000, at: '', frameId: 0, cause: 'transmitFailed' }
    const run = runOf([flow('ping', 'linux-ping', [never])])
    expect(told(run, 'ping/2')).toContain('LOST, and no frame died.')
    expect(told(run, 'ping/2')).toContain('transmitFailed: no route or interface')
  })

  it('lost to something else than an outage', () => {
    const full = { ...loss(2, 2_000_000, 20), cause: 'queueFull', at: 'sw1 Gi1' }
    const run = runOf([flow('ping', 'linux-ping', [full])], lostPing(20, 2_000_000))
    expect(told(run, 'ping/1')).not.toContain('LOST')
    expect(told(run, 'ping/2')).toContain('It fell into no outage')
    expect(told(run, 'ping')).toContain('Lost in no outage')
  })

  it('that does not exist', () => {
    expect(told(RUN, 'ping/11')).toBe('ping/11: no such probe; ping has the probes 1 to 10')
    expect(told(RUN, '#5')).toBe('#5: no such frame; the captures have frames between #10 and #20')
  })
})

describe('a flow', () => {
  it('groups losses in a row with the same end, outage by outage', () => {
    const losses = [2, 3, 4, 5, 6].map((probe) => loss(probe, 5_000_000 + probe * 100, 10 * probe))
    const lines = told(runOf([flow('ping', 'linux-ping', losses)]), 'ping')
    expect(lines).toMatch(/5 +2 to 6 +5\.000200 to 5\.000600 +#20 … #60 +fw2 LAN/)
    expect(lines).toContain('after power-off fw1 at 5.000000 s')
    expect(lines).toContain('bascule explain DIR ping/2')
  })

  it('starts a new group where the cause changes or a probe came through', () => {
    const losses = [
      loss(2, 5_000_100, 20),
      { ...loss(3, 5_000_200, 30), cause: 'linkDown' },
      { ...loss(5, 5_000_300, 50), cause: 'linkDown' },
    ]
    const lines = told(runOf([flow('ping', 'linux-ping', losses)]), 'ping').split('\n')
    expect(lines.filter((line) => /^ {2}1 {5}/.test(line))).toHaveLength(3)
    expect(lines).toContain('  linkDown: the link was down, or went down under the frame')
  })

  it('without losses says so', () => {
    const text = told(runOf([flow('ping', 'linux-ping')]), 'ping')
    expect(text).toContain('0 of 10 lost')
    expect(text).toContain('no probe was lost in it')
    expect(text).not.toContain('Hop by hop')
  })
})

it('pages are no wider than they should be', () => {
  for (const question of ['ping', 'ping/1', 'ping/2']) {
    for (const line of told(RUN, question).split('\n')) expect(line.length).toBeLessThanOrEqual(110)
  }
})
