import { describe, expect, it } from 'vitest'
import { runPings } from '../tests/run-scenario.fixture.ts'

const STUN =
  'faults=[{ kind: suspend, node: pfsense1, at: 15s }, { kind: resume, node: pfsense1, at: 18.7s }]'

describe('a suspended MASTER', () => {
  it('of 3.7 s is relieved by the BACKUP, and takes its role back when it goes on', () => {
    const { timeline } = runPings('no-fault', 'duration=40s', STUN)
    const elections = timeline.split('\n').filter((line) => /pfsense. .* -> [MB]/.test(line))
    expect(elections.slice(3).join('\n')).toMatchInlineSnapshot(`
      "   17.390650  pfsense2    WAN@1 VLANSERVER@2 VLANCLIENT@3 VLANDMZ@4 VLANMGMT@5 VLANBACKUP@6: BACKUP -> MASTER (master timed out)
         18.700025  pfsense2    WAN@1 VLANSERVER@2 VLANCLIENT@3 VLANDMZ@4 VLANMGMT@5 VLANBACKUP@6: MASTER -> BACKUP (more frequent advertisement received)"
    `)
  })

  it('of 1 s loses nothing: packets for it wait', () => {
    const { metrics } = runPings('no-fault', STUN.replace('18.7s', '16s'))
    expect(metrics.failovers).toEqual([])
    expect(metrics.flows.map(({ lost }) => lost)).toEqual([0, 0])
    expect(metrics.flows.some(({ rttUs }) => (rttUs?.max ?? 0) > 100_000)).toBe(true)
  })
})
