import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { type Ipv4Address, parseIpv4 } from '../../protocols/addresses.ts'
import { toHex } from '../../protocols/bytes.ts'
import {
  errorAbout,
  FakePingHost,
  type Network,
  outage,
  ProbeLog,
  replyTo,
} from './fake-ping-host.fixture.ts'
import { LINUX_TIMER_DRIFT_NS, LinuxPing, type LinuxPingOptions } from './linux-ping.ts'

const SERVER = parseIpv4('10.10.110.10') as Ipv4Address
const STATION = parseIpv4('10.10.199.10') as Ipv4Address
const RTT_NS = 412_000
const FAILOVER = outage(3.2 * SECOND_NS, 6.1 * SECOND_NS, RTT_NS)
const NO_OUTAGE = outage(0, 0, RTT_NS)

interface Run {
  readonly host: FakePingHost
  readonly ping: LinuxPing
  readonly log: ProbeLog
  /** As a person reads it. */
  readonly text: string
}

function run(
  network: Network,
  seconds: number,
  options: Partial<LinuxPingOptions> = {},
  host = new FakePingHost(network),
): Run {
  const log = new ProbeLog()
  const ping = new LinuxPing(host, { target: SERVER, identifier: 4711, ...options }, log)
  host.run(ping, seconds * SECOND_NS)
  return { host, ping, log, text: ping.transcript.join('\n') }
}

describe('a Linux ping across a failover of 2.9 s', () => {
  it('misses three numbers and says nothing of them until the end', () => {
    expect(run(FAILOVER, 8.5).text).toMatchInlineSnapshot(`
      "PING 10.10.110.10 (10.10.110.10) 56(84) bytes of data.
      64 bytes from 10.10.110.10: icmp_seq=1 ttl=127 time=0.412 ms
      64 bytes from 10.10.110.10: icmp_seq=2 ttl=127 time=0.412 ms
      64 bytes from 10.10.110.10: icmp_seq=3 ttl=127 time=0.412 ms
      64 bytes from 10.10.110.10: icmp_seq=4 ttl=127 time=0.412 ms
      64 bytes from 10.10.110.10: icmp_seq=8 ttl=127 time=0.412 ms
      64 bytes from 10.10.110.10: icmp_seq=9 ttl=127 time=0.412 ms

      --- 10.10.110.10 ping statistics ---
      9 packets transmitted, 6 received, 33.3333% packet loss, time 8000ms
      rtt min/avg/max/mdev = 0.412/0.412/0.412/0.000 ms"
    `)
  })

  it('sends every second, whatever comes back', () => {
    expect(run(FAILOVER, 8.5).host.sendTimesSeconds).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(run(() => [], 3.5).host.sendTimesSeconds).toEqual([0, 1, 2, 3])
  })

  it('tells the metrics of a lost probe only that it was sent', () => {
    expect(run(FAILOVER, 7.5).log.lines.slice(6)).toEqual([
      '4 sent 3 as 4',
      '4 received 3.000412 rtt 0.000412',
      '5 sent 4 as 5',
      '6 sent 5 as 6',
      '7 sent 6 as 7',
      '8 sent 7 as 8',
      '8 received 7.000412 rtt 0.000412',
    ])
  })

  it('ends in an empty line when nothing came back at all', () => {
    expect(run(() => [], 2.5).ping.transcript.slice(1)).toEqual([
      '',
      '--- 10.10.110.10 ping statistics ---',
      '3 packets transmitted, 0 received, 100% packet loss, time 2000ms',
      '',
    ])
  })
})

describe('the period of a Linux ping', () => {
  it('is the interval, plus the drift of the timer when asked for', () => {
    const fast = run(NO_OUTAGE, 0.035, { intervalNs: 10 * MILLISECOND_NS })
    expect(fast.host.sendTimesSeconds).toEqual([0, 0.01, 0.02, 0.03])
    const real = run(NO_OUTAGE, 3.5, { timerDriftNs: LINUX_TIMER_DRIFT_NS })
    expect(real.host.sendTimesSeconds).toEqual([0, 1.024, 2.048, 3.072])
    expect(real.text).toContain('time 3072ms')
  })
})

