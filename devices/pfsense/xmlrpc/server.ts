import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Ipv4Address } from '../../../protocols/addresses.ts'
import { parseBasicAuthorization } from '../../../protocols/http/basic-auth.ts'
import { fieldOf, type HttpRequest } from '../../../protocols/http/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import {
  parseCall,
  writeResponse,
  XMLRPC_CONTENT_TYPE,
  type XmlRpcResponse,
} from '../../../protocols/xmlrpc/wire.ts'
import type { WebReply } from '../../web/server.ts'
import {
  FAULT_BAD_CREDENTIALS,
  FAULT_NO_PRIVILEGE,
  METHOD,
  METHOD_PREFIX,
  type WebGuiUser,
} from './settings.ts'

/** The effects of the methods on the node that is called, and their questions to it. */
export interface XmlRpcNode {
  readonly version: string
  readonly users: readonly WebGuiUser[]
  /** The address that this node synchronises to itself, if it does. */
  readonly synchronizesTo: Ipv4Address | undefined
  /** Takes sections in, and says when the answer may go. */
  restore(sections: XmlRpcStruct, from: Ipv4Address, done: () => void): void
  loopDetected(from: Ipv4Address): void
  /** Somebody was not let in. */
  refused(username: string, from: Ipv4Address, why: string): void
}

/** The fault codes of XML-RPC for a wrong call (xmlrpc-epi, "Fault Code Interoperability"). */
const FAULT_NOT_WELL_FORMED = -32_700
const FAULT_UNKNOWN_METHOD = -32_601
const FAULT_WRONG_PARAMETERS = -32_602

/** Answers the calls of the other node, one at a time (xmlrpc.php). */
export class XmlRpcServer {
  #node: XmlRpcNode
  /** The calls that wait for the lock. The first one holds it. */
  #queue: (() => void)[] = []

  constructor(node: XmlRpcNode) {
    this.#node = node
  }

  /** The reply to a POST to /xmlrpc.php. */
  handle(request: HttpRequest, from: Ipv4Address, reply: (reply: WebReply) => void): void {
    this.#queue.push(() =>
      this.#answer(request, from, (response) => {
        reply({
          status: 200,
          reason: 'OK',
          contentType: `${XMLRPC_CONTENT_TYPE}; charset=utf-8`,
          body: writeResponse(response),
        })
        this.#queue.shift()
        this.#queue[0]?.()
      }),
    )
    if (this.#queue.length === 1) this.#queue[0]?.()
  }

  #answer(
    request: HttpRequest,
    from: Ipv4Address,
    respond: (response: XmlRpcResponse) => void,
  ): void {
    const call = parseCall(request.body)
    if (isWireError(call)) {
      respond(faultOf(FAULT_NOT_WELL_FORMED, 'parse error. not well formed'))
      return
    }
    const refusal = this.#authenticate(request, from)
    if (refusal !== undefined) {
      respond(refusal)
      return
    }
    const { method, params } = call
    if (method === `${METHOD_PREFIX}${METHOD.version}`) respond({ value: this.#firmwareVersion() })
    else if (method === `${METHOD_PREFIX}${METHOD.restore}`) this.#restore(params, from, respond)
    else respond(faultOf(FAULT_UNKNOWN_METHOD, 'server error. method not found'))
  }

  #authenticate(request: HttpRequest, from: Ipv4Address): XmlRpcResponse | undefined {
    const credentials = parseBasicAuthorization(fieldOf(request.fields, 'Authorization') ?? '')
    const { username = '', password = '' } = credentials ?? {}
    const user = this.#node.users.find((each) => each.username === username)
    if (user === undefined || username === '' || user.password !== password) {
      this.#node.refused(username, from, 'Invalid username or password')
      const text = 'Authentication failed: Invalid username or password'
      return faultOf(FAULT_BAD_CREDENTIALS, text)
    }
    if (user.mayBeSynchronizedTo) return undefined
    this.#node.refused(username, from, 'not enough privileges')
    return faultOf(FAULT_NO_PRIVILEGE, 'Authentication failed: not enough privileges')
  }

  #firmwareVersion(): XmlRpcValue {
    const { version } = this.#node
    return {
      firmware: { version: '2.7.2-RELEASE' },
      kernel: { version: '14.0' },
      config_version: version,
    }
  }

  #restore(
    [sections]: readonly XmlRpcValue[],
    from: Ipv4Address,
    respond: (response: XmlRpcResponse) => void,
  ): void {
    if (!isStruct(sections)) {
      respond(faultOf(FAULT_WRONG_PARAMETERS, 'server error. invalid method parameters'))
      return
    }
    // The caller hears of success, though nothing is applied.
    if (this.#node.synchronizesTo === from) {
      this.#node.loopDetected(from)
      respond({ value: true })
      return
    }
    this.#node.restore(sections, from, () => respond({ value: true }))
  }
}

function faultOf(faultCode: number, faultString: string): XmlRpcResponse {
  return { fault: { faultCode, faultString } }
}

/** An empty page for whoever asks otherwise than by POST. */
export const NOT_A_CALL: WebReply = {
  status: 405,
  reason: 'Method Not Allowed',
  contentType: 'text/html',
  body: utf8ToBytes(''),
}
