import { formatProblem } from '../schema/problem.ts'
import { readScenario } from './read.ts'

/** A small cluster for the tests: two firewalls, one server, one station on a physical switch. */
export const SMALL = `name: small
duration: 60s
topology:
  esxiHosts:
    - name: esx1
      vmnics:
        - { name: vmnic0, macAddress: "02:00:5e:00:53:01", connectedTo: { switch: sw1, port: Gi1/0/1 } }
      vswitches:
        - name: vSwitch0
          uplinks: [vmnic0]
          portGroups:
            - { name: TRUNK, vlanId: 4095 }
            - { name: SERVER, vlanId: 110 }
            - { name: CLIENT, vlanId: 120 }
  switches:
    - name: sw1
      ports:
        - { name: Gi1/0/1, mode: trunk, allowedVlans: [110, 199] }
        - { name: Gi1/0/2, mode: access, vlanId: 199 }
  firewalls:
    - name: fw1
      nics:
        - { name: vmx0, macAddress: "00:50:56:01:00:01", connectedTo: { esxiHost: esx1, portGroup: TRUNK } }
      interfaces:
        - { name: SERVER, nic: vmx0, vlanId: 110, address: 10.10.110.251/24 }
        - { name: MGMT, nic: vmx0, vlanId: 199, address: 10.10.199.251/24, gateway: 10.10.199.1 }
      virtualIps:
        - { interface: SERVER, vhid: 2, address: 10.10.110.254/24, password: secret-2 }
        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5 }
    - name: fw2
      nics:
        - { name: vmx0, macAddress: "00:50:56:02:00:01", connectedTo: { esxiHost: esx1, portGroup: TRUNK } }
      interfaces:
        - { name: SERVER, nic: vmx0, vlanId: 110, address: 10.10.110.252/24 }
        - { name: MGMT, nic: vmx0, vlanId: 199, address: 10.10.199.252/24 }
      virtualIps:
        - { interface: SERVER, vhid: 2, address: 10.10.110.254/24, password: secret-2, advskew: 100 }
        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5, advskew: 100 }
  hosts:
    - name: server
      os: windows
      nics:
        - { name: eth0, macAddress: "00:50:56:11:00:01", connectedTo: { esxiHost: esx1, portGroup: SERVER } }
      interfaces:
        - { name: eth0, nic: eth0, address: 10.10.110.10/24, gateway: 10.10.110.254 }
    - name: station
      os: windows
      nics:
        - { name: eth0, macAddress: "02:00:5e:00:53:11", connectedTo: { switch: sw1, port: Gi1/0/2 } }
      interfaces:
        - { name: eth0, nic: eth0, address: 10.10.199.10/24, gateway: 10.10.199.254 }
flows:
  - { name: ping, kind: windows-ping, from: station, to: 10.10.110.10 }
faults:
  - { kind: power-off, node: fw1, at: { from: 12s, to: 13s } }
  - { kind: power-on, node: fw1, at: 30s }
`

/** A text that stands in the small cluster, and what replaces it there, once. */
export type Edit = readonly [from: string, to: string]

export function edited(...edits: Edit[]): string {
  let text = SMALL
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`${from} is not in the small cluster`)
    text = text.replace(from, () => to)
  }
  return text
}

/** All problems of a text, as the command line prints them. */
export function problemsIn(text: string, overrides: readonly string[] = []): string[] {
  const result = readScenario(text, overrides)
  return result.ok ? [] : result.problems.map((problem) => formatProblem('small.yaml', problem))
}

/** The same for the small cluster with edits, as one text. */
export function problemOf(...edits: Edit[]): string {
  return problemsIn(edited(...edits)).join('\n')
}
