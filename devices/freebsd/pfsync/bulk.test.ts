import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../../engine/time.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import { agreement } from './agreement.fixture.ts'
import { pfsyncOnCable, pfsyncPair } from './pfsync.fixture.ts'

const udp = (port: number) => `in vmx1 udp 10.0.1.5:${port} > 1.1.1.1:53`
const ask: PfsyncRegion = {
  kind: 'updateRequest',
  entries: [{ id: { high: 0, low: 0 }, creatorId: 0 }],
}
const status = (code: number, sinceRequestSeconds = 0): PfsyncRegion => ({
  kind: 'bulkStatus',
  entries: [{ creatorId: 8, sinceRequestSeconds, status: code }],
})

describe('who asks for the table', () => {
  it('asks thirteen times at most, five seconds apart, and then makes do without', () => {
    const { lab, node } = pfsyncOnCable({}, false)
    lab.runForSeconds(70)
    expect(node.takeSaid()).toEqual(
      Array.from({ length: 12 }, (_, index) => `${index * 5 + 5}.000 request uncompressed 1`),
    )
    expect(node.bulk).toEqual(['pfsync bulk fail'])
    expect(node.service.isOk).toBe(true)
  })

  it('tells the journal, and whoever adjusts the demotion of CARP', () => {
    const { lab, node, hearRegions } = pfsyncOnCable({}, false)
    const told: unknown[] = []
    lab.world.journal.listen(({ kind, details }) => told.push({ kind, details }))
    expect(node.service.isOk).toBe(false)
    lab.runForSeconds(3)
    hearRegions(status(1))
    hearRegions(status(2, 1))
    expect(node.service.isOk).toBe(true)
    node.service.configure()
    node.service.configure()
    lab.runForSeconds(65)
    expect(told).toEqual([
      { kind: 'pfsync.bulkDone', details: { creatorId: 0x1a2b3c4d, states: 0, retries: 1 } },
      { kind: 'pfsync.bulkStart', details: { creatorId: 0x1a2b3c4d, states: 0, retries: 0 } },
      { kind: 'pfsync.bulkFail', details: { creatorId: 0x1a2b3c4d, states: 0, retries: 12 } },
    ])
    expect(node.bulk).toEqual(['pfsync bulk done', 'pfsync bulk start', 'pfsync bulk fail'])
  })

  it('waits longer once the answer has begun: as long as all states may take', () => {
    // Five states in a packet, a packet in a tick of 10 ms: 2 s more than the 4.
    const { lab, node, hearRegions } = pfsyncOnCable({ limit: 1000 }, false)
    hearRegions(status(1))
    lab.runForSeconds(10)
    expect(node.takeSaid()).toEqual(['9.000 request uncompressed 1'])
  })

  it('does not take the end of an older table for that of its own', () => {
    const { node, hearRegions } = pfsyncOnCable({}, false)
    hearRegions(status(2, 4))
    expect(node.service.isOk).toBe(false)
    hearRegions(status(2, 3))
    expect(node.service.isOk).toBe(true)
  })

  it('does not care for a table that it did not ask for', () => {
    const { lab, node, hearRegions } = pfsyncOnCable()
    hearRegions(status(1))
    hearRegions(status(2))
    lab.runForSeconds(1000)
    expect([node.bulk, node.takeSaid()]).toEqual([[], []])
  })
})

describe('who is asked', () => {
  it('sends a packet in a tick when it has one bucket, and the last state twice', () => {
    const { lab, node, hearRegions } = pfsyncOnCable({ buckets: 1 })
    for (let port = 0; port < 12; port++) node.see(udp(port))
    lab.runForSeconds(2)
    node.takeSaid()
    hearRegions(ask)
    lab.runForSeconds(1)
    expect(node.takeSaid()).toEqual([
      '5.000 bulk update status 1',
      '5.010 update 5',
      '5.020 update 5',
      '5.030 update 4, bulk update status 1',
    ])
  })

  it('tells all states, whoever made them, but those that wait to be told', () => {
    const { lab, fw1, fw2 } = pfsyncPair()
    fw2.see(udp(1))
    lab.runForSeconds(5)
    fw1.see(udp(2))
    lab.runForSeconds(2)
    fw1.see(udp(3))
    fw1.takeRegions()
    fw2.service.configure()
    lab.runForSeconds(0.5)
    const told = fw1.takeRegions().flatMap(({ kind, ...region }) => {
      if (kind !== 'update1400' || !('entries' in region)) return []
      return region.entries.map((entry) => ('wire' in entry ? entry.wire.ports[0] : 0))
    })
    expect(told.toSorted()).toEqual([1, 2])
    lab.runForSeconds(1)
    expect(agreement(fw1, fw2, true)).toEqual([])
  })

  it('begins anew at each request, and goes on where a state has gone', () => {
    const { lab, node, hearRegions } = pfsyncOnCable({ buckets: 1 })
    for (let port = 0; port < 12; port++) node.see(udp(port))
    lab.runForSeconds(2)
    node.takeSaid()
    hearRegions(ask)
    lab.runFor(0.015 * SECOND_NS)
    hearRegions(ask)
    lab.runFor(0.015 * SECOND_NS)
    const fifth = node.table()[4]
    if (fifth !== undefined) node.states.remove(fifth, 'peer', lab.nowNs)
    lab.runForSeconds(1)
    expect(node.takeSaid().map((line) => line.slice(6))).toEqual([
      'bulk update status 1',
      'update 5',
      'bulk update status 1',
      'update 5',
      'update 5',
      'update 3, bulk update status 1',
    ])
  })
})

describe('a node that boots', () => {
  it('has the states of both afterwards, those of its own former life too', () => {
    const { lab, fw1, fw2 } = pfsyncPair()
    for (let port = 0; port < 40; port++) fw1.see(udp(port))
    for (let port = 40; port < 55; port++) fw2.see(udp(port))
    lab.runForSeconds(2)
    const story: string[] = []
    lab.world.journal.listen(({ node, kind }) => story.push(`${node} ${kind}`))
    fw1.host.powerOff()
    lab.runForSeconds(5)
    fw1.host.powerOn()
    for (let port = 40; port < 55; port++) fw2.see(udp(port))
    lab.runForSeconds(22)
    for (let port = 0; port < 55; port++) fw2.see(udp(port))
    lab.runForSeconds(10)
    expect(fw2.table()).toHaveLength(55)
    expect(agreement(fw1, fw2, true)).toEqual([])
    expect(story).toEqual([
      'fw1 node.poweredOff',
      'fw1 pfsync.bulkStart',
      'fw2 pfsync.bulkServed',
      'fw1 pfsync.bulkDone',
    ])
  })

  it('gets the states that the cable lost, when it is asked for them again', () => {
    const { lab, fw1, fw2, cut } = pfsyncPair()
    cut(true)
    for (let port = 0; port < 30; port++) fw1.see(udp(port))
    lab.runForSeconds(3)
    cut(false)
    lab.runForSeconds(3)
    expect(fw2.table()).toEqual([])
    fw2.service.configure()
    lab.runForSeconds(3)
    expect(fw2.table()).toHaveLength(30)
    expect(agreement(fw1, fw2, true)).toEqual([])
  })
})
