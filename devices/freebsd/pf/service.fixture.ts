import { arp } from '../../frames.fixture.ts'
import { hostOnCables } from '../../host/host.fixture.ts'
import { ip, prefix } from '../../laboratory.fixture.ts'
import type { FilterSettings } from '../../pfsense/pf-configuration.ts'
import { ANYWHERE } from './rule.ts'
import { PfService } from './service.ts'

/** A firewall on three cables: two WANs, each with a gateway, and a LAN with a server. */

export const MACS = {
  wan1: '00:50:56:01:00:01',
  wan2: '00:50:56:01:00:02',
  lan: '00:50:56:01:00:03',
  gateway1: '02:00:00:00:01:01',
  gateway2: '02:00:00:00:02:01',
  server: '02:00:00:00:03:10',
} as const

export const OWN = { wan1: '198.51.100.2', wan2: '192.0.2.2', lan: '10.0.3.1' } as const
export const VIP = '198.51.100.3'
export const GATEWAY1 = '198.51.100.1'
export const GATEWAY2 = '192.0.2.1'
export const SERVER = '10.0.3.10'
export const STRANGER = '203.0.113.77'

/** The LAN may go anywhere. */
export const LAN_RULE = {
  interface: 'LAN',
  rule: {
    action: 'pass',
    source: { where: { kind: 'network', prefix: prefix('10.0.3.0/24') } },
    destination: ANYWHERE,
    description: 'LAN',
    tracker: 1,
  },
} as const

export function filterSettings(settings: Partial<FilterSettings> = {}): FilterSettings {
  return {
    hostId: 1,
    statePolicy: 'floating',
    aliases: new Map(),
    floatingRules: [],
    rules: [LAN_RULE],
    portForwards: [],
    outboundNat: { mode: 'disabled', rules: [] },
    antiLockoutPorts: [443, 80],
    gateways: new Map([
      ['WAN1', ip(GATEWAY1)],
      ['WAN2', ip(GATEWAY2)],
    ]),
    ...settings,
  }
}

/** Known to the rules only: CARP does not run. */
const VIRTUAL_IP = {
  interface: 'WAN1',
  vhid: 1,
  address: prefix(`${VIP}/24`),
  description: '',
  password: 'secret',
  advbaseSeconds: 1,
  advskew: 0,
}

/** It knows its neighbours, and they it. */
export function firewallOnCables(settings: Partial<FilterSettings> = {}) {
  let service: PfService | undefined
  const made = hostOnCables(
    {
      name: 'fw',
      system: 'freebsd',
      forwarding: true,
      nics: { vmx0: MACS.wan1, vmx1: MACS.wan2, vmx2: MACS.lan },
      interfaces: [
        { name: 'WAN1', nic: 'vmx0', address: `${OWN.wan1}/24` },
        { name: 'WAN2', nic: 'vmx1', address: `${OWN.wan2}/24` },
        { name: 'LAN', nic: 'vmx2', address: `${OWN.lan}/24` },
      ],
      routes: { '0.0.0.0/0': GATEWAY1 },
    },
    ({ world }) =>
      ({ stack }) => {
        service = new PfService(world, stack, filterSettings(settings), [VIRTUAL_IP])
        return {}
      },
  )
  service?.enable()
  const greet = (nic: string, senderMac: string, senderIp: string, targetIp: string) =>
    made.peer(nic).send(arp({ senderMac, senderIp, targetIp }))
  greet('vmx0', MACS.gateway1, GATEWAY1, OWN.wan1)
  greet('vmx1', MACS.gateway2, GATEWAY2, OWN.wan2)
  greet('vmx2', MACS.server, SERVER, OWN.lan)
  made.lab.runForSeconds(0.1)
  const { stack } = made.running()

  /** What came out, raw, by cable. */
  const send = (bytes: Uint8Array, nic: string) => {
    for (const each of ['vmx0', 'vmx1', 'vmx2']) made.peer(each).takeReceived()
    made.peer(nic).send(bytes)
    made.lab.runFor(1_000_000)
    return ['vmx0', 'vmx1', 'vmx2'].flatMap((each) =>
      made
        .peer(each)
        .takeReceived()
        .map((hex) => ({ nic: each, hex })),
    )
  }
  return { ...made, stack, send, filter: () => service?.filter }
}

export const fromGateway1 = { to: MACS.wan1, from: MACS.gateway1 }
export const fromGateway2 = { to: MACS.wan2, from: MACS.gateway2 }
export const fromServer = { to: MACS.lan, from: MACS.server }
