import { MILLISECOND_NS, type Nanoseconds } from '../../engine/time.ts'
import { formatIpv4, type Ipv4Address } from '../../protocols/addresses.ts'
import type { EchoError, EchoErrorKind, EchoReply } from './ping-host.ts'

/**
 * The lines of Linux `ping` (iputils, in English), letter by letter. Source: the iputils ping
 * source and runs of version 20221126, high confidence.
 */

export interface LinuxStatistics {
  readonly transmitted: number
  /** Without duplicates. */
  readonly received: number
  readonly duplicates: number
  readonly errors: number
  /** From the start to the last send. */
  readonly elapsedNs: Nanoseconds
  /** Of all replies, duplicates included; undefined without any, or if they were not timed. */
  readonly rttUs: RttSummaryUs | undefined
  /** The most probes in flight when one of them was answered, itself included; 0 if none was. */
  readonly pipe: number
}

/** In whole microseconds. */
export interface RttSummaryUs {
  readonly minimum: number
  readonly average: number
  readonly maximum: number
  /** The population standard deviation, whatever its name. */
  readonly mdev: number
}

const ICMP_HEADER_BYTES = 8
const HEADERS_BYTES = 20 + ICMP_HEADER_BYTES

const ERRORS: Readonly<Record<Exclude<EchoErrorKind, 'fragmentationNeeded'>, string>> = {
  hostUnreachable: 'Destination Host Unreachable',
  netUnreachable: 'Destination Net Unreachable',
  protocolUnreachable: 'Destination Protocol Unreachable',
  portUnreachable: 'Destination Port Unreachable',
  ttlExpired: 'Time to live exceeded',
}

export class LinuxTranscript {
  readonly lines: string[] = []

  header(target: Ipv4Address, payloadBytes: number): void {
    const name = formatIpv4(target)
    const totalBytes = payloadBytes + HEADERS_BYTES
    this.lines.push(`PING ${name} (${name}) ${payloadBytes}(${totalBytes}) bytes of data.`)
  }

  /** @param rttUs undefined when the payload has no room for the time of sending */
  reply(reply: EchoReply, rttUs: number | undefined, duplicate: boolean): void {
    const bytes = reply.payloadBytes + ICMP_HEADER_BYTES
    const time = rttUs === undefined ? '' : ` time=${formatRtt(rttUs)} ms`
    this.lines.push(
      `${bytes} bytes from ${formatIpv4(reply.source)}: icmp_seq=${reply.sequence} ttl=${reply.ttl}${time}${duplicate ? ' (DUP!)' : ''}`,
    )
  }

  error(error: EchoError): void {
    const { kind, mtuBytes = 0 } = error
    if (kind === 'fragmentationNeeded' && error.local) {
      this.lines.push(`ping: local error: message too long, mtu=${mtuBytes}`)
      return
    }
    const sentence =
      kind === 'fragmentationNeeded' ? `Frag needed and DF set (mtu = ${mtuBytes})` : ERRORS[kind]
    this.lines.push(`From ${formatIpv4(error.source)} icmp_seq=${error.sequence} ${sentence}`)
  }

  transmitFailed(): void {
    this.lines.push('ping: sendmsg: Network is unreachable')
  }

  statistics(target: Ipv4Address, statistics: LinuxStatistics): void {
    const { transmitted, received, duplicates, errors, rttUs, pipe } = statistics
    const elapsedMs = Math.floor((statistics.elapsedNs + MILLISECOND_NS / 2) / MILLISECOND_NS)
    const counts = [
      `${transmitted} packets transmitted`,
      `${received} received`,
      ...(duplicates > 0 ? [`+${duplicates} duplicates`] : []),
      ...(errors > 0 ? [`+${errors} errors`] : []),
      `${formatLossPercent(transmitted - received, transmitted)}% packet loss`,
      `time ${elapsedMs}ms`,
    ]
    const times = [
      ...(rttUs === undefined ? [] : [formatRttSummary(rttUs)]),
      ...(pipe > 1 ? [`pipe ${pipe}`] : []),
    ]
    this.lines.push(
      '',
      `--- ${formatIpv4(target)} ping statistics ---`,
      counts.join(', '),
      // The line is there even when there is nothing to say in it.
      times.join(', '),
    )
  }
}

/** A round-trip time in ms, to three figures or so: `0.037`, `1.25`, `12.3`, `123`. */
export function formatRtt(rttUs: number): string {
  if (rttUs >= 99_950) return fixed(rttUs + 500, 0)
  if (rttUs >= 9_995) return fixed(rttUs + 50, 1)
  if (rttUs >= 1_000) return fixed(rttUs + 5, 2)
  return fixed(rttUs, 3)
}

/**
 * `lost` of `sent` as C's `%g` prints it, after iputils has cut it to a 32-bit float: six
 * significant digits, ties to even, no trailing zeros. `3.0303`, `0`, `100`.
 */
export function formatLossPercent(lost: number, sent: number): string {
  const percent = Math.fround((lost * 100) / sent)
  const [digits = '', exponent = '0'] = roundToSixDigits(percent).split('e')
  // %g changes to an exponent of two digits or more below 10^-4, JavaScript only below 10^-6.
  if (Number(exponent) < -4) {
    return `${Number(digits)}e-${exponent.slice(1).padStart(2, '0')}`
  }
  return String(Number(`${digits}e${exponent}`))
}

/** In the form `1.23456e-7`. JavaScript rounds a tie up where C rounds it to even. */
function roundToSixDigits(value: number): string {
  // Every digit there is: a 32-bit float from 10^-7 to 100 has fewer than fifty.
  const [digits = '', exponent = '0'] = value.toExponential(60).split('e')
  const isTie = /^50*$/.test(digits.slice(7))
  const sixthIsEven = Number(digits[6]) % 2 === 0
  return isTie && sixthIsEven ? `${digits.slice(0, 7)}e${exponent}` : value.toExponential(5)
}

function formatRttSummary({ minimum, average, maximum, mdev }: RttSummaryUs): string {
  const values = [minimum, average, maximum, mdev].map((us) => fixed(us, 3)).join('/')
  return `rtt min/avg/max/mdev = ${values} ms`
}

/** Microseconds as milliseconds with so many decimals, the rest cut. */
function fixed(us: number, decimals: number): string {
  const ms = Math.floor(us / 1000)
  if (decimals === 0) return String(ms)
  return `${ms}.${String(us % 1000)
    .padStart(3, '0')
    .slice(0, decimals)}`
}
