import { expect, it } from 'vitest'
import { runScenario } from '../tests/run-scenario.fixture.ts'

it('two pings of one host have different identifiers, whatever is drawn for them', () => {
  const flows = ['p0', 'p1'].map((name) => ({
    name,
    kind: 'linux-ping',
    from: 'mgmt-linux',
    to: '10.10.110.10',
  }))
  // The seed draws the same number for both.
  const { metrics } = runScenario(
    'no-fault',
    'duration=20s',
    'seed=198071',
    `flows=${JSON.stringify(flows)}`,
  )
  expect(metrics.flows.map(({ lost, sent, received }) => [lost, sent - received])).toEqual([
    [0, 0],
    [0, 0],
  ])
})
