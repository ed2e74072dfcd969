import { describe, expect, it } from 'vitest'
import type { OpenVpnFlowMetrics } from '../flows/openvpn.ts'
import { flowOf, runScenario } from './run-scenario.fixture.ts'

/** A road warrior's VPN over a failover: what "reconnects by itself" costs, and when it is quick. */

const SEEDS = [1, 2, 3, 4, 5, 6]
const SECOND_US = 1_000_000
const PING_RESTART_US = 60 * SECOND_US
/** Pause of 1 s, authentication of 0.5 s, and round trips. */
const RECONNECT_US = 1_501_000
/** Delay of the event bus and the start of the process. */
const SERVER_START_US = 2 * SECOND_US

const vpnOf = (...args: Parameters<typeof runScenario>) =>
  flowOf(runScenario(...args).metrics, 'vpn') as OpenVpnFlowMetrics

/** Each probe is sent a second after the one before; what the tunnel did then decides its fate. */
function expectLossesWithin(vpn: OpenVpnFlowMetrics): void {
  for (const { sentUs } of vpn.losses) {
    const isDown = vpn.tunnelDown.some(
      ({ downUs, upUs }) => sentUs >= downUs - 1000 && sentUs < (upUs ?? Infinity),
    )
    expect([sentUs, isDown]).toEqual([sentUs, true])
  }
  const expected = vpn.tunnelDown.reduce(
    (total, { downUs, upUs }) => total + ((upUs ?? 0) - downUs) / SECOND_US,
    0,
  )
  expect(Math.abs(vpn.lost - expected)).toBeLessThanOrEqual(vpn.tunnelDown.length)
}

describe('vpn-reconnect', () => {
  it.each(SEEDS)('the client is back by itself, a minute after the cut (seed %i)', (seed) => {
    const vpn = vpnOf('vpn-reconnect', `seed=${seed}`)
    expect(vpn.tunnelDown).toHaveLength(2)
    const [{ downUs = 0, upUs = 0 } = {}] = vpn.tunnelDown
    // The last thing that the client heard is the answer to a ping of the second before the cut.
    const afterUs = (upUs ?? 0) - downUs
    expect(afterUs).toBeGreaterThan(PING_RESTART_US + RECONNECT_US - 1000 - SECOND_US)
    expect(afterUs).toBeLessThan(PING_RESTART_US + RECONNECT_US)
    expect(vpn.outages[0]).toEqual({ downUs, upUs, durationUs: afterUs })
    expectLossesWithin(vpn)
  })

  it.each(SEEDS)('at the return it is told to restart, and back in seconds (seed %i)', (seed) => {
    const { tunnelDown, outages } = vpnOf('vpn-reconnect', `seed=${seed}`)
    const { downUs = 0, upUs } = tunnelDown[1] ?? {}
    expect((upUs ?? 0) - downUs).toBeLessThan(SERVER_START_US + RECONNECT_US)
    expect(outages).toHaveLength(2)
  })

  it('tells of each lost probe what became of it: nobody there, no process, no session, no tunnel', () => {
    const vpn = vpnOf('vpn-reconnect')
    const causes = vpn.losses.map(({ cause, at }) => `${cause} at ${at}`)
    expect([...new Set(causes)]).toEqual([
      'virtualMacNotMaster at pfsense2 WAN',
      'portClosed at pfsense2 WAN',
      'openvpnNoSession at pfsense2 WAN',
      'tunnelDown at roadwarrior tun0',
      // At the return the client is told at once, and so meets no server that does not know it.
      'portClosed at pfsense1 WAN',
    ])
    for (const { cause, at, frameId } of vpn.losses) {
      expect(cause).not.toBe('inFlight')
      expect(at).not.toBe('')
      expect(frameId).toBeGreaterThan(0)
    }
  })

  it('knows no pfsync for a session: it makes no difference to a VPN', () => {
    const { tunnelDown } = vpnOf('vpn-reconnect')
    expect(vpnOf('vpn-reconnect', '**.pfsync.enabled=false').tunnelDown).toEqual(tunnelDown)
  })

  it('lasts as long as the keepalive says', () => {
    const { tunnelDown } = vpnOf('vpn-reconnect', '**.keepaliveTimeout=20')
    const [{ downUs = 0, upUs = 0 } = {}] = tunnelDown
    expect(((upUs ?? 0) - downUs) / SECOND_US).toBeGreaterThan(20)
    expect(((upUs ?? 0) - downUs) / SECOND_US).toBeLessThan(22)
  })
})

