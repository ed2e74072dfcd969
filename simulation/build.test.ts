import { expect, it } from 'vitest'
import { flowOf } from '../tests/run-scenario.fixture.ts'
import { readScenario } from '../topologies/read.ts'
import { edited } from '../topologies/small.fixture.ts'
import { ScenarioRun } from './run.ts'

it('a machine at a vmnic that no vSwitch uses has a link, and reaches nobody', () => {
  const text = edited(
    [
      '      vswitches:\n',
      '        - { name: vmnic1, macAddress: "02:00:5e:00:53:02" }\n      vswitches:\n',
    ],
    ['connectedTo: { switch: sw1, port: Gi1/0/2 }', 'connectedTo: { node: esx1, nic: vmnic1 }'],
  )
  const read = readScenario(text)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  const { metrics } = new ScenarioRun(read.scenario, 'test').finish()
  expect(metrics.frames.dropped.noVSwitch).toBeGreaterThan(0)
  const { received, losses } = flowOf(metrics, 'ping')
  expect(received).toBe(0)
  expect(new Set(losses.map(({ cause }) => cause))).toEqual(new Set(['neighbourUnresolved']))
})
