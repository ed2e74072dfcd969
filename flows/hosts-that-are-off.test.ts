import { describe, expect, it } from 'vitest'
import { flowOf, runScenario } from '../tests/run-scenario.fixture.ts'

const SHORT = ['duration=30s', 'flows.*.start=8s'] as const

/** The first second of a run: too early for a flow. */
function offFrom1s(...nodes: readonly string[]): string {
  return `faults=${JSON.stringify(nodes.map((node) => ({ kind: 'power-off', node, at: '1s' })))}`
}

describe('a flow whose client is off', () => {
  it.each(['power-off-return', 'admin-vip'])(
    'never starts and says so, whatever its kind: %s',
    (name) => {
      const clients = name === 'admin-vip' ? ['mgmt-pc'] : ['mgmt-pc', 'mgmt-linux', 'roadwarrior']
      const { metrics } = runScenario(name, ...SHORT, offFrom1s(...clients))
      for (const flow of metrics.flows) expect(flow).toMatchObject({ sent: 0, started: false })
    },
  )
})

describe('a flow whose server is off', () => {
  const { metrics } = runScenario(
    'power-off-return',
    ...SHORT,
    'faults=[{ kind: power-off, node: srv-server, at: 1s }, { kind: power-on, node: srv-server, at: 12s }]',
    'topology.hosts.srv-server.bootDuration=2s',
  )

  it.each(['mgmt-linux-ping', 'ssh', 'voice'])(
    'starts, and is answered after the boot: %s',
    (name) => {
      const flow = flowOf(metrics, name)
      expect(flow.started).toBeUndefined()
      expect(flow.received).toBeGreaterThan(0)
    },
  )
})

describe('two flows to one server and port', () => {
  it.each(['tcp', 'udp'])('are both answered: %s', (kind) => {
    const flows = ['a', 'b'].map((name) => ({
      name,
      kind,
      from: 'mgmt-linux',
      to: '10.10.110.10',
      interval: '100ms',
    }))
    const { metrics } = runScenario('no-fault', 'duration=20s', `flows=${JSON.stringify(flows)}`)
    for (const { received, lost } of metrics.flows) {
      expect(received).toBeGreaterThan(20)
      expect(lost).toBe(0)
    }
  })

  it('have requests of one length, by which the server knows where one ends', () => {
    expect(() =>
      runScenario('no-fault', 'flows.ssh.port=80', 'flows.ssh.requestBytes=120'),
    ).toThrow(
      /flows\[\d\]\.responseBytes: ssh talks to the same server 10\.10\.110\.10:80; expected 48 as there, got 6000/,
    )
  })
})

describe('a flow to a port where a service of the target listens too', () => {
  it.each([
    ['tcp', 443, 'the GUI after a boot', 'reboot, node: pfsense2'],
    ['udp', 1194, 'OpenVPN of a new MASTER', 'power-off, node: pfsense1'],
  ])('has its own server there: %s port %d, %s', (kind, port, _service, fault) => {
    const to = '10.10.199.252'
    const flow = { name: 'a', kind, from: 'mgmt-linux', to, port, interval: '100ms' }
    const { metrics } = runScenario(
      'power-off-return',
      `flows=[${JSON.stringify(flow)}]`,
      `faults=[{ kind: ${fault}, at: 10s }]`,
    )
    expect(metrics.flows[0]?.received).toBeGreaterThan(20)
  })
})

describe('a flow whose client is suspended', () => {
  it('starts when it goes on', () => {
    const { metrics } = runScenario(
      'power-off-return',
      ...SHORT,
      'faults=[{ kind: suspend, node: mgmt-linux, at: 7s }, { kind: resume, node: mgmt-linux, at: 20s }]',
    )
    const { sent, received } = flowOf(metrics, 'mgmt-linux-ping')
    expect([sent, received]).toEqual([10, 10])
  })
})
