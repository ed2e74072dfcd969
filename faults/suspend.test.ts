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

describe('a suspended machine', () => {
  const stun = (...faults: readonly string[]) =>
    runPings(
      'no-fault',
      'duration=40s',
      `faults=[{ kind: suspend, node: pfsense1, at: 15s }, ${faults.join(', ')}, { kind: resume, node: pfsense1, at: 16s }]`,
    )

  it('does what its GUI was asked for when it goes on', () => {
    const { timeline } = stun('{ kind: maintenance-enter, node: pfsense1, at: 15.5s }')
    const demoted = timeline.split('\n').filter((line) => / pfsense1 .*MASTER -> BACKUP/.test(line))
    expect(demoted).toHaveLength(1)
    expect(Number(demoted[0]?.trim().split(' ')[0])).toBeGreaterThan(16)
  })

  it('hears of a link when it goes on, and only if it has changed by then', () => {
    const down = '{ kind: link-down, node: pfsense1, nic: vmx1, at: 15.2s }'
    const up = '{ kind: link-up, node: pfsense1, nic: vmx1, at: 15.6s }'
    const lines = (run: ReturnType<typeof stun>) =>
      run.timeline.split('\n').filter((line) => /1[56]\.\d+ +pfsense1 .*(INIT|demotion)/.test(line))
    expect(lines(stun(down, up))).toEqual([])
    const heard = lines(stun(down))
    expect(heard).not.toEqual([])
    for (const line of heard) expect(Number(line.trim().split(' ')[0])).toBeGreaterThanOrEqual(16)
  })

  it('forgets what waited when its power is cut', () => {
    const { timeline } = runPings(
      'no-fault',
      'duration=40s',
      'faults=[{ kind: suspend, node: pfsense1, at: 15s }, { kind: maintenance-enter, node: pfsense1, at: 15.2s }, { kind: power-off, node: pfsense1, at: 15.4s }, { kind: power-on, node: pfsense1, at: 15.6s }]',
      'topology.firewalls.*.bootDuration=2s',
    )
    expect(timeline).toMatch(/1[89]\.\d+ +pfsense1 .*BACKUP -> MASTER/)
  })
})
