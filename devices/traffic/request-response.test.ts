import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { CLIENT_IP, Cluster, SERVER_IP } from '../cluster.fixture.ts'
import { runningOf } from '../host/host.fixture.ts'
import { ip } from '../laboratory.fixture.ts'
import { RequestClient, type RequestResponseOptions, serveResponses } from './request-response.ts'

const TYPING: RequestResponseOptions = {
  target: ip(SERVER_IP),
  port: 22,
  requestBytes: 48,
  responseBytes: 48,
  intervalNs: SECOND_NS,
  afterResponse: false,
  timeoutNs: 20 * SECOND_NS,
  reconnectAfterNs: SECOND_NS,
}

function conversing(options: Partial<RequestResponseOptions> = {}) {
  const cluster = new Cluster()
  cluster.start()
  cluster.runForSeconds(4)
  const heard: string[] = []
  const at = (timeNs: number) => ((timeNs - 4 * SECOND_NS) / SECOND_NS).toFixed(1)
  const client = new RequestClient(
    runningOf(cluster.hosts.client),
    ip(CLIENT_IP),
    { ...TYPING, ...options },
    {
      sent: (probe, timeNs) => heard.push(`${at(timeNs)} sent ${probe}`),
      received: (probe, timeNs) => heard.push(`${at(timeNs)} received ${probe}`),
      duplicate: () => {},
      failed: (probe, timeNs) => heard.push(`${at(timeNs)} failed ${probe}`),
      sessionOpening: () => {},
      sessionOpened: (timeNs) => heard.push(`${at(timeNs)} opened`),
      sessionBroken: (timeNs, end) => heard.push(`${at(timeNs)} broken: ${end}`),
    },
  )
  return {
    cluster,
    client,
    heard,
    serve: () => serveResponses(runningOf(cluster.hosts.server), { ...TYPING, ...options }),
  }
}

describe('somebody who types', () => {
  it('sees each key echoed, a key an interval', () => {
    const { cluster, client, heard, serve } = conversing()
    serve()
    client.start()
    cluster.runForSeconds(2.5)
    client.stop()
    cluster.runForSeconds(1)
    expect(heard).toEqual([
      '0.0 opened',
      ...['0.0 sent 1', '0.0 received 1', '1.0 sent 2', '1.0 received 2'],
      ...['2.0 sent 3', '2.0 received 3'],
    ])
    expect(client.retransmissions).toBe(0)
  })

  it('types on while the echo is late, and gets it all', () => {
    const { cluster, client, heard, serve } = conversing()
    serve()
    client.start()
    cluster.runForSeconds(0.5)
    cluster.fw1.host.powerOff()
    cluster.runForSeconds(9)
    const received = heard.filter((line) => line.includes('received'))
    expect(received).toHaveLength(10)
    expect(client.longestStallNs).toBeGreaterThan(2 * SECOND_NS)
    expect(client.isOpen).toBe(true)
  })

  it('gives up in the end, and tries anew', () => {
    const { cluster, client, heard, serve } = conversing({ timeoutNs: 5 * SECOND_NS })
    serve()
    client.start()
    cluster.runForSeconds(0.5)
    cluster.hosts.server.powerOff()
    cluster.runForSeconds(12)
    expect(heard).toContain('6.0 broken: timedOut')
    expect(heard).toContain('6.0 failed 2')
    // The new SYN is not answered either.
    expect(heard).toContain('12.0 broken: timedOut')
    expect(heard.filter((line) => line.endsWith('opened'))).toHaveLength(1)
  })

  it('is told when nobody listens', () => {
    const { cluster, client, heard } = conversing()
    client.start()
    cluster.runForSeconds(0.5)
    expect(heard).toEqual(['0.0 broken: reset'])
  })
})

describe('a download', () => {
  it('asks for the next piece when the last one is there', () => {
    const piece = { afterResponse: true, responseBytes: 100_000, intervalNs: SECOND_NS / 10 }
    const { cluster, client, heard, serve } = conversing(piece)
    serve()
    client.start()
    cluster.runForSeconds(1)
    expect(heard.slice(1, 4)).toEqual(['0.0 sent 1', '0.0 received 1', '0.1 sent 2'])
    // Never two at once.
    for (const [index, line] of heard.slice(1).entries()) {
      expect(line).toContain(index % 2 === 0 ? 'sent' : 'received')
    }
    expect(heard.length).toBeGreaterThan(14)
  })
})

describe('a server that ends the session, and dies before it has heard the client do so', () => {
  it('gets no more requests; the client gives up, and opens the next session', () => {
    const { cluster, client, heard } = conversing()
    const { server } = cluster.hosts
    runningOf(server).tcp.endpoints.listen(22, (connection) => ({
      opened: () => {},
      received: () => connection.close(),
      acknowledged: () => {},
      ended: () => {},
      closed: () => {},
    }))
    client.start()
    // Its FIN is there, and the client's is not yet.
    cluster.lab.runFor(380_000)
    server.powerOff()
    cluster.runForSeconds(20.5)
    expect(heard).toEqual(['0.0 opened', '0.0 sent 1', '20.0 broken: timedOut', '20.0 failed 1'])
  })
})
