import type { RandomStream } from '../../../engine/random.ts'
import type { Nanoseconds } from '../../../engine/time.ts'
import { SECOND_NS } from '../../../engine/time.ts'
import { formatIpv4 } from '../../../protocols/addresses.ts'
import { basicAuthorization, type Credentials } from '../../../protocols/http/basic-auth.ts'
import type { HttpRequest, HttpResponse } from '../../../protocols/http/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import type { XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import {
  parseResponse,
  writeCall,
  XMLRPC_CONTENT_TYPE,
  type XmlRpcFault,
} from '../../../protocols/xmlrpc/wire.ts'
import type { RunningHost } from '../../host/host.ts'
import { WebExchange, type WebFailure, type WebTarget } from '../../web/client.ts'
import { METHOD_PREFIX, XMLRPC_ATTEMPTS, XMLRPC_PATH, XMLRPC_RETRY_NS } from './settings.ts'

/** How a call ended, all its attempts included. */
export type CallOutcome =
  | { readonly value: XmlRpcValue; readonly attempts: number }
  | {
      readonly error: string
      readonly fault: XmlRpcFault | undefined
      readonly attempts: number
    }

export interface CallObserver {
  /** An attempt begins; the first is 1. */
  attempting(method: string, attempt: number): void
  /** It failed; whether another one follows. */
  failed(method: string, attempt: number, error: string, isLast: boolean): void
}

/** The messages of PHP's sockets. */
const FAILURE_TEXTS: Record<WebFailure, string> = {
  noRoute: 'Error: No route to host',
  connectTimeout: 'Error: Operation timed out',
  refused: 'Error: Connection refused',
  reset: 'Error: Connection reset by peer',
  timeout: 'Request timed out',
  malformed: 'Malformed response',
}

/** Calls methods of the other node (xmlrpc_client.inc). It dies with the node that calls. */
export class XmlRpcClient {
  readonly url: string
  #host: RunningHost
  #target: WebTarget
  #credentials: Credentials
  #connectTimeoutNs: Nanoseconds
  #draws: RandomStream
  #observer: CallObserver

  constructor(
    host: RunningHost,
    target: WebTarget,
    settings: Credentials & { readonly connectTimeoutNs: Nanoseconds },
    draws: RandomStream,
    observer: CallObserver,
  ) {
    this.#host = host
    this.#target = target
    this.#credentials = settings
    this.#connectTimeoutNs = settings.connectTimeoutNs
    this.#draws = draws
    this.#observer = observer
    const scheme = target.secure ? 'https' : 'http'
    this.url = `${scheme}://${formatIpv4(target.address)}:${target.port}${XMLRPC_PATH}`
  }

  /** Calls a method, again and again if need be. */
  call(
    method: string,
    params: readonly XmlRpcValue[],
    timeoutSeconds: number,
    done: (outcome: CallOutcome) => void,
  ): void {
    const body = writeCall({ method: `${METHOD_PREFIX}${method}`, params })
    const timeoutNs = timeoutSeconds * SECOND_NS
    let attempt = 0
    const retry = this.#host.stack.timer(() => attemptOnce())
    const attemptOnce = (): void => {
      attempt += 1
      this.#observer.attempting(method, attempt)
      this.#exchange(body, timeoutNs, (answer) => {
        if ('value' in answer) {
          done({ ...answer, attempts: attempt })
          return
        }
        const error = `${answer.problem} ${method}: ${answer.error}`
        const isLast = attempt === XMLRPC_ATTEMPTS
        this.#observer.failed(method, attempt, error, isLast)
        if (isLast) done({ error, fault: answer.fault, attempts: attempt })
        else retry.arm(XMLRPC_RETRY_NS)
      })
    }
    attemptOnce()
  }

  #exchange(body: Uint8Array, timeoutNs: Nanoseconds, done: (answer: Answer) => void): void {
    const request: HttpRequest = {
      method: 'POST',
      target: XMLRPC_PATH,
      fields: [
        ['Host', formatIpv4(this.#target.address)],
        ['Authorization', basicAuthorization(this.#credentials)],
        ['Content-Type', XMLRPC_CONTENT_TYPE],
        ['User-Agent', 'PEAR::XML_RPC2/1.1.5'],
        ['Connection', 'close'],
      ],
      body,
    }
    const patience = { connectTimeoutNs: this.#connectTimeoutNs, timeoutNs }
    new WebExchange(this.#host, this.#target, request, patience, this.#draws, {
      answered: (response) => done(readAnswer(response)),
      failed: (why) => {
        const transport = this.#target.secure ? 'tls' : 'tcp'
        const to = `${transport}://${formatIpv4(this.#target.address)}:${this.#target.port}`
        const error = `Unable to connect to ${to}. ${FAILURE_TEXTS[why]}`
        done({ problem: COMMUNICATIONS_ERROR, error, fault: undefined })
      },
    })
  }
}

type Answer =
  | { readonly value: XmlRpcValue }
  | { readonly problem: string; readonly error: string; readonly fault: XmlRpcFault | undefined }

const COMMUNICATIONS_ERROR =
  'A communications error occurred while attempting to call XMLRPC method'
const EXCEPTION = 'Exception calling XMLRPC method'

function readAnswer({ status, reason, body }: HttpResponse): Answer {
  if (status !== 200) {
    return { problem: EXCEPTION, error: `${status} ${reason}`, fault: undefined }
  }
  const response = parseResponse(body)
  if (isWireError(response)) {
    return { problem: EXCEPTION, error: 'the response is no XML-RPC', fault: undefined }
  }
  if ('value' in response) return response
  const { fault } = response
  return { problem: EXCEPTION, error: `#${fault.faultCode} : ${fault.faultString}`, fault }
}
