import type { Asker } from '../../devices/decider.ts'
import type { Host } from '../../devices/host/host.ts'
import { OpenVpnClientService } from '../../devices/openvpn/client.ts'
import { LinuxPing } from '../../devices/ping/linux-ping.ts'
import type { PingHost } from '../../devices/ping/ping-host.ts'
import { Walk } from '../../devices/walk.ts'
import { type Nanoseconds, toMicroseconds } from '../../engine/time.ts'
import { echoTransports } from '../../flows/transports.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import { ipv4, nanoseconds } from '../../schema/values.ts'
import type { Flow } from '../../topologies/document.ts'
import type { FlowLog } from '../../traces/flow-log.ts'
import type { OpenVpnFlowMetrics } from '../../traces/flow-metrics.ts'
import { OutageLog } from '../../traces/outage-log.ts'
import type { FlowContext, FlowProgram } from './context.ts'
import { numbering } from './ping-flow.ts'

export type OpenVpnFlow = Extract<Flow, { kind: 'openvpn' }>

/** Starts a road warrior's VPN; once it is up for the first time, a ping through it. */
export function startOpenVpn(
  context: FlowContext,
  flow: OpenVpnFlow,
  host: Host,
  log: FlowLog,
  outages: OutageLog,
): FlowProgram | undefined {
  const { running } = host
  const source = running?.stack.routes.sourceTowards(ipv4(flow.server))
  if (running === undefined || source === undefined) return undefined
  const { world } = context
  const tunnel = new TunnelWatch(context, flow)
  const ping = makePing(context, flow, numbering(running.icmp, log), log)
  let isPinging = false
  const client = new OpenVpnClientService(
    world,
    running,
    source,
    {
      remote: { address: ipv4(flow.server), port: flow.port },
      secret: flow.secret,
      username: flow.name,
      handshakeWindowNs: nanoseconds(flow.handshakeWindow),
      retryNs: nanoseconds(flow.retry),
      retryMaxNs: nanoseconds(flow.retryMax),
    },
    {
      configured: (address) => {
        watchEchoes(context, flow, address, ping.identifier, log, outages)
        if (isPinging) return
        isPinging = true
        // The tunnel works from the end of this event on.
        running.stack.defer(() => {
          tunnel.watch(client)
          ping.start()
        })
      },
    },
  )
  running.icmp.addProgram(ping)
  client.start()
  return {
    stop: () => {
      ping.stop()
      tunnel.stop()
      // Flows that end at the same instant may have gone by this tunnel, and saw it whole.
      running.stack.defer(() => client.stop())
    },
    transcript: () => ping.transcript,
    metrics: () => ({ tunnelDown: tunnel.downs() }),
  }
}

function makePing(
  { world }: FlowContext,
  flow: OpenVpnFlow,
  host: PingHost,
  log: FlowLog,
): LinuxPing {
  const draws = world.random.stream(`flow/${flow.name}/client`)
  return new LinuxPing(
    host,
    {
      target: ipv4(flow.to),
      intervalNs: nanoseconds(flow.interval),
      payloadBytes: flow.dataBytes,
      identifier: draws.integer(300, 0x8000),
      timerDriftNs: 0,
    },
    log,
  )
}

/** By the client's address in the tunnel, which a server may change when it comes back. */
function watchEchoes(
  { fates, reachability }: FlowContext,
  flow: OpenVpnFlow,
  client: Ipv4Address,
  identifier: number,
  log: FlowLog,
  outages: OutageLog,
): void {
  const target = ipv4(flow.to)
  fates.watch({ log, client, target, identifier })
  reachability.watch({
    client: flow.from,
    source: client,
    target,
    ...echoTransports(identifier, flow.dataBytes),
    log: outages,
  })
}

/** The ground truth about the tunnel itself: whether a keepalive would cross it there and back. */
class TunnelWatch {
  #context: FlowContext
  #log: OutageLog
  #startNs: Nanoseconds
  #wasUp = false

  constructor(context: FlowContext, flow: OpenVpnFlow) {
    this.#context = context
    this.#startNs = context.world.nowNs
    const { name, from } = flow
    this.#log = new OutageLog(name, (up, timeNs) =>
      context.world.journal.tell({
        timeNs,
        node: from,
        kind: up ? 'tunnel.up' : 'tunnel.down',
        text: `${name}: ${up ? 'the tunnel carries packets again' : 'the tunnel carries nothing any more'}`,
        details: { flow: name },
      }),
    )
  }

  watch(client: OpenVpnClientService): void {
    this.#wasUp = true
    this.#context.reachability.watchWhen(this.#log, (asker) => this.#carries(client, asker))
  }

  stop(): void {
    this.#log.ended(this.#context.world.nowNs)
    this.#context.reachability.unwatch(this.#log)
  }

  downs(): OpenVpnFlowMetrics['tunnelDown'] {
    if (!this.#wasUp) return [{ downUs: toMicroseconds(this.#startNs), upUs: null }]
    return this.#log.outages.map(({ downNs, upNs }) => ({
      downUs: toMicroseconds(downNs),
      upUs: upNs === undefined ? null : toMicroseconds(upNs),
    }))
  }

  #carries(client: OpenVpnClientService, asker: Asker): number {
    const there = new Walk(asker)
    client.walkSealed(undefined, there)
    const session = client.machine.sessionName
    if (session === undefined) return 0
    let best = 0
    for (const [node, { passProbability }] of there.arrivedAt) {
      const back = new Walk(asker, there)
      this.#context.network.firewalls.get(node)?.openvpn?.walkKeepalive(session, back)
      const returned = back.arrivedAt.get(client.place)?.passProbability ?? 0
      best = Math.max(best, passProbability * returned)
    }
    return best
  }
}
