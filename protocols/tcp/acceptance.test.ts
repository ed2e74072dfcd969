import { describe, expect, it } from 'vitest'
import { acknowledgesSent, judge } from './acceptance.ts'
import { parseSegment } from './conversation.fixture.ts'

describe('TCP acceptance test with RCV.NXT 1000 and a window of 100', () => {
  it.each([
    ['. 1000 ack 1', 'take'],
    ['. 1099 ack 1', 'take'],
    ['. 1100 ack 1', 'take'],
    ['. 1101 ack 1', 'acknowledge'],
    ['. 999 ack 1', 'acknowledge'],
    ['. 1000:1100 ack 1', 'take'],
    ['. 1000:1200 ack 1', 'take'],
    ['. 900:1000 ack 1', 'acknowledge'],
    ['. 900:1001 ack 1', 'take'],
    ['. 1099:1200 ack 1', 'take'],
    ['. 1100:1200 ack 1', 'acknowledge'],
    ['F. 999 ack 1', 'acknowledge'],
    ['F. 1000 ack 1', 'take'],
    ['P 1000:1010', 'drop'],
    ['S 1000', 'acknowledge'],
    ['S. 5000 ack 1', 'acknowledge'],
    ['R 1000', 'reset'],
    ['R. 1000 ack 77', 'reset'],
    ['R 1001', 'acknowledge'],
    ['R 1099', 'acknowledge'],
    ['R 1100', 'drop'],
    ['R 999', 'drop'],
    ['RS 1000', 'reset'],
  ])('%s: %s', (segment, verdict) => {
    expect(judge(parseSegment(segment), 1000, 100)).toBe(verdict)
  })
})

describe('TCP acceptance test with RCV.NXT 1000 and a closed window', () => {
  it.each([
    ['. 1000 ack 1', 'take'],
    ['. 1001 ack 1', 'acknowledge'],
    ['. 1000:1001 ack 1', 'acknowledge'],
    ['F. 1000 ack 1', 'acknowledge'],
    ['R 1000', 'reset'],
    ['R 1001', 'drop'],
  ])('%s: %s', (segment, verdict) => {
    expect(judge(parseSegment(segment), 1000, 0)).toBe(verdict)
  })
})

describe('TCP acknowledgement with SND.UNA 500, SND.NXT 600 and MAX.SND.WND 300', () => {
  it.each([
    [601, false],
    [600, true],
    [500, true],
    [200, true],
    [199, false],
  ])('of %i is acceptable: %s', (acknowledgement, acceptable) => {
    const segment = parseSegment(`. 1000 ack ${acknowledgement}`)
    const outbox = { unacknowledged: 500, highest: 600 }
    expect(acknowledgesSent(segment, outbox, 300)).toBe(acceptable)
  })
})
