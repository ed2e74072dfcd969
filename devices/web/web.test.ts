import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { fromAscii } from '../../protocols/bytes.ts'
import { Cluster, SERVER_IP } from '../cluster.fixture.ts'
import { runningOf } from '../host/host.fixture.ts'
import { ip } from '../laboratory.fixture.ts'
import { WebExchange } from './client.ts'
import { serveWeb, type WebHandler } from './server.ts'

const GET = { method: 'GET', target: '/', fields: [], body: new Uint8Array() }
const PAGE = { status: 200, reason: 'OK', contentType: 'text/html' }
const PATIENCE = { connectTimeoutNs: 2 * SECOND_NS, timeoutNs: 3 * SECOND_NS }

/** A browser on one side of the cluster and a server on the other. */
function browsing({ secure = false, port = 80, target = SERVER_IP } = {}) {
  const cluster = new Cluster()
  cluster.start()
  cluster.runForSeconds(4)
  const { world } = cluster.lab
  const heard: string[] = []
  const tell = (what: string): void => {
    heard.push(`${((world.nowNs - 4 * SECOND_NS) / SECOND_NS).toFixed(1)} ${what}`)
  }
  return {
    cluster,
    heard,
    server: runningOf(cluster.hosts.server),
    serve: (handler: WebHandler, isSecure = secure) =>
      serveWeb(
        runningOf(cluster.hosts.server),
        port,
        isSecure ? world.random.stream('server') : undefined,
        handler,
      ),
    browse: () =>
      new WebExchange(
        runningOf(cluster.hosts.client),
        { address: ip(target), port, secure },
        GET,
        PATIENCE,
        world.random.stream('client'),
        {
          answered: ({ status, body }) => tell(`${status}, ${body.length} bytes`),
          failed: (why) => tell(why),
        },
      ),
  }
}

const big: WebHandler = (_request, _from, reply) => reply({ ...PAGE, body: new Uint8Array(50_000) })

describe('a page', () => {
  it.each([false, true])('comes whole, however many segments it takes (TLS: %s)', (secure) => {
    const { cluster, heard, serve, browse } = browsing({ secure })
    serve(big)
    browse()
    cluster.runForSeconds(5)
    expect(heard).toEqual(['0.0 200, 50000 bytes'])
  })

  it('may be answered later', () => {
    const { cluster, heard, serve, browse, server } = browsing()
    serve((_request, _from, reply) => {
      server.stack.timer(() => reply({ ...PAGE, body: fromAscii('late') })).arm(2 * SECOND_NS)
    })
    browse()
    cluster.runForSeconds(5)
    expect(heard).toEqual(['2.0 200, 4 bytes'])
  })

  it.each([
    ['refused', 'nobody listens', () => {}],
    ['timeout', 'nobody answers', ({ serve }: ReturnType<typeof browsing>) => void serve(() => {})],
    [
      'reset',
      'it is cut',
      ({ server }: ReturnType<typeof browsing>) => {
        server.tcp.endpoints.listen(80, (connection) => ({
          opened: () => {},
          received: () => connection.abort(),
          acknowledged: () => {},
          ended: () => {},
          closed: () => {},
        }))
      },
    ],
    [
      'malformed',
      'it is no HTTP',
      ({ server }: ReturnType<typeof browsing>) => {
        server.tcp.endpoints.listen(80, (connection) => ({
          opened: () => connection.send(fromAscii('SSH-2.0-OpenSSH_9.7\r\n\r\n')),
          received: () => {},
          acknowledged: () => {},
          ended: () => {},
          closed: () => {},
        }))
      },
    ],
  ])('%s when %s', (why, _, prepare) => {
    const web = browsing()
    prepare(web)
    web.browse()
    web.cluster.runForSeconds(6)
    expect(web.heard.map((line) => line.split(' ')[1])).toEqual([why])
  })

  it('is malformed when TLS meets what is none, and given up the other way round', () => {
    const sealed = browsing({ secure: true })
    sealed.serve(big, false)
    sealed.browse()
    sealed.cluster.runForSeconds(6)
    // What the server says to a ClientHello is an error page.
    expect(sealed.heard).toEqual(['0.0 malformed'])
    const clear = browsing()
    clear.serve(big, true)
    clear.browse()
    clear.cluster.runForSeconds(6)
    expect(clear.heard).toEqual(['0.0 reset'])
  })

  it('is given up when nobody is there', () => {
    const { cluster, heard, browse } = browsing({ target: '10.10.110.77' })
    browse()
    cluster.runForSeconds(6)
    expect(heard).toEqual(['2.0 connectTimeout'])
  })

  it('is no matter once the browser was closed', () => {
    const { cluster, heard, serve, browse } = browsing()
    serve(big)
    browse().abort()
    cluster.runForSeconds(6)
    expect(heard).toEqual([])
  })
})
