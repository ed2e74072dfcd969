import { describe, expect, it } from 'vitest'
import { FlowLog, type ProbeRecord } from './flow-log.ts'

const DEATH = { timeNs: 1, cause: 'linkDown', at: 'pc eth0', frameId: 7, sighting: -1 } as const

describe("a flow's log", () => {
  it('keeps what a client tells of its probes', () => {
    const log = new FlowLog('ping', 'windows-ping')
    log.sending(31)
    log.sent(1, 1_000, 7)
    log.sending(32)
    log.sent(2, 2_000, 8)
    log.received(1, 1_300, 300)
    log.duplicate(1)
    log.failed(2, 6_000, 'timeout')
    expect(log.probes).toEqual<ProbeRecord[]>([
      {
        probe: 1,
        sentNs: 1_000,
        packetId: 7,
        receivedNs: 1_300,
        rttNs: 300,
        failedNs: undefined,
        failure: undefined,
        duplicates: 1,
        death: undefined,
        endedOffPath: false,
      },
      {
        probe: 2,
        sentNs: 2_000,
        packetId: 8,
        receivedNs: undefined,
        rttNs: undefined,
        failedNs: 6_000,
        failure: 'timeout',
        duplicates: 0,
        death: undefined,
        endedOffPath: false,
      },
    ])
  })

  it('notes the order in which answers came', () => {
    const log = new FlowLog('ping', 'linux-ping')
    for (const probe of [1, 2, 3]) {
      log.sending(probe)
      log.sent(probe, probe, probe)
    }
    log.received(1, 4, 3)
    log.received(3, 5, 2)
    log.received(2, 6, 4)
    log.duplicate(2)
    expect(log.arrivals).toEqual([1, 3, 2])
  })

  it('finds the latest probe with a sequence number, as they wrap', () => {
    const log = new FlowLog('ping', 'linux-ping')
    for (let probe = 1; probe <= 65_537; probe++) {
      log.sending(probe & 0xffff)
      log.sent(probe, probe * 1_000, probe)
    }
    expect(log.findBySequence(1)?.probe).toBe(65_537)
    expect(log.findBySequence(0)?.probe).toBe(65_536)
    expect(log.findBySequence(2)?.probe).toBe(2)
    expect(log.findBySequence(65_535)?.probe).toBe(65_535)
  })

  it('knows a probe that dies before its client could report it', () => {
    const log = new FlowLog('ping', 'linux-ping')
    log.sending(1)
    const departing = log.findBySequence(1)
    expect(departing?.sentNs).toBe(Number.POSITIVE_INFINITY)
    if (departing !== undefined) departing.death = DEATH
    log.sent(1, 1_000, 7)
    expect(log.probes[0]).toMatchObject({ probe: 1, sentNs: 1_000, packetId: 7, death: DEATH })
    log.sending(2)
    log.sent(2, 2_000, 8)
    expect(log.probes[1]?.death).toBeUndefined()
  })

  it('knows nobody any more when the client has ended', () => {
    const log = new FlowLog('ping', 'linux-ping')
    log.sending(1)
    log.sent(1, 1_000, 7)
    log.ended()
    expect(log.findBySequence(1)).toBeUndefined()
    expect(log.probes).toHaveLength(1)
  })
})
