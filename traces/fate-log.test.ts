import { beforeEach, describe, expect, it } from 'vitest'
import { type Ipv4Address, parseIpv4 } from '../protocols/addresses.ts'
import { ETHER_TYPE, pushTag, writeEthernet } from '../protocols/ethernet/wire.ts'
import type { DropCause } from '../protocols/frame/fate.ts'
import { type Frame, FramePool } from '../protocols/frame/frame.ts'
import {
  ICMP_HEADER_BYTES,
  ICMP_TYPE,
  ICMP_UNREACHABLE,
  writeIcmpEcho,
  writeIcmpError,
} from '../protocols/icmp/wire.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4 } from '../protocols/ipv4/wire.ts'
import { FateLog } from './fate-log.ts'
import { type Death, FlowLog } from './flow-log.ts'

const PC = parseIpv4('10.10.199.10') as Ipv4Address
const SERVER = parseIpv4('10.10.110.10') as Ipv4Address
const OTHER = parseIpv4('10.10.110.11') as Ipv4Address
const PAYLOAD_BYTES = 32
const ETHERNET = { destination: 1, source: 2, etherType: ETHER_TYPE.ipv4 }

const clock = { nowNs: 0 }
let pool: FramePool
let fates: FateLog
let log: FlowLog

beforeEach(() => {
  clock.nowNs = 0
  pool = new FramePool()
  fates = new FateLog(clock)
  pool.observer = fates
  log = new FlowLog('ping', 'windows-ping')
  fates.watch({ log, client: PC, target: SERVER, identifier: 1 })
})

/** An echo from one to the other in a frame of its own. */
function echo(
  source: Ipv4Address,
  destination: Ipv4Address,
  sequence: number,
  { identifier = 1, options = 0 } = {},
): Frame {
  const headerBytes = IPV4_HEADER_BYTES + options
  const totalBytes = headerBytes + ICMP_HEADER_BYTES + PAYLOAD_BYTES
  const frame = pool.create(14 + totalBytes)
  const ipAt = writeEthernet(frame.bytes, frame.start, ETHERNET)
  const icmpAt = writeIpv4(frame.bytes, ipAt, {
    ...{ headerBytes, totalBytes, tos: 0, identification: 0, fragmentOffset: 0, ttl: 64 },
    ...{ dontFragment: false, moreFragments: false, protocol: IP_PROTOCOL.icmp },
    ...{ source, destination },
  })
  const reply = source !== PC
  writeIcmpEcho(frame.bytes, icmpAt, { reply, identifier, sequence }, PAYLOAD_BYTES)
  return frame
}

/** The client sends its next probe; what it is made of goes on from here. */
function request(sequence = log.probes.length + 1, to = log): Frame {
  to.sending(sequence)
  const frame = echo(PC, SERVER, sequence)
  to.sent(to.probes.length + 1, clock.nowNs, frame.packetId)
  return frame
}

const reply = (sequence: number) => echo(SERVER, PC, sequence)

function drop(frame: Frame, cause: DropCause, at = 'somewhere'): void {
  clock.nowNs += 1_000
  pool.drop(frame, cause, at)
}

const deathOf = (probe: number, of = log) => of.probes[probe - 1]?.death
const causeOf = (probe: number, of = log) => deathOf(probe, of)?.cause

