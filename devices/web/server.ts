import type { RandomStream } from '../../engine/random.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import { requestReader } from '../../protocols/http/reader.ts'
import {
  type HttpFields,
  type HttpRequest,
  type HttpResponse,
  writeResponse,
} from '../../protocols/http/wire.ts'
import type { TcpListener } from '../../protocols/tcp/endpoints.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { RunningHost } from '../host/host.ts'
import { WebStream } from './stream.ts'

/** A response without what the server itself adds. */
export type WebReply = Pick<HttpResponse, 'status' | 'reason' | 'body'> & {
  readonly contentType: string
}

/** Answers a request, at once or later. */
export type WebHandler = (
  request: HttpRequest,
  from: Ipv4Address,
  reply: (reply: WebReply) => void,
) => void

const BAD_REQUEST: WebReply = {
  status: 400,
  reason: 'Bad Request',
  contentType: 'text/html',
  body: new Uint8Array(),
}

/**
 * A web server at a port of every address of a host, the virtual ones while they are its own. Each
 * connection is for one request: pages that ask for more are none here.
 *
 * @param draws for TLS; undefined: in the clear
 */
export function serveWeb(
  { tcp }: RunningHost,
  port: number,
  draws: RandomStream | undefined,
  handler: WebHandler,
): TcpListener {
  return tcp.endpoints.listen(port, (connection, { remoteAddress }) => {
    const reader = requestReader()
    let isOver = false
    const reply = (answer: WebReply): void => {
      if (isOver) return
      isOver = true
      stream.send(writeResponse({ ...answer, fields: fieldsOf(answer) }))
      stream.close()
    }
    const stream = new WebStream(connection, 'server', draws, {
      opened: () => {},
      received: (bytes) => {
        reader.add(bytes)
        const request = reader.next()
        if (request === undefined || isOver) return
        if (isWireError(request)) reply(BAD_REQUEST)
        else handler(request, remoteAddress, reply)
      },
      ended: () => connection.close(),
      closed: () => {
        isOver = true
      },
    })
    return stream
  })
}

function fieldsOf({ contentType }: WebReply): HttpFields {
  return [
    ['Server', 'nginx'],
    ['Content-Type', contentType],
    ['Connection', 'close'],
  ]
}
