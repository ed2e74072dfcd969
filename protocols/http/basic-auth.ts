import { bytesToUtf8 } from '@noble/ciphers/utils.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/** HTTP basic authentication (RFC 7617), with Base64 (RFC 4648, section 4). */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const CREDENTIALS = /^Basic +([A-Za-z0-9+/]*={0,2})$/i

export interface Credentials {
  /** Must not contain a colon. */
  readonly username: string
  readonly password: string
}

/** The value of the Authorization field. */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${toBase64(utf8ToBytes(`${username}:${password}`))}`
}

/** Parses the value of the Authorization field; undefined when it is not valid. */
export function parseBasicAuthorization(value: string): Credentials | undefined {
  const encoded = CREDENTIALS.exec(value)?.[1]
  const bytes = encoded === undefined ? undefined : fromBase64(encoded)
  if (bytes === undefined) return undefined
  const text = bytesToUtf8(bytes)
  const colon = text.indexOf(':')
  if (colon === -1) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const bits = (a << 16) | (b << 8) | c
    const digits = [bits >> 18, bits >> 12, bits >> 6, bits].map((each) => ALPHABET[each & 0x3f])
    const used = Math.min(3, bytes.length - at) + 1
    text += digits.slice(0, used).join('').padEnd(4, '=')
  }
  return text
}

/** Decodes Base64; undefined when the text is not valid. */
export function fromBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, '')
  if (text.length % 4 !== 0 || digits.length % 4 === 1) return undefined
  const bytes: number[] = []
  for (let at = 0; at < digits.length; at += 4) {
    const group = digits.slice(at, at + 4)
    const values = Array.from(group, (digit) => ALPHABET.indexOf(digit))
    if (values.includes(-1)) return undefined
    const [a = 0, b = 0, c = 0, d = 0] = values
    const bits = (a << 18) | (b << 12) | (c << 6) | d
    bytes.push(
      ...[bits >> 16, bits >> 8, bits].map((each) => each & 0xff).slice(0, group.length - 1),
    )
  }
  return Uint8Array.from(bytes)
}
