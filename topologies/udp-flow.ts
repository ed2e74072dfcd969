import type { Host } from '../devices/host/host.ts'
import { loopBack, MediaStream } from '../devices/traffic/media-stream.ts'
import { IP_PROTOCOL } from '../protocols/ipv4/wire.ts'
import type { FlowLog } from '../traces/flow-log.ts'
import type { OutageLog } from '../traces/outage-log.ts'
import { ownerOf } from './build.ts'
import type { Flow } from './document.ts'
import type { FlowContext, FlowProgram } from './flow-context.ts'
import { ipv4, nanoseconds } from './values.ts'

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
  const address = running?.stack.routes.lookUp(target)?.out.primaryAddress
  const callee = ownerOf(network, target)?.running
  if (running === undefined || address === undefined || callee === undefined) return undefined
  const { port } = flow
  const source = world.random.stream(`flow/${flow.name}/client`).bits32()
  const stream = new MediaStream(
    running,
    {
      local: { address, port },
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
  const protocol = IP_PROTOCOL.udp
  const ports = { sourcePort: port, targetPort: port }
  const there = { protocol, ports }
  reachability.watch({
    client: host.name,
    source: address,
    target,
    there,
    back: there,
    log: outages,
  })
  stream.start()
  return { stop: () => stream.stop(), transcript: () => undefined }
}
