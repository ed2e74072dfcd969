import { describe, expect, it } from 'vitest'
import type { WebFlowMetrics } from '../flows/web-page.ts'
import type { ConfigSyncMetrics } from '../traces/config-sync.ts'
import { flowOf, runScenario } from './run-scenario.fixture.ts'

/** Validations 1 and 2 of the reference deployment, and how synchronisation fails. */

/** A rule is saved on pfsense1 at 10 s, and that is all. */
const ONE_SAVE = ['duration=40s', 'faults=[{ kind: save, node: pfsense1, at: 10s }]', 'flows=[]']
const FIREWALLS = 'topology.firewalls'

function syncsOf(...overrides: string[]): readonly ConfigSyncMetrics[] {
  return runScenario('config-sync', ...ONE_SAVE, ...overrides).metrics.configSync
}

function linesOf(timeline: string, text: string): number[] {
  const lines = timeline.split('\n').filter((line) => line.includes(text))
  return lines.map((line) => Number.parseFloat(line))
}

describe('a rule that is saved on the primary', () => {
  const { metrics, timeline } = runScenario('config-sync')
  const savedAt = (seconds: number) =>
    metrics.configSync.find(({ atUs }) => atUs === seconds * 1_000_000)
  const [first, second, third] = [10, 45, 150].map(savedAt)

  it('is in force on the secondary a good two seconds later', () => {
    expect(first).toMatchObject({ atUs: 10_000_000, startedUs: 11_000_000, attempts: 1 })
    expect(first).toMatchObject({ from: 'pfsense1', to: 'pfsense2', result: 'synchronized' })
    // An event each on both nodes, the load of the rules, and two calls in between.
    const delayUs = (first?.appliedUs ?? 0) - 10_000_000
    expect(delayUs).toBeGreaterThan(2_500_000)
    expect(delayUs).toBeLessThan(2_600_000)
  })

  it('decides there about who comes when that is MASTER', () => {
    const before = flowOf(metrics, 'outside-ping')
    expect(before.losses.map(({ at }) => at)).toEqual(
      Array(before.lost).fill('pfsense1 WAN: Default deny rule IPv4'),
    )
    expect(before.received).toBeGreaterThan(4)
    const after = flowOf(metrics, 'outside-ping-2')
    expect([after.lost, after.received]).toEqual([0, 6])
    // Without it, pfsense2 knows nothing of that rule.
    const without = runScenario('config-sync', '**.configSync.sections.rules=false').metrics
    const lost = flowOf(without, 'outside-ping-2').losses
    expect(lost.map(({ at }) => at)).toEqual(Array(6).fill('pfsense2 WAN: Default deny rule IPv4'))
  })

  it('finds nobody while the secondary is off: four tries, a second apart, and a notice', () => {
    expect(second).toMatchObject({ result: 'failed', attempts: 4, appliedUs: null })
    const tries = linesOf(timeline, 'Beginning XMLRPC').filter((at) => at > 45 && at < 100)
    const failures = [
      ...linesOf(timeline, 'Retrying XMLRPC'),
      ...linesOf(timeline, 'notice XMLRPC'),
    ]
    // Each waits for its connection for 10 s.
    expect(tries).toEqual([46, 57, 68, 79])
    expect(failures).toEqual([56, 67, 78, 89])
  })

  it('comes with the next change once it is back', () => {
    expect(third).toMatchObject({ atUs: 150_000_000, result: 'synchronized', attempts: 1 })
    const loads = timeline.split('\n').filter((line) => /^ *15\d\..* rules loaded$/.test(line))
    // The same number on both, and on each its own load.
    expect(loads.map((line) => line.trim().split(/\s+/).slice(1, 4).join(' '))).toEqual([
      expect.stringMatching(/^pfsense1 filter: \d+$/),
      expect.stringMatching(/^pfsense2 filter: \d+$/),
    ])
  })
})

