import { parseIpv4, parseIpv4Prefix } from '../../../protocols/addresses.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import { type Direction, icmpPorts, type PacketSummary, type TcpSummary } from './packet.ts'

const LETTERS: Readonly<Record<string, number>> = {
  S: TCP_FLAG.syn,
  A: TCP_FLAG.ack,
  F: TCP_FLAG.fin,
  R: TCP_FLAG.rst,
  P: TCP_FLAG.psh,
}
const ICMP_TYPES: Readonly<Record<string, number>> = { request: 8, reply: 0 }

export const PROTOCOLS: Readonly<Record<string, number>> = { ...IP_PROTOCOL, gre: 47 }

export function address(text: string): number {
  const parsed = parseIpv4(text)
  if (parsed === undefined) throw new Error(`${text} is no address`)
  return parsed
}

export function prefix(text: string): { address: number; length: number } {
  const parsed = parseIpv4Prefix(text)
  if (parsed === undefined) throw new Error(`${text} is no prefix`)
  return parsed
}

export function tcpFlags(letters: string): number {
  return [...letters].reduce((flags, letter) => flags | (LETTERS[letter] ?? 0), 0)
}

/** What the text of a packet leaves open. */
export type Details = Partial<TcpSummary> &
  Partial<Pick<PacketSummary, 'totalBytes' | 'ttl' | 'options' | 'fragment'>>

/**
 * A packet as a line: `in vmx1 tcp 10.0.0.5:1025 > 1.1.1.1:80 SA`, `out vmx0 udp …`,
 * `in vmx1 icmp 10.0.0.5 > 1.1.1.1 request 4660`, `in vmx1 carp 10.0.0.2 > 224.0.0.18`.
 */
export function packet(line: string, details: Details = {}): PacketSummary {
  const [direction, name, protocolName, from, , to, word, number] = line.split(' ')
  const protocol = PROTOCOLS[protocolName ?? '']
  if (protocol === undefined || from === undefined || to === undefined) throw new Error(line)
  const [source, sourcePort] = endpoint(from)
  const [target, targetPort] = endpoint(to)
  const { totalBytes = 84, ttl = 64, options, fragment, ...tcp } = details
  const common = {
    direction: direction as Direction,
    interface: name ?? '',
    protocol,
    source,
    target,
    ttl,
    totalBytes,
    ...(options === undefined ? {} : { options }),
    ...(fragment === undefined ? {} : { fragment }),
  }
  if (protocol === IP_PROTOCOL.icmp) {
    const type = ICMP_TYPES[word ?? ''] ?? Number(word)
    return { ...common, ...icmpPorts(type, Number(number ?? 0)), icmp: { type, code: 0 } }
  }
  if (protocol !== IP_PROTOCOL.tcp) return { ...common, sourcePort, targetPort }
  const segment = { seq: 1, ack: 0, window: 65_535, payloadBytes: 0, ...tcp }
  return { ...common, sourcePort, targetPort, tcp: { flags: tcpFlags(word ?? ''), ...segment } }
}

function endpoint(text: string): [address: number, port: number] {
  const [host = '', port = '0'] = text.split(':')
  return [address(host), Number(port)]
}

/** The answer to a packet, on the same interface. */
export function answerTo(
  asked: PacketSummary,
  details: Omit<Partial<TcpSummary>, 'flags'> & { flags?: string } = {},
): PacketSummary {
  const { flags = 'SA', ...rest } = details
  const { source, sourcePort, target, targetPort, direction, icmp, tcp } = asked
  return {
    ...asked,
    direction: direction === 'in' ? 'out' : 'in',
    source: target,
    sourcePort: targetPort,
    target: source,
    targetPort: sourcePort,
    ...(icmp === undefined ? {} : { icmp: { ...icmp, type: 0 } }),
    ...(tcp === undefined
      ? {}
      : {
          tcp: {
            flags: tcpFlags(flags),
            seq: 5001,
            ack: tcp.seq + 1,
            window: 65_535,
            payloadBytes: 0,
            ...rest,
          },
        }),
  }
}
