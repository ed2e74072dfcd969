import { describe, expect, it } from 'vitest'
import { fromAscii, toHex } from '../../protocols/bytes.ts'
import { CLIENT_IP, Cluster, SERVER_IP } from '../cluster.fixture.ts'
import { arp } from '../frames.fixture.ts'
import { ip } from '../laboratory.fixture.ts'
import { udpFrame } from '../segments.fixture.ts'
import { hostOnCables, PC_IP, PC_MAC, PEER_IP, PEER_MAC, runningOf } from './host.fixture.ts'

const FROM = { address: ip(CLIENT_IP), port: 40_000 }
const TO = { address: ip(SERVER_IP), port: 5_004 }

function started() {
  const cluster = new Cluster()
  cluster.start()
  cluster.runForSeconds(4)
  return {
    cluster,
    client: runningOf(cluster.hosts.client).udp,
    server: runningOf(cluster.hosts.server).udp,
  }
}

describe('datagrams through a firewall', () => {
  it('reach the program at the port, with both ends', () => {
    const { cluster, client, server } = started()
    const heard: string[] = []
    server.bind(TO.port, (payload, from, to) => {
      heard.push(`${String.fromCharCode(...payload)} ${from.port} ${to.port}`)
    })
    expect(client.send(FROM, TO, fromAscii('hello'))).toBeGreaterThan(0)
    cluster.runForSeconds(0.1)
    expect(heard).toEqual(['hello 40000 5004'])
    cluster.lab.world.assertFramesConserved()
  })

  it('reach the most particular of the sockets at their port', () => {
    const { cluster, client, server } = started()
    const heard: string[] = []
    const hear = (name: string) => () => void heard.push(name)
    const { address } = TO
    const closeConnected = server.bind(TO.port, hear('connected'), { address, remote: FROM })
    server.bind(TO.port, hear('any'))
    const closeBound = server.bind(TO.port, hear('bound'), { address })
    for (const close of [() => {}, closeConnected, closeBound]) {
      close()
      for (const port of [40_001, FROM.port]) {
        client.send({ ...FROM, port }, TO, fromAscii('hello'))
        cluster.runForSeconds(0.1)
      }
    }
    expect(heard).toEqual(['bound', 'connected', 'bound', 'bound', 'any', 'any'])
  })

  it('end where nobody listens', () => {
    const { cluster, client, server } = started()
    server.bind(TO.port, () => {})()
    client.send(FROM, TO, fromAscii('hello'))
    cluster.runForSeconds(0.1)
    expect(cluster.lab.world.frames.dropped.get('portClosed')).toBe(1)
  })

  it('are not sent without a route', () => {
    const { host } = hostOnCables()
    const to = { address: ip('192.0.2.1'), port: 1 }
    expect(runningOf(host).udp.send(FROM, to, new Uint8Array(0))).toBe(0)
  })
})

describe('a datagram that no program waits for', () => {
  const TO_PC = { to: PC_MAC, from: PEER_MAC }
  const PORTS = { sourcePort: 40_000, destinationPort: 5_004 }
  const asking = (system: 'linux' | 'windows' | 'freebsd') => {
    const made = hostOnCables({ system })
    made.peer().send(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
    made.lab.runForSeconds(0.1)
    const datagram = udpFrame(TO_PC, { source: PEER_IP, target: PC_IP }, PORTS, new Uint8Array(40))
    return { ...made, datagram, ask: () => made.exchange(datagram) }
  }

  it.each([
    ['linux', 68, 0xc0, 64],
    ['windows', 28, 0, 128],
    ['freebsd', 28, 0, 64],
  ] as const)(
    'is answered by port unreachable (%s quotes %i bytes)',
    (system, length, tos, ttl) => {
      const { ask, datagram, lab } = asking(system)
      expect(ask()).toMatchObject([
        {
          ipv4: { source: ip(PC_IP), destination: ip(PEER_IP), tos, ttl, dontFragment: false },
          icmp: { kind: 'unreachable', code: 3 },
          icmpBody: toHex(datagram.subarray(14, 14 + length)),
        },
      ])
      expect(lab.drops).toEqual(['portClosed at pc eth0'])
    },
  )

  it('on Linux six times at once, and then once a second', () => {
    const { ask, lab } = asking('linux')
    const answered = Array.from({ length: 8 }, () => ask().length)
    expect(answered).toEqual([1, 1, 1, 1, 1, 1, 0, 0])
    lab.runForSeconds(1)
    expect([ask().length, ask().length]).toEqual([1, 0])
    lab.runForSeconds(3)
    expect(Array.from({ length: 4 }, () => ask().length)).toEqual([1, 1, 1, 0])
  })

  it('on FreeBSD 200 times in a second', () => {
    const { ask, lab } = asking('freebsd')
    const answered = Array.from({ length: 202 }, () => ask().length)
    expect(answered.filter((count) => count === 1)).toHaveLength(200)
    lab.runForSeconds(1)
    expect(ask()).toHaveLength(1)
  })

  it.each([
    ['sent to everybody on the link', { to: 'ff:ff:ff:ff:ff:ff' }, {}],
    ['for the broadcast address', {}, { target: '10.0.0.255' }],
    ['for all', {}, { target: '255.255.255.255' }],
    ['from a group', {}, { source: '224.0.0.1' }],
    ['from nowhere', {}, { source: '0.0.0.0' }],
  ])('is not answered when it was %s', (_what, header, packet) => {
    const { exchange } = asking('linux')
    const text = { source: PEER_IP, target: PC_IP, ...packet }
    expect(exchange(udpFrame({ ...TO_PC, ...header }, text, PORTS))).toEqual([])
  })
})