describe('the death of a probe', () => {
  it('is told with time, cause, place, frame and where it was last seen', () => {
    const frame = request()
    const { packetId } = frame
    frame.sighting = 12
    clock.nowNs = 41_000
    drop(frame, 'linkDown', 'pc eth0')
    const death: Death = {
      timeNs: 42_000,
      cause: 'linkDown',
      at: 'pc eth0',
      frameId: packetId,
      sighting: 12,
    }
    expect(deathOf(1)).toEqual(death)
  })

  it('may be that of the reply', () => {
    pool.deliver(request())
    drop(reply(1), 'noUplink', 'esx1 vSwitch0')
    expect(deathOf(1)).toMatchObject({ cause: 'noUplink', at: 'esx1 vSwitch0' })
  })

  it('is seen in a tagged frame, and under IP options', () => {
    const tagged = request()
    pushTag(tagged, 199)
    drop(tagged, 'vlanMismatch')
    expect(causeOf(1)).toBe('vlanMismatch')
    pool.deliver(request())
    drop(echo(SERVER, PC, 2, { options: 8 }), 'malformed')
    expect(causeOf(2)).toBe('malformed')
  })

  it('may come before the client could report the probe', () => {
    log.sending(1)
    const frame = echo(PC, SERVER, 1)
    const { packetId } = frame
    drop(frame, 'linkDown')
    log.sent(1, 0, packetId)
    expect(causeOf(1)).toBe('linkDown')
  })

  it('is that of the latest probe with the sequence number', () => {
    pool.deliver(request(7))
    pool.deliver(request(7))
    drop(reply(7), 'linkDown')
    expect([causeOf(1), causeOf(2)]).toEqual([undefined, 'linkDown'])
  })

  it('does not change when its buffer is used again', () => {
    drop(request(), 'linkDown')
    drop(request(), 'noUplink')
    const next = request()
    expect([causeOf(1), causeOf(2), causeOf(3)]).toEqual(['linkDown', 'noUplink', undefined])
    expect(deathOf(2)?.frameId).toBe(next.packetId - 1)
  })
})

describe('of several copies', () => {
  it('an end that counts outweighs an incidental one, before or after', () => {
    const first = request()
    drop(pool.copy(first), 'notForUs')
    drop(pool.copy(first), 'linkDown')
    drop(first, 'virtualMacNotMaster')
    expect(causeOf(1)).toBe('linkDown')
  })

  it('the last end that counts is told', () => {
    const frame = request()
    drop(pool.copy(frame), 'linkDown')
    drop(frame, 'poweredOff')
    expect(causeOf(1)).toBe('poweredOff')
  })

  it('the last incidental end is told when there is no other', () => {
    const frame = request()
    drop(pool.copy(frame), 'samePort')
    drop(frame, 'virtualMacNotMaster')
    expect(causeOf(1)).toBe('virtualMacNotMaster')
  })

  it('the reply, even by an incidental end, outweighs the request that it answers', () => {
    const frame = request()
    drop(pool.copy(frame), 'interfaceDisabled')
    pool.deliver(frame)
    drop(reply(1), 'virtualMacNotMaster')
    expect(causeOf(1)).toBe('virtualMacNotMaster')
  })

  it('a late copy of the request says nothing about the reply', () => {
    const frame = request()
    const straggler = pool.copy(frame)
    pool.deliver(frame)
    drop(reply(1), 'virtualMacNotMaster')
    drop(straggler, 'ttlExceeded')
    expect(causeOf(1)).toBe('virtualMacNotMaster')
  })
})

