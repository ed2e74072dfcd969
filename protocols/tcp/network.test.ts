import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import { toHex } from '../bytes.ts'
import { octets } from './conversation.fixture.ts'
import { concatenated, type NetworkSettings, TcpNetwork } from './network.fixture.ts'
import type { TcpParameters } from './parameters.ts'

const networks: fc.Arbitrary<NetworkSettings> = fc.record({
  seed: fc.nat(),
  lossPercent: fc.integer({ min: 0, max: 30 }),
  duplicationPercent: fc.integer({ min: 0, max: 30 }),
  delayNs: fc.integer({ min: 1, max: 50 * MILLISECOND_NS }),
  jitterNs: fc.integer({ min: 0, max: 100 * MILLISECOND_NS }),
})
const parameters: fc.Arbitrary<Partial<TcpParameters>> = fc.record({
  maximumSegmentBytes: fc.constantFrom(1460, 536, 100),
  timestamps: fc.boolean(),
  windowScale: fc.constantFrom(undefined, 0, 7),
  nagle: fc.boolean(),
  receiveBufferBytes: fc.constantFrom(64_240, 8000, 2000, 300_000),
  quickAcks: fc.constantFrom(0, 16),
  // With so much loss, the default limits of Linux would sometimes end a connection.
  synRetries: fc.constant(30),
  synAckRetries: fc.constant(30),
  maximumTimeoutNs: fc.constant(4 * SECOND_NS),
  retries: fc.constant(200),
  timeWaitNs: fc.constant(2000 * SECOND_NS),
})
const writes = fc.array(fc.nat(20_000), { maxLength: 5 })

function written(counts: readonly number[]): string {
  return toHex(concatenated(counts.map((count) => octets(0, count))))
}

const FINISHED = ['opened', 'ended', 'closed finished', 'released']

// The fixture checks that data is within the window and that acknowledgements never decrease.
describe('TCP between two machines on a bad network', () => {
  it('delivers every octet in order and closes', () => {
    fc.assert(
      fc.property(
        networks,
        fc.tuple(parameters, parameters),
        fc.tuple(writes, writes),
        (settings, [ours, theirs], [requests, answers]) => {
          const { client, server, scheduler } = new TcpNetwork(settings, ours, theirs)
          server.onEnded = () => {
            for (const count of answers) server.connection.send(octets(0, count))
            server.connection.close()
          }
          client.onOpened = () => client.connection.close()
          server.connection.listen()
          client.connection.connect()
          for (const count of requests) client.connection.send(octets(0, count))
          scheduler.runUntilIdle()
          expect([client.told, server.told]).toEqual([FINISHED, FINISHED])
          expect(toHex(server.received)).toBe(written(requests))
          expect(toHex(client.received)).toBe(written(answers))
        },
      ),
    )
  })

  it('delivers every octet when both send at once and one reads slowly', () => {
    fc.assert(
      fc.property(networks, parameters, fc.tuple(writes, writes), (settings, ours, [to, fro]) => {
        const { client, server, scheduler } = new TcpNetwork(settings, ours, ours)
        const nap = scheduler.timer(() => client.connection.resumeReading())
        client.onReceived = () => {
          client.connection.pauseReading()
          nap.arm(100 * MILLISECOND_NS)
        }
        for (const [end, counts] of [
          [client, to],
          [server, fro],
        ] as const) {
          end.onOpened = () => {
            for (const count of counts) end.connection.send(octets(0, count))
            end.connection.close()
          }
        }
        server.connection.listen()
        client.connection.connect()
        scheduler.runUntilIdle()
        expect([client.told, server.told]).toEqual([FINISHED, FINISHED])
        expect(toHex(server.received)).toBe(written(to))
        expect(toHex(client.received)).toBe(written(fro))
      }),
    )
  })

  it('delivers every octet after a simultaneous open', () => {
    fc.assert(
      fc.property(networks, fc.tuple(parameters, parameters), writes, (settings, both, counts) => {
        const { client, server, scheduler } = new TcpNetwork(settings, both[0], both[1])
        server.onEnded = () => server.connection.close()
        client.onOpened = () => client.connection.close()
        client.connection.connect()
        server.connection.connect()
        for (const count of counts) client.connection.send(octets(0, count))
        scheduler.runUntilIdle()
        expect([client.told, server.told]).toEqual([FINISHED, FINISHED])
        expect(toHex(server.received)).toBe(written(counts))
      }),
    )
  })
})

