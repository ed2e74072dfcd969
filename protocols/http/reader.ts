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

/** Puts the messages of a stream together, however the stream is cut. */
class MessageReader<Message extends { readonly body: Uint8Array }> {
  #parse: (bytes: Uint8Array) => HttpHead<Message> | WireError
  #inflow = new Inflow()
  #head: HttpHead<Message> | undefined
  #error: WireError | undefined

  constructor(parse: (bytes: Uint8Array) => HttpHead<Message> | WireError) {
    this.#parse = parse
  }

  /** Takes the next bytes in. */
  add(bytes: Uint8Array): void {
    this.#inflow.add(bytes)
  }

  /**
   * The next message that is complete; undefined: more must come first. After an error the stream
   * is of no use, since nobody knows where the next message begins.
   */
  next(): Message | WireError | undefined {
    if (this.#error !== undefined) return this.#error
    this.#head ??= this.#readHead()
    if (this.#error !== undefined) return this.#error
    if (this.#head === undefined || this.#inflow.length < this.#head.bodyBytes) return undefined
    const { bodyBytes, ...head } = this.#head
    this.#head = undefined
    return { ...head, body: this.#inflow.take(bodyBytes) } as unknown as Message
  }

  #readHead(): HttpHead<Message> | undefined {
    const { waiting } = this.#inflow
    // Both kinds of messages begin with letters: what does not, such as TLS, is told at once.
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

type HttpReader<Message> = Pick<
  MessageReader<Message & { readonly body: Uint8Array }>,
  'add' | 'next'
>

export function requestReader(): HttpReader<HttpRequest> {
  return new MessageReader<HttpRequest>(parseRequestHead)
}

export function responseReader(): HttpReader<HttpResponse> {
  return new MessageReader<HttpResponse>(parseResponseHead)
}
