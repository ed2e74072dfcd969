import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../engine/scheduler.ts'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { parseIpv4 } from '../addresses.ts'
import { fromAscii } from '../bytes.ts'
import { parseSegment } from './conversation.fixture.ts'
import type { TcpProgram } from './effects.ts'
import { TcpEndpoints, type TcpTuple } from './endpoints.ts'
import type { TcpConnection } from './machine.ts'
import { LINUX_TCP } from './parameters.ts'
import type { TcpSegment } from './segment.ts'
import { describeTcpFlags } from './wire.ts'

const address = (text: string): number => parseIpv4(text) as number
const CLIENT = address('10.10.110.10')
const SERVER = address('10.10.210.20')
const OTHER = address('10.10.210.21')

/** Two connected hosts; the server has two addresses. */
class TwoHosts {
  readonly scheduler = new Scheduler()
  readonly wire: string[] = []
  readonly heard: string[] = []
  readonly client: TcpEndpoints
  readonly server: TcpEndpoints
  #sequence = 1000

  constructor() {
    this.client = this.#host('client', () => this.server)
    this.server = this.#host('server', () => this.client)
  }

  /** A program that records its callbacks. */
  program = (name: string): TcpProgram => ({
    opened: () => this.heard.push(`${name} opened`),
    received: (bytes) => this.heard.push(`${name} received ${String.fromCharCode(...bytes)}`),
    acknowledged: () => {},
    ended: () => this.heard.push(`${name} ended`),
    closed: (end) => this.heard.push(`${name} closed ${end}`),
  })

  connect(remotePort: number, remoteAddress = SERVER): TcpConnection {
    const ends = { localAddress: CLIENT, remoteAddress, remotePort }
    return this.client.connect(ends, () => this.program('client'))
  }

  run(seconds: number): void {
    this.scheduler.runUntil(this.scheduler.nowNs + seconds * SECOND_NS)
  }

  #host(name: string, peer: () => TcpEndpoints): TcpEndpoints {
    const { scheduler } = this
    return new TcpEndpoints(LINUX_TCP, {
      get nowNs() {
        return scheduler.nowNs
      },
      timer: (handler) => scheduler.timer(handler),
      initialSequence: () => {
        this.#sequence += 100_000
        return this.#sequence
      },
      transmit: (tuple, segment) => {
        const ports = `${tuple.localPort} > ${tuple.remotePort}`
        this.wire.push(`${name} ${ports} ${describeTcpFlags(segment.flags)}`)
        const kept: TcpSegment = { ...segment, payload: segment.payload.slice() }
        scheduler.post(MILLISECOND_NS, () => peer().segmentArrived(reversed(tuple), kept), null)
      },
    })
  }
}

function reversed(tuple: TcpTuple): TcpTuple {
  return {
    localAddress: tuple.remoteAddress,
    localPort: tuple.remotePort,
    remoteAddress: tuple.localAddress,
    remotePort: tuple.localPort,
  }
}

describe('TCP listener', () => {
  it('accepts many connections, each with its own program', () => {
    const hosts = new TwoHosts()
    const tuples: TcpTuple[] = []
    hosts.server.listen(443, (connection, tuple) => {
      tuples.push(tuple)
      const program = hosts.program(`server ${tuple.remotePort}`)
      return { ...program, received: (bytes) => connection.send(bytes) }
    })
    const [first, second] = [hosts.connect(443), hosts.connect(443)]
    first.send(fromAscii('one'))
    second.send(fromAscii('two'))
    hosts.run(1)
    expect(hosts.heard.toSorted()).toEqual([
      'client opened',
      'client opened',
      'client received one',
      'client received two',
      'server 32768 opened',
      'server 32769 opened',
    ])
    expect(tuples[0]).toEqual({
      localAddress: SERVER,
      localPort: 443,
      remoteAddress: CLIENT,
      remotePort: 32_768,
    })
  })

  it('of one address has priority over a listener of any address', () => {
    const hosts = new TwoHosts()
    hosts.server.listen(443, () => hosts.program('any'))
    hosts.server.listen(443, () => hosts.program('other'), OTHER)
    hosts.server.listen(80, () => hosts.program('web'), OTHER)
    hosts.connect(443)
    hosts.connect(443, OTHER)
    hosts.connect(80)
    hosts.run(1)
    expect(hosts.heard.toSorted()).toEqual([
      'any opened',
      'client closed reset',
      'client opened',
      'client opened',
      'other opened',
    ])
  })

  it('is the only one at its port until it is closed; its connections stay', () => {
    const hosts = new TwoHosts()
    const listener = hosts.server.listen(443, () => hosts.program('server'))
    expect(() => hosts.server.listen(443, () => hosts.program('server'))).toThrow('one listens')
    const connection = hosts.connect(443)
    hosts.run(1)
    listener.close()
    connection.send(fromAscii('still there'))
    hosts.connect(443)
    hosts.run(1)
    expect(hosts.heard).toEqual([
      'client opened',
      'server opened',
      'server received still there',
      'client closed reset',
    ])
  })
})

