import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { isPing } from './data-channel.ts'
import { type Sent, VpnLaboratory } from './openvpn.fixture.ts'
import { OPCODE } from './wire.ts'

/** A packet of which only the source address matters. */
function packetFrom(source: number): Uint8Array {
  const packet = new Uint8Array(40).fill(7)
  new DataView(packet.buffer).setUint32(12, source)
  return packet
}

function connected(...args: ConstructorParameters<typeof VpnLaboratory>): VpnLaboratory {
  const laboratory = new VpnLaboratory(...args)
  laboratory.client.start()
  laboratory.run(SECOND_NS)
  expect(laboratory.client.sessionName).toBeDefined()
  return laboratory
}

const isData = ({ opcode }: Sent): boolean => opcode === OPCODE.dataV2

describe('OpenVPN connection setup', () => {
  it('takes four round trips and sends resets, hellos, certificates, keys, options', () => {
    const { log, sent } = connected()
    expect(log).toEqual([
      '0 client: UDPv4 link remote: [AF_INET]10.10.210.253:1194',
      '10 server: 198.51.100.10:50001 TLS: Initial packet from [AF_INET]198.51.100.10:50001',
      '50 server: 198.51.100.10:50001 [vpn] Peer Connection Initiated with [AF_INET]198.51.100.10:50001',
      '60 client: [server] Peer Connection Initiated with [AF_INET]10.10.210.253:1194',
      '70 server: vpn/198.51.100.10:50001 MULTI_sva: pool returned IPv4=10.20.200.2, IPv6=(Not enabled)',
      '80 client: Initialization Sequence Completed',
    ])
    const messages = sent.filter(({ opcode }) => opcode !== OPCODE.ackV1)
    expect(messages.map(({ from, opcode }) => `${from} ${opcode}`).slice(0, 4)).toEqual([
      'client 7',
      'server 8',
      'client 4',
      'server 4',
    ])
    expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1250)
  })

  it('waits for the authentication', () => {
    const laboratory = new VpnLaboratory({ authenticationNs: SECOND_NS / 2 })
    laboratory.client.start()
    laboratory.run(SECOND_NS)
    expect(laboratory.log.at(-1)).toBe('580 client: Initialization Sequence Completed')
  })

  it('pushes the options of the server to the client', () => {
    expect(connected().configured).toMatchObject([
      { pingSeconds: 10, pingRestartSeconds: 60, peerId: 0, address: { length: 24 } },
    ])
  })

  it('retransmits after 2, 4, 8, 16 s and fails after 60 s', () => {
    const laboratory = new VpnLaboratory()
    laboratory.lose = () => true
    laboratory.client.start()
    laboratory.run(60.5 * SECOND_NS)
    expect(laboratory.sent.map(({ atMs }) => atMs)).toEqual([0, 2000, 6000, 14_000, 30_000])
    expect(laboratory.log.slice(1)).toEqual([
      '60000 client: TLS Error: TLS key negotiation failed to occur within 60 seconds (check your network connectivity)',
      '60000 client: TLS Error: TLS handshake failed',
      '60000 client: SIGUSR1[soft,tls-error] received, process restarting',
      '60000 client: Restart pause, 1 second(s)',
    ])
    laboratory.run(62 * SECOND_NS)
    expect(laboratory.log.at(-1)).toMatch('61000 client: UDPv4 link remote')
  })

  it('doubles the pause from the fifth failure on, up to 300 s', () => {
    const laboratory = new VpnLaboratory()
    laboratory.lose = () => true
    laboratory.client.start()
    laboratory.run(3000 * SECOND_NS)
    const pauses = laboratory.log.flatMap((line) => /pause, (\d+)/.exec(line)?.[1] ?? [])
    expect(pauses.slice(0, 15).map(Number)).toEqual([
      1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300,
    ])
  })

  it('succeeds when a third of all packets is lost', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (chances) => {
        const laboratory = new VpnLaboratory()
        laboratory.lose = (_sent, index) => (chances[index] ?? 255) < 85
        laboratory.client.start()
        laboratory.run(400 * SECOND_NS)
        expect(laboratory.client.sessionName).toBeDefined()
      }),
      { numRuns: 40 },
    )
  })

  it('fails when the secrets differ', () => {
    const laboratory = new VpnLaboratory({}, 'another')
    laboratory.client.start()
    laboratory.run(SECOND_NS)
    expect(laboratory.log).toContain('40 client: TLS Error: TLS handshake failed')
    expect(laboratory.configured).toEqual([])
  })
})

