import { ownerOf } from '../devices/network.ts'
import {
  RequestClient,
  type RequestResponseOptions,
  serveResponses,
} from '../devices/traffic/request-response.ts'
import { toMicroseconds } from '../engine/time.ts'
import type { TcpEnd } from '../protocols/tcp/effects.ts'
import type { TcpTuple } from '../protocols/tcp/endpoints.ts'
import type { CheckContext } from '../schema/check-context.ts'
import { duration, integer, oneOf, positiveDuration } from '../schema/fields.ts'
import type { Path } from '../schema/problem.ts'
import { ipv4, nanoseconds } from '../schema/values.ts'
import { seconds } from '../traces/explain/layout.ts'
import { type Death, type FlowLog, moreTelling } from '../traces/flow-log.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import type { OutageLog } from '../traces/outage-log.ts'
import { type FlowContext, type FlowLogs, type FlowOf, flowKind, flowMapping } from './flow-kind.ts'
import { openingTransports, sessionTransports } from './transports.ts'

const schema = flowMapping('tcp', 'Requests and responses over one TCP connection.', {
  port: integer(1, 65_535).default(22).describe('Port that the target listens at.'),
  pattern: oneOf('interactive', 'download')
    .default('interactive')
    .describe('interactive: a request each interval; download: each after the last response.'),
  requestBytes: integer(1, 1_000_000).default(48).describe('Bytes of each request.'),
  responseBytes: integer(1, 1_000_000).default(48).describe('Bytes of each response.'),
  timeout: positiveDuration()
    .default('20s')
    .describe('How long a response is waited for before the session is given up.'),
  reconnectAfter: duration().default('1s').describe('Pause before a new connection.'),
}).describe('A conversation over TCP, such as SSH or a download.')

type TcpFlow = FlowOf<typeof schema>

/** A flow of kind `tcp` in `metrics.json`. Its probes are requests, answered by responses. */
export interface TcpFlowMetrics extends FlowMetrics {
  readonly sessions: {
    readonly opened: number
    /** Still open when the client ended. */
    readonly survived: number
    readonly reset: number
    readonly timedOut: number
  }
  /** The longest time in which data was on its way and none of it was acknowledged. */
  readonly longestStallUs: number
  /** Segments that the client sent again. */
  readonly retransmissions: number
}

export const tcp = flowKind<typeof schema, TcpFlowMetrics>({
  schema,
  probesArePackets: false,
  livesInSession: true,
  check: checkSizes,
  // The server runs on the host that has the target's address now.
  start: (context, flow, { running }, logs) => {
    const target = ipv4(flow.to)
    const source = running?.stack.routes.sourceTowards(target)
    if (running === undefined || source === undefined) return undefined
    const options: RequestResponseOptions = {
      target,
      port: flow.port,
      requestBytes: flow.requestBytes,
      responseBytes: flow.responseBytes,
      intervalNs: nanoseconds(flow.interval),
      afterResponse: flow.pattern === 'download',
      timeoutNs: nanoseconds(flow.timeout),
      reconnectAfterNs: nanoseconds(flow.reconnectAfter),
    }
    ownerOf(context.network, target)?.serve((server) => serveResponses(server, options))
    const sessions = new SessionLog(context, flow, logs)
    const client = new RequestClient(running, source, options, sessions)
    client.start()
    let survived = 0
    return {
      stop: () => {
        survived = client.isOpen ? 1 : 0
        client.stop()
      },
      transcript: () => undefined,
      metrics: () => ({
        sessions: { ...sessions.counts, survived },
        longestStallUs: toMicroseconds(client.longestStallNs),
        retransmissions: client.retransmissions,
      }),
    }
  },
  summary: ({ sessions, longestStallUs }) => {
    const { opened, survived, reset, timedOut } = sessions
    return [
      `${opened} ${opened === 1 ? 'session' : 'sessions'}: ${survived} survived, ${reset} reset, ${timedOut} timed out;`,
      `longest stall ${seconds(longestStallUs)} s;`,
    ]
  },
})

