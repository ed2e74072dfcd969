import { Inflow } from '../inflow.ts'
import { isWireError, type WireError } from '../wire-error.ts'
import {
  HTTP_HEAD_LIMIT_BYTES,
  type HttpHead,
  type HttpRequest,
  type HttpResponse,
  headEndOf,
  parseRequestHead,
  parseResponseHead,
} from './wire.ts'

/** Reads messages from a byte stream, which can be cut anywhere. */
class MessageReader<Message extends { readonly body: Uint8Array }> {
  #parse: (bytes: Uint8Array) => HttpHead<Message> | WireError
  #inflow = new Inflow()
  #head: HttpHead<Message> | undefined
  #error: WireError | undefined

  constructor(parse: (bytes: Uint8Array) => HttpHead<Message> | WireError) {
    this.#parse = parse
  }

  add(bytes: Uint8Array): void {
    this.#inflow.add(bytes)
  }

  /**
   * The next complete message; undefined while it is incomplete. After an error every call returns
   * this error, because the start of the next message is unknown.
   */
  next(): Message | WireError | undefined {
    if (this.#error !== undefined) return this.#error
    this.#head ??= this.#readHead()
    if (this.#error !== undefined) return this.#error
    if (this.#head === undefined || this.#inflow.length < this.#head.bodyBytes) return undefined
    const { message, bodyBytes } = this.#head
    this.#head = undefined
    return { ...message, body: this.#inflow.take(bodyBytes) }
  }

  #readHead(): HttpHead<Message> | undefined {
    const { waiting } = this.#inflow
    // A message starts with a letter. Other bytes, such as TLS, are refused at once.
    if (!isPrintable(waiting[0] ?? FIRST_PRINTABLE)) {
      this.#error = 'badType'
      return undefined
    }
    const end = headEndOf(waiting)
    if (end === undefined) {
      if (waiting.length > HTTP_HEAD_LIMIT_BYTES) this.#error = 'badLength'
      return undefined
    }
    const head = this.#parse(this.#inflow.take(end))
    if (!isWireError(head)) return head
    this.#error = head
    return undefined
  }
}

const FIRST_PRINTABLE = 0x21

function isPrintable(byte: number): boolean {
  return byte >= FIRST_PRINTABLE && byte <= 0x7e
}

export function requestReader(): MessageReader<HttpRequest> {
  return new MessageReader<HttpRequest>(parseRequestHead)
}

export function responseReader(): MessageReader<HttpResponse> {
  return new MessageReader<HttpResponse>(parseResponseHead)
}
