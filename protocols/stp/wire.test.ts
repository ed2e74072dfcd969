import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { fromHex, toHex } from '../bytes.ts'
import { type Bpdu, bpduLength, describeBpdu, parseBpdu, writeBpdu } from './wire.ts'

// Put together by hand from the tables of the standards; tshark decodes them as they are named.
const CONFIGURATION = fromHex(`42 42 03 0000 00 00 01
  8000 021d00000100 00004e20 8000 021d00000200 8003 0100 1400 0200 0f00`)
const RAPID = fromHex(`42 42 03 0000 02 02 0e
  8000 021d00000100 00004e20 8000 021d00000200 8003 0100 1400 0200 0f00 00`)
const NOTIFICATION = fromHex('42 42 03 0000 00 80')

const TIMES = {
  messageAgeNs: SECOND_NS,
  maxAgeNs: 20 * SECOND_NS,
  helloTimeNs: 2 * SECOND_NS,
  forwardDelayNs: 15 * SECOND_NS,
}
const VECTOR = {
  root: { priority: 0x8000, address: 0x021d_0000_0100 },
  rootPathCost: 20_000,
  bridge: { priority: 0x8000, address: 0x021d_0000_0200 },
  portId: 0x8003,
}

function written(bpdu: Bpdu): string {
  const bytes = new Uint8Array(bpduLength(bpdu))
  writeBpdu(bytes, 0, bpdu)
  return toHex(bytes)
}

describe('a BPDU on the wire', () => {
  it.each([
    [
      'a configuration of STP that tells of a change',
      CONFIGURATION,
      {
        kind: 'configuration',
        vector: VECTOR,
        ...TIMES,
        topologyChange: true,
        topologyChangeAck: false,
      },
    ],
    [
      'a proposal of RSTP',
      RAPID,
      {
        kind: 'rapid',
        vector: VECTOR,
        ...TIMES,
        topologyChange: false,
        role: 'designated',
        proposal: true,
        agreement: false,
        learning: false,
        forwarding: false,
      },
    ],
    ['a topology change notification', NOTIFICATION, { kind: 'notification' }],
  ] as const)('is %s', (_, bytes, bpdu) => {
    expect(parseBpdu(bytes, 0, bytes.length)).toEqual(bpdu)
    expect(written(bpdu)).toBe(toHex(bytes))
  })

  it('is told as tcpdump tells it', () => {
    const bpdu = parseBpdu(RAPID, 0, RAPID.length) as Bpdu
    expect(describeBpdu(bpdu)).toBe(
      'STP 802.1w, Rapid STP, Flags [Proposal], bridge-id 8000.02:1d:00:00:02:00.8003, length 39',
    )
  })

  it('is refused when it is cut off, of another protocol or of an unknown type', () => {
    for (const whole of [CONFIGURATION, RAPID, NOTIFICATION]) {
      expect(parseBpdu(whole, 0, whole.length - 1)).toBe('truncated')
    }
    expect(parseBpdu(fromHex('aaaa03 0000 00 00'), 0, 7)).toBe('badType')
    expect(parseBpdu(fromHex('424203 0000 00 01'), 0, 7)).toBe('badType')
  })

  it('is taken without its padding, and comes back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 36, maxLength: 60 }), (body) => {
        for (const start of ['4242030000 02 02', '4242030000 00 00']) {
          const bytes = Uint8Array.from([...fromHex(start), ...body])
          const bpdu = parseBpdu(bytes, 0, bytes.length) as Bpdu
          expect(parseBpdu(fromHex(written(bpdu)), 0, bpduLength(bpdu))).toEqual(bpdu)
        }
      }),
    )
  })
})
