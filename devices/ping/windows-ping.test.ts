import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { type Ipv4Address, parseIpv4 } from '../../protocols/addresses.ts'
import {
  errorAbout,
  FakePingHost,
  type Network,
  outage,
  ProbeLog,
  replyTo,
} from './fake-ping-host.fixture.ts'
import type { EchoError } from './ping-host.ts'
import { WindowsPing, type WindowsPingOptions } from './windows-ping.ts'

const SERVER = parseIpv4('10.10.110.10') as Ipv4Address
const GATEWAY = parseIpv4('10.10.199.254') as Ipv4Address
const STATION = parseIpv4('10.10.199.10') as Ipv4Address
const RTT_NS = 300_000
const REFERENCE_OUTAGE = outage(3.2 * SECOND_NS, 6.1 * SECOND_NS, RTT_NS)
const NO_OUTAGE = outage(0, 0, RTT_NS)

interface Run {
  readonly host: FakePingHost
  readonly ping: WindowsPing
  readonly log: ProbeLog
  /** As a person reads it. */
  readonly text: string
}

function run(
  network: Network,
  seconds: number,
  options: Partial<WindowsPingOptions> = {},
  host = new FakePingHost(network),
): Run {
  const log = new ProbeLog()
  const ping = new WindowsPing(host, { target: SERVER, ...options }, log)
  host.run(ping, seconds * SECOND_NS)
  return { host, ping, log, text: ping.transcript.join('\n') }
}

describe('a Windows ping -t across a failover of 2.9 s', () => {
  it('shows one timeout, in French', () => {
    expect(run(REFERENCE_OUTAGE, 10.5, { language: 'fr' }).text).toMatchInlineSnapshot(`
      "
      Envoi d'une requête 'Ping'  10.10.110.10 avec 32 octets de données :
      Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127
      Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127
      Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127
      Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127
      Délai d'attente de la demande dépassé.
      Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127
      Réponse de 10.10.110.10 : octets=32 temps<1ms TTL=127

      Statistiques Ping pour 10.10.110.10:
          Paquets : envoyés = 7, reçus = 6, perdus = 1 (perte 14%),
      Durée approximative des boucles en millisecondes :
          Minimum = 0ms, Maximum = 0ms, Moyenne = 0ms
      Ctrl+C
      ^C"
    `)
  })

  it('shows one timeout, in English', () => {
    expect(run(REFERENCE_OUTAGE, 10.5).text).toMatchInlineSnapshot(`
      "
      Pinging 10.10.110.10 with 32 bytes of data:
      Reply from 10.10.110.10: bytes=32 time<1ms TTL=127
      Reply from 10.10.110.10: bytes=32 time<1ms TTL=127
      Reply from 10.10.110.10: bytes=32 time<1ms TTL=127
      Reply from 10.10.110.10: bytes=32 time<1ms TTL=127
      Request timed out.
      Reply from 10.10.110.10: bytes=32 time<1ms TTL=127
      Reply from 10.10.110.10: bytes=32 time<1ms TTL=127

      Ping statistics for 10.10.110.10:
          Packets: Sent = 7, Received = 6, Lost = 1 (14% loss),
      Approximate round trip times in milli-seconds:
          Minimum = 0ms, Maximum = 0ms, Average = 0ms
      Control-C
      ^C"
    `)
  })

  it('sends every second, and 5 s after the probe that was lost', () => {
    const { host } = run(REFERENCE_OUTAGE, 10.5)
    expect(host.sendTimesSeconds).toEqual([0, 1, 2, 3, 4, 9, 10])
  })

  it('tells the metrics what became of each probe', () => {
    expect(run(REFERENCE_OUTAGE, 9.5).log.lines.slice(6)).toEqual([
      '4 sent 3 as 4',
      '4 received 3.0003 rtt 0.0003',
      '5 sent 4 as 5',
      '5 failed 8 timeout',
      '6 sent 9 as 6',
      '6 received 9.0003 rtt 0.0003',
    ])
  })
})

describe('the cadence of a Windows ping', () => {
  const slow = (rttMs: number): Network => outage(0, 0, rttMs * MILLISECOND_NS)

  it('is counted from the send, not from the reply', () => {
    expect(run(slow(26), 3.5).host.sendTimesSeconds).toEqual([0, 1, 2, 3])
  })

  it('is that of the replies when they take longer than the interval', () => {
    expect(run(slow(2500), 8).host.sendTimesSeconds).toEqual([0, 2.5, 5, 7.5])
  })

  it('follows the timeout and the pause after it', () => {
    const dead: Network = () => []
    expect(run(dead, 16).host.sendTimesSeconds).toEqual([0, 5, 10, 15])
    expect(run(dead, 16, { timeoutPauseNs: 0 }).host.sendTimesSeconds).toEqual([0, 4, 8, 12, 16])
    const short = run(dead, 4, { timeoutNs: 500 * MILLISECOND_NS })
    expect(short.host.sendTimesSeconds).toEqual([0, 1.5, 3])
  })

  it('takes a jitter on every sleep, after a timeout too', () => {
    let draws = 0
    const intervalJitterNs = (): number => ++draws * MILLISECOND_NS
    const { host } = run(outage(1.5 * SECOND_NS, 3 * SECOND_NS, RTT_NS), 10, { intervalJitterNs })
    expect(host.sendTimesSeconds).toEqual([0, 1.001, 2.003, 7.006, 8.01, 9.015])
  })

  it('is never pulled below zero by a negative jitter', () => {
    const intervalJitterNs = (): number => -2 * SECOND_NS
    const { host } = run(slow(400), 1, { intervalJitterNs })
    expect(host.sendTimesSeconds).toEqual([0, 0.4, 0.8])
  })
})

