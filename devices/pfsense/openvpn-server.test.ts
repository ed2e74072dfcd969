import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { formatIpv4 } from '../../protocols/addresses.ts'
import { CLIENT_IP, Cluster, SERVER_IP } from '../cluster.fixture.ts'
import { runningOf } from '../host/host.fixture.ts'
import { ip } from '../laboratory.fixture.ts'
import { OpenVpnClientService } from '../openvpn/client.ts'
import type { OpenVpnSettings } from './openvpn-server.ts'

const VIP = '10.10.199.254'
const SETTINGS: OpenVpnSettings = {
  interface: 'MGMT',
  vhid: 5,
  address: ip(VIP),
  port: 1194,
  tunnel: { address: ip('10.20.200.1'), length: 24 },
  routes: [{ address: ip('10.10.110.0'), length: 24 }],
  keepaliveIntervalNs: 10 * SECOND_NS,
  keepaliveTimeoutNs: 60 * SECOND_NS,
  exitNotify: true,
  handshakeWindowNs: 60 * SECOND_NS,
  authenticationNs: 0,
  startDurationNs: 500 * MILLISECOND_NS,
  secret: 'secret',
}

function cluster() {
  const made = new Cluster({ openvpn: SETTINGS })
  const log: string[] = []
  made.lab.world.journal.listen(({ kind, node, text, timeNs }) => {
    if (kind === 'openvpn.server') log.push(`${(timeNs / SECOND_NS).toFixed(2)} ${node} ${text}`)
  })
  made.start()
  return { made, log }
}

const STARTED = 'openvpn server1: Initialization Sequence Completed'
const isServing = (made: Cluster, node: 'fw1' | 'fw2'): boolean =>
  made[node].host.findInterface('OpenVPN')?.enabled === true

describe('an OpenVPN server on a virtual IP', () => {
  it('starts where it is MASTER, a second after the event and as long as a start takes', () => {
    const { made, log } = cluster()
    made.runForSeconds(6)
    expect(log).toEqual([`4.50 fw1 ${STARTED}`])
    expect([isServing(made, 'fw1'), isServing(made, 'fw2')]).toEqual([true, false])
  })

  it('moves with the virtual IP, and stops where that is BACKUP', () => {
    const { made, log } = cluster()
    made.runForSeconds(6)
    made.fw1.enterMaintenance()
    made.runForSeconds(4)
    expect(log.slice(1)).toEqual([
      '8.00 fw1 openvpn server1: SIGTERM sent by openvpn_restart',
      '8.00 fw1 openvpn server1: SIGTERM[hard,] received, process exiting',
      `8.50 fw2 ${STARTED}`,
    ])
    expect([isServing(made, 'fw1'), isServing(made, 'fw2')]).toEqual([false, true])
  })

  it('is another process with other settings, and none without', () => {
    const { made, log } = cluster()
    made.runForSeconds(6)
    made.fw1.openvpn?.configure({
      ...SETTINGS,
      port: 1195,
      tunnel: { address: ip('10.20.0.1'), length: 24 },
    })
    made.runForSeconds(1)
    expect(log.slice(1)).toEqual([
      '6.00 fw1 openvpn server1: SIGTERM sent by openvpn_restart',
      '6.00 fw1 openvpn server1: SIGTERM[hard,] received, process exiting',
      `6.50 fw1 ${STARTED}`,
    ])
    const addresses = () =>
      made.fw1.host.findInterface('OpenVPN')?.addresses.map((each) => formatIpv4(each.address))
    expect(addresses()).toEqual(['10.20.0.1'])
    made.fw1.openvpn?.configure(undefined)
    made.runForSeconds(5)
    expect([isServing(made, 'fw1'), addresses()]).toEqual([false, []])
  })

  it('is not moved by another virtual IP', () => {
    const { made, log } = cluster()
    made.runForSeconds(6)
    made.fw1.disableInterface('WAN')
    made.runForSeconds(6)
    expect(log).toHaveLength(1)
  })

  it('is not started by an event that is outdated when its script runs', () => {
    const { made, log } = cluster()
    made.runForSeconds(3.5)
    made.fw1.disableInterface('MGMT')
    made.runForSeconds(1)
    expect(log).toEqual([])
  })

  it('dies with its node, and a new one comes with the next boot', () => {
    const { made, log } = cluster()
    made.runForSeconds(6)
    made.fw1.host.powerOff()
    made.fw2.host.powerOff()
    made.fw1.host.powerOn()
    made.runForSeconds(7)
    // A boot of 1 s, 3 s until MASTER, 1.5 s until it serves.
    expect(log).toEqual([`4.50 fw1 ${STARTED}`, `11.50 fw1 ${STARTED}`])
    made.lab.world.assertFramesConserved()
  })
})

