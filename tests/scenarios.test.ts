import { describe, expect, it } from 'vitest'
import { builtInScenarios } from '../topologies/built-in.ts'
import { finalStatus, flowOf, runScenario, textOfFile } from './run-scenario.fixture.ts'

/** What each built-in scenario must show, as the reference deployment and the facts have it. */

const VHIDS = ['WAN@1', 'VLANSERVER@2', 'VLANCLIENT@3', 'VLANDMZ@4', 'VLANMGMT@5', 'VLANBACKUP@6']
const allAre = (status: string) => VHIDS.map((vhid) => `${vhid} ${status}`)
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

interface WrittenEvent {
  readonly timeUs: number
  readonly node: string
  readonly kind: string
}

function pfsyncEventsOf(scenario: string, node: string): WrittenEvent[] {
  const lines = textOfFile(runScenario(scenario), 'events.jsonl').trim().split('\n')
  return lines
    .map((line) => JSON.parse(line) as WrittenEvent)
    .filter((event) => event.node === node && event.kind.startsWith('pfsync.'))
}

describe('golden timelines', () => {
  for (const { name } of builtInScenarios) {
    it(name, async () => {
      const { timeline } = runScenario(name)
      await expect(timeline).toMatchFileSnapshot(`golden/${name}.timeline.txt`)
    })
  }
})