describe('OpenVPN connection', () => {
  it('carries packets in both directions', () => {
    const laboratory = connected()
    const address = laboratory.configured[0]?.address.address ?? 0
    const there = packetFrom(address)
    laboratory.fromClient(laboratory.client.seal(there) ?? new Uint8Array(0))
    laboratory.run(2 * SECOND_NS)
    expect(laboratory.serverGot.at(-1)).toEqual({ kind: 'packet', packet: there })
    const back = laboratory.server.findByAddress(address)?.seal(packetFrom(1))
    expect(laboratory.client.receive(back ?? there, { address: 0x0a0a_d2fd, port: 1194 })).toEqual({
      kind: 'packet',
      packet: packetFrom(1),
    })
  })

  it('refuses a replay, a damaged packet, another sender and another inner source', () => {
    const laboratory = connected()
    const address = laboratory.configured[0]?.address.address ?? 0
    const sealed = laboratory.client.seal(packetFrom(address)) ?? new Uint8Array(0)
    laboratory.fromClient(sealed)
    laboratory.fromClient(sealed)
    const damaged = laboratory.client.seal(packetFrom(address)) ?? new Uint8Array(0)
    damaged[30] = (damaged[30] ?? 0) ^ 1
    laboratory.fromClient(damaged)
    laboratory.fromClient(laboratory.client.seal(packetFrom(address + 1)) ?? damaged)
    laboratory.run(2 * SECOND_NS)
    expect(laboratory.serverGot.slice(-4)).toEqual([
      { kind: 'packet', packet: packetFrom(address) },
      { kind: 'refused', why: 'badSeal' },
      { kind: 'refused', why: 'badSeal' },
      { kind: 'refused', why: 'badSource' },
    ])
    const elsewhere = { address: 1, port: 1 }
    expect(laboratory.server.receive(sealed, elsewhere)).toEqual({
      kind: 'refused',
      why: 'noSession',
    })
  })

  it('has a ping from each end after 10 s without packets', () => {
    const laboratory = connected()
    laboratory.run(200 * SECOND_NS)
    const pings = laboratory.sent.filter(isData)
    expect(pings.slice(0, 4).map(({ from, atMs }) => `${from} ${atMs}`)).toEqual([
      'server 10070',
      'client 10080',
      'server 20070',
      'client 20080',
    ])
    // Only the encrypted ping.
    expect(new Set(pings.map(({ bytes }) => bytes))).toEqual(new Set([24 + 16]))
    expect(laboratory.log).toHaveLength(6)
  })

  it('times out at the client after 60 s, which connects again', () => {
    const laboratory = connected()
    laboratory.run(15 * SECOND_NS)
    laboratory.replaceServer()
    laboratory.run(80 * SECOND_NS)
    expect(laboratory.log.slice(6, 10)).toEqual([
      '70080 client: [server] Inactivity timeout (--ping-restart), restarting',
      '70080 client: SIGUSR1[soft,ping-restart] received, process restarting',
      '70080 client: Restart pause, 1 second(s)',
      '71080 client: UDPv4 link remote: [AF_INET]10.10.210.253:1194',
    ])
    expect(laboratory.log.at(-1)).toBe('71160 client: Initialization Sequence Completed')
    expect(laboratory.serverGot).toContainEqual({ kind: 'refused', why: 'noSession' })
  })

  it('times out at the server after 120 s', () => {
    const laboratory = connected()
    laboratory.lose = ({ from }) => from === 'client'
    laboratory.client.stop()
    laboratory.run(125 * SECOND_NS)
    expect(laboratory.log.slice(-2)).toEqual([
      '120090 server: vpn/198.51.100.10:50001 [vpn] Inactivity timeout (--ping-restart), restarting',
      '120090 server: vpn/198.51.100.10:50001 SIGUSR1[soft,ping-restart] received, client-instance restarting',
    ])
    expect(laboratory.server.findByAddress(laboratory.configured[0]?.address.address ?? 0)).toBe(
      undefined,
    )
  })
})

describe('OpenVPN server exit', () => {
  it('pushes RESTART to the clients and exits 2 s later', () => {
    const laboratory = connected()
    laboratory.server.stop()
    laboratory.run(2 * SECOND_NS - 1)
    expect(laboratory.log.slice(6)).toEqual([
      "1000 server: vpn/198.51.100.10:50001 SENT CONTROL [vpn]: 'RESTART' (status=1)",
      "1010 client: Connection reset command was pushed by server ('')",
      '1010 client: SIGUSR1[soft,server-pushed-connection-reset] received, process restarting',
      '1010 client: Restart pause, 1 second(s)',
    ])
    expect(laboratory.ended).toBe(false)
    laboratory.run(3 * SECOND_NS)
    expect(laboratory.ended).toBe(true)
  })

  it('is immediate without explicit-exit-notify or without clients', () => {
    const silent = connected({ exitNotify: false })
    silent.server.stop()
    expect(silent.ended).toBe(true)
    expect(silent.client.sessionName).toBeDefined()
    const lonely = new VpnLaboratory()
    lonely.server.stop()
    expect(lonely.ended).toBe(true)
  })
})

describe('OpenVPN client that reconnects', () => {
  it('replaces its earlier session and gets the same address', () => {
    const laboratory = connected()
    laboratory.client.stop()
    laboratory.client.start()
    laboratory.run(2 * SECOND_NS)
    expect(laboratory.log).toContain(
      "1070 server: MULTI: new connection by client 'vpn' will cause previous active sessions by this client to be dropped.",
    )
    const [first, second] = laboratory.configured
    expect(second).toEqual(first)
  })
})

describe('random bytes from an unknown sender', () => {
  it('are refused or accepted by OpenVPN without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), (bytes) => {
        const laboratory = connected()
        const remote = { address: 9, port: 9 }
        const received = laboratory.server.receive(bytes, remote)
        expect(['refused', 'taken']).toContain(received.kind)
        expect(laboratory.client.receive(bytes, remote).kind).toBe('refused')
      }),
      { numRuns: 60 },
    )
  })

  it('are not a keepalive ping', () => {
    expect(isPing(new Uint8Array(16))).toBe(false)
    expect(isPing(new Uint8Array(0))).toBe(false)
  })
})
