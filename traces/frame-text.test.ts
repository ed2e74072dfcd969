import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../protocols/bytes.ts'
import { ETHER_TYPE, writeEthernet } from '../protocols/ethernet/wire.ts'
import { IP_PROTOCOL, writeIpv4 } from '../protocols/ipv4/wire.ts'
import { writeTcp } from '../protocols/tcp/wire.ts'
import { writeUdp } from '../protocols/udp/wire.ts'
import { echo } from './explain/explain.fixture.ts'
import { readFrame } from './frame-text.ts'

const SOURCE = 0x0a00_0001
const DESTINATION = 0x0a00_0002

/** A frame with `payloadBytes` of `protocol`, written by `write`. */
function packet(
  protocol: number,
  payloadBytes: number,
  write: (bytes: Uint8Array, at: number) => void,
  fragmentOffset = 0,
): Uint8Array {
  const bytes = new Uint8Array(34 + payloadBytes)
  writeEthernet(bytes, 0, { destination: 1, source: 2, etherType: ETHER_TYPE.ipv4 })
  const at = writeIpv4(bytes, 14, {
    headerBytes: 20,
    tos: 0,
    totalBytes: 20 + payloadBytes,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset,
    ttl: 64,
    protocol,
    source: SOURCE,
    destination: DESTINATION,
  })
  write(bytes, at)
  return bytes
}

const nothing = (): void => {}

describe('readFrame reads as tcpdump', () => {
  const tcp = packet(IP_PROTOCOL.tcp, 20, (bytes, at) => {
    const ports = { sourcePort: 50_000, destinationPort: 22 }
    const numbers = { sequence: 7, acknowledgement: 0, flags: 2, window: 100, options: {} }
    writeTcp(bytes, at, { ...ports, ...numbers }, SOURCE, DESTINATION, 0)
  })
  const udp = packet(IP_PROTOCOL.udp, 12, (bytes, at) => {
    writeUdp(bytes, at, { sourcePort: 5000, destinationPort: 53 }, SOURCE, DESTINATION, 4)
  })
  const arp = '0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002'

  it.each([
    ['ICMP', echo(), 'IP 10.0.1.10 > 10.0.2.10: ICMP echo request, id 300, seq 1, length 8'],
    ['TCP', tcp, 'IP 10.0.0.1.50000 > 10.0.0.2.22: Flags [S], seq 7, win 100, length 0'],
    ['UDP', udp, 'IP 10.0.0.1.5000 > 10.0.0.2.53: UDP, length 4'],
    [
      'ARP',
      fromHex(`ffffffffffff 020000000001 0806 ${arp}`),
      'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
    ],
    ['a protocol', packet(99, 3, nothing), 'IP 10.0.0.1 > 10.0.0.2: ip-proto-99 3'],
    ['a fragment', packet(17, 8, nothing, 8), 'IP 10.0.0.1 > 10.0.0.2: ip-proto-17'],
    [
      'a broken one',
      packet(IP_PROTOCOL.tcp, 3, nothing),
      'IP 10.0.0.1 > 10.0.0.2: [truncated] protocol 6',
    ],
    ['a type', fromHex('000000000001 000000000002 88b5 00'), 'ethertype 0x88b5, length 1'],
    ['a stump', new Uint8Array(3), '[truncated] frame'],
    ['no IP', fromHex('000000000001 000000000002 0800 45'), 'IP [truncated]'],
    ['no ARP', fromHex('000000000001 000000000002 0806 00'), 'ARP, [truncated], length 1'],
  ])('%s', (_, bytes, line) => {
    expect(readFrame(bytes).line).toBe(line)
  })

  it('tells the tag and the TTL where they are', () => {
    expect(readFrame(echo({ vlanId: 199, ttl: 63 }))).toMatchObject({
      ttl: 63,
      ethernet: { tag: { vlanId: 199 } },
    })
    expect(readFrame(new Uint8Array(20)).ttl).toBeUndefined()
  })

  it('never throws', () => {
    const frames = [echo(), tcp, udp, packet(240, 30, nothing), packet(2, 12, nothing)]
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.nat(70), fc.nat(255), (frame, at, value) => {
        const bytes = frame.slice()
        bytes[at % bytes.length] = value
        expect(readFrame(bytes.subarray(0, at)).line).not.toContain('undefined')
        expect(readFrame(bytes).line).not.toContain('\n')
      }),
    )
  })
})
