import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../bytes.ts'
import { octets } from './conversation.fixture.ts'
import { concatenated } from './network.fixture.ts'
import { ReassemblyBuffer } from './reassembly-buffer.ts'
import { SendBuffer } from './send-buffer.ts'
import { advance } from './sequence.ts'

const starts = fc.integer({ min: 0, max: 0xffff_ffff })
const pieces = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 })), { maxLength: 30 })

describe('ReassemblyBuffer', () => {
  it('returns each octet once and in order, for any order of arrival', () => {
    fc.assert(
      fc.property(starts, pieces, fc.boolean(), (start, arrivals, eager) => {
        const buffer = new ReassemblyBuffer()
        const there = new Set<number>()
        const taken: Uint8Array[] = []
        let next = 0
        const takeAll = (): void => {
          for (;;) {
            const bytes = buffer.take(advance(start, next))
            if (bytes === undefined) break
            taken.push(bytes)
            next += bytes.length
          }
        }
        for (const [at, length] of arrivals) {
          for (let octet = at; octet < at + length; octet++) there.add(octet)
          const first = Math.max(at, next)
          if (first >= at + length) continue
          const bytes = octets(advance(start, first), at + length - first)
          buffer.insert(advance(start, next), advance(start, first), bytes)
          // The buffer must have a copy.
          bytes.fill(0xff)
          if (eager) takeAll()
        }
        takeAll()
        let whole = 0
        while (there.has(whole)) whole++
        expect(next).toBe(whole)
        expect(toHex(concatenated(taken))).toBe(toHex(octets(start, whole)))
        expect(buffer.waiting).toBe([...there].some((octet) => octet > whole))
      }),
    )
  })

  it('drops octets that were received another way', () => {
    const buffer = new ReassemblyBuffer()
    buffer.insert(0, 5, octets(5, 5))
    buffer.insert(0, 12, octets(12, 3))
    expect(buffer.take(11)).toBeUndefined()
    expect(toHex(buffer.take(13) ?? new Uint8Array(0))).toBe(toHex(octets(13, 2)))
    expect(buffer.waiting).toBe(false)
  })
})

describe('SendBuffer', () => {
  const steps = fc.array(fc.tuple(fc.nat(9000), fc.nat(9000)), { maxLength: 30 })

  it('contains the appended octets that were not discarded', () => {
    fc.assert(
      fc.property(steps, (sizes) => {
        const buffer = new SendBuffer()
        let first = 0
        let end = 0
        for (const [added, removed] of sizes) {
          const bytes = octets(end, added)
          buffer.append(bytes)
          bytes.fill(0xff)
          end += added
          const count = Math.min(removed, end - first)
          buffer.discard(count)
          first += count
          expect(buffer.length).toBe(end - first)
          expect(toHex(buffer.view(0, end - first))).toBe(toHex(octets(first, end - first)))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('refuses to view or discard more than it contains', () => {
    const buffer = new SendBuffer()
    buffer.append(octets(0, 10))
    expect(() => buffer.view(5, 6)).toThrow('only what is there')
    expect(() => buffer.discard(11)).toThrow('only what was sent')
  })
})
