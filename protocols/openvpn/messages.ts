import { formatIpv4, type Ipv4Address, type Ipv4Prefix, maskOf, parseIpv4 } from '../addresses.ts'
import { fromAscii, readUint16, writeUint16 } from '../bytes.ts'

/** The messages of OpenVPN inside TLS. */

// --- Key method 2 ------------------------------------------------------------------------------

/** Options and user name (key_method_2_write of ssl.c). */
interface KeyMessage {
  /** Empty in the message of the server. */
  readonly username: string
}

const KEY_METHOD_2 = 2
const KEY_SOURCE_AT = 5
const OPTIONS = 'V4,dev-type tun,link-mtu 1549,tun-mtu 1500,proto UDPv4,cipher CHACHA20-POLY1305'
const PEER_INFO = 'IV_VER=2.6.12\nIV_PLAT=linux\nIV_PROTO=990\nIV_CIPHERS=CHACHA20-POLY1305\n'
/** Two randoms of 32 bytes, and a pre-master secret of 48 bytes from the client. */
const KEY_SOURCE_BYTES = { client: 112, server: 64 } as const

export function writeKeyMessage(
  { username }: KeyMessage,
  from: 'client' | 'server',
  random: (count: number) => Uint8Array,
): Uint8Array {
  const options = `${from} ${OPTIONS},tls-${from}`
  return Uint8Array.of(
    ...[0, 0, 0, 0, KEY_METHOD_2],
    ...random(KEY_SOURCE_BYTES[from]),
    ...textField(options),
    ...textField(username),
    ...textField(''),
    ...textField(from === 'client' ? PEER_INFO : ''),
  )
}

/** Parses a key message; undefined when it is not valid. */
export function parseKeyMessage(
  bytes: Uint8Array,
  from: 'client' | 'server',
): KeyMessage | undefined {
  if (bytes[KEY_SOURCE_AT - 1] !== KEY_METHOD_2) return undefined
  const options = readText(bytes, KEY_SOURCE_AT + KEY_SOURCE_BYTES[from])
  const username = options === undefined ? undefined : readText(bytes, options.end)
  return username === undefined ? undefined : { username: username.text }
}

/** A length, the text and a zero, which the length includes. */
function textField(text: string): Uint8Array {
  const bytes = new Uint8Array(2 + text.length + 1)
  writeUint16(bytes, 0, text.length + 1)
  bytes.set(fromAscii(text), 2)
  return bytes
}

function readText(bytes: Uint8Array, at: number): { text: string; end: number } | undefined {
  if (bytes.length < at + 2) return undefined
  const end = at + 2 + readUint16(bytes, at)
  if (end <= at + 2 || end > bytes.length) return undefined
  return { text: toText(bytes.subarray(at + 2, end - 1)), end }
}

// --- Commands ----------------------------------------------------------------------------------

export const PUSH_REQUEST = 'PUSH_REQUEST'
/** A server with `explicit-exit-notify 1` pushes this before it exits (multi.c). */
export const RESTART = 'RESTART'

/** The bytes of a command: text with a zero at the end. */
export function writeCommand(text: string): Uint8Array {
  return fromAscii(`${text}\0`)
}

export function readCommand(bytes: Uint8Array): string | undefined {
  return bytes.at(-1) === 0 ? toText(bytes.subarray(0, -1)) : undefined
}

/** The options that a server pushes to a client. */
export interface PushedOptions {
  /** The address of the client in the tunnel network (`topology subnet`). */
  readonly address: Ipv4Prefix
  readonly gateway: Ipv4Address
  /** Networks behind the server. */
  readonly routes: readonly Ipv4Prefix[]
  readonly pingSeconds: number
  readonly pingRestartSeconds: number
  readonly peerId: number
}

export function writePushReply(options: PushedOptions): string {
  const { address, gateway, routes } = options
  return [
    'PUSH_REPLY',
    ...routes.map((route) => `route ${formatIpv4(route.address)} ${formatMask(route.length)}`),
    `route-gateway ${formatIpv4(gateway)}`,
    'topology subnet',
    `ping ${options.pingSeconds}`,
    `ping-restart ${options.pingRestartSeconds}`,
    `ifconfig ${formatIpv4(address.address)} ${formatMask(address.length)}`,
    `peer-id ${options.peerId}`,
    'cipher CHACHA20-POLY1305',
  ].join(',')
}

/** Parses a PUSH_REPLY; undefined without address, gateway or peer id. */
export function parsePushReply(text: string): PushedOptions | undefined {
  const [command, ...options] = text.split(',')
  if (command !== 'PUSH_REPLY') return undefined
  const all = options.map((option) => option.split(' '))
  const find = (name: string): string[] | undefined => all.find(([word]) => word === name)
  const ifconfig = find('ifconfig')
  const address = parsePrefix(ifconfig?.[1], ifconfig?.[2])
  const gateway = parseIpv4(find('route-gateway')?.[1] ?? '')
  const peerId = parseNumber(find('peer-id')?.[1])
  if (address === undefined || gateway === undefined || peerId === undefined) return undefined
  return {
    address,
    gateway,
    routes: all.flatMap(([word, network, mask]) => {
      const route = word === 'route' ? parsePrefix(network, mask) : undefined
      return route === undefined ? [] : [route]
    }),
    pingSeconds: parseNumber(find('ping')?.[1]) ?? 0,
    pingRestartSeconds: parseNumber(find('ping-restart')?.[1]) ?? 0,
    peerId,
  }
}

function formatMask(length: number): string {
  return formatIpv4(maskOf(length))
}

function parsePrefix(address = '', mask = ''): Ipv4Prefix | undefined {
  const ip = parseIpv4(address)
  const bits = parseIpv4(mask)
  if (ip === undefined || bits === undefined) return undefined
  const length = bits === 0 ? 0 : 32 - Math.log2(2 ** 32 - bits)
  return Number.isInteger(length) ? { address: ip, length } : undefined
}

function parseNumber(text = ''): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

function toText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}
