import { type Echo, echoIn, echoKey } from './echo.ts'
import type { Sighting } from './recorded-run.ts'

/** A packet, wherever the captures saw it. */
export interface Packet {
  readonly id: number
  /** In order of happening; at least one. */
  readonly sightings: readonly [Sighting, ...Sighting[]]
  /**
   * The echo at the first sighting, before any NAT if it was captured there; undefined for no
   * echo.
   */
  readonly echo: Echo | undefined
}

/** The packets of a run, by id and by what they say. */
export class Packets {
  #byId = new Map<number, Packet>()
  /** Ids of the packets that say this of an echo anywhere on their way: NAT may have changed it. */
  #idsByEcho = new Map<string, Set<number>>()

  #loops: ReadonlySet<number>

  /** @param loops UDP ports at which calls are looped back */
  constructor(sightings: readonly Sighting[], loops: ReadonlySet<number> = new Set()) {
    this.#loops = loops
    const gathered = new Map<number, [Sighting, ...Sighting[]]>()
    for (const sighting of sightings) {
      const { packetId, bytes } = sighting
      const earlier = gathered.get(packetId)
      if (earlier === undefined) gathered.set(packetId, [sighting])
      else earlier.push(sighting)
      const echo = echoIn(bytes, loops)
      if (echo === undefined) continue
      const key = echoKey(echo)
      const ids = this.#idsByEcho.get(key)
      if (ids === undefined) this.#idsByEcho.set(key, new Set([packetId]))
      else ids.add(packetId)
    }
    for (const [id, seen] of gathered) {
      this.#byId.set(id, { id, sightings: seen, echo: echoIn(seen[0].bytes, loops) })
    }
  }

  find(id: number): Packet | undefined {
    return this.#byId.get(id)
  }

  /** In order of their first sighting. */
  all(): Iterable<Packet> {
    return this.#byId.values()
  }

  /**
   * The answers to an echo request, replies and ICMP errors: up to the next request with the same
   * sequence number, as the numbers wrap.
   */
  answersTo(request: Packet): Packet[] {
    const related = this.#relatedTo(request)
    const sentUs = firstUs(request)
    const againUs = related
      .filter((packet) => packet.echo?.kind === 'request' && firstUs(packet) > sentUs)
      .reduce((least, packet) => Math.min(least, firstUs(packet)), Number.POSITIVE_INFINITY)
    return related
      .filter(({ echo }) => echo !== undefined && echo.kind !== 'request')
      .filter((packet) => firstUs(packet) >= sentUs && firstUs(packet) < againUs)
      .sort((a, b) => firstUs(a) - firstUs(b) || a.id - b.id)
  }

  /** The request that an echo reply or an ICMP error answers: the last one before it. */
  requestOf(answer: Packet): Packet | undefined {
    return this.#relatedTo(answer)
      .filter(({ echo }) => echo?.kind === 'request')
      .filter((packet) => firstUs(packet) <= firstUs(answer))
      .reduce<Packet | undefined>(
        (last, each) => (last === undefined || firstUs(each) > firstUs(last) ? each : last),
        undefined,
      )
  }

  #relatedTo(packet: Packet): Packet[] {
    const ids = new Set<number>()
    for (const { bytes } of packet.sightings) {
      const echo = echoIn(bytes, this.#loops)
      if (echo === undefined) continue
      for (const id of this.#idsByEcho.get(echoKey(echo)) ?? []) ids.add(id)
    }
    return [...ids].flatMap((id) => this.#byId.get(id) ?? [])
  }
}

export function firstUs({ sightings }: Packet): number {
  return sightings[0].timeUs
}
