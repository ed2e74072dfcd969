import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../engine/scheduler.ts'
import { SECOND_NS } from '../../engine/time.ts'
import { ControlChannel } from './control-channel.ts'
import { type ControlPacket, OPCODE, parseOpenVpn } from './wire.ts'

const HERE = 'aa'.repeat(8)
const THERE = 'bb'.repeat(8)

/** One end of a control channel; the test is the other end. */
function oneEnd() {
  const scheduler = new Scheduler()
  const sent: ControlPacket[] = []
  const channel = new ControlChannel(
    {
      get nowNs() {
        return scheduler.nowNs
      },
      timer: (handler) => scheduler.timer(handler),
      transmit: (datagram) => {
        const packet = parseOpenVpn(datagram)
        if (typeof packet === 'object' && packet.kind === 'control') sent.push(packet)
      },
    },
    HERE,
  )
  return { scheduler, channel, sent, take: () => sent.splice(0).map(describePacket) }
}

function describePacket({ opcode, packetId, acks, payload }: ControlPacket): string {
  return `${opcode}#${packetId ?? '-'} ack[${acks}] ${payload.length}`
}

function packet(packetId: number | undefined, acks: number[] = [], size = 1): ControlPacket {
  return {
    kind: 'control',
    opcode: packetId === undefined ? OPCODE.ackV1 : OPCODE.controlV1,
    keyId: 0,
    sessionId: THERE,
    acks,
    remoteSessionId: acks.length > 0 ? HERE : undefined,
    packetId,
    payload: new Uint8Array(size),
  }
}

describe('OpenVPN control channel, receiving', () => {
  it('delivers packets once and in order, and acknowledges every packet', () => {
    const { channel, take } = oneEnd()
    const got = [0, 2, 1, 1, 3].map((id) => {
      const inOrder = channel.receive(packet(id))
      channel.flush()
      return inOrder?.map(({ packetId }) => packetId)
    })
    expect(got).toEqual([[0], [], [1, 2], [], [3]])
    expect(take()).toEqual([
      '5#- ack[0] 0',
      '5#- ack[2] 0',
      '5#- ack[1] 0',
      '5#- ack[1] 0',
      '5#- ack[3] 0',
    ])
  })

  it('does not acknowledge a packet beyond the window of 12', () => {
    const { channel, take } = oneEnd()
    expect(channel.receive(packet(12))).toEqual([])
    channel.flush()
    expect(take()).toEqual([])
    channel.receive(packet(11))
    channel.flush()
    expect(take()).toEqual(['5#- ack[11] 0'])
  })

  it('refuses packets from or for another session', () => {
    const { channel } = oneEnd()
    expect(channel.receive({ ...packet(0, [1]), remoteSessionId: THERE })).toBeUndefined()
    expect(channel.receive(packet(0))).toHaveLength(1)
    expect(channel.receive({ ...packet(1), sessionId: HERE })).toBeUndefined()
  })
})

describe('OpenVPN control channel, sending', () => {
  it('sends at most 6 unacknowledged packets', () => {
    const { channel, take } = oneEnd()
    channel.write(new Uint8Array(8 * 1180 + 1))
    channel.flush()
    expect(take()).toEqual([0, 1, 2, 3, 4, 5].map((id) => `4#${id} ack[] 1180`))
    channel.receive(packet(undefined, [0, 1, 2]))
    channel.flush()
    expect(take()).toEqual(['4#6 ack[] 1180', '4#7 ack[] 1180', '4#8 ack[] 1'])
  })

  it('adds up to 4 acknowledgements to a packet', () => {
    const { channel, take } = oneEnd()
    for (const id of [0, 1, 2, 3, 4]) channel.receive(packet(id))
    channel.write(new Uint8Array(1))
    channel.flush()
    expect(take()).toEqual(['4#0 ack[0,1,2,3] 1', '5#- ack[4] 0'])
  })

  it('retransmits after 2 s, then doubles the time, until the acknowledgement', () => {
    const { channel, scheduler, sent, take } = oneEnd()
    channel.write(new Uint8Array(1))
    channel.flush()
    scheduler.runUntil(13 * SECOND_NS)
    expect(sent).toHaveLength(3)
    channel.receive(packet(undefined, [0]))
    take()
    scheduler.runUntil(100 * SECOND_NS)
    expect(take()).toEqual([])
  })

  it('retransmits at once when 3 later packets were acknowledged', () => {
    const { channel, take } = oneEnd()
    channel.write(new Uint8Array(5 * 1180))
    channel.flush()
    take()
    for (const id of [1, 2]) channel.receive(packet(undefined, [id]))
    channel.flush()
    expect(take()).toEqual([])
    channel.receive(packet(undefined, [3]))
    channel.flush()
    expect(take()).toEqual(['4#0 ack[] 1180'])
  })

  it('sends nothing after close', () => {
    const { channel, scheduler, take } = oneEnd()
    channel.reset(OPCODE.hardResetClientV2)
    channel.flush()
    expect(take()).toEqual(['7#0 ack[] 0'])
    channel.close()
    channel.write(new Uint8Array(1))
    channel.flush()
    scheduler.runUntil(100 * SECOND_NS)
    expect(take()).toEqual([])
  })
})
