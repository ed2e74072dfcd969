import type { Asker } from '../devices/decider.ts'
import { OpenVpnClientService } from '../devices/openvpn/client.ts'
import { sharedSecret } from '../devices/openvpn/shared-secret.ts'
import { Walk } from '../devices/walk.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import { type Ipv4Address, inPrefix, parseIpv4, parseIpv4Prefix } from '../protocols/addresses.ts'
import { OPENVPN_PORT } from '../protocols/openvpn/wire.ts'
import type { CheckContext } from '../schema/check-context.ts'
import { integer, ipv4 as ipv4Field, positiveDuration } from '../schema/fields.ts'
import type { Path } from '../schema/problem.ts'
import { either } from '../schema/suggest.ts'
import { ipv4, nanoseconds } from '../schema/values.ts'
import { seconds } from '../traces/explain/layout.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import { OutageLog } from '../traces/outage-log.ts'
import { type FlowContext, type FlowLogs, type FlowOf, flowKind, flowMapping } from './flow-kind.ts'
import { makeLinuxPing } from './linux-ping.ts'
import { dataBytes, numbering } from './ping.ts'
import type { Crossing } from './reachability.ts'
import { echoTransports } from './transports.ts'

const schema = flowMapping('openvpn', 'A VPN client, and a ping through its tunnel.', {
  server: ipv4Field().describe('Virtual IP that the OpenVPN server is bound to.'),
  port: integer(1, 65_535).default(OPENVPN_PORT).describe('UDP port of the server.'),
  dataBytes: dataBytes().default(56).describe('Bytes of data in each request.'),
  handshakeWindow: positiveDuration().default('60s').describe('How long a handshake may take.'),
  retry: positiveDuration().default('1s').describe('Pause before a new attempt.'),
  retryMax: positiveDuration().default('300s').describe('What the pause grows to at most.'),
  secret: sharedSecret(),
}).describe('A road warrior by OpenVPN, who pings through the tunnel once it is up.')

type OpenVpnFlow = FlowOf<typeof schema>

/** A flow of kind `openvpn` in `metrics.json`. Its probes are echoes that cross the tunnel. */
export interface OpenVpnFlowMetrics extends FlowMetrics {
  /** Ground truth: when the tunnel carried nothing. `upUs` null: still so at the end. */
  readonly tunnelDown: readonly { readonly downUs: number; readonly upUs: number | null }[]
}

/** Starts a road warrior's VPN; once it is up for the first time, a ping through it. */
export const openVpn = flowKind<typeof schema, OpenVpnFlowMetrics>({
  schema,
  probesArePackets: true,
  livesInSession: true,
  check: checkClient,
  start: (context, flow, host, logs) => {
    const { running } = host
    const source = running?.stack.routes.sourceTowards(ipv4(flow.server))
    if (running === undefined || source === undefined) return undefined
    const { world } = context
    const tunnel = new TunnelWatch(context, flow)
    const ping = makeLinuxPing(
      context,
      flow,
      host,
      numbering(running.icmp, logs.log),
      logs.log,
      true,
    )
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
          watchEchoes(context, flow, address, ping.identifier, logs)
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
  },
  summary: ({ lost, sent, tunnelDown }) => {
    const downs = tunnelDown.map(({ downUs, upUs }) =>
      upUs === null ? `from ${seconds(downUs)} s on` : `for ${seconds(upUs - downUs)} s`,
    )
    return [
      `${lost} of ${sent} lost`,
      downs.length === 0 ? 'the tunnel held;' : `the tunnel was down ${downs.join(', ')};`,
    ]
  },
})

function checkClient(context: CheckContext, { server, port, to }: OpenVpnFlow, path: Path): void {
  const all = context.scenario.topology.firewalls.flatMap(({ openvpn }) => openvpn ?? [])
  const here = all.find((each) => each.virtualIp === server && each.port === port)
  if (here !== undefined) {
    const networks = [...here.localNetworks, here.tunnelNetwork]
    if (networks.some((network) => holds(network, to))) return
    context.report(
      [...path, 'to'],
      `${to} is not behind the tunnel; expected an address in ${either(networks)}`,
    )
    return
  }
  const servers = all.map((each) => `${each.virtualIp}:${each.port}`)
  const wanted =
    servers.length === 0
      ? 'a firewall with openvpn, and none has it'
      : either([...new Set(servers)])
  context.report(
    [...path, 'server'],
    `no OpenVPN server is at ${server}:${port}; expected ${wanted}`,
  )
}

function holds(network: string, ip: string): boolean {
  const prefix = parseIpv4Prefix(network)
  const address = parseIpv4(ip)
  return prefix !== undefined && address !== undefined && inPrefix(address, prefix)
}

/** Watches the client's address in the tunnel. A server may change it when it comes back. */
function watchEchoes(
  { fates, reachability }: FlowContext,
  flow: OpenVpnFlow,
  client: Ipv4Address,
  identifier: number,
  { log, outages }: FlowLogs,
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

  #carries(client: OpenVpnClientService, asker: Asker): Crossing {
    const there = new Walk(asker)
    client.walkSealed(undefined, there)
    const session = client.machine.sessionName
    const down: Crossing = { passProbability: 0, brokenWay: undefined }
    if (session === undefined) return down
    let best = 0
    for (const { node, passProbability } of there.arrived) {
      const back = new Walk(asker, there)
      this.#context.network.firewalls.get(node)?.openvpn?.walkKeepalive(session, back)
      const returned = back.passProbabilityTo(client.place)
      best = Math.max(best, passProbability * returned)
    }
    return { ...down, passProbability: best }
  }
}
