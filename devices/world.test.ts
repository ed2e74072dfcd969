import { describe, expect, it } from 'vitest'
import type { Frame } from '../protocols/frame/frame.ts'
import { hostOnCables, PEER_IP, Probe } from './host/host.fixture.ts'
import { Laboratory, Recorder } from './laboratory.fixture.ts'

function cabled() {
  const lab = new Laboratory()
  const a = new Recorder(lab.world, 'a')
  const b = new Recorder(lab.world, 'b')
  lab.connect(a.port, b.port)
  return { lab, a, b }
}

describe('the conservation of frames', () => {
  it('holds while frames are on a wire and when they have arrived', () => {
    const { lab, a } = cabled()
    a.send(new Uint8Array(98))
    a.send(new Uint8Array(98))
    expect(lab.world.frames).toMatchObject({ sent: 2, delivered: 0, inFlight: 2 })
    lab.world.assertFramesConserved()
    lab.settle()
    expect(lab.world.frames).toMatchObject({ sent: 2, delivered: 2, inFlight: 0 })
  })

  it('holds while packets wait for an answer to ARP', () => {
    const { lab, host } = hostOnCables()
    const probe = new Probe(lab, host)
    probe.send(PEER_IP)
    probe.send(PEER_IP)
    lab.runForSeconds(0.5)
    expect(lab.world.frames.inFlight).toBe(2)
    lab.world.assertFramesConserved()
  })

  it('is broken by a device that forgets a frame', () => {
    const { lab, a, b } = cabled()
    b.receive = () => {}
    a.send(new Uint8Array(98))
    expect(() => lab.settle()).toThrow('frames are conserved')
  })

  it('is broken by a device that ends a frame twice', () => {
    const { lab, a, b } = cabled()
    b.receive = (frame: Frame) => {
      lab.world.frames.deliver(frame)
      lab.world.frames.drop(frame, 'notForUs', b.name)
    }
    a.send(new Uint8Array(98))
    expect(() => lab.settle()).toThrow('a frame ends only once')
  })
})

describe('the ports of a world', () => {
  it('are numbered in the order they are made, so that a digest can name them', () => {
    const { a, b } = cabled()
    expect([a.port.id, b.port.id]).toEqual([0, 1])
  })

  it('leave a fingerprint of what they sent and when', () => {
    const fingerprint = (byte: number, processingNs: number, from: 'a' | 'b') => {
      const ends = cabled()
      ends[from].send(new Uint8Array(98).fill(byte), processingNs)
      ends.lab.settle()
      return ends.lab.world.digest.toString()
    }
    const all = [
      fingerprint(1, 0, 'a'),
      fingerprint(2, 0, 'a'),
      fingerprint(1, 1, 'a'),
      fingerprint(1, 0, 'b'),
    ]
    expect(new Set(all).size).toBe(4)
    expect(fingerprint(1, 0, 'a')).toBe(all[0])
  })
})