describe('the requests of a Windows ping', () => {
  it('carry the alphabet to w, TTL 128 and no DF', () => {
    const { host } = run(NO_OUTAGE, 0.5)
    const request = host.requests[0]?.request
    expect(request).toMatchObject({
      target: SERVER,
      identifier: 1,
      sequence: 1,
      ttl: 128,
      dontFragment: false,
    })
    expect(String.fromCharCode(...(request?.payload ?? []))).toBe(
      'abcdefghijklmnopqrstuvwabcdefghi',
    )
  })

  it('follow the options', () => {
    const { host, text } = run(NO_OUTAGE, 0.5, { payloadBytes: 50, ttl: 3, dontFragment: true })
    expect(host.requests[0]?.request).toMatchObject({ ttl: 3, dontFragment: true })
    expect(host.requests[0]?.request.payload).toHaveLength(50)
    expect(text).toContain('Pinging 10.10.110.10 with 50 bytes of data:\nReply from')
    expect(text).toContain('bytes=50 time<1ms')
  })

  it('take their numbers from the counter of the host, across its wrap', () => {
    const { host, text } = run(NO_OUTAGE, 3.5, {}, new FakePingHost(NO_OUTAGE, 0xfffe))
    expect(host.requests.map(({ request }) => request.sequence)).toEqual([0xfffe, 0xffff, 0, 1])
    expect(text).toContain('Sent = 4, Received = 4')
  })
})

describe('a reply to a Windows ping', () => {
  it('is shown in whole milliseconds, truncated, as are the statistics', () => {
    const rttsNs = [46_999_999, 56_000_000, 74_500_000, 72_000_000]
    const network: Network = (request, sentNs) => [
      { afterNs: rttsNs[sentNs / SECOND_NS] ?? 0, reply: replyTo(request) },
    ]
    const { text } = run(network, 3.5)
    expect(text.match(/time.*ms/g)).toEqual(['time=46ms', 'time=56ms', 'time=74ms', 'time=72ms'])
    expect(text).toContain('    Minimum = 46ms, Maximum = 74ms, Average = 62ms')
  })

  it('is below 1 ms to the last nanosecond', () => {
    expect(run(outage(0, 0, 999_999), 0.5).text).toContain('time<1ms')
    expect(run(outage(0, 0, 1_000_000), 0.5).text).toContain('time=1ms')
  })

  it('is a success just before the timeout, and dropped in silence after it', () => {
    const inTime = run(outage(0, 0, 4 * SECOND_NS - 1), 4.5)
    expect(inTime.host.verdicts).toEqual(['matched'])
    expect(inTime.text).toContain('time=3999ms')

    const late = run(outage(0, 0, 4.5 * SECOND_NS), 4.9)
    expect(late.host.verdicts).toEqual(['late'])
    expect(late.log.lines).toEqual(['1 sent 0 as 1', '1 failed 4 timeout'])
    expect(late.text).toContain('Request timed out.\n\nPing statistics')
    expect(late.text).toContain('Sent = 1, Received = 0, Lost = 1 (100% loss)')
    expect(late.text).not.toContain('Minimum')
  })

  it('that repeats an earlier one is not noticed, but told to the metrics', () => {
    const network: Network = (request) => {
      const reply = replyTo(request)
      return [
        { afterNs: RTT_NS, reply },
        { afterNs: 2 * RTT_NS, reply },
      ]
    }
    const { host, log, text } = run(network, 0.5)
    expect(host.verdicts).toEqual(['matched', 'unknown'])
    expect(log.lines).toEqual([
      '1 sent 0 as 1',
      '1 received 0.0003 rtt 0.0003',
      '1 duplicate 0.0006',
    ])
    expect(text.match(/Reply from/g)).toHaveLength(1)
  })

  it('to another program of the host is not its own', () => {
    const network: Network = (request) => [
      { afterNs: RTT_NS, reply: { ...replyTo(request), sequence: request.sequence + 1 } },
    ]
    expect(run(network, 0.5).host.verdicts).toEqual(['unknown'])
  })

  it('after the end is nobody’s', () => {
    const { host, ping } = run(outage(0, 0, SECOND_NS / 2), 0.4)
    const before = [...ping.transcript]
    host.scheduler.runUntilIdle()
    expect(host.verdicts).toEqual(['unknown'])
    expect(ping.transcript).toEqual(before)
  })
})

