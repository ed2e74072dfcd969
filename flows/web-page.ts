import { bytesToUtf8 } from '@noble/ciphers/utils.js'
import { type PageObserver, PageReader } from '../devices/traffic/page-reader.ts'
import type { WebFailure } from '../devices/web/client.ts'
import type { TcpTuple } from '../protocols/tcp/endpoints.ts'
import { integer, oneOf, positiveDuration } from '../schema/fields.ts'
import { ipv4, nanoseconds } from '../schema/values.ts'
import { seconds } from '../traces/explain/layout.ts'
import { type Death, type FlowLog, moreTelling } from '../traces/flow-log.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import { flowKind, flowMapping } from './flow-kind.ts'
import { openingTransports } from './transports.ts'

/** For ground truth: no connection of a host has this port, so no state is about it. */
const UNUSED_PORT = 32_767

const schema = flowMapping('web-page', 'The administration page, loaded again and again.', {
  protocol: oneOf('https', 'http').default('https').describe('By TLS or in the clear.'),
  port: integer(1, 65_535).default(443).describe('Port of the page.'),
  timeout: positiveDuration().default('10s').describe('How long a page is waited for.'),
}).describe('A browser that reloads the page of a firewall; each time it connects anew.')

/** A flow of kind `web-page` in `metrics.json`. Its probes are pages. */
export interface WebFlowMetrics extends FlowMetrics {
  /** How many came from which node, by the name on the page. */
  readonly pages: Readonly<Record<string, number>>
}

export const webPage = flowKind<typeof schema, WebFlowMetrics>({
  schema,
  probesArePackets: false,
  livesInSession: false,
  start: ({ world, fates, reachability }, flow, host, { log, outages }) => {
    const { running } = host
    const target = ipv4(flow.to)
    const source = running?.stack.routes.sourceTowards(target)
    if (running === undefined || source === undefined) return undefined
    const pages = new PageLog(log, {
      watch: (tuple, died) => fates.watchConnection(tuple, died),
      answeredBy: (node, timeNs) =>
        world.journal.tell({
          timeNs,
          node: flow.from,
          kind: 'flow.page',
          text: `${flow.name}: ${node} answers`,
          details: { flow: flow.name, page: node },
        }),
    })
    const reader = new PageReader(
      running,
      {
        target: { address: target, port: flow.port, secure: flow.protocol === 'https' },
        intervalNs: nanoseconds(flow.interval),
        timeoutNs: nanoseconds(flow.timeout),
      },
      world.random.stream(`flow/${flow.name}/tls`),
      pages,
    )
    // Each page has a connection of its own, so what counts is whether one could be opened.
    reachability.watch({
      client: host.name,
      source,
      target,
      ...openingTransports({ client: UNUSED_PORT, server: flow.port }),
      log: outages,
    })
    reader.start()
    return {
      stop: () => reader.stop(),
      transcript: () => undefined,
      metrics: () => ({ pages: Object.fromEntries(pages.byNode) }),
    }
  },
  summary: ({ pages, lost, rttUs }) => {
    const counts = Object.entries(pages).map(([node, count]) => `${count} pages of ${node}`)
    return [
      `${[...counts, `${lost} lost`].join(', ')};`,
      `the slowest took ${seconds(rttUs?.max ?? 0)} s;`,
    ]
  },
})

/** The node that a page is of, by its title `NODE - Login`; undefined for another page. */
function nodeOnPage(html: string): string | undefined {
  return /<title>([^<&]*) - Login<\/title>/.exec(html)?.[1]
}

interface PageEffects {
  watch(tuple: TcpTuple, died: (death: Death) => void): void
  /** Another node than the one before it, or the first. */
  answeredBy(node: string, timeNs: number): void
}

/** Writes down pages, which node they came from, and what became of the segments of the others. */
class PageLog implements PageObserver {
  readonly byNode = new Map<string, number>()
  #log: FlowLog
  #effects: PageEffects
  #lastNode: string | undefined

  constructor(log: FlowLog, effects: PageEffects) {
    this.#log = log
    this.#effects = effects
  }

  sent(probe: number, timeNs: number): void {
    this.#log.sending(probe)
    this.#log.sent(probe, timeNs, 0)
  }

  connecting(probe: number, tuple: TcpTuple): void {
    const record = this.#log.findBySequence(probe)
    this.#effects.watch(tuple, (death) => {
      if (record === undefined) return
      // Once the page is there, or given up, nobody waits for what is still under way.
      if (record.receivedNs !== undefined || record.failedNs !== undefined) return
      record.death = moreTelling(record.death, death)
    })
  }

  received(probe: number, timeNs: number, rttNs: number, page: Uint8Array): void {
    this.#log.received(probe, timeNs, rttNs)
    const node = nodeOnPage(bytesToUtf8(page)) ?? 'unknown'
    this.byNode.set(node, (this.byNode.get(node) ?? 0) + 1)
    if (node !== this.#lastNode) this.#effects.answeredBy(node, timeNs)
    this.#lastNode = node
  }

  failed(probe: number, timeNs: number, why: WebFailure): void {
    const record = this.#log.findBySequence(probe)
    // An answer came, if only to refuse: no packet was lost that mattered.
    if (record !== undefined && why !== 'timeout') record.death = undefined
    this.#log.failed(probe, timeNs, why)
  }
}
