import { describe, expect, it } from 'vitest'
import { type Edit, problemOf } from '../topologies/small.fixture.ts'

const AFTER =
  '        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5 }\n'

/** The small cluster with an OpenVPN server on its first firewall. */
function withServer(fields: string): Edit {
  const server = 'virtualIp: 10.10.199.254, tunnelNetwork: 10.20.200.0/24'
  return [AFTER, `${AFTER}      openvpn: { ${server}, ${fields} }\n`]
}

describe('an OpenVPN client', () => {
  const FLOW = '  - { name: ping, kind: windows-ping, from: station, to: 10.10.110.10 }\n'
  const client = (server: string): Edit => [
    FLOW,
    `  - { name: vpn, kind: openvpn, from: station, server: ${server}, to: 10.10.110.10 }\n`,
  ]

  it('connects to a server that there is', () => {
    expect(problemOf(client('10.10.199.254'), withServer('port: 1195'))).toMatch(
      /flows\[0\]\.server: no OpenVPN server is at 10\.10\.199\.254:1194; expected 10\.10\.199\.254:1195/,
    )
    expect(problemOf(client('10.10.199.254'))).toMatch(/expected a firewall with openvpn/)
  })

  it('pings what is behind the tunnel', () => {
    const server = withServer('localNetworks: [10.10.120.0/24]')
    expect(problemOf(client('10.10.199.254'), server)).toMatch(
      /flows\[0\]\.to: 10\.10\.110\.10 is not behind the tunnel; expected an address in 10\.10\.120\.0\/24 or 10\.20\.200\.0\/24/,
    )
  })
})
