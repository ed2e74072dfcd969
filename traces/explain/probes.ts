import type { Echo } from './echo.ts'
import { firstUs, type Packet, type Packets } from './packets.ts'
import type { ProbeTrace, RecordedFlow, RecordedRun } from './recorded-run.ts'

/** One probe of a flow, as far as metrics and captures know it. */
export interface Probe {
  /** 1 for the first sent. */
  readonly number: number
  /** Undefined if no capture point saw it. */
  readonly request: Packet | undefined
}

/** A flow's probes by number; `undefined` when they cannot be told from another flow's. */
export type ProbeList = ReadonlyMap<number, Probe> | undefined

/**
 * The probes of an echo flow: its requests in the order sent, and between them the losses that no
 * capture point saw, as those that waited for an ARP answer in vain.
 */
export function probesOf(run: RecordedRun, flow: RecordedFlow, packets: Packets): ProbeList {
  const requests = requestsOf(run, flow, packets)
  if (requests === undefined) return undefined
  const linkOf = new Map<number, Packet>()
  for (const request of requests) {
    linkOf.set(request.id, request)
    for (const answer of packets.answersTo(request)) linkOf.set(answer.id, request)
  }
  const startsUs = new Set(requests.map(firstUs))
  const unseen = flow.losses.filter(
    ({ frameId, sentUs }) => !linkOf.has(frameId) && !startsUs.has(sentUs),
  )
  const sent = [
    ...requests.map((request) => ({ request, atUs: firstUs(request) })),
    ...unseen.map(({ sentUs }) => ({ request: undefined, atUs: sentUs })),
  ].sort((a, b) => a.atUs - b.atUs)
  return new Map(
    sent.map(({ request }, index) => [index + 1, { number: index + 1, request }] as const),
  )
}

function requestsOf(run: RecordedRun, flow: RecordedFlow, packets: Packets): Packet[] | undefined {
  const client = run.cast.clients.get(flow.name)
  if (client?.probes === undefined) return undefined
  const groups = new Map<number, Packet[]>()
  for (const packet of packets.all()) {
    const { echo } = packet
    if (echo?.kind !== 'request' || echo.target !== client.target) continue
    if (!client.addresses.includes(echo.client)) continue
    if (!couldBeOf(client.probes, echo)) continue
    const group = groups.get(echo.identifier)
    if (group === undefined) groups.set(echo.identifier, [packet])
    else group.push(packet)
  }
  const rivals = run.flows.filter((each) => each !== flow && looksLike(run, each, flow))
  if (rivals.length === 0)
    return [...groups.values()].flat().sort((a, b) => firstUs(a) - firstUs(b))
  // Each run of Linux's ping has an identifier of its own; a loss shows whose it is.
  const holds = (group: readonly Packet[], owner: RecordedFlow): boolean =>
    owner.losses.some(({ frameId }) => group.some(({ id }) => id === frameId))
  const own = [...groups.values()].filter((group) => holds(group, flow))
  if (own.length === 1 && !rivals.some((rival) => holds(own[0] ?? [], rival))) return own[0]
  const left = [...groups.values()].filter((group) => !rivals.some((rival) => holds(group, rival)))
  return left.length === 1 ? left[0] : undefined
}

function couldBeOf(probes: ProbeTrace, { protocol, identifier }: Echo): boolean {
  if (probes.protocol === 'rtp') return protocol === 'rtp'
  const [first, last] = probes.identifiers
  return protocol === 'icmp' && identifier >= first && identifier <= last
}

/** Whether the packets of two flows differ by nothing but, perhaps, their identifier. */
function looksLike(run: RecordedRun, a: RecordedFlow, b: RecordedFlow): boolean {
  const [one, other] = [run.cast.clients.get(a.name), run.cast.clients.get(b.name)]
  return one?.node === other?.node && one?.target === other?.target && a.kind === b.kind
}
