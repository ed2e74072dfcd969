import { bytesToUtf8 } from '@noble/ciphers/utils.js'
import type { Host } from '../../devices/host/host.ts'
import { hostnameOnPage } from '../../devices/pfsense/login-page.ts'
import { type PageObserver, PageReader } from '../../devices/traffic/page-reader.ts'
import type { WebFailure } from '../../devices/web/client.ts'
import { openingTransports } from '../../flows/transports.ts'
import type { TcpTuple } from '../../protocols/tcp/endpoints.ts'
import { ipv4, nanoseconds } from '../../schema/values.ts'
import type { Flow } from '../../topologies/document.ts'
import { type Death, type FlowLog, moreTelling } from '../../traces/flow-log.ts'
import type { OutageLog } from '../../traces/outage-log.ts'
import type { FlowContext, FlowProgram } from './context.ts'

export type WebFlow = Extract<Flow, { kind: 'web-page' }>

/** For ground truth: no connection of a host has this port, so no state is about it. */
const UNUSED_PORT = 32_767

/** Starts somebody who reloads the administration page of a firewall. */
export function startWeb(
  { world, fates, reachability }: FlowContext,
  flow: WebFlow,
  host: Host,
  log: FlowLog,
  outages: OutageLog,
): FlowProgram | undefined {
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
    const node = hostnameOnPage(bytesToUtf8(page)) ?? 'unknown'
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
