import { describe, expect, it } from 'vitest'
import { toHex } from '../protocols/bytes.ts'
import { bytesOf } from '../traces/run-file.ts'
import { finalStatus, flowOf, runScenario } from './run-scenario.fixture.ts'

/** What the scenarios about ESXi show. */

const rolesOf = (metrics: Parameters<typeof finalStatus>[0]) =>
  ['pfsense1', 'pfsense2'].map((node) => [
    ...new Set(finalStatus(metrics, node).map((row) => row.split(' ')[1])),
  ])
const STILL = [['MASTER'], ['BACKUP']]
const SEEDS = [1, 2, 3, 4, 5]

describe('team-reflection', () => {
  /** Between two advertisements, so that none is still on its way back. */
  const END = 'duration=29.5s'
  /** The advertisements of VHID 1 in the capture at the WAN card of pfsense1, the MASTER. */
  const capture = (...overrides: readonly string[]) => {
    const run = runScenario('team-reflection', 'captures.points=[pfsense1-wan]', END, ...overrides)
    const file = run.makeFiles().find(({ name }) => name.endsWith('pfsense1-wan.pcapng'))
    if (file === undefined) throw new Error('no capture of pfsense1-wan')
    const sightings = toHex(bytesOf(file)).match(/01005e00001200005e000101.{116}/g)
    const { duplicates } = flowOf(run.metrics, 'mgmt-linux-ping')
    return { roles: rolesOf(run.metrics), sightings: sightings ?? [], duplicates }
  }

  it('shows each own advertisement twice, keeps the roles, and answers pings twice', () => {
    const { roles, sightings, duplicates } = capture()
    expect(roles).toEqual(STILL)
    const sent = new Set(sightings)
    expect(sent.size).toBeGreaterThan(20)
    expect(sightings).toHaveLength(2 * sent.size)
    expect(duplicates).toBeGreaterThan(0)
  })

  it('shows each once while Net.ReversePathFwdCheckPromisc is 1', () => {
    const check = 'topology.esxiHosts.esx1.advanced={ Net.ReversePathFwdCheckPromisc: 1 }'
    const { roles, sightings } = capture(check)
    expect(roles).toEqual(STILL)
    expect(sightings.length).toBeGreaterThan(20)
    expect(new Set(sightings).size).toBe(sightings.length)
  })
})

describe('snapshot-stun', () => {
  it.each(SEEDS)('is a takeover and a hand-back (seed %i)', (seed) => {
    const { metrics, timeline } = runScenario('snapshot-stun', `seed=${seed}`)
    const moves = timeline.match(/pfsense[12] .*(BACKUP -> MASTER|MASTER -> BACKUP)/g) ?? []
    expect(moves.map((line) => line.replace(/ .*: /, ' '))).toEqual([
      'pfsense1 BACKUP -> MASTER',
      'pfsense2 BACKUP -> MASTER',
      'pfsense2 MASTER -> BACKUP',
    ])
    expect(rolesOf(metrics)).toEqual(STILL)
  })
})