describe('the requests of a Linux ping', () => {
  it('carry the time of sending, TTL 64 and DF', () => {
    const { host } = run(NO_OUTAGE, 0.5)
    const request = host.requests[0]?.request
    expect(request).toMatchObject({
      target: SERVER,
      identifier: 4711,
      sequence: 1,
      ttl: 64,
      dontFragment: true,
    })
    // 1724227200 s = 0x66c59e80
    expect(toHex(request?.payload ?? new Uint8Array())).toBe(
      '809ec56600000000' +
        '0000000000000000' +
        '101112131415161718191a1b1c1d1e1f' +
        '202122232425262728292a2b2c2d2e2f' +
        '3031323334353637',
    )
  })

  it('stamp whole microseconds', () => {
    const { host } = run(NO_OUTAGE, 1.5, { intervalNs: 1_234_567_891 })
    // 1 s and 234567 µs = 0x039447 later
    expect(toHex(host.requests[1]?.request.payload.subarray(0, 16) ?? new Uint8Array())).toBe(
      '819ec56600000000' + '4794030000000000',
    )
  })

  it('have no time in them, nor the replies, when there is no room', () => {
    const { host, text } = run(NO_OUTAGE, 0.5, { payloadBytes: 8 })
    expect(toHex(host.requests[0]?.request.payload ?? new Uint8Array())).toBe('0001020304050607')
    expect(text).toContain('8(36) bytes of data.\n16 bytes from 10.10.110.10: icmp_seq=1 ttl=127\n')
    expect(text).not.toContain('rtt')
  })

  it('count from 1 across the wrap of 16 bits', () => {
    const { host, log, text } = run(NO_OUTAGE, 65.5365, { intervalNs: MILLISECOND_NS })
    const sequences = host.requests.map(({ request }) => request.sequence)
    expect(sequences.slice(0, 2)).toEqual([1, 2])
    expect(sequences.slice(65_534)).toEqual([65_535, 0, 1])
    expect(log.lines).toContain('65537 received 65.536412 rtt 0.000412')
    expect(text).toContain('65537 packets transmitted, 65537 received, 0% packet loss')
  })
})

describe('a reply to a Linux ping', () => {
  it('is taken however late it is, and the pipe tells how many were in flight', () => {
    const network: Network = (request, sentNs) => [
      { afterNs: sentNs === 0 ? 5.5 * SECOND_NS : RTT_NS, reply: replyTo(request) },
    ]
    const { host, log, text } = run(network, 6.5)
    expect(host.verdicts.every((verdict) => verdict === 'matched')).toBe(true)
    expect(log.lines.join()).not.toContain('failed')
    expect(text).toContain(
      'icmp_seq=1 ttl=127 time=5500 ms\n64 bytes from 10.10.110.10: icmp_seq=7',
    )
    expect(text).toContain('7 packets transmitted, 7 received, 0% packet loss, time 6000ms')
    expect(text).toContain('rtt min/avg/max/mdev = 0.412/786.067/5500.000/1924.454 ms, pipe 6')
  })

  it('that repeats an earlier one is marked, not counted, but averaged', () => {
    const network: Network = (request) => {
      const reply = replyTo(request)
      return [
        { afterNs: 100_000, reply },
        { afterNs: 201_000, reply },
      ]
    }
    const { host, log, text } = run(network, 0.5)
    expect(host.verdicts).toEqual(['matched', 'matched'])
    expect(log.lines).toEqual([
      '1 sent 0 as 1',
      '1 received 0.0001 rtt 0.0001',
      '1 duplicate 0.000201',
    ])
    expect(text).toContain('time=0.201 ms (DUP!)')
    expect(text).toContain('1 packets transmitted, 1 received, +1 duplicates, 0% packet loss')
    // sum 301, squares 50401: average 150, variance (50401 - 45300) / 2 = 2550, its root 50.
    expect(text).toContain('rtt min/avg/max/mdev = 0.100/0.150/0.201/0.050 ms')
  })

  it('is timed by a clock of whole microseconds', () => {
    const host = new FakePingHost(outage(0, 0, 1_500))
    host.scheduler.runUntil(600)
    // Sent at 0.6 µs, back at 2.1 µs: the program sees 0 and 2.
    expect(run(NO_OUTAGE, 0.5, {}, host).text).toContain('time=0.002 ms')
  })

  it('is not its own when it never sent the number, or has ended', () => {
    const network: Network = (request) => [
      { afterNs: 1000, reply: { ...replyTo(request), sequence: 9 } },
      { afterNs: SECOND_NS, reply: replyTo(request) },
    ]
    const { host, ping } = run(network, 0.5)
    const before = [...ping.transcript]
    host.scheduler.runUntilIdle()
    expect(host.verdicts).toEqual(['unknown', 'unknown'])
    expect(ping.transcript).toEqual(before)
    ping.stop()
    expect(ping.transcript).toEqual(before)
    expect(host.requests).toHaveLength(1)
  })
})