describe('TCP between two machines on a good network', () => {
  it('has no retransmissions and acknowledges every second segment', () => {
    const network = download(1_000_000)
    network.scheduler.runUntilIdle()
    const { client, server } = network
    expect(server.connection.statistics.retransmissions).toBe(0)
    expect(client.connection.statistics).toMatchObject({ bytesReceived: 1_000_000 })
    expect(server.connection.statistics.bytesAcknowledged).toBe(1_000_000)
    // A segment has 1448 octets.
    expect(server.sent.filter((segment) => segment.payload.length > 0)).toHaveLength(691)
    // SYN, 16 quick ACKs, one ACK for two segments, FIN, its ACK, and a delayed ACK.
    expect(client.sent.length).toBeLessThan(16 + 691 / 2 + 5)
  })
})

describe('TCP in a network outage', () => {
  const ROUND_TRIP_NS = 20 * MILLISECOND_NS
  const TIMEOUT_NS = ROUND_TRIP_NS + 200 * MILLISECOND_NS
  const OUTAGE_NS = 2_900 * MILLISECOND_NS
  const BEGIN_NS = SECOND_NS + 7 * MILLISECOND_NS

  it('of 2.9 s stalls until the next retransmission after the outage', () => {
    const network = download(5_000_000)
    network.outage(BEGIN_NS, OUTAGE_NS)
    network.scheduler.runUntilIdle()
    const { statistics } = network.server.connection
    // At the start of the outage only acknowledgements are in flight. They arrive, and the segments
    // sent for them are lost.
    const [first = 0, ...repetitions] = timesOfFirstLost(network)
    // The retransmissions after 1, 3 and 7 timeouts are lost. The one after 15 is acknowledged.
    expect(repetitions).toEqual([1, 3, 7].map((timeouts) => first + timeouts * TIMEOUT_NS))
    expect(first + 15 * TIMEOUT_NS).toBeGreaterThan(BEGIN_NS + OUTAGE_NS)
    expect(statistics.longestStallNs).toBe(15 * TIMEOUT_NS + ROUND_TRIP_NS)
    expect(network.client.connection.statistics.bytesReceived).toBe(5_000_000)
  })

  it('of any length stalls for at most twice the outage and a timeout, and loses no octet', () => {
    const durations = fc.integer({ min: 0, max: 60 * SECOND_NS })
    const begins = fc.integer({ min: 100 * MILLISECOND_NS, max: 1_200 * MILLISECOND_NS })
    fc.assert(
      fc.property(begins, durations, (beginNs, durationNs) => {
        const network = download(5_000_000)
        network.outage(beginNs, durationNs)
        network.scheduler.runUntilIdle()
        const { client, server } = network
        expect(client.connection.statistics.bytesReceived).toBe(5_000_000)
        expect(client.told).toEqual(['opened', 'ended', 'closed finished', 'released'])
        const { longestStallNs } = server.connection.statistics
        expect(longestStallNs).toBeLessThanOrEqual(2 * (durationNs + TIMEOUT_NS))
        if (durationNs > SECOND_NS) expect(longestStallNs).toBeGreaterThanOrEqual(durationNs)
      }),
      { numRuns: 15 },
    )
  })

  it('that does not end times the connection out', () => {
    const network = download(5_000_000)
    network.scheduler.postAt(BEGIN_NS, () => network.cut(), null)
    network.scheduler.runUntil(2000 * SECOND_NS)
    expect(network.server.told).toEqual(['opened', 'closed timedOut', 'released'])
    // The end that only receives does not notice it.
    expect(network.client.told).toEqual(['opened'])
  })

  /** The times at which the first lost segment was sent and lost. */
  function timesOfFirstLost(network: TcpNetwork): Nanoseconds[] {
    const lost = network.server.sent.filter((segment) => segment.lost)
    return lost.filter((one) => one.sequence === lost[0]?.sequence).map((one) => one.timeNs)
  }
})

/** A server that sends and closes, and a client that closes after it. */
function download(count: number): TcpNetwork {
  const network = new TcpNetwork()
  const { client, server } = network
  server.onOpened = () => {
    server.connection.send(new Uint8Array(count))
    server.connection.close()
  }
  client.onEnded = () => client.connection.close()
  server.connection.listen()
  client.connection.connect()
  return network
}
