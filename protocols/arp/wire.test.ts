import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAC_BROADCAST, MAC_NONE, parseIpv4, parseMac } from '../addresses.ts'
import { fromHex, toHex } from '../bytes.ts'
import { ETHER_TYPE, writeEthernet } from '../ethernet/wire.ts'
import {
  ARP_BYTES,
  ARP_OPERATION,
  type ArpPacket,
  describeArp,
  isGratuitous,
  parseArp,
  writeArp,
} from './wire.ts'

// The gratuitous ARP that a FreeBSD CARP master sends. The Ethernet source is the MAC of the NIC,
// the ARP sender is the virtual MAC.
const TAKEOVER_FRAME = fromHex(`
  ffffffffffff 000c29aa0001 0806
  0001 0800 06 04 0001 00005e000101 0a0ad2fd 000000000000 0a0ad2fd`)
const TAKEOVER = TAKEOVER_FRAME.subarray(14)
const NIC = parseMac('00:0c:29:aa:00:01') as number
const VIRTUAL = parseMac('00:00:5e:00:01:01') as number
const VIP = parseIpv4('10.10.210.253') as number
const CLIENT = parseIpv4('10.10.210.20') as number

const macs = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const addresses = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const packets: fc.Arbitrary<ArpPacket> = fc.record({
  operation: fc.integer({ min: 0, max: 0xffff }),
  senderMac: macs,
  senderIp: addresses,
  targetMac: macs,
  targetIp: addresses,
})

describe('ARP packet', () => {
  it('is parsed from the gratuitous ARP of a CARP master', () => {
    expect(parseArp(TAKEOVER, 0, TAKEOVER.length)).toEqual({
      operation: ARP_OPERATION.request,
      senderMac: VIRTUAL,
      senderIp: VIP,
      targetMac: MAC_NONE,
      targetIp: VIP,
    })
  })

  it('is written like the gratuitous ARP of a CARP master', () => {
    const bytes = new Uint8Array(TAKEOVER_FRAME.length).fill(0xa5)
    const at = writeEthernet(bytes, 0, {
      destination: MAC_BROADCAST,
      source: NIC,
      etherType: ETHER_TYPE.arp,
    })
    const end = writeArp(bytes, at, {
      operation: ARP_OPERATION.request,
      senderMac: VIRTUAL,
      senderIp: VIP,
      targetMac: MAC_NONE,
      targetIp: VIP,
    })
    expect(end).toBe(bytes.length)
    expect(toHex(bytes)).toBe(toHex(TAKEOVER_FRAME))
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(packets, fc.integer({ min: 0, max: 9 }), (packet, start) => {
        const bytes = new Uint8Array(40).fill(0xa5)
        const end = writeArp(bytes, start, packet)
        expect(end - start).toBe(ARP_BYTES)
        expect(parseArp(bytes, start, end)).toEqual(packet)
        // The padding of a short frame is ignored.
        expect(parseArp(bytes, start, bytes.length)).toEqual(packet)
      }),
    )
  })

  it('is truncated at any shorter length', () => {
    for (let length = 0; length < TAKEOVER.length; length++) {
      expect(parseArp(TAKEOVER, 0, length)).toBe('truncated')
    }
  })

  it.each([
    ['another hardware', 0, 'badType'],
    ['another hardware', 1, 'badType'],
    ['another protocol', 2, 'badType'],
    ['another protocol', 3, 'badType'],
    ['longer hardware addresses', 4, 'badLength'],
    ['longer protocol addresses', 5, 'badLength'],
  ])('is refused for %s (byte %i)', (_, at, reason) => {
    const bytes = TAKEOVER.slice()
    bytes[at] = (bytes[at] ?? 0) ^ 0x10
    expect(parseArp(bytes, 0, bytes.length)).toBe(reason)
  })

  it('parses random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        parseArp(bytes, 0, bytes.length)
      }),
    )
  })

  it('is gratuitous when it asks for the address of its sender', () => {
    const request = { operation: 1, senderMac: NIC, senderIp: VIP, targetMac: 0, targetIp: VIP }
    expect(isGratuitous(request)).toBe(true)
    expect(isGratuitous({ ...request, targetIp: CLIENT })).toBe(false)
  })

  // The text that tcpdump 4.99.3 prints between "ARP, " and ", length 28".
  it.each([
    [ARP_OPERATION.request, CLIENT, 0, VIP, 'Request who-has 10.10.210.253 tell 10.10.210.20'],
    [ARP_OPERATION.request, VIP, 0, VIP, 'Request who-has 10.10.210.253 tell 10.10.210.253'],
    [
      ARP_OPERATION.request,
      CLIENT,
      NIC,
      VIP,
      'Request who-has 10.10.210.253 (00:0c:29:aa:00:01) tell 10.10.210.20',
    ],
    [ARP_OPERATION.reply, VIP, NIC, CLIENT, 'Reply 10.10.210.253 is-at 00:00:5e:00:01:01'],
    [ARP_OPERATION.reply, VIP, VIRTUAL, VIP, 'Reply 10.10.210.253 is-at 00:00:5e:00:01:01'],
    [
      ARP_OPERATION.reverseRequest,
      0,
      NIC,
      0,
      'Reverse Request who-is 00:0c:29:aa:00:01 tell 00:00:5e:00:01:01',
    ],
    [
      ARP_OPERATION.reverseReply,
      VIP,
      NIC,
      CLIENT,
      'Reverse Reply 00:0c:29:aa:00:01 at 10.10.210.20',
    ],
  ])(
    'with operation %i is described as by tcpdump',
    (operation, senderIp, targetMac, targetIp, line) => {
      expect(describeArp({ operation, senderMac: VIRTUAL, senderIp, targetMac, targetIp })).toBe(
        line,
      )
    },
  )

  it('with an unknown operation is described by its number', () => {
    const packet = { operation: 99, senderMac: 0, senderIp: 0, targetMac: 0, targetIp: 0 }
    expect(describeArp(packet)).toBe('Unknown (99)')
  })
})