describe('whatever is saved', () => {
  it('in the GUI synchronises: interfaces and the maintenance mode too', () => {
    const syncs = (name: string) =>
      runScenario(name).metrics.configSync.map(({ from, result }) => `${from} ${result}`)
    expect(syncs('vlanclient-disabled')).toEqual(['pfsense1 synchronized'])
    expect(syncs('maintenance-mode')).toEqual(['pfsense1 synchronized', 'pfsense1 synchronized'])
  })

  it('synchronises, and several at once are one', () => {
    const at = (seconds: number) => `{ kind: save, node: pfsense1, at: ${seconds}s }`
    const syncs = syncsOf(`faults=[${at(10)}, ${at(10.5)}, ${at(12)}, ${at(13)}]`)
    expect(syncs.map(({ atUs, startedUs }) => [atUs, startedUs])).toEqual([
      [10_000_000, 11_000_000],
      // A repetition within 8 s waits for 5 s, and what comes meanwhile is part of it.
      [12_000_000, 17_000_000],
    ])
  })

  it('on the secondary stays there', () => {
    expect(syncsOf('faults=[{ kind: save, node: pfsense2, at: 10s }]')).toEqual([])
  })

  it('travels in the clear where the GUI does', () => {
    const [sync] = syncsOf('**.webGui.protocol=http', '**.webGui.port=80')
    expect(sync).toMatchObject({ result: 'synchronized' })
  })
})

describe('a synchronisation fails', () => {
  it('by a wrong password, four times', () => {
    const [sync] = syncsOf('**.configSync.password=wrong')
    expect(sync).toMatchObject({ result: 'authenticationFailed', attempts: 4, appliedUs: null })
    const { timeline } = runScenario('config-sync', ...ONE_SAVE, '**.configSync.password=wrong')
    const tries = linesOf(timeline, 'Beginning XMLRPC')
    expect(tries.map(Math.floor)).toEqual([11, 12, 13, 14])
    expect(timeline).toContain(
      'notice XMLRPC Error: Exception calling XMLRPC method host_firmware_version: ' +
        '#-1 : Authentication failed: Invalid username or password',
    )
  })

  it('by a user who may log in but not synchronise', () => {
    const user = '[{ username: sync, password: s }]'
    const [sync] = syncsOf(
      `**.webGui.users=${user}`,
      '**.configSync.username=sync',
      '**.configSync.password=s',
    )
    expect(sync).toMatchObject({ result: 'authenticationFailed', attempts: 4 })
  })

  it('by another version, with nothing but a line in the log', () => {
    const { metrics, timeline } = runScenario(
      'config-sync',
      ...ONE_SAVE,
      `${FIREWALLS}.pfsense2.configVersion='23.4'`,
    )
    const [sync] = metrics.configSync
    expect(sync).toMatchObject({ result: 'versionMismatch', attempts: 1, appliedUs: null })
    expect(timeline).toContain('XMLRPC versioncheck: 23.4 -- 23.3')
    expect(timeline).not.toContain('notice')
  })

  it('by another port, refused at once', () => {
    const [sync] = syncsOf(`${FIREWALLS}.pfsense2.webGui.port=8443`)
    expect(sync).toMatchObject({ result: 'failed', attempts: 4 })
  })

  it('without a rule that lets it in, until each connection is given up', () => {
    const [sync] = syncsOf(`${FIREWALLS}.pfsense2.filter.rules=[]`, 'duration=70s')
    expect(sync).toMatchObject({ result: 'failed', attempts: 4 })
  })

  it('unseen where both nodes synchronise to each other: nothing is applied', () => {
    const { metrics, timeline } = runScenario(
      'config-sync',
      ...ONE_SAVE,
      `${FIREWALLS}.pfsense2.configSync={ to: 172.29.100.251 }`,
    )
    const [sync] = metrics.configSync
    expect(sync).toMatchObject({ result: 'loop', attempts: 1, appliedUs: null })
    expect(timeline).toContain('pfsense2  Disallowing CARP sync loop')
    expect(timeline).toContain('XMLRPC sync successfully completed')
  })

  it('with no box ticked', () => {
    const boxes = ['users', 'certificates', 'rules', 'aliases', 'nat', 'openvpn', 'virtualIps']
    const [sync] = syncsOf(...boxes.map((box) => `**.configSync.sections.${box}=false`))
    expect(sync).toMatchObject({ result: 'nothingSelected', attempts: 0 })
  })

  it('when the primary dies over it', () => {
    const faults =
      'faults=[{ kind: save, node: pfsense1, at: 10s }, { kind: power-off, node: pfsense2, at: 5s },' +
      ' { kind: power-off, node: pfsense1, at: 15s }]'
    expect(syncsOf(faults)).toMatchObject([{ result: 'interrupted', attempts: 1 }])
  })
})

