import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { CLIENT_IP, Cluster, SERVER_IP } from '../cluster.fixture.ts'
import { runningOf } from '../host/host.fixture.ts'
import { ip } from '../laboratory.fixture.ts'
import { loopBack, MediaStream, type MediaStreamOptions } from './media-stream.ts'

const PORT = 16_384
const CALL: MediaStreamOptions = {
  local: { address: ip(CLIENT_IP), port: PORT },
  remote: { address: ip(SERVER_IP), port: PORT },
  source: 0x1234_5678,
  intervalNs: 20 * MILLISECOND_NS,
  codec: 'g711',
  timeoutNs: SECOND_NS,
}

function calling(options: Partial<MediaStreamOptions> = {}, { answered = true } = {}) {
  const cluster = new Cluster()
  cluster.start()
  cluster.runForSeconds(4)
  const client = runningOf(cluster.hosts.client)
  const server = runningOf(cluster.hosts.server)
  const heard: string[] = []
  const sizes: number[] = []
  if (answered) loopBack(server, CALL.remote)
  else server.udp.bind(PORT, (payload) => sizes.push(payload.length))
  const at = (timeNs: number) => Math.round((timeNs - 4 * SECOND_NS) / MILLISECOND_NS)
  const stream = new MediaStream(
    client,
    { ...CALL, ...options },
    {
      sending: (sequence) => heard.push(`sending ${sequence}`),
      sent: (probe, timeNs) => heard.push(`${at(timeNs)} sent ${probe}`),
      received: (probe, timeNs) => heard.push(`${at(timeNs)} received ${probe}`),
      duplicate: () => {},
      failed: (probe, timeNs, why) => heard.push(`${at(timeNs)} ${why} ${probe}`),
    },
  )
  return { cluster, client, stream, heard, sizes }
}

describe('a call', () => {
  it('sends at an even pace and hears what is looped back', () => {
    const { cluster, stream, heard } = calling()
    stream.start()
    cluster.runForSeconds(0.05)
    stream.stop()
    cluster.runForSeconds(1)
    expect(heard).toEqual([
      'sending 1',
      '0 sent 1',
      '0 received 1',
      'sending 2',
      '20 sent 2',
      '20 received 2',
      'sending 3',
      '40 sent 3',
      '40 received 3',
    ])
  })

  it('gives each packet up when its time is over, oldest first', () => {
    const { cluster, stream, heard } = calling(
      { intervalNs: 400 * MILLISECOND_NS },
      { answered: false },
    )
    stream.start()
    cluster.runForSeconds(1.5)
    expect(heard.filter((line) => !line.startsWith('sending'))).toEqual([
      '0 sent 1',
      '400 sent 2',
      '800 sent 3',
      '1000 timeout 1',
      '1200 sent 4',
      '1400 timeout 2',
    ])
  })

  it('carries as many bytes as its codec makes in that time', () => {
    for (const [codec, bytes] of [
      ['g711', 160],
      ['g729', 20],
    ] as const) {
      const { cluster, stream, sizes } = calling({ codec }, { answered: false })
      stream.start()
      cluster.runForSeconds(0.01)
      expect(sizes).toEqual([12 + bytes])
    }
  })

  it('is not heard by another stream, nor after its end', () => {
    const { cluster, client, stream, heard } = calling()
    stream.start()
    cluster.runForSeconds(0.01)
    const other = new Uint8Array(12)
    other[0] = 0x80
    runningOf(cluster.hosts.server).udp.send(CALL.remote, CALL.local, other)
    cluster.runForSeconds(0.001)
    stream.stop()
    expect(heard).toEqual(['sending 1', '0 sent 1', '0 received 1'])
    expect(client.udp.isBound(CALL.local.port)).toBe(false)
  })
})
