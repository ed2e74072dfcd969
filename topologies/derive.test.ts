import { describe, expect, it } from 'vitest'
import { readScenario } from './read.ts'
import { type Edit, edited } from './small.fixture.ts'

function read(...edits: Edit[]) {
  const result = readScenario(edited(...edits))
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.scenario
}

describe('defaults that follow from other fields', () => {
  it('a port group has the policy of its vSwitch, but for what it overrides', () => {
    const [vswitch] =
      read(
        ['uplinks: [vmnic0]', 'uplinks: [vmnic0]\n          security: { macChanges: reject }'],
        ['vlanId: 4095', 'vlanId: 4095, security: { promiscuousMode: accept }'],
      ).topology.esxiHosts[0]?.vswitches ?? []
    expect(vswitch?.portGroups.map((it) => Object.values(it.security))).toEqual([
      ['accept', 'reject', 'accept'],
      ['reject', 'reject', 'accept'],
      ['reject', 'reject', 'accept'],
    ])
  })

  it('a flow stops 100 ms before the end, and never before the start', () => {
    expect(read().flows[0]?.stop).toBe('59.9s')
    expect(read(['to: 10.10.110.10 ', 'to: 10.10.110.10, stop: 9s ']).flows[0]?.stop).toBe('9s')
    const result = readScenario(edited(['duration: 60s', 'duration: 50ms']))
    expect(result.ok).toBe(false)
  })

  it('a cable is 1 Gbit/s over 10 m, a virtual NIC 10 Gbit/s over nothing', () => {
    const { hosts } = read().topology
    expect(hosts.map(({ nics }) => [nics[0]?.linkSpeedMbps, nics[0]?.propagation])).toEqual([
      [10_000, '0ns'],
      [1000, '50ns'],
    ])
  })

  it('a cable is the same at both of its ends', () => {
    const { hosts } = read(
      [', connectedTo: { esxiHost: esx1, portGroup: SERVER }', ''],
      [
        '{ switch: sw1, port: Gi1/0/2 }',
        '{ node: server, nic: eth0 }, linkSpeedMbps: 100, propagation: 5us',
      ],
    ).topology
    expect(hosts[0]?.nics[0]).toMatchObject({ linkSpeedMbps: 100, propagation: '5us' })
  })
})
