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

  it('a run lasts a minute, and until a minute after the last fault', () => {
    const open: Edit = ['duration: 60s\n', '']
    expect(read(open).duration).toBe('90s')
    const text = edited(open)
    const result = readScenario(text.slice(0, text.indexOf('faults:')))
    expect(result.ok && [result.scenario.duration, result.scenario.flows[0]?.stop]).toEqual([
      '60s',
      '59.9s',
    ])
  })

  it('a card has a MAC address of its own, which follows from its names alone', () => {
    const macsOf = (...edits: Edit[]) => {
      const { esxiHosts, hosts } = read(
        [', macAddress: "00:50:56:11:00:01"', ''],
        [', macAddress: "02:00:5e:00:53:11"', ''],
        [', macAddress: "02:00:5e:00:53:01"', ''],
        ...edits,
      ).topology
      return [...hosts, { nics: esxiHosts[0]?.vmnics ?? [] }].map(
        ({ nics: [nic] }) => nic?.macAddress,
      )
    }
    const [server, station, vmnic] = macsOf()
    expect(server).toMatch(/^00:50:56:[89ab][0-9a-f]:/)
    expect(station).toMatch(/^02:00:/)
    expect(vmnic).toMatch(/^02:00:/)
    expect(new Set([server, station, vmnic]).size).toBe(3)
    // Another name of the station moves nobody else's.
    const [, renamed, ...others] = macsOf(
      ['name: station', 'name: desk'],
      ['from: station', 'from: desk'],
    )
    expect([macsOf()[0], ...others]).toEqual([server, vmnic])
    expect(renamed).not.toBe(station)
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
