import { describe, expect, it } from 'vitest'
import { flow, loss, runOf } from './explain.fixture.ts'
import { readQuestion } from './question.ts'

const RUN = runOf([flow('ping', 'linux-ping', [loss(3, 0, 20)]), flow('other', 'linux-ping')])

describe('a question', () => {
  it.each([
    ['ping', { kind: 'flow', flow: 'ping' }],
    ['ping/9', { kind: 'probe', flow: 'ping', probe: 9 }],
    ['ping 9', { kind: 'probe', flow: 'ping', probe: 9 }],
    ['ping #9', { kind: 'probe', flow: 'ping', probe: 9 }],
    ['3', { kind: 'probe', flow: 'ping', probe: 3 }],
    ['#146', { kind: 'frame', frameId: 146 }],
    ['frame 146', { kind: 'frame', frameId: 146 }],
    // One more than decided: it may have been under way at the end.
    ['ping/11', { kind: 'probe', flow: 'ping', probe: 11 }],
  ])('%s', (text, question) => {
    expect(readQuestion(text, RUN)).toEqual({ ok: true, question })
  })

  it.each([
    ['', 'expected a flow, or a probe as FLOW/N; the run has the flows ping, other'],
    ['pong', 'pong: no such flow; the run has the flows ping, other'],
    ['pong/3', 'pong: no such flow; the run has the flows ping, other'],
    ['ping/12', 'ping/12: no such probe; ping has the probes 1 to 10'],
    ['ping/0', 'ping/0: no such probe; ping has the probes 1 to 10'],
    ['4', 'probe 4: 2 flows have it; expected ping/4 or other/4'],
    ['99', 'probe 99: no flow has it; there are ping/1 to ping/10, other/1 to other/10'],
  ])('%j: %s', (text, reason) => {
    expect(readQuestion(text, RUN)).toEqual({ ok: false, reason })
  })

  it('names both flows that lost the probe, and tells of a run without flows', () => {
    const both = runOf(['ping', 'other'].map((name) => flow(name, 'tcp', [loss(3, 0, 20)])))
    const reason = 'probe 3: 2 flows lost it; expected ping/3 or other/3'
    expect(readQuestion('3', both)).toEqual({ ok: false, reason })
    const none = { ok: false, reason: 'ping: no such flow; the run has no flows' }
    expect(readQuestion('ping', runOf([]))).toEqual(none)
  })
})
