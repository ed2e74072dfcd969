import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { fromAscii } from '../../protocols/bytes.ts'
import type { TcpProgram } from '../../protocols/tcp/effects.ts'
import { CLIENT_IP, Cluster, SERVER_IP } from '../cluster.fixture.ts'
import { ip } from '../laboratory.fixture.ts'
import { runningOf } from './host.fixture.ts'

/** TCP between two hosts, through switches and a firewall that forwards. */

/** A program that writes down what it hears. */
class Listener implements TcpProgram {
  readonly heard: string[] = []
  bytes = 0
  onReceived: (bytes: Uint8Array) => void = () => {}

  opened(): void {
    this.heard.push('opened')
  }

  received(bytes: Uint8Array): void {
    this.bytes += bytes.length
    this.onReceived(bytes)
  }

  acknowledged(): void {}

  ended(): void {
    this.heard.push('ended')
  }

  closed(end: string): void {
    this.heard.push(`closed: ${end}`)
  }
}

function converse() {
  const cluster = new Cluster()
  cluster.start()
  cluster.runForSeconds(4)
  const server = runningOf(cluster.hosts.server).tcp.endpoints
  const client = runningOf(cluster.hosts.client).tcp.endpoints
  const ends = { localAddress: ip(CLIENT_IP), remoteAddress: ip(SERVER_IP), remotePort: 22 }
  return { cluster, server, client, ends }
}

describe('a connection through a firewall', () => {
  it('carries bytes both ways and closes', () => {
    const { cluster, server, client, ends } = converse()
    const atServer = new Listener()
    const atClient = new Listener()
    server.listen(22, (connection) => {
      atServer.onReceived = (bytes) => connection.send(bytes)
      atServer.ended = () => connection.close()
      return atServer
    })
    const connection = client.connect(ends, () => atClient)
    cluster.runForSeconds(0.1)
    expect(connection.state).toBe('ESTABLISHED')
    connection.send(new Uint8Array(100_000))
    cluster.runForSeconds(1)
    expect([atServer.bytes, atClient.bytes]).toEqual([100_000, 100_000])
    expect(connection.statistics.retransmissions).toBe(0)
    connection.close()
    cluster.runForSeconds(1)
    expect(atServer.heard).toContain('opened')
    expect(atServer.heard.at(-1)).toBe('closed: finished')
    cluster.runForSeconds(61)
    expect(atClient.heard).toEqual(['opened', 'ended', 'closed: finished'])
    cluster.lab.world.assertFramesConserved()
  })

  it('is refused by a port where nobody listens', () => {
    const { cluster, client, ends } = converse()
    const atClient = new Listener()
    client.connect(ends, () => atClient)
    cluster.runForSeconds(0.1)
    expect(atClient.heard).toEqual(['closed: reset'])
  })

  it('outlives a failover where no packet filter asks for a state', () => {
    const { cluster, server, client, ends } = converse()
    const atServer = new Listener()
    server.listen(22, () => atServer)
    const connection = client.connect(ends, () => new Listener())
    cluster.runForSeconds(1)
    cluster.fw1.host.powerOff()
    connection.send(fromAscii('are you there?'))
    cluster.runForSeconds(10)
    expect(atServer.bytes).toBe(14)
    // 0.2 s doubled again and again until the segment finds the new MASTER: no later than that.
    const { longestStallNs, retransmissions } = connection.statistics
    expect(longestStallNs).toBeGreaterThan(2.3 * SECOND_NS)
    expect(longestStallNs).toBeLessThan(7 * SECOND_NS)
    expect(retransmissions).toBeGreaterThanOrEqual(4)
  })

  it('is gone with the power of its host', () => {
    const { cluster, server, client, ends } = converse()
    const atClient = new Listener()
    server.listen(22, () => new Listener())
    const connection = client.connect(ends, () => atClient)
    cluster.runForSeconds(1)
    cluster.hosts.server.powerOff()
    cluster.hosts.server.powerOn()
    cluster.runForSeconds(2)
    connection.send(fromAscii('hello again'))
    cluster.runForSeconds(1)
    expect(atClient.heard).toEqual(['opened', 'closed: reset'])
  })
})
