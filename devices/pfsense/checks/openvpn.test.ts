import { describe, expect, it } from 'vitest'
import { type Edit, problemOf, problemsIn, SMALL } from '../../../topologies/small.fixture.ts'

const AFTER =
  '        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5 }\n'
const SERVER = 'virtualIp: 10.10.199.254, tunnelNetwork: 10.20.200.0/24'

/** The small cluster with an OpenVPN server on its first firewall. */
function withServer(fields: string, ...more: string[]): Edit {
  return [AFTER, `${AFTER}      openvpn: { ${fields} }\n${more.join('')}`]
}

describe('an OpenVPN server', () => {
  it('on a virtual IP of its firewall has no problem', () => {
    const [from, to] = withServer(SERVER)
    expect(problemsIn(SMALL.replace(from, to))).toEqual([])
  })

  it('is bound to a virtual IP, not to an address of the node', () => {
    const fields = SERVER.replace('.254', '.251')
    expect(problemOf(withServer(fields))).toMatch(
      /openvpn\.virtualIp: 10\.10\.199\.251 is no virtual IP of fw1; expected 10\.10\.110\.254 or 10\.10\.199\.254/,
    )
  })

  it('has a tunnel network of its own, of a size that pfSense takes', () => {
    expect(problemOf(withServer(SERVER.replace('/24', '/30')))).toMatch(
      /tunnelNetwork: expected a network from \/16 to \/29, got 10\.20\.200\.0\/30/,
    )
    expect(problemOf(withServer(SERVER.replace('10.20.200.0', '10.10.110.0')))).toMatch(
      /tunnelNetwork: .* overlaps the network of SERVER/,
    )
  })

  it('does not push the network that carries the tunnel', () => {
    expect(problemOf(withServer(`${SERVER}, localNetworks: [10.10.199.0/24]`))).toMatch(
      /localNetworks\[0\]: 10\.10\.199\.0\/24 holds 10\.10\.199\.254, where the clients connect to/,
    )
  })

  it('waits at least twice as long as it takes to ping', () => {
    expect(problemOf(withServer(`${SERVER}, keepaliveTimeout: 19`))).toMatch(
      /keepaliveTimeout: expected at least twice the keepaliveInterval \(10\), got 19/,
    )
  })

  it('has a tab for its rules, and a firewall without one has none', () => {
    const filter = '      filter: { hostId: a1, rules: [{ interface: OpenVPN }] }\n'
    const [from, to] = withServer(SERVER, filter)
    expect(problemsIn(SMALL.replace(from, to))).toEqual([])
    expect(problemOf([AFTER, `${AFTER}${filter}`])).toMatch(/rules\[0\]\.interface: .*OpenVPN/)
  })

  it('has that name for itself', () => {
    const [from, to] = withServer(SERVER)
    const text = SMALL.replaceAll('SERVER,', 'OpenVPN,').replaceAll('name: SERVER', 'name: OpenVPN')
    const problems = problemsIn(text.replace(from, to)).join('\n')
    expect(problems).toMatch(/OpenVPN is the interface of the OpenVPN server; expected another/)
  })
})
