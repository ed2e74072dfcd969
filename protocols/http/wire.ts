import { fromAscii } from '../bytes.ts'
import { isWireError, type WireError } from '../wire-error.ts'

/**
 * HTTP/1.1 messages (RFC 9112) with Content-Length. Chunked and compressed bodies are not
 * supported.
 */

// --- Constants of the wire ---------------------------------------------------------------------

const VERSION = 'HTTP/1.1'
const LINE_END = '\r\n'
const HEAD_END = fromAscii('\r\n\r\n')
/** About the default limit of nginx for a head: four buffers of 8 KiB. */
export const HTTP_HEAD_LIMIT_BYTES = 32 * 1024
/** The limit of nginx on pfSense for a body (client_max_body_size 200m). */
const HTTP_BODY_LIMIT_BYTES = 200 * 1024 * 1024

const REQUEST_LINE =
  /^(?<method>[!#$%&'*+.^_`|~0-9A-Za-z-]+) (?<target>[!-~]+) (?<version>HTTP\/\d\.\d)$/
const STATUS_LINE =
  /^(?<version>HTTP\/\d\.\d) (?<status>[1-5]\d\d)(?: (?<reason>[\t -~\u0080-\u00ff]*))?$/
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\u0080-\u00ff]*?)[ \t]*$/
const NO_BODY = new Uint8Array(0)
const CONTENT_LENGTH = /^\d{1,12}$/

// --- Parsed form -------------------------------------------------------------------------------

/** Header fields in their order. The writers add Content-Length. */
export type HttpFields = readonly (readonly [name: string, value: string])[]

export interface HttpRequest {
  readonly method: string
  /** The path and the query. */
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

/** The value of a field; its name is not case-sensitive. */
export function fieldOf(fields: HttpFields, name: string): string | undefined {
  return fields.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1]
}

/** The end of the head at the start of `bytes`, with its empty line; undefined if incomplete. */
export function headEndOf(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(0x0d); at !== -1; at = bytes.indexOf(0x0d, at + 1)) {
    if (HEAD_END.every((byte, offset) => bytes[at + offset] === byte)) return at + HEAD_END.length
  }
  return undefined
}

/** A message whose body was not read yet. */
export interface HttpHead<Message> {
  readonly message: Message
  /** The length of the body. */
  readonly bodyBytes: number
}

/**
 * Parses a request head that fills `bytes`. Errors: `truncated` without an empty line at the end,
 * `badType` when it is not HTTP, `badVersion` unless 1.x, `badLength` for a wrong Content-Length.
 */
export function parseRequestHead(bytes: Uint8Array): HttpHead<HttpRequest> | WireError {
  const parsed = parseHead(bytes, REQUEST_LINE)
  if (isWireError(parsed)) return parsed
  const { first, fields, bodyBytes } = parsed
  const { method = '', target = '' } = first
  return { message: { method, target, fields, body: NO_BODY }, bodyBytes }
}

/** Parses a response head, with the errors of `parseRequestHead`. */
export function parseResponseHead(bytes: Uint8Array): HttpHead<HttpResponse> | WireError {
  const parsed = parseHead(bytes, STATUS_LINE)
  if (isWireError(parsed)) return parsed
  const { first, fields, bodyBytes } = parsed
  const { status, reason = '' } = first
  return { message: { status: Number(status), reason, fields, body: NO_BODY }, bodyBytes }
}

interface ParsedHead {
  /** The named groups of the first line. */
  readonly first: Readonly<Record<string, string | undefined>>
  readonly fields: HttpFields
  readonly bodyBytes: number
}

function parseHead(bytes: Uint8Array, firstLine: RegExp): ParsedHead | WireError {
  if (headEndOf(bytes) !== bytes.length) return 'truncated'
  // One character per byte: the patterns decide which bytes are allowed.
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  const [start = '', ...rest] = text.slice(0, -HEAD_END.length).split(LINE_END)
  const first = firstLine.exec(start)?.groups
  if (first === undefined) return 'badType'
  if (!first.version?.startsWith('HTTP/1.')) return 'badVersion'
  const fields = parseFields(rest)
  if (fields === undefined) return 'badType'
  const bodyBytes = bodyLengthOf(fields)
  return bodyBytes === undefined ? 'badLength' : { first, fields, bodyBytes }
}

function parseFields(lines: readonly string[]): HttpFields | undefined {
  const fields = lines.map((line) => FIELD_LINE.exec(line))
  if (fields.includes(null)) return undefined
  return fields.map((match) => [match?.[1] ?? '', match?.[2] ?? ''] as const)
}

/** 0 without Content-Length; repeated fields must be equal (RFC 9112, section 6.3). */
function bodyLengthOf(fields: HttpFields): number | undefined {
  const lengths = fields.filter(([name]) => name.toLowerCase() === 'content-length')
  const [first = '0', ...others] = lengths.map(([, value]) => value)
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
  withLength: boolean,
): Uint8Array {
  const length = withLength ? [['Content-Length', String(body.length)] as const] : []
  const lines = [...fields, ...length].map(([name, value]) => `${name}: ${value}`)
  const head = fromAscii([first, ...lines, '', ''].join(LINE_END))
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}
