import { describe, expect, it } from 'vitest'
import { checkScenario } from './check.ts'
import { readScenario } from './read.ts'
import { problemsIn, SMALL } from './small.fixture.ts'

describe('a scenario', () => {
  it('without fault passes', () => {
    expect(problemsIn(SMALL)).toEqual([])
  })

  it('that was never text is pointed at by paths', () => {
    const result = readScenario(SMALL)
    if (!result.ok) throw new Error('the small cluster is not well')
    const { scenario } = result
    const [fw1, fw2] = scenario.topology.firewalls
    const [server] = scenario.topology.hosts
    if (fw1 === undefined || fw2 === undefined || server === undefined) throw new Error('no nodes')
    const topology = { ...scenario.topology, hosts: [{ ...server, name: 'FW1' }] }
    const flows: typeof scenario.flows = []
    expect(checkScenario({ ...scenario, topology, flows })).toEqual([
      {
        path: ['topology', 'hosts', 0, 'name'],
        message:
          'FW1 is already the name of a node at topology.firewalls[0].name; expected another name',
      },
    ])
  })
})
