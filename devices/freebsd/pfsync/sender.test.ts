import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../../engine/time.ts'
import { toHex } from '../../../protocols/bytes.ts'
import { VECTORS } from '../../../protocols/pfsync/vectors.fixture.ts'
import { answerTo, packet } from '../pf/packets.fixture.ts'
import { rule } from '../pf/rules.fixture.ts'
import { pfsyncOnCable, pfsyncPair, SYNC_PEER } from './pfsync.fixture.ts'

const PING = 'in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 4660'
const tcp = (port: number) => packet(`in vmx1 tcp 10.0.1.5:${port} > 1.1.1.1:80 S`)
const udp = (port: number) => `in vmx1 udp 10.0.1.5:${port} > 1.1.1.1:53`

describe('the bytes on the wire', () => {
  const [w1, w2, w3] = VECTORS.map(({ expected }) => toHex(expected))

  it('are those of vector W1 when the secondary boots', () => {
    const { peer } = pfsyncOnCable({
      name: 'fw2',
      address: '172.16.1.3/24',
      mac: '00:0c:29:bb:00:06',
    })
    expect(peer.received.map(({ hex }) => hex)).toContain(w1)
  })

  it('are those of W2 and W3 for a ping from 10.10.210.20 through vmx1', () => {
    const blocks = Array.from({ length: 77 }, () => 'block in on vmx9')
    const { lab, node } = pfsyncOnCable({
      statePolicy: 'if-bound',
      rules: [...blocks, 'pass in quick on vmx1'],
      // The id of the first state is the second in which pf was started.
      pfStartNs: (0x67a0b1c2 - 1_724_227_200) * SECOND_NS,
    })
    const ping = packet('in vmx1 icmp 10.10.210.20 > 1.1.1.1 request 4660')
    node.see(ping)
    node.see(answerTo(ping))
    lab.runForSeconds(1.5)
    node.see(ping)
    node.see(answerTo(ping))
    lab.runForSeconds(1.5)
    expect(node.sent).toMatchObject([
      { atSeconds: 4, hex: w2 },
      { atSeconds: 5.5, hex: w3 },
    ])
  })
})

describe('a new state', () => {
  it('is told a second after the first one in its bucket, with what it is by then', () => {
    const { lab, node } = pfsyncOnCable({ buckets: 1 })
    node.see(tcp(1000))
    lab.runForSeconds(0.6)
    node.see(tcp(1001))
    node.see(answerTo(tcp(1000)))
    lab.runForSeconds(3)
    const [first] = node.sent
    expect(first?.parsed.regions[0]).toMatchObject({
      kind: 'insert1400',
      entries: [
        { ageSeconds: 1, destination: { state: 2 }, packets: [1, 1] },
        { ageSeconds: 1, destination: { state: 0 }, packets: [1, 0] },
      ],
    })
    expect(node.takeSaid()).toEqual(['4.000 insert 2'])
  })

  it('leaves in another packet than the one with the next id', () => {
    const { lab, node } = pfsyncOnCable()
    node.see(PING)
    lab.runForSeconds(0.25)
    node.see('out vmx0 icmp 10.0.1.5 > 1.1.1.1 request 4660')
    lab.runForSeconds(2)
    expect(node.takeSaid()).toEqual(['4.000 insert 1', '4.250 insert 1'])
  })

  it('is not told at all when it goes before that', () => {
    const { lab, node } = pfsyncOnCable()
    node.see(PING)
    lab.runForSeconds(0.9)
    for (const state of node.table()) node.states.remove(state, 'cleared', lab.nowNs)
    lab.runForSeconds(3)
    expect(node.takeSaid()).toEqual([])
  })

  it('is not told when its rule says no-sync, nor hit, nor gone', () => {
    const { lab, node } = pfsyncOnCable({ rules: [{ ...rule('pass'), noSync: true }] })
    node.see(PING)
    lab.runForSeconds(2)
    node.see(PING)
    lab.runForSeconds(60)
    expect([node.table(), node.sent]).toEqual([[], []])
  })

  it('is told at once when the packet is full of five', () => {
    const { lab, node } = pfsyncOnCable({ buckets: 1 })
    for (let port = 0; port < 6; port++) node.see(udp(port))
    lab.runForSeconds(1.5)
    expect(node.takeSaid()).toEqual(['3.000 insert 5', '4.000 insert 1'])
  })
})

