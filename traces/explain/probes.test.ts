import { describe, expect, it } from 'vitest'
import { answeredPing, echo, flow, loss, lostPing, runOf, seen } from './explain.fixture.ts'
import { Packets } from './packets.ts'
import { probesOf } from './probes.ts'
import type { RecordedFlow, Sighting } from './recorded-run.ts'

/** Frame ids of the requests of the first flow, by probe; `-` for one that nobody saw. */
function requests(flows: readonly [RecordedFlow, ...RecordedFlow[]], sightings: Sighting[]) {
  const probes = probesOf(runOf(flows, sightings), flows[0], new Packets(sightings))
  return probes && [...probes.values()].map(({ request }) => request?.id ?? '-')
}

describe('the probes of a flow', () => {
  const sightings = [
    ...answeredPing(10, 1_000_000, { sequence: 1 }),
    ...lostPing(20, 6_000_000, { sequence: 2 }),
    ...answeredPing(30, 9_000_000, { sequence: 3 }),
  ]

  it('are its requests in the order sent', () => {
    expect(requests([flow('ping', 'linux-ping', [loss(2, 6_000_000, 20)])], sightings)).toEqual([
      10, 20, 30,
    ])
  })

  it('count losses that no capture point saw, and no loss twice', () => {
    const losses = [
      loss(2, 2_000_000, 0),
      // Died as its reply, and one that died as a reply that was never seen.
      loss(4, 9_000_000, 31),
      loss(3, 6_000_000, 999),
    ]
    expect(requests([flow('ping', 'linux-ping', losses)], sightings)).toEqual([10, '-', 20, 30])
  })

  it('are told from those of another kind of ping by the identifier', () => {
    const windows = answeredPing(40, 500_000, { identifier: 1 })
    const all = [...windows, ...sightings]
    expect(requests([flow('ping', 'linux-ping')], all)).toEqual([10, 20, 30])
    expect(requests([flow('ping', 'windows-ping')], all)).toEqual([40])
  })

  it('of two equal Linux pings, a loss tells which is which', () => {
    const all = [...sightings, ...answeredPing(50, 1_500_000, { identifier: 301 })]
    const other = flow('other', 'linux-ping')
    const one = flow('ping', 'linux-ping', [loss(2, 6_000_000, 20)])
    expect(requests([one, other], all)).toEqual([10, 20, 30])
    expect(requests([other, one], all)).toEqual([50])
    expect(requests([flow('ping', 'linux-ping'), other], all)).toBeUndefined()
  })

  it('are unknown for what is no ping, or has no client', () => {
    expect(requests([flow('ping', 'tcp')], sightings)).toBeUndefined()
    expect(requests([flow('stranger', 'linux-ping')], sightings)).toBeUndefined()
  })
})

describe('the answer of a request', () => {
  it('is found across NAT, which changes addresses and identifier', () => {
    const beyond = { client: 0x0505_0505, identifier: 77 }
    const packets = new Packets([
      seen(1, 0, 'pc', 'out', echo()),
      seen(1, 1, 'fw1', 'out', echo(beyond)),
      seen(2, 2, 'srv', 'out', echo({ ...beyond, reply: true })),
      seen(2, 3, 'pc', 'in', echo({ reply: true })),
    ])
    const request = packets.find(1)
    expect(request && packets.answersTo(request).map(({ id }) => id)).toEqual([2])
    const reply = packets.find(2)
    expect(reply && packets.requestOf(reply)).toBe(request)
  })

  it('comes before the next request with the same sequence number', () => {
    const packets = new Packets([
      ...answeredPing(10, 1_000_000),
      ...answeredPing(20, 2_000_000),
      ...lostPing(30, 3_000_000),
    ])
    const answers = [10, 20, 30].map((id) => {
      const request = packets.find(id)
      return request && packets.answersTo(request).map((each) => each.id)
    })
    expect(answers).toEqual([[11], [21], []])
  })
})