describe('a client of it', () => {
  function connected() {
    const { made } = cluster()
    made.runForSeconds(6)
    const running = runningOf(made.hosts.client)
    const addresses: string[] = []
    const client = new OpenVpnClientService(
      made.lab.world,
      running,
      ip(CLIENT_IP),
      {
        remote: { address: ip(VIP), port: 1194 },
        secret: 'secret',
        username: 'client',
        handshakeWindowNs: 60 * SECOND_NS,
        retryNs: SECOND_NS,
        retryMaxNs: 300 * SECOND_NS,
      },
      { configured: (address) => addresses.push(formatIpv4(address)) },
    )
    client.start()
    made.runForSeconds(0.5)
    return { made, running, client, addresses }
  }

  it('has an address, a route, and a way to the networks behind', () => {
    const { made, running, addresses } = connected()
    expect(addresses).toEqual(['10.20.200.2'])
    expect(running.stack.routes.lookUp(ip(SERVER_IP))?.out.systemName).toBe('tun0')
    const heard: string[] = []
    runningOf(made.hosts.server).udp.bind(9, (_payload, from) => {
      heard.push(formatIpv4(from.address))
    })
    const from = { address: ip('10.20.200.2'), port: 9 }
    running.udp.send(from, { address: ip(SERVER_IP), port: 9 }, Uint8Array.of(1))
    made.runForSeconds(0.1)
    expect(heard).toEqual(['10.20.200.2'])
    made.lab.world.assertFramesConserved()
  })

  it('that stops takes its interface and routes away', () => {
    const { running, client } = connected()
    client.stop()
    expect(running.stack.routes.lookUp(ip(SERVER_IP))?.out.systemName).toBe('eth0')
    expect(running.stack.findLocal(ip('10.20.200.2'))).toBeUndefined()
  })

  it('does not send what carries the tunnel through the tunnel', () => {
    const { made, running } = connected()
    running.stack.routes.replace(
      [],
      [{ to: { address: ip(VIP), length: 32 }, via: ip('10.20.200.1') }],
    )
    const from = { address: ip('10.20.200.2'), port: 9 }
    running.udp.send(from, { address: ip(VIP), port: 9 }, Uint8Array.of(1))
    expect(made.lab.world.frames.dropped.get('noRoute')).toBe(1)
  })

  it('that knows no session loses what it is given, and so does a server', () => {
    const { made, running, client } = connected()
    client.machine.stop()
    const from = { address: ip('10.20.200.2'), port: 9 }
    running.udp.send(from, { address: ip(SERVER_IP), port: 9 }, Uint8Array.of(1))
    expect(made.lab.world.frames.dropped.get('tunnelDown')).toBe(1)
    runningOf(made.fw1.host).udp.send(
      { address: ip('10.20.200.1'), port: 9 },
      { address: ip('10.20.200.77'), port: 9 },
      Uint8Array.of(1),
    )
    expect(made.lab.world.frames.dropped.get('openvpnNoSession')).toBe(1)
  })
})
