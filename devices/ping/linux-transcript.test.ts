import { describe, expect, it } from 'vitest'
import { type Ipv4Address, parseIpv4 } from '../../protocols/addresses.ts'
import {
  formatLossPercent,
  formatRtt,
  type LinuxStatistics,
  LinuxTranscript,
} from './linux-transcript.ts'
import type { EchoErrorKind } from './ping-host.ts'

const SERVER = parseIpv4('10.9.0.2') as Ipv4Address
const ROUTER = parseIpv4('10.9.0.1') as Ipv4Address
const REPLY = { source: SERVER, sequence: 1, ttl: 64, payloadBytes: 56 }
const STATISTICS: LinuxStatistics = {
  transmitted: 26,
  received: 16,
  duplicates: 0,
  errors: 0,
  elapsedNs: 25_594_000_000,
  rttUs: { minimum: 37, average: 1001, maximum: 100_000, mdev: 12 },
  pipe: 1,
}

function statistics(changes: Partial<LinuxStatistics>): string[] {
  const transcript = new LinuxTranscript()
  transcript.statistics(SERVER, { ...STATISTICS, ...changes })
  return transcript.lines
}

describe('the lines of a Linux ping', () => {
  it('are those of iputils', () => {
    const transcript = new LinuxTranscript()
    transcript.header(SERVER, 56)
    transcript.reply(REPLY, 37, false)
    transcript.reply(REPLY, 37, true)
    transcript.reply({ ...REPLY, payloadBytes: 8 }, undefined, false)
    const kinds: readonly EchoErrorKind[] = [
      'hostUnreachable',
      'netUnreachable',
      'protocolUnreachable',
      'portUnreachable',
      'fragmentationNeeded',
      'ttlExpired',
    ]
    for (const kind of kinds) {
      transcript.error({ source: ROUTER, sequence: 2, kind, local: false })
    }
    transcript.error({
      source: ROUTER,
      sequence: 2,
      kind: 'fragmentationNeeded',
      local: true,
      mtuBytes: 1500,
    })
    transcript.transmitFailed()
    transcript.statistics(SERVER, STATISTICS)
    expect(transcript.lines.join('\n')).toMatchInlineSnapshot(`
      "PING 10.9.0.2 (10.9.0.2) 56(84) bytes of data.
      64 bytes from 10.9.0.2: icmp_seq=1 ttl=64 time=0.037 ms
      64 bytes from 10.9.0.2: icmp_seq=1 ttl=64 time=0.037 ms (DUP!)
      16 bytes from 10.9.0.2: icmp_seq=1 ttl=64
      From 10.9.0.1 icmp_seq=2 Destination Host Unreachable
      From 10.9.0.1 icmp_seq=2 Destination Net Unreachable
      From 10.9.0.1 icmp_seq=2 Destination Protocol Unreachable
      From 10.9.0.1 icmp_seq=2 Destination Port Unreachable
      From 10.9.0.1 icmp_seq=2 Frag needed and DF set (mtu = 0)
      From 10.9.0.1 icmp_seq=2 Time to live exceeded
      ping: local error: message too long, mtu=1500
      ping: sendmsg: Network is unreachable

      --- 10.9.0.2 ping statistics ---
      26 packets transmitted, 16 received, 38.4615% packet loss, time 25594ms
      rtt min/avg/max/mdev = 0.037/1.001/100.000/0.012 ms"
    `)
  })
})

describe('the statistics of a Linux ping', () => {
  it('name duplicates, errors and the pipe only when there are any', () => {
    expect(statistics({ duplicates: 2, errors: 3, pipe: 4 }).slice(2)).toEqual([
      '26 packets transmitted, 16 received, +2 duplicates, +3 errors, 38.4615% packet loss, time 25594ms',
      'rtt min/avg/max/mdev = 0.037/1.001/100.000/0.012 ms, pipe 4',
    ])
  })

  it('end in the pipe alone or in an empty line without a reply', () => {
    expect(statistics({ received: 0, rttUs: undefined, pipe: 4 }).at(-1)).toBe('pipe 4')
    expect(statistics({ received: 0, rttUs: undefined, pipe: 0 }).at(-1)).toBe('')
  })

  it('round the time to a millisecond', () => {
    expect(statistics({ elapsedNs: 1_499_999 })[2]).toContain('time 1ms')
    expect(statistics({ elapsedNs: 1_500_000 })[2]).toContain('time 2ms')
  })
})

describe('a round-trip time', () => {
  it.each([
    [0, '0.000'],
    [37, '0.037'],
    [999, '0.999'],
    [1000, '1.00'],
    [1254, '1.25'],
    [1255, '1.26'],
    [9994, '9.99'],
    [9995, '10.0'],
    [12_349, '12.3'],
    [12_350, '12.4'],
    [99_949, '99.9'],
    [99_950, '100'],
    [3_000_499, '3000'],
    [3_000_500, '3001'],
  ])('of %i µs has three figures: %s', (us, text) => {
    expect(formatRtt(us)).toBe(text)
  })
})

describe('the loss', () => {
  // As printf("%g", (float)(lost * 100.0 / sent)) of glibc prints them.
  it.each([
    [0, 4, '0'],
    [4, 4, '100'],
    [1, 33, '3.0303'],
    [10, 26, '38.4615'],
    [1, 3, '33.3333'],
    [2, 3, '66.6667'],
    [1, 7, '14.2857'],
    [1, 128, '0.78125'],
    [1, 512, '0.195312'],
    [3, 512, '0.585938'],
    [1, 1024, '0.0976562'],
    [999_999, 1_000_000, '99.9999'],
    [9_999_999, 10_000_000, '100'],
    [1, 1_000_000, '0.0001'],
    [1, 9_000_000, '1.11111e-05'],
    [1, 10_000_000, '1e-05'],
  ])('of %i in %i is %s %%', (lost, sent, text) => {
    expect(formatLossPercent(lost, sent)).toBe(text)
  })
})
