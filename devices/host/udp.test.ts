import { describe, expect, it } from 'vitest'
import { fromAscii } from '../../protocols/bytes.ts'
import { CLIENT_IP, Cluster, SERVER_IP } from '../cluster.fixture.ts'
import { ip } from '../laboratory.fixture.ts'
import { hostOnCables, runningOf } from './host.fixture.ts'

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

  it('end where nobody listens', () => {
    const { cluster, client, server } = started()
    server.bind(TO.port, () => {})
    server.unbind(TO.port)
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
