import { ownerOf } from '../devices/network.ts'
import { loopBack, MediaStream } from '../devices/traffic/media-stream.ts'
import type { RandomStream } from '../engine/random.ts'
import { integer, oneOf, positiveDuration } from '../schema/fields.ts'
import { ipv4, nanoseconds } from '../schema/values.ts'
import { flowKind, flowMapping } from './flow-kind.ts'
import { summariseProbes } from './ping.ts'
import { udpTransports } from './transports.ts'

export const udp = flowKind({
  schema: flowMapping('udp', 'A telephone call: RTP, looped back by the far end.', {
    interval: positiveDuration().default('20ms').describe('From one packet to the next.'),
    port: integer(1024, 65_535).default(16_384).describe('UDP port of the far end.'),
    codec: oneOf('g711', 'g729').default('g711').describe('64 or 8 kbit/s of voice.'),
    timeout: positiveDuration().default('1s').describe('A packet that comes back later is lost.'),
  }).describe('A stream over UDP, such as a telephone call.'),
  probesArePackets: true,
  livesInSession: false,
  probeTrace: ({ port }) => ({ protocol: 'rtp', loop: port }),
  // The loop is at the host that has the target's address now.
  start: ({ world, network, fates, reachability }, flow, host, { log, outages }) => {
    const { running } = host
    const target = ipv4(flow.to)
    const address = running?.stack.routes.sourceTowards(target)
    if (running === undefined || address === undefined) return undefined
    const { port } = flow
    const draws = world.random.stream(`flow/${flow.name}/client`)
    const source = draws.bits32()
    const isTaken = (each: number) => each === port || running.udp.isBound(each)
    const ownPort = drawPort(draws, isTaken)
    const stream = new MediaStream(
      running,
      {
        local: { address, port: ownPort },
        remote: { address: target, port },
        source,
        intervalNs: nanoseconds(flow.interval),
        codec: flow.codec,
        timeoutNs: nanoseconds(flow.timeout),
      },
      log,
    )
    ownerOf(network, target)?.serve((callee) => loopBack(callee, { address: target, port }))
    fates.watchMedia({ log, port, source })
    reachability.watch({
      client: host.name,
      source: address,
      target,
      ...udpTransports({ client: ownPort, server: port }, stream.payloadBytes),
      log: outages,
    })
    stream.start()
    return { stop: () => stream.stop(), transcript: () => undefined }
  },
  summary: summariseProbes,
})

/** Even, as RTP wants it, and free. */
function drawPort(draws: RandomStream, isTaken: (port: number) => boolean): number {
  let port = RTP_PORTS.first + 2 * draws.integer(0, RTP_PORTS.pairs)
  while (isTaken(port)) port += 2
  return port
}

/** The usual range of RTP ports of telephones. */
const RTP_PORTS = { first: 16_384, pairs: 8_192 }