describe('an update', () => {
  it('is told once a second however many packets hit, and makes a steady ping two frames', () => {
    const { lab, fw1 } = pfsyncPair()
    for (let second = 0; second < 4; second++) {
      for (const line of [PING, 'out vmx0 icmp 10.0.1.5 > 1.1.1.1 request 4660']) {
        fw1.see(line)
        fw1.see(answerTo(packet(line)))
      }
      lab.runForSeconds(1.1)
    }
    expect(fw1.takeSaid()).toEqual([
      '4.000 insert 1',
      '4.000 insert 1',
      '5.100 update compressed 1',
      '5.100 update compressed 1',
      '6.200 update compressed 1',
      '6.200 update compressed 1',
      '7.300 update compressed 1',
      '7.300 update compressed 1',
    ])
  })

  it.each([
    ['tcp', 'in vmx1 tcp 10.0.1.5:1000 > 1.1.1.1:80 A', ['update compressed 1']],
    ['udp', udp(1000), []],
  ])('is pushed by 128 more hits only with TCP: %s', (protocol, hit, pushed) => {
    const { lab, node } = pfsyncOnCable()
    node.see(protocol === 'tcp' ? tcp(1000) : hit)
    lab.runForSeconds(1.5)
    node.takeSaid()
    const hits = (count: number) => {
      for (let index = 0; index < count; index++) node.see(hit, { seq: 2 })
      lab.runFor(1000)
      return node.takeSaid().map((line) => line.slice(6))
    }
    // The first one is queued, and then 128 count.
    expect(hits(128)).toEqual([])
    expect(hits(1)).toEqual(pushed)
    lab.runForSeconds(2)
  })

  it('leaves at once while the peer touched the state less than two seconds ago', () => {
    const { lab, fw1, fw2 } = pfsyncPair()
    fw1.see(PING)
    lab.runForSeconds(3.2)
    fw1.takeSaid()
    // Packets now go through the other node.
    fw2.see(PING)
    lab.runForSeconds(1.1)
    expect(fw2.takeSaid()).toEqual(['7.200 update compressed 1'])
    fw1.see(PING)
    lab.runForSeconds(0.1)
    expect(fw1.takeSaid()).toEqual(['7.300 update compressed 1'])
    fw2.see(PING)
    lab.runForSeconds(0.1)
    expect(fw2.takeSaid()).toEqual(['7.400 update compressed 1'])
    lab.runForSeconds(3)
    fw1.see(PING)
    lab.runForSeconds(2)
    expect(fw1.takeSaid()).toEqual(['11.500 update compressed 1'])
  })

  it('of a bucket that was emptied early is not sent by the timer that was armed for it', () => {
    const { lab, node } = pfsyncOnCable({ buckets: 1 })
    node.see(tcp(1000))
    for (let count = 0; count < 128; count++) node.see('in vmx1 tcp 10.0.1.5:1000 > 1.1.1.1:80 A')
    lab.runForSeconds(0.5)
    expect(node.takeSaid()).toEqual(['3.000 insert 1'])
    // The timer starts over, for the bucket is empty.
    node.see(tcp(1001))
    lab.runForSeconds(2)
    expect(node.takeSaid()).toEqual(['4.500 insert 1'])
  })
})

describe('the end of a state', () => {
  it('waits for the timer, also when the state came from the peer', () => {
    const { lab, fw1, fw2 } = pfsyncPair()
    fw1.see(udp(1000))
    lab.runForSeconds(2)
    fw1.takeSaid()
    const [imported] = fw2.table()
    if (imported === undefined) throw new Error('not imported')
    fw2.states.remove(imported, 'expired', lab.nowNs)
    lab.runForSeconds(0.9)
    expect(fw1.table()).toHaveLength(1)
    lab.runForSeconds(0.2)
    expect(fw2.takeSaid()).toEqual(['6.000 delete compressed 1'])
    expect(fw1.table()).toEqual([])
    lab.runForSeconds(3)
    expect(fw1.takeSaid()).toEqual([])
  })

  it('is told in place of an update that waits', () => {
    const { lab, node } = pfsyncOnCable()
    node.see(PING)
    lab.runForSeconds(1.5)
    node.see(PING)
    for (const state of node.table()) node.states.remove(state, 'cleared', lab.nowNs)
    lab.runForSeconds(2)
    expect(node.takeSaid()).toEqual(['4.000 insert 1', '5.500 delete compressed 1'])
  })
})

describe('a bucket that was told to send while it was empty', () => {
  it('sends what comes next with the next packet of any bucket', () => {
    const { lab, node } = pfsyncOnCable({ buckets: 2 })
    // Ids n, n + 2 and n + 1: the first two share a bucket.
    node.see(udp(1))
    lab.runForSeconds(0.5)
    for (const state of node.table()) node.states.remove(state, 'cleared', lab.nowNs)
    lab.runForSeconds(0.7)
    node.see(udp(2))
    lab.runForSeconds(0.3)
    node.see(udp(3))
    lab.runForSeconds(2)
    expect(node.takeSaid()).toEqual(['5.200 insert 1', '5.200 insert 1'])
  })
})

describe('where it goes', () => {
  it('is the address of the peer, if one is set, by its MAC', () => {
    const { lab, fw1, fw2 } = pfsyncPair({ peer: SYNC_PEER }, { peer: SYNC_PEER - 1 })
    fw1.see(PING)
    lab.runForSeconds(2)
    expect(fw1.sent[0]?.hex.slice(0, 24)).toBe('000c29bb0006000c29aa0006')
    expect(fw1.sent[0]?.hex.slice(60, 68)).toBe('ac100103')
    expect(fw2.table()).toHaveLength(1)
    expect(lab.takeDrops()).toEqual([])
  })

  it('is nowhere when the states are all thrown away, but for one message', () => {
    const { lab, fw1, fw2 } = pfsyncPair()
    fw2.see(udp(9))
    for (let port = 0; port < 9; port++) fw1.see(udp(port))
    lab.runForSeconds(2)
    expect(fw2.table()).toHaveLength(10)
    fw1.takeSaid()
    fw1.service.clearStates()
    lab.runForSeconds(3)
    expect(fw1.takeSaid()).toEqual(['5.000 clear all 1'])
    expect([fw1.table(), fw2.table()].map(({ length }) => length)).toEqual([0, 1])
  })
})