/** A server does not know its clients: requests at one port, and responses, have one length. */
function checkSizes({ scenario, report }: CheckContext, flow: TcpFlow, path: Path): void {
  for (const other of scenario.flows as readonly TcpFlow[]) {
    if (other.name === flow.name) return
    if (other.kind !== 'tcp' || other.to !== flow.to || other.port !== flow.port) continue
    for (const field of ['requestBytes', 'responseBytes'] as const) {
      if (other[field] === flow[field]) continue
      report(
        [...path, field],
        `${other.name} talks to the same server ${flow.to}:${flow.port}; expected ${other[field]} as there, got ${flow[field]}`,
      )
    }
  }
}

/** Writes down requests and sessions, and what became of the segments of the latest session. */
class SessionLog {
  readonly counts = { opened: 0, reset: 0, timedOut: 0 }
  #context: FlowContext
  #flow: TcpFlow
  #log: FlowLog
  #outages: OutageLog
  #lastDeath: Death | undefined
  #isOpen = false

  constructor(context: FlowContext, flow: TcpFlow, { log, outages }: FlowLogs) {
    this.#context = context
    this.#flow = flow
    this.#log = log
    this.#outages = outages
  }

  sent(probe: number, timeNs: number, packetId: number): void {
    this.#log.sending(probe)
    this.#log.sent(probe, timeNs, packetId)
  }

  received(probe: number, timeNs: number, rttNs: number): void {
    this.#log.received(probe, timeNs, rttNs)
  }

  duplicate(): void {}

  failed(probe: number, timeNs: number, why: string): void {
    const record = this.#log.findBySequence(probe)
    const death = this.#lastDeath
    // What stopped the last segment is what a request died of, if it was made by then. One that was
    // made later waited behind those: nothing of it was ever sent.
    const wasSent = death === undefined || record === undefined || death.timeNs >= record.sentNs
    if (record !== undefined && wasSent) record.death = death
    this.#log.failed(probe, timeNs, wasSent ? why : 'unsent')
  }

  /** Its segments are followed from the first SYN on, which may be all there ever is. */
  sessionOpening(tuple: TcpTuple): void {
    this.#lastDeath = undefined
    this.#context.fates.watchConnection(tuple, (death) => {
      this.#lastDeath = moreTelling(this.#lastDeath, death)
    })
    this.#watch(tuple, true)
  }

  sessionOpened(timeNs: number, tuple: TcpTuple): void {
    this.counts.opened++
    this.#isOpen = true
    this.#tell(timeNs, 'session.opened', `${this.#flow.name}: session opened`)
    this.#watch(tuple, false)
  }

  /** @param isOpening whether a SYN must cross, or a segment in the middle of the session */
  #watch(tuple: TcpTuple, isOpening: boolean): void {
    const { localAddress, localPort, remoteAddress, remotePort } = tuple
    const { requestBytes, responseBytes } = this.#flow
    const ports = { client: localPort, server: remotePort }
    const transports = isOpening
      ? openingTransports(ports)
      : sessionTransports(ports, requestBytes, responseBytes)
    this.#context.reachability.watch({
      client: this.#flow.from,
      source: localAddress,
      target: remoteAddress,
      ...transports,
      log: this.#outages,
    })
  }

  sessionBroken(timeNs: number, end: TcpEnd): void {
    const { name } = this.#flow
    if (!this.#isOpen) {
      this.#tell(timeNs, 'session.refused', `${name}: no session could be opened (${end})`)
      return
    }
    this.#isOpen = false
    if (end === 'reset') this.counts.reset++
    if (end === 'timedOut') this.counts.timedOut++
    this.#tell(timeNs, 'session.broken', `${name}: session broken (${end})`)
  }

  #tell(
    timeNs: number,
    kind: 'session.opened' | 'session.refused' | 'session.broken',
    text: string,
  ): void {
    const { name, from } = this.#flow
    this.#context.world.journal.tell({ timeNs, node: from, kind, text, details: { flow: name } })
  }
}