describe('TCP segment for no connection', () => {
  const tuple = { localAddress: SERVER, localPort: 443, remoteAddress: CLIENT, remotePort: 5000 }

  it('is answered with a reset unless it is a reset', () => {
    const hosts = new TwoHosts()
    hosts.server.segmentArrived(tuple, parseSegment('P. 1000:1010 ack 77'))
    hosts.server.segmentArrived(tuple, parseSegment('S 1000'))
    hosts.server.segmentArrived(tuple, parseSegment('R 1000'))
    hosts.server.segmentArrived(tuple, parseSegment('R. 1000 ack 77'))
    expect(hosts.wire).toEqual(['server 443 > 5000 R', 'server 443 > 5000 R.'])
    hosts.run(1)
    expect(hosts.wire).toHaveLength(2)
  })

  it('opens a connection only if it is a plain SYN', () => {
    const hosts = new TwoHosts()
    hosts.server.listen(443, () => hosts.program('server'))
    for (const segment of ['S. 1000 ack 5', '. 1000 ack 5', 'F 1000', 'RS 1000']) {
      hosts.server.segmentArrived(tuple, parseSegment(segment))
      expect(hosts.server.find(tuple)).toBeUndefined()
    }
    hosts.server.segmentArrived(tuple, parseSegment('S 1000'))
    expect(hosts.server.find(tuple)?.state).toBe('SYN_RECEIVED')
  })
})

describe('TCP four-tuple', () => {
  const ends = { localAddress: CLIENT, localPort: 5000, remoteAddress: SERVER, remotePort: 443 }

  /** A connection of the client in TIME_WAIT. */
  function finished(hosts: TwoHosts): TcpConnection {
    hosts.server.listen(443, (server) => ({
      ...hosts.program('server'),
      ended: () => server.close(),
    }))
    const connection = hosts.client.connect(ends, () => hosts.program('client'))
    hosts.run(1)
    connection.close()
    hosts.run(1)
    expect(connection.state).toBe('TIME_WAIT')
    return connection
  }

  it('is in use until TIME_WAIT ends', () => {
    const hosts = new TwoHosts()
    finished(hosts)
    const connect = (): unknown => hosts.client.connect(ends, () => hosts.program('client'))
    expect(connect).toThrow('one connection at a time')
    hosts.run(60)
    expect(hosts.client.find(ends)).toBeUndefined()
    expect(connect).not.toThrow()
  })

  it('in TIME_WAIT is reused for a SYN with a higher sequence number (RFC 9293)', () => {
    const hosts = new TwoHosts()
    const connection = finished(hosts)
    hosts.client.listen(5000, () => hosts.program('again'))
    // From the server, whose initial sequence number was 201000.
    hosts.client.segmentArrived(ends, parseSegment('S 150000'))
    expect(hosts.client.find(ends)).toBe(connection)
    hosts.client.segmentArrived(ends, parseSegment('S 300000'))
    expect(connection.state).toBe('CLOSED')
    expect(hosts.client.find(ends)?.state).toBe('SYN_RECEIVED')
  })

  it('is free at once at the end without TIME_WAIT', () => {
    const hosts = new TwoHosts()
    finished(hosts)
    const there = { ...ends, localAddress: SERVER, localPort: 443 }
    expect(hosts.server.find({ ...there, remoteAddress: CLIENT, remotePort: 5000 })).toBeUndefined()
  })
})

describe('TCP ephemeral port', () => {
  it('is the next free port', () => {
    const hosts = new TwoHosts()
    const ends = { localAddress: CLIENT, remoteAddress: SERVER, remotePort: 443 }
    hosts.client.connect({ ...ends, localPort: 32_769 }, () => hosts.program('client'))
    const ports: number[] = []
    const note = (_: TcpConnection, tuple: TcpTuple): TcpProgram => {
      ports.push(tuple.localPort)
      return hosts.program('client')
    }
    for (let count = 0; count < 3; count++) hosts.client.connect(ends, note).abort()
    expect(ports).toEqual([32_768, 32_770, 32_771])
  })

  it('is reused after all others, but not while it is in use', () => {
    const hosts = new TwoHosts()
    const ends = { localAddress: CLIENT, remoteAddress: SERVER, remotePort: 443 }
    for (let port = 32_768; port <= 60_999; port++) hosts.connect(443)
    expect(() => hosts.connect(443)).toThrow('a host has a free port')
    hosts.client.find({ ...ends, localPort: 40_000 })?.abort()
    expect(() => hosts.connect(443)).not.toThrow()
    expect(() => hosts.connect(80)).not.toThrow()
  })
})

describe('TcpEndpoints.connect', () => {
  it('accepts other parameters than those of the host, such as no Nagle', () => {
    const hosts = new TwoHosts()
    hosts.server.listen(22, () => hosts.program('server'))
    const ends = { localAddress: CLIENT, remoteAddress: SERVER, remotePort: 22 }
    const connection = hosts.client.connect(ends, () => hosts.program('client'), { nagle: false })
    hosts.run(1)
    hosts.wire.length = 0
    connection.send(fromAscii('a'))
    connection.send(fromAscii('b'))
    expect(hosts.wire).toEqual(['client 32768 > 22 P.', 'client 32768 > 22 P.'])
  })
})
