import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { RUN_EPOCH_UNIX_US, SECOND_NS } from '../engine/time.ts'
import { toHex } from '../protocols/bytes.ts'
import { bytesOfNamed, FW, PC, RUN, story, World } from './capture.fixture.ts'
import { only, readPcapng, text, uint64 } from './pcapng-reader.fixture.ts'
import { bytesOf } from './run-file.ts'

describe('the files of a recording', () => {
  it('are one per point, in order of creation, and one of all if wanted', () => {
    const { recorder } = new World()
    recorder.point(PC)
    recorder.point(FW)
    expect(recorder.files({ merged: true }).map(({ name }) => name)).toEqual([
      'captures/mgmt-pc.pcapng',
      'captures/fw1-vlanmgmt.pcapng',
      'captures/all.pcapng',
    ])
    expect(recorder.files({ classicPcap: true }).map(({ name }) => name)).toEqual([
      'captures/mgmt-pc.pcapng',
      'captures/mgmt-pc.pcap',
      'captures/fw1-vlanmgmt.pcapng',
      'captures/fw1-vlanmgmt.pcap',
    ])
  })

  it('are none without a point', () => {
    expect(new World().recorder.files({ merged: true })).toEqual([])
  })

  it('are valid when nothing was seen', () => {
    const world = new World()
    world.recorder.point(PC)
    world.clock.nowNs = 60 * SECOND_NS
    expect(world.read('mgmt-pc')).toMatchObject({
      packets: [],
      statistics: [
        {
          interfaceId: 0,
          startUnixUs: RUN_EPOCH_UNIX_US,
          endUnixUs: RUN_EPOCH_UNIX_US + 60_000_000,
          framesReceived: 0,
          comments: [],
        },
      ],
    })
  })

  it('say which run they are of, and with what they were made', () => {
    const world = new World()
    world.recorder.point(PC)
    const header = world.read('mgmt-pc').header
    expect(text(only(header, 1))).toBe(
      'Scenario power-off-return, seed 1, bascule 0.1.0. ' +
        'The run starts at 1724227200 s since 1970-01-01T00:00:00Z.',
    )
    expect(text(only(header, 3))).toBe('simulated')
    expect(text(only(header, 4))).toBe('bascule 0.1.0')
    expect(text(only(world.read('all').header, 1))).toMatch(/TCP analysis .* unreliable/)
  })

  it('describe their interfaces', () => {
    const { recorder } = new World()
    recorder.point(PC)
    recorder.point(FW)
    const all = readPcapng(bytesOfNamed(recorder.files({ merged: true }), 'captures/all.pcapng'))
    const [pc, fw] = all.interfaces
    expect(text(only(pc ?? [], 2))).toBe('mgmt-pc')
    expect(text(only(pc ?? [], 3))).toBe('Windows 10, Ethernet')
    expect(toHex(only(pc ?? [], 6))).toBe('005056a10010')
    expect(uint64(only(pc ?? [], 8))).toBe(1_000_000_000)
    expect(text(only(fw ?? [], 2))).toBe('fw1-vlanmgmt')
    expect(toHex(only(fw ?? [], 6))).toBe('005056a10001')
  })

  it('name the addresses of the run and of the points, each once', () => {
    const world = new World({ ...RUN, hostNames: [{ address: 0x0a0a_6efe, name: 'vip-mgmt' }] })
    world.recorder.point(PC)
    world.recorder.point({ ...PC, name: 'mgmt-pc-2' })
    const names = ['10.10.110.254 vip-mgmt', '10.10.110.10 mgmt-pc']
    expect(world.read('mgmt-pc').names).toEqual(names)
    expect(world.read('all').names).toEqual(names)
  })

  it('hold the same packet under one id at every point it passes, and count by point', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const fw = world.recorder.point(FW)
    const frame = world.frame()
    pc.sighted(frame, 'outbound', 0)
    world.clock.nowNs = 1999
    fw.sighted(frame, 'inbound', 1999)
    fw.sighted(world.frame(), 'outbound', 1999)
    const all = world.read('all')
    expect(
      all.packets.map((packet) => [packet.interfaceId, packet.flags & 3, packet.packetId]),
    ).toEqual([
      [0, 2, 1],
      [1, 1, 1],
      [1, 2, 2],
    ])
    // The fraction of a microsecond is cut.
    expect(all.packets[1]?.timeUnixUs).toBe(RUN_EPOCH_UNIX_US + 1)
    expect(all.statistics.map(({ framesReceived }) => framesReceived)).toEqual([1, 2])
    expect(story(world.read('fw1-vlanmgmt'))).toEqual(['1@1000', '2@1000'])
  })

  it('hold the bytes as they were when seen, whatever became of the frame', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const frame = world.frame()
    const before = toHex(frame.view())
    pc.sighted(frame, 'outbound', 0)
    frame.view().fill(0xee)
    world.pool.deliver(frame)
    expect(toHex(world.read('mgmt-pc').packets[0]?.bytes ?? frame.view())).toBe(before)
  })

  it('hold frames of every size over more than one slab, and in the classic format too', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const seen: string[] = []
    for (let number = 0; number < 1500; number++) {
      const frame = world.pool.create(number % 5 === 0 ? 9018 - number : 60 + (number % 7))
      frame.view().fill(number)
      seen.push(toHex(sha256(frame.view())))
      pc.sighted(frame, 'outbound', number)
      world.pool.deliver(frame)
    }
    world.clock.nowNs = 1500
    const { packets } = world.read('mgmt-pc')
    expect(packets.map(({ bytes }) => toHex(sha256(bytes)))).toEqual(seen)

    const classic = bytesOfNamed(
      world.recorder.files({ classicPcap: true }),
      'captures/mgmt-pc.pcap',
    )
    expect(classic.length).toBe(packets.reduce((total, { bytes }) => total + 16 + bytes.length, 24))
  })

  it('tell to whom a frame is addressed', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    for (const target of ['0050 56a1 0001', '0100 5e00 0012', 'ffff ffff ffff']) {
      pc.sighted(world.frame(target), 'inbound', 0)
    }
    expect(world.read('mgmt-pc').packets.map(({ flags }) => flags >>> 2)).toEqual([1, 2, 3])
  })

  it('are the same for the same run, byte by byte, and when made twice or in between', () => {
    const once = new World()
    play(once, () => {})
    const again = new World()
    const filesOf = ({ recorder }: World) =>
      recorder
        .files({ merged: true })
        .map((file) => `${file.name} ${toHex(sha256(bytesOf(file))).slice(0, 16)}`)
    play(again, () => again.recorder.files({ classicPcap: true }))
    expect(filesOf(again)).toEqual(filesOf(once))
    expect(filesOf(once)).toEqual(filesOf(once))
    expect(filesOf(once)).toMatchInlineSnapshot(`
      [
        "captures/mgmt-pc.pcapng f5aee3836e0cadbd",
        "captures/fw1-vlanmgmt.pcapng d29e572adcc15838",
        "captures/all.pcapng fc4ca75ca086a29f",
      ]
    `)
  })

  it('need a name of its own for each point', () => {
    const { recorder } = new World()
    recorder.point(PC)
    expect(() => recorder.point(PC)).toThrow(/mgmt-pc/)
    expect(() => recorder.point({ ...PC, name: 'all' })).toThrow(/all/)
  })
})

/** A small run with something of everything. */
function play(world: World, between: () => void): void {
  const pc = world.recorder.point(PC)
  const fw = world.recorder.point(FW)
  const request = world.frame()
  pc.sighted(request, 'outbound', 0)
  pc.sighted(world.frame('ffff ffff ffff'), 'outbound', 672)
  between()
  world.clock.nowNs = 5000
  fw.sighted(request, 'inbound', 5000)
  world.recorder.event('EVENT fw1 MASTER -> arrêt at +0.000005 s', 'fw1')
  fw.sighted(request, 'outbound', 9000)
  fw.silenced(5000)
  world.recorder.comment(request.sighting, 'DROP fw1: poweredOff (the node was switched off)')
  between()
  world.clock.nowNs = 20_000
  pc.sighted(world.frame('0100 5e00 0012'), 'inbound', 20_000)
}
