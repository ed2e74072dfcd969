import { fromAscii } from '../bytes.ts'
import type { WireError } from '../wire-error.ts'

/**
 * Messages of HTTP/1.1 (RFC 9112) whose bodies are as long as their Content-Length says: neither
 * chunks nor compression, which none of the programs here asks for.
 */

// --- Constants of the wire ---------------------------------------------------------------------

const VERSION = 'HTTP/1.1'
const LINE_END = '\r\n'
const HEAD_END = fromAscii('\r\n\r\n')
/** What nginx takes of a head by default, in round figures: four buffers of 8 KiB. */
export const HTTP_HEAD_LIMIT_BYTES = 32 * 1024
/** What pfSense's nginx takes of a body (client_max_body_size 200m). */
const HTTP_BODY_LIMIT_BYTES = 200 * 1024 * 1024

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) (HTTP\/\d\.\d)$/
const STATUS_LINE = /^(HTTP\/\d\.\d) ([1-5]\d\d)(?: ([\t -~\u0080-\u00ff]*))?$/
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\u0080-\u00ff]*?)[ \t]*$/
const CONTENT_LENGTH = /^\d{1,12}$/

// --- Parsed form -------------------------------------------------------------------------------

/** Fields by their names as sent, in their order. Content-Length is not among what is written. */
export type HttpFields = readonly (readonly [name: string, value: string])[]

export interface HttpRequest {
  readonly method: string
  /** The path, with a query if there is one. */
  readonly target: string
  readonly fields: HttpFields
  readonly body: Uint8Array
}

export interface HttpResponse {
  /** 100 to 599. */
  readonly status: number
  readonly reason: string
  readonly fields: HttpFields
  readonly body: Uint8Array
}

/** The value of a field, whose name is the same in capitals and not. */
export function fieldOf(fields: HttpFields, name: string): string | undefined {
  return fields.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1]
}

/** Where the head ends that `bytes` begin with, its empty line included; undefined: not yet. */
export function headEndOf(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(0x0d); at !== -1; at = bytes.indexOf(0x0d, at + 1)) {
    if (HEAD_END.every((byte, offset) => bytes[at + offset] === byte)) return at + HEAD_END.length
  }
  return undefined
}

/** What the head of a message says; `bodyBytes` is how much follows it. */
export type HttpHead<Message> = Omit<Message, 'body'> & { readonly bodyBytes: number }

/**
 * The head of a request, `bytes` being all of it.
 *
 * @returns why not: `truncated` without an empty line at the end, `badType` for what is no HTTP,
 *   `badVersion` for another version than 1.x, `badLength` for a Content-Length that is none
 */
export function parseRequestHead(bytes: Uint8Array): HttpHead<HttpRequest> | WireError {
  const lines = linesOf(bytes)
  if (typeof lines === 'string') return lines
  const [, method = '', target = '', version = ''] = REQUEST_LINE.exec(lines.first) ?? []
  if (method === '') return 'badType'
  if (!version.startsWith('HTTP/1.')) return 'badVersion'
  const fields = parseFields(lines.rest)
  if (fields === undefined) return 'badType'
  const bodyBytes = bodyLengthOf(fields)
  return bodyBytes === undefined ? 'badLength' : { method, target, fields, bodyBytes }
}

/** The head of a response, likewise. */
export function parseResponseHead(bytes: Uint8Array): HttpHead<HttpResponse> | WireError {
  const lines = linesOf(bytes)
  if (typeof lines === 'string') return lines
  const [, version = '', status = '', reason = ''] = STATUS_LINE.exec(lines.first) ?? []
  if (status === '') return 'badType'
  if (!version.startsWith('HTTP/1.')) return 'badVersion'
  const fields = parseFields(lines.rest)
  if (fields === undefined) return 'badType'
  const bodyBytes = bodyLengthOf(fields)
  return bodyBytes === undefined
    ? 'badLength'
    : { status: Number(status), reason, fields, bodyBytes }
}

function linesOf(bytes: Uint8Array): { first: string; rest: string[] } | WireError {
  if (headEndOf(bytes) !== bytes.length) return 'truncated'
  // One character a byte: what is not ASCII stays as it is, and the patterns judge it.
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  const [first = '', ...rest] = text.slice(0, -HEAD_END.length).split(LINE_END)
  return { first, rest }
}

function parseFields(lines: readonly string[]): HttpFields | undefined {
  const fields = lines.map((line) => FIELD_LINE.exec(line))
  if (fields.includes(null)) return undefined
  return fields.map((match) => [match?.[1] ?? '', match?.[2] ?? ''] as const)
}

/** A message that does not tell has no body; one told twice must agree (RFC 9112, section 6.3). */
function bodyLengthOf(fields: HttpFields): number | undefined {
  const told = fields.filter(([name]) => name.toLowerCase() === 'content-length')
  const [first = '0', ...others] = told.map(([, value]) => value)
  if (!CONTENT_LENGTH.test(first) || others.some((other) => other !== first)) return undefined
  const bytes = Number(first)
  return bytes <= HTTP_BODY_LIMIT_BYTES ? bytes : undefined
}

// --- To bytes ----------------------------------------------------------------------------------

export function writeRequest({ method, target, fields, body }: HttpRequest): Uint8Array {
  return writeMessage(`${method} ${target} ${VERSION}`, fields, body, body.length > 0)
}

export function writeResponse({ status, reason, fields, body }: HttpResponse): Uint8Array {
  return writeMessage(`${VERSION} ${status} ${reason}`, fields, body, true)
}

function writeMessage(
  first: string,
  fields: HttpFields,
  body: Uint8Array,
  tellsLength: boolean,
): Uint8Array {
  const length = tellsLength ? [['Content-Length', String(body.length)] as const] : []
  const lines = [...fields, ...length].map(([name, value]) => `${name}: ${value}`)
  const head = fromAscii([first, ...lines, '', ''].join(LINE_END))
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}