describe('an ICMP error to a Windows ping', () => {
  const answering =
    (error: Omit<EchoError, 'sequence'>, afterNs = RTT_NS): Network =>
    (request) => [{ afterNs, error: errorAbout(request, error) }]
  const unreachable = { source: GATEWAY, kind: 'hostUnreachable', local: false } as const

  it('counts as received, does not slow it down, and is a failure to the metrics', () => {
    const { host, log, text } = run(answering(unreachable), 2.5, { language: 'fr' })
    expect(host.sendTimesSeconds).toEqual([0, 1, 2])
    expect(log.lines).toContain('2 failed 1.0003 hostUnreachable')
    expect(text).toMatchInlineSnapshot(`
      "
      Envoi d'une requête 'Ping'  10.10.110.10 avec 32 octets de données :
      Réponse de 10.10.199.254 : Impossible de joindre l'hôte de destination.
      Réponse de 10.10.199.254 : Impossible de joindre l'hôte de destination.
      Réponse de 10.10.199.254 : Impossible de joindre l'hôte de destination.

      Statistiques Ping pour 10.10.110.10:
          Paquets : envoyés = 3, reçus = 3, perdus = 0 (perte 0%),
      Ctrl+C
      ^C"
    `)
  })

  it('comes every 3 s when nobody answers ARP', () => {
    const local = { source: STATION, kind: 'hostUnreachable', local: true } as const
    const { host, text } = run(answering(local, 3 * SECOND_NS), 7)
    expect(host.sendTimesSeconds).toEqual([0, 3, 6])
    expect(text).toContain('Reply from 10.10.199.10: Destination host unreachable.')
    expect(text).toContain('Sent = 2, Received = 2, Lost = 0 (0% loss)')
  })

  it('counts as lost when the packet is too large for the host itself', () => {
    const local = { source: STATION, kind: 'fragmentationNeeded', local: true } as const
    const { text } = run(answering(local), 0.5)
    expect(text).toContain('\nPacket needs to be fragmented but DF set.\n')
    expect(text).toContain('Sent = 1, Received = 0, Lost = 1 (100% loss)')
  })

  it('changes nothing when it is too late or about another probe', () => {
    const network: Network = (request) => {
      const error = errorAbout(request, unreachable)
      return [
        { afterNs: 1000, error: { ...error, sequence: 999 } },
        { afterNs: RTT_NS, reply: replyTo(request) },
        { afterNs: 2 * RTT_NS, error },
      ]
    }
    const { text, log } = run(network, 1.5)
    expect(text).not.toContain('unreachable')
    expect(log.lines.join()).not.toContain('failed')
  })

  it('leaves out the times, but not those of the replies around it', () => {
    const network: Network = (request, sentNs) =>
      sentNs === SECOND_NS
        ? answering(unreachable)(request, sentNs)
        : [{ afterNs: 10 * MILLISECOND_NS, reply: replyTo(request) }]
    expect(run(network, 2.5).text).toContain('    Minimum = 10ms, Maximum = 10ms, Average = 10ms')
  })
})

describe('a Windows ping without a way out', () => {
  it('says so at once and goes on every second', () => {
    const host = new FakePingHost(NO_OUTAGE)
    host.unsendable.add(2)
    const { log, text } = run(NO_OUTAGE, 2.5, { language: 'fr' }, host)
    expect(host.sendTimesSeconds).toEqual([0, 1, 2])
    expect(log.lines.slice(2, 4)).toEqual(['2 sent 1 as 0', '2 failed 1 transmitFailed'])
    expect(text).toContain('PING : échec de la transmission. Défaillance générale.')
    expect(text).toContain('envoyés = 3, reçus = 2, perdus = 1 (perte 33%),')
  })
})

describe('Ctrl+C', () => {
  it('leaves a probe that is outstanding out of the count', () => {
    const { log, text } = run(REFERENCE_OUTAGE, 7)
    expect(log.lines.at(-1)).toBe('5 sent 4 as 5')
    expect(text).toContain('Sent = 4, Received = 4, Lost = 0 (0% loss)')
  })

  it('ends the program for good', () => {
    const { host, ping } = run(REFERENCE_OUTAGE, 7)
    const before = [...ping.transcript]
    ping.stop()
    host.scheduler.runUntilIdle()
    expect(ping.transcript).toEqual(before)
    expect(host.requests).toHaveLength(5)
  })

  it('before the start prints nothing', () => {
    const ping = new WindowsPing(new FakePingHost(NO_OUTAGE), { target: SERVER })
    ping.stop()
    expect(ping.transcript).toEqual([])
  })
})