describe('no probe died', () => {
  const untouched = () => expect(deathOf(1)).toBeUndefined()

  it('when it was delivered', () => {
    pool.deliver(request())
    untouched()
  })

  it.each([
    ['another client', () => echo(OTHER, SERVER, 1)],
    ['another target', () => echo(PC, OTHER, 1)],
    ['another identifier', () => echo(PC, SERVER, 1, { identifier: 2 })],
    ['another sequence number', () => echo(PC, SERVER, 2)],
  ])('when it was an echo of %s', (_, make) => {
    pool.deliver(request())
    drop(make(), 'linkDown')
    untouched()
  })

  it('when it was an ICMP error about it', () => {
    const about = request()
    const frame = pool.create(14 + IPV4_HEADER_BYTES + ICMP_HEADER_BYTES + 28)
    const ipAt = writeEthernet(frame.bytes, frame.start, ETHERNET)
    const icmpAt = writeIpv4(frame.bytes, ipAt, {
      ...{ headerBytes: IPV4_HEADER_BYTES, totalBytes: 56, tos: 0, identification: 0, ttl: 64 },
      ...{ dontFragment: false, moreFragments: false, fragmentOffset: 0 },
      ...{ protocol: IP_PROTOCOL.icmp, source: SERVER, destination: PC },
    })
    const error = { type: ICMP_TYPE.unreachable, code: ICMP_UNREACHABLE.host }
    writeIcmpError(frame.bytes, icmpAt, error, about.bytes.subarray(about.start + 14, about.end))
    pool.deliver(about)
    drop(frame, 'linkDown')
    untouched()
  })

  it('when it was no IPv4 at all, or nothing but a header', () => {
    const frame = request()
    const arp = pool.copy(frame)
    writeEthernet(arp.bytes, arp.start, { ...ETHERNET, etherType: ETHER_TYPE.arp })
    drop(arp, 'linkDown')
    for (const length of [0, 13, 14, 17, 40]) {
      const cut = pool.copy(frame)
      cut.end = cut.start + length
      drop(cut, 'malformed')
    }
    untouched()
  })

  it('when the client had ended', () => {
    const frame = request()
    log.ended()
    drop(frame, 'linkDown')
    untouched()
  })
})

describe('a probe that travels sealed', () => {
  /** A datagram whose bytes tell nothing of the echo in it. */
  function sealed(inner: Frame): Frame {
    const outer = echo(OTHER, PC, 1, { identifier: 999 })
    pool.enclose(inner, outer)
    pool.deliver(inner)
    return outer
  }

  it('dies of what its carrier dies of, on its way there or back', () => {
    drop(sealed(request()), 'openvpnNoSession', 'pfsense2 WAN')
    pool.deliver(sealed(request()))
    drop(sealed(reply(2)), 'linkDown', 'pfsense1 WAN')
    expect(deathOf(1)).toMatchObject({ cause: 'openvpnNoSession', at: 'pfsense2 WAN' })
    expect(deathOf(2)).toMatchObject({ cause: 'linkDown', at: 'pfsense1 WAN' })
  })

  it('is none of whatever else is sealed', () => {
    drop(sealed(echo(OTHER, PC, 1)), 'linkDown')
    request()
    expect(causeOf(1)).toBeUndefined()
  })
})

describe('two pings of one Windows host to one target', () => {
  // They share the identifier and count their probes together.
  it('are told apart by who used the sequence number last', () => {
    const second = new FlowLog('second', 'windows-ping')
    fates.watch({ log: second, client: PC, target: SERVER, identifier: 1 })
    clock.nowNs = 1_000
    const [one, two, three] = [request(1), request(2, second), request(3)]
    drop(two, 'noUplink')
    drop(three, 'linkDown')
    expect([causeOf(1), causeOf(2), causeOf(1, second)]).toEqual([
      undefined,
      'linkDown',
      'noUplink',
    ])
    pool.deliver(one)
    // 65536 probes later, the other one has number 1.
    clock.nowNs = 9_000_000
    drop(request(1, second), 'poweredOff')
    expect([causeOf(1), causeOf(2, second)]).toEqual([undefined, 'poweredOff'])
  })
})

describe('a listener', () => {
  it('hears of every death, watched or not', () => {
    const heard: string[] = []
    fates.listen({
      died: ({ cause, at, frameId, timeNs }) => heard.push(`${cause} ${at} ${frameId} ${timeNs}`),
    })
    drop(pool.create(60), 'samePort', 'sw1')
    drop(request(), 'linkDown', 'pc eth0')
    expect(heard).toEqual(['samePort sw1 1 1000', 'linkDown pc eth0 2 2000'])
  })

  it('is not needed', () => {
    drop(pool.create(60), 'samePort')
    expect(pool.dropped.get('samePort')).toBe(1)
  })
})
