import { describe, expect, it } from 'vitest'
import { FW, FW_SYNC, PC, story, World } from './capture.fixture.ts'

describe('the order of frames', () => {
  it('is that of time, then of happening', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    pc.sighted(world.frame(), 'outbound', 3000)
    pc.sighted(world.frame(), 'outbound', 5000)
    world.clock.nowNs = 3000
    pc.sighted(world.frame(), 'inbound', 3000)
    pc.sighted(world.frame(), 'outbound', 4000)
    world.clock.nowNs = 9000
    expect(story(world.read('mgmt-pc'))).toEqual(['1@3000', '3@3000', '4@4000', '2@5000'])
  })

  it('does not go back in time', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    world.clock.nowNs = 10
    expect(() => pc.sighted(world.frame(), 'inbound', 9)).toThrow(/now or later/)
  })

  it('leaves out what had not come when the capture ended', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    pc.sighted(world.frame(), 'outbound', 1000)
    pc.sighted(world.frame(), 'outbound', 1001)
    world.clock.nowNs = 1000
    const capture = world.read('mgmt-pc')
    expect(story(capture)).toEqual(['1@1000'])
    expect(capture.statistics[0]?.framesReceived).toBe(1)
  })

  it('leaves out what a dead interface had announced, and that only', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const fw = world.recorder.point(FW)
    pc.sighted(world.frame(), 'outbound', 2000)
    pc.sighted(world.frame(), 'outbound', 2001)
    fw.sighted(world.frame(), 'outbound', 4000)
    world.clock.nowNs = 2000
    pc.silenced(2000)
    // The interface is back at once and announces again.
    pc.sighted(world.frame(), 'outbound', 3000)
    world.clock.nowNs = 5000
    expect(story(world.read('mgmt-pc'))).toEqual(['1@2000', '4@3000'])
    expect(story(world.read('all'))).toEqual(['1@2000', '4@3000', '3@4000'])
  })
})

describe('a comment on a frame', () => {
  it('stands where the frame was last seen, behind the events that came before', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const fw = world.recorder.point(FW)
    const frame = world.frame()
    pc.sighted(frame, 'outbound', 0)
    fw.sighted(frame, 'inbound', 0)
    world.recorder.event('EVENT')
    fw.sighted(frame, 'outbound', 0)
    world.recorder.comment(frame.sighting, 'DROP link: linkDown')
    world.recorder.comment(frame.sighting, 'mémo ⚡')
    expect(story(world.read('all'))).toEqual([
      '1@0',
      '1@0',
      '1@0: EVENT | DROP link: linkDown | mémo ⚡',
    ])
    expect(story(world.read('mgmt-pc'))).toEqual(['1@0'])
  })

  it('is of no one when the frame was never seen', () => {
    const world = new World()
    world.recorder.point(PC).sighted(world.frame(), 'outbound', 0)
    world.recorder.comment(world.frame().sighting, 'DROP')
    expect(story(world.read('mgmt-pc'))).toEqual(['1@0'])
  })

  it('goes back to the last sighting that happened, when the last was silenced', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const fw = world.recorder.point(FW)
    const frame = world.frame()
    pc.sighted(frame, 'outbound', 0)
    fw.sighted(frame, 'inbound', 0)
    fw.sighted(frame, 'outbound', 5000)
    fw.silenced(0)
    world.recorder.comment(frame.sighting, 'DROP fw1: poweredOff')
    world.clock.nowNs = 9000
    expect(story(world.read('all'))).toEqual(['1@0', '1@0: DROP fw1: poweredOff'])
  })

  it('does not go back to another packet that the frame was made from', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const frame = world.frame()
    pc.sighted(frame, 'inbound', 0)
    frame.packetId = 77
    pc.sighted(frame, 'outbound', 5000)
    pc.silenced(0)
    world.recorder.comment(frame.sighting, 'DROP')
    expect(story(world.read('mgmt-pc'))).toEqual(['1@0'])
  })

  it('is about a sighting that there was', () => {
    expect(() => new World().recorder.comment(0, 'DROP')).toThrow(/sighting/)
  })
})

describe('an event', () => {
  it('is told by the next frame at each point of its node, and of any in the file of all', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const fw = world.recorder.point(FW)
    const sync = world.recorder.point(FW_SYNC)
    fw.sighted(world.frame(), 'inbound', 0)
    world.recorder.event('EVENT fw1', 'fw1')
    pc.sighted(world.frame(), 'inbound', 0)
    sync.sighted(world.frame(), 'inbound', 0)
    fw.sighted(world.frame(), 'inbound', 0)
    fw.sighted(world.frame(), 'inbound', 0)
    expect(story(world.read('mgmt-pc'))).toEqual(['2@0'])
    expect(story(world.read('fw1-sync'))).toEqual(['3@0: EVENT fw1'])
    expect(story(world.read('fw1-vlanmgmt'))).toEqual(['1@0', '4@0: EVENT fw1', '5@0'])
    expect(story(world.read('all'))).toEqual(['1@0', '2@0: EVENT fw1', '3@0', '4@0', '5@0'])
  })

  it('of no node is told at every point', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    const fw = world.recorder.point(FW)
    world.recorder.event('one')
    world.recorder.event('two')
    pc.sighted(world.frame(), 'inbound', 0)
    fw.sighted(world.frame(), 'inbound', 0)
    expect(story(world.read('mgmt-pc'))).toEqual(['1@0: one | two'])
    expect(story(world.read('fw1-vlanmgmt'))).toEqual(['2@0: one | two'])
    expect(story(world.read('all'))).toEqual(['1@0: one | two', '2@0'])
  })

  it('is told by an announced frame that comes after it, but not by a silenced one', () => {
    const world = new World()
    const pc = world.recorder.point(PC)
    pc.sighted(world.frame(), 'outbound', 1000)
    pc.sighted(world.frame(), 'outbound', 2000)
    world.clock.nowNs = 1000
    world.recorder.event('EVENT')
    pc.silenced(1000)
    pc.sighted(world.frame(), 'outbound', 3000)
    world.clock.nowNs = 9000
    expect(story(world.read('mgmt-pc'))).toEqual(['1@1000', '3@3000: EVENT'])
  })

  it('that no frame follows closes the file', () => {
    const world = new World()
    world.recorder.point(PC).sighted(world.frame(), 'outbound', 0)
    world.recorder.event('EVENT the end')
    expect(story(world.read('mgmt-pc'))).toEqual(['1@0'])
    expect(world.read('mgmt-pc').statistics[0]?.comments).toEqual(['EVENT the end'])
  })
})