describe('virtual IPs that come in', () => {
  it('leave VHIDs alone that are as they were', () => {
    const { timeline } = runScenario('config-sync', ...ONE_SAVE)
    expect(linesOf(timeline, 'pfsense2  ').filter((at) => at > 10 && at < 12)).toHaveLength(1)
  })

  it('leave them alone in maintenance too, though the kernel has another skew then', () => {
    const enter = '{ kind: maintenance-enter, node: pfsense2, at: 5s }'
    const faults = `faults=[${enter}, { kind: save, node: pfsense1, at: 10s }]`
    const { metrics, timeline } = runScenario('config-sync', ...ONE_SAVE, faults)
    expect(metrics.configSync).toMatchObject([{ result: 'synchronized' }])
    expect(linesOf(timeline, 'BACKUP -> INIT')).toEqual([])
  })

  it('start a VHID over whose skew was another, and set it to that of the primary and 100', () => {
    const { metrics, timeline } = runScenario(
      'config-sync',
      ...ONE_SAVE,
      'duration=60s',
      `${FIREWALLS}.pfsense2.virtualIps[0].advskew=50`,
    )
    const lines = timeline.split('\n').filter((line) => line.includes('pfsense2  WAN@1:'))
    expect(lines.map((line) => line.slice(12))).toEqual([
      '  pfsense2  WAN@1: BACKUP -> INIT (hardware interface up)',
      '  pfsense2  WAN@1: INIT -> BACKUP (initialization complete)',
    ])
    // The rules come into force and the answer goes only when pfsync was waited for, in vain.
    const [sync] = metrics.configSync
    expect(sync).toMatchObject({ result: 'synchronized' })
    expect(sync?.appliedUs).toBeGreaterThan((11 + 31) * 1_000_000)
  })
})

describe('the administration page at a virtual IP', () => {
  const { metrics, timeline } = runScenario('admin-vip')
  const flow = flowOf(metrics, 'admin-page') as WebFlowMetrics

  it('comes from whoever is MASTER', () => {
    const answers = timeline.split('\n').filter((line) => line.includes('answers'))
    expect(answers.map((line) => line.trim().split(/\s+/).slice(-2)[0])).toEqual([
      'pfsense1',
      'pfsense2',
      'pfsense1',
    ])
    const { pfsense1 = 0, pfsense2 = 0 } = flow.pages
    expect(pfsense1 + pfsense2).toBe(flow.received)
  })

  it('comes late at the cut, as its SYN is sent again, and not at all to the impatient', () => {
    expect(flow.lost).toBe(0)
    expect(flow.rttUs?.max).toBeGreaterThan(1_000_000)
    const hasty = runScenario('admin-vip', 'flows.admin-page.timeout=900ms').metrics
    const { losses, outages } = flowOf(hasty, 'admin-page')
    expect(losses.length).toBeGreaterThanOrEqual(2)
    expect(new Set(losses.map(({ cause }) => cause))).toEqual(new Set(['virtualMacNotMaster']))
    expect(outages).toHaveLength(1)
  })

  it('is refused where the GUI is at another port', () => {
    const { losses } = flowOf(
      runScenario('admin-vip', 'flows.admin-page.port=8443', 'faults=[]', 'duration=12s').metrics,
      'admin-page',
    )
    expect(losses.length).toBeGreaterThan(4)
    expect(new Set(losses.map(({ cause }) => cause))).toEqual(new Set(['refused']))
  })
})