describe('golden transcripts of power-off-return', () => {
  const { transcripts } = runScenario('power-off-return')
  for (const [flow, lines] of transcripts) {
    it(flow, async () => {
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/ping-${flow}.txt`)
    })
  }
})

describe('vlanclient-disabled', () => {
  const { metrics } = runScenario('vlanclient-disabled')

  it('leaves the row of node 1 blank and the other five MASTER', () => {
    const expected = allAre('MASTER').with(2, 'VLANCLIENT@3')
    expect(finalStatus(metrics, 'pfsense1')).toEqual(expected)
  })

  it('makes node 2 MASTER of that one and leaves the other five BACKUP', () => {
    const expected = allAre('BACKUP').with(2, 'VLANCLIENT@3 MASTER')
    expect(finalStatus(metrics, 'pfsense2')).toEqual(expected)
  })

  it('shows the rows as Status / CARP does', () => {
    const page = metrics.status.findLast(({ node }) => node === 'pfsense1')
    expect(page?.rows[0]).toEqual({
      interface: 'WAN',
      vhid: 1,
      vip: '10.10.210.253/24',
      description: 'CARP WAN',
      status: 'MASTER',
    })
    expect(page?.rows[3]).toMatchObject({ vip: '10.10.140.254/32', description: 'CARP DMZ' })
  })

  it('disturbs no traffic that does not involve VLANCLIENT', () => {
    for (const { lost } of metrics.flows) expect(lost).toBe(0)
  })
})

describe('maintenance-mode and no-fault', () => {
  it.each(SEEDS)('lose no ping (seed %i)', (seed) => {
    for (const name of ['maintenance-mode', 'no-fault']) {
      const { metrics } = runScenario(name, `seed=${seed}`)
      for (const { lost, duplicates } of metrics.flows) expect([lost, duplicates]).toEqual([0, 0])
      expect(finalStatus(metrics, 'pfsense1')).toEqual(allAre('MASTER'))
    }
  })

  it('maintenance: the next advertisement carries 240 and the peer takes over on it', () => {
    const { metrics } = runScenario('maintenance-mode')
    const [enter, leave] = metrics.failovers
    expect(enter?.nodes).toEqual({ from: 'pfsense1', to: 'pfsense2' })
    expect(enter?.detectionUs).toBeLessThan(1_000_100)
    expect(leave?.nodes).toEqual({ from: 'pfsense2', to: 'pfsense1' })
    expect(leave?.detectionUs).toBeLessThan(1_390_725)
  })
})

describe('lan-link-down', () => {
  it.each(SEEDS)('moves WAN@1 at once, the VLANs after master-down (seed %i)', (seed) => {
    const { metrics } = runScenario('lan-link-down', `seed=${seed}`)
    const [{ atUs = 0, groups = [] } = {}] = metrics.failovers
    const afterUs = groups.map(({ newActiveUs }) => newActiveUs - atUs)
    expect(groups.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6])
    expect(afterUs[0]).toBeLessThan(100)
    for (const us of afterUs.slice(1)) {
      expect(us).toBeGreaterThan(2_390_625)
      expect(us).toBeLessThanOrEqual(3_390_900)
    }
    expect(finalStatus(metrics, 'pfsense1')).toEqual(
      VHIDS.map((vhid, index) => `${vhid} ${index === 0 ? 'BACKUP' : 'INIT'}`),
    )
  })
})

describe('power-off-return', () => {
  it('tells the state of both nodes after the cut and at the end', () => {
    const { metrics } = runScenario('power-off-return')
    expect(metrics.status.map(({ node, rows }) => `${node} ${rows[0]?.status ?? 'off'}`)).toEqual([
      'pfsense1 off',
      'pfsense2 MASTER',
      'pfsense1 MASTER',
      'pfsense2 BACKUP',
      'pfsense1 MASTER',
      'pfsense2 BACKUP',
    ])
  })

  it('prints the transcript in the shape of the reference', () => {
    const { transcripts } = runScenario('power-off-return')
    const lines = transcripts.get('mgmt-ping') ?? []
    const lost = lines.findIndex((line) => line.startsWith('Délai'))
    expect(lines.slice(lost - 1, lost + 2)).toEqual([
      'Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127',
      "Délai d'attente de la demande dépassé.",
      'Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127',
    ])
  })
})

describe('reboot', () => {
  it.each(SEEDS)('is no faster than a crash, and comes back without a loss (seed %i)', (seed) => {
    const { metrics } = runScenario('reboot', `seed=${seed}`)
    const [away, back] = metrics.failovers
    expect([away?.nodes, back?.nodes]).toEqual([
      { from: 'pfsense1', to: 'pfsense2' },
      { from: 'pfsense2', to: 'pfsense1' },
    ])
    // rc.reboot lets go of CARP 2 s after the click.
    const allowedUntilUs = (away?.atUs ?? 0) + 2_000_000
    for (const { newActiveUs } of away?.groups ?? []) {
      expect(newActiveUs - allowedUntilUs).toBeGreaterThan(2_390_625)
      expect(newActiveUs - allowedUntilUs).toBeLessThanOrEqual(3_390_900)
    }
    expect(flowOf(metrics, 'mgmt-ping').lost).toBe(1)
    for (const { outages, losses } of metrics.flows) {
      expect(outages).toHaveLength(1)
      for (const { sentUs } of losses) expect(sentUs).toBeLessThan(20_000_000)
    }
    expect(finalStatus(metrics, 'pfsense1')).toEqual(allAre('MASTER'))
  })

  it('has the states in time: the answer to the first request is lost, a retry follows', () => {
    const { metrics } = runScenario('reboot')
    expect(metrics.frames.dropped.pfsyncNotRunning).toBeGreaterThan(3)
    expect(flowOf(metrics, 'ssh')).toMatchObject({ sessions: { opened: 1, survived: 1 } })
    const told = pfsyncEventsOf('reboot', 'pfsense1').slice(-4)
    const [askedUs = 0] = told.map(({ timeUs }) => timeUs)
    expect(
      told.map(({ kind, timeUs }) => `${kind} ${((timeUs - askedUs) / 1e6).toFixed(2)}`),
    ).toEqual([
      'pfsync.bulkStart 0.00',
      'pfsync.wait 0.00',
      'pfsync.wait 1.00',
      'pfsync.bulkDone 5.01',
    ])
  })
})

describe('disable-carp', () => {
  it.each(SEEDS)('is no faster than a crash either (seed %i)', (seed) => {
    const { metrics } = runScenario('disable-carp', `seed=${seed}`)
    expect(finalStatus(metrics, 'pfsense1')).toEqual(allAre('MASTER'))
    const { outages, lost } = flowOf(metrics, 'mgmt-ping')
    expect([outages.length, lost]).toEqual([1, 1])
    expect(outages[0]?.durationUs).toBeGreaterThan(2_390_625)
    expect(outages[0]?.durationUs).toBeLessThanOrEqual(3_390_900)
    // Enable CARP waits for pfsync, 31 s; then the next advertisement of pfsense2 decides.
    const [, back] = metrics.failovers
    expect(back?.detectionUs).toBeGreaterThan(31_000_000)
    expect(back?.detectionUs).toBeLessThan(31_003_000 + 1_390_725)
    expect(back?.serviceOutageUs).toBe(0)
  })

  it('shows DISABLED in all rows meanwhile', () => {
    const { metrics } = runScenario('disable-carp')
    const [page] = metrics.status.filter(({ node }) => node === 'pfsense1')
    expect(page?.rows.map(({ status }) => status)).toEqual(Array(6).fill('DISABLED'))
  })
})

describe('timing presets', () => {
  it.each(['bare', 'vm'])('%s keeps the outage within the windows of the facts', (timing) => {
    const [fromUs, toUs] = timing === 'bare' ? [2_389_000, 3_394_000] : [2_389_000, 3_625_000]
    for (const seed of SEEDS) {
      const { metrics } = runScenario('power-off', `seed=${seed}`, `timing=${timing}`)
      const { outages, lost } = flowOf(metrics, 'mgmt-ping')
      expect(lost).toBe(1)
      expect(outages[0]?.durationUs).toBeGreaterThan(fromUs)
      expect(outages[0]?.durationUs).toBeLessThan(toUs)
    }
  })
})