describe('an ICMP error to a Linux ping', () => {
  it('is an error and still a loss, as when nobody answers ARP', () => {
    // After three ARP requests the host fails what has queued up; the run that was measured.
    const network: Network = (request, sentNs) => {
      const error = { source: STATION, kind: 'hostUnreachable', local: true } as const
      const afterNs = 3.075 * SECOND_NS - sentNs
      return request.sequence <= 3 ? [{ afterNs, error: errorAbout(request, error) }] : []
    }
    const { log, text } = run(network, 3.5, { timerDriftNs: LINUX_TIMER_DRIFT_NS })
    expect(log.lines.slice(-3)).toEqual([
      '1 failed 3.075 hostUnreachable',
      '2 failed 3.075 hostUnreachable',
      '3 failed 3.075 hostUnreachable',
    ])
    expect(text).toMatchInlineSnapshot(`
      "PING 10.10.110.10 (10.10.110.10) 56(84) bytes of data.
      From 10.10.199.10 icmp_seq=1 Destination Host Unreachable
      From 10.10.199.10 icmp_seq=2 Destination Host Unreachable
      From 10.10.199.10 icmp_seq=3 Destination Host Unreachable

      --- 10.10.110.10 ping statistics ---
      4 packets transmitted, 0 received, +3 errors, 100% packet loss, time 3072ms
      pipe 4"
    `)
  })

  it('does not keep a reply from being taken, and fails a probe once', () => {
    const network: Network = (request) => {
      const error = errorAbout(request, { source: STATION, kind: 'ttlExpired', local: false })
      return [
        { afterNs: 1000, error },
        { afterNs: 2000, error },
        { afterNs: 3000, reply: replyTo(request) },
        { afterNs: 4000, error },
        { afterNs: 5000, error: { ...error, sequence: 9 } },
      ]
    }
    const { log, text } = run(network, 0.5)
    expect(log.lines).toEqual([
      '1 sent 0 as 1',
      '1 failed 0.000001 ttlExpired',
      '1 received 0.000003 rtt 0.000003',
    ])
    expect(text).toContain('1 packets transmitted, 1 received, +3 errors, 0% packet loss')
  })

  it('about its own MTU names the MTU', () => {
    const error = {
      source: STATION,
      kind: 'fragmentationNeeded',
      local: true,
      mtuBytes: 1500,
    } as const
    const network: Network = (request) => [{ afterNs: 0, error: errorAbout(request, error) }]
    const { text } = run(network, 1.5, { payloadBytes: 1473 })
    expect(text).toContain('\nping: local error: message too long, mtu=1500\n')
    expect(text).toContain('2 packets transmitted, 0 received, +2 errors, 100% packet loss')
  })
})

describe('a Linux ping without a way out', () => {
  it('says so and goes on', () => {
    const host = new FakePingHost(NO_OUTAGE)
    host.unsendable.add(2)
    const { log, text } = run(NO_OUTAGE, 2.5, {}, host)
    expect(host.sendTimesSeconds).toEqual([0, 1, 2])
    expect(log.lines.slice(2, 4)).toEqual(['2 sent 1 as 0', '2 failed 1 transmitFailed'])
    expect(text).toContain('\nping: sendmsg: Network is unreachable\n')
    expect(text).toContain('3 packets transmitted, 2 received, 33.3333% packet loss')
  })
})
