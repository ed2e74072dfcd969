import type { Host } from '../../devices/host/host.ts'
import { ownerOf } from '../../devices/network.ts'
import { loopBack, MediaStream } from '../../devices/traffic/media-stream.ts'
import type { RandomStream } from '../../engine/random.ts'
import { udpTransports } from '../../flows/transports.ts'
import { ipv4, nanoseconds } from '../../schema/values.ts'
import type { Flow } from '../../topologies/document.ts'
import type { FlowLog } from '../../traces/flow-log.ts'
import type { OutageLog } from '../../traces/outage-log.ts'
import type { FlowContext, FlowProgram } from './context.ts'

export type UdpFlow = Extract<Flow, { kind: 'udp' }>

/** Starts the call of a UDP flow, and the loop at whichever host has the target's address. */
export function startUdp(
  { world, network, fates, reachability }: FlowContext,
  flow: UdpFlow,
  host: Host,
  log: FlowLog,
  outages: OutageLog,
): FlowProgram | undefined {
  const { running } = host
  const target = ipv4(flow.to)
  const address = running?.stack.routes.sourceTowards(target)
  const callee = ownerOf(network, target)?.running
  if (running === undefined || address === undefined || callee === undefined) return undefined
  const { port } = flow
  const draws = world.random.stream(`flow/${flow.name}/client`)
  const source = draws.bits32()
  const ownPort = drawPort(draws, port)
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
  loopBack(callee, port)
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
}

/** Even, as RTP wants it, and another one than the far end's. */
function drawPort(draws: RandomStream, other: number): number {
  const port = RTP_PORTS.first + 2 * draws.integer(0, RTP_PORTS.pairs)
  return port === other ? port + 2 : port
}

/** Where telephones usually take theirs from. */
const RTP_PORTS = { first: 16_384, pairs: 8_192 }