describe('vpn-maintenance', () => {
  it.each(SEEDS)(
    'is over within seconds, both ways, by the exit notification (seed %i)',
    (seed) => {
      const vpn = vpnOf('vpn-maintenance', `seed=${seed}`)
      expect(vpn.tunnelDown).toHaveLength(2)
      for (const { downUs, upUs } of vpn.tunnelDown) {
        const downForUs = (upUs ?? 0) - downUs
        // A second until the old server is told to stop, and then the pause; or the new one is late.
        expect(downForUs).toBeGreaterThan(SECOND_US + RECONNECT_US - 1000)
        expect(downForUs).toBeLessThan(SERVER_START_US + SECOND_US + RECONNECT_US)
      }
      expectLossesWithin(vpn)
    },
  )

  it('takes a minute without the notification', () => {
    const { tunnelDown } = vpnOf('vpn-maintenance', '**.exitNotify=false', 'duration=120s')
    const [{ downUs = 0, upUs = 0 } = {}] = tunnelDown
    expect((upUs ?? 0) - downUs).toBeGreaterThan(PING_RESTART_US)
  })

  it('costs more where the new server starts late: the first reset goes unheard', () => {
    const { tunnelDown } = vpnOf('vpn-maintenance', '**.startDuration=2s')
    const [{ downUs = 0, upUs = 0 } = {}] = tunnelDown
    // Retransmitted 2 s after the first.
    expect((upUs ?? 0) - downUs).toBeGreaterThan(2 * SECOND_US + 2 * SECOND_US)
    expect((upUs ?? 0) - downUs).toBeLessThan(2 * SECOND_US + 2 * SECOND_US + RECONNECT_US)
  })

  it('agrees with a probe every 5 ms about when nothing crossed', () => {
    const vpn = vpnOf('vpn-maintenance', 'flows.vpn.interval=5ms', 'flows.vpn.stop=20s')
    const [outage] = vpn.outages
    const [period] = vpn.lossPeriods
    expect([vpn.outages.length, vpn.lossPeriods.length]).toEqual([1, 1])
    expect(Math.abs((period?.startUs ?? 0) - (outage?.downUs ?? 0))).toBeLessThanOrEqual(5_100)
    expect(Math.abs((period?.endUs ?? 0) - (outage?.upUs ?? 0))).toBeLessThanOrEqual(5_100)
  })
})

describe('a VPN that cannot come up', () => {
  it.each([
    ['no rule lets it in', '**.destinationPort=1195'],
    ['the secrets differ', 'flows.vpn.secret=another'],
  ])('when %s', (_why, override) => {
    const vpn = vpnOf('vpn-maintenance', override)
    expect([vpn.sent, vpn.tunnelDown.length]).toEqual([0, 1])
    expect(vpn.tunnelDown[0]?.upUs).toBeNull()
  })
})

describe('the OpenVPN tab', () => {
  it('decides what clients may do: without its rule, the tunnel works and carries nothing on', () => {
    const vpn = vpnOf('vpn-maintenance', 'topology.firewalls.*.filter.rules.7.source=10.99.0.0/24')
    expect(vpn.received).toBe(0)
    expect(new Set(vpn.losses.map(({ cause, at }) => `${cause} ${at}`))).toContain(
      'filtered pfsense1 OpenVPN: Default deny rule IPv4',
    )
    expect(vpn.tunnelDown.every(({ upUs }) => upUs !== null)).toBe(true)
  })
})
