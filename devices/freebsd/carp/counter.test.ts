import { describe, expect, it } from 'vitest'
import { advertisement, virtualIp } from './advertisement.fixture.ts'
import { carpOnCable } from './service.fixture.ts'

describe('the counter of advertisements', () => {
  const counters = (sent: readonly { counterHigh: number; counterLow: number }[]) =>
    sent.map(({ counterHigh, counterLow }) => [counterHigh, counterLow])

  it('is random in each of them until a peer was heard', () => {
    const { lab, takeSent } = carpOnCable()
    lab.runForSeconds(22.5)
    const seen = counters(takeSent())
    expect(seen).toHaveLength(20)
    expect(new Set(seen.flat()).size).toBe(40)
    for (const half of seen.flat()) expect(Number.isInteger(half) && half >= 0).toBe(true)
  })

  it.each([
    ['adds one', 7, 41, 7, 42],
    ['carries over', 7, 0xffff_ffff, 8, 0],
    ['wraps', 0xffff_ffff, 0xffff_ffff, 0, 0],
  ])('is from then on the one that was heard, and %s', (_how, high, low, nextHigh, nextLow) => {
    const { lab, hear, takeSent } = carpOnCable()
    hear(advertisement({ advskew: 240, counterHigh: high, counterLow: low }))
    lab.runForSeconds(1.1)
    expect(counters(takeSent())).toEqual([
      [nextHigh, nextLow],
      [nextHigh, nextLow + 1],
    ])
  })

  it('is that of whoever was heard last, even a replayed one', () => {
    const { lab, hear, takeSent, carp } = carpOnCable()
    hear(advertisement({ advskew: 240, counterHigh: 9, counterLow: 100 }))
    hear(advertisement({ advskew: 240, counterHigh: 2, counterLow: 5 }))
    hear(advertisement({ advskew: 240, counterHigh: 2, counterLow: 5 }))
    expect(carp.stateOf('WAN', 1)).toBe('MASTER')
    takeSent()
    lab.runForSeconds(1.1)
    expect(counters(takeSent())).toEqual([[2, 6]])
  })

  it('is not taken from what is refused, and outlives the loss of the link', () => {
    const { lab, hear, peer, takeSent } = carpOnCable()
    hear(advertisement({ advskew: 0, counterHigh: 4, counterLow: 10 }))
    hear(advertisement({ advskew: 0, counterHigh: 5, counterLow: 20, password: 'other' }))
    peer('vmx0').port.setPlugged(false)
    peer('vmx0').port.setPlugged(true)
    lab.runForSeconds(3.1)
    expect(counters(takeSent())).toEqual([[4, 11]])
  })

  it('belongs to its VHID', () => {
    const virtualIps = [virtualIp(), virtualIp({ vhid: 2, vip: '10.10.210.254/24' })]
    const { hear, takeSent } = carpOnCable({ virtualIps })
    hear(advertisement({ advskew: 240, counterHigh: 1, counterLow: 1 }))
    hear(
      advertisement({ advskew: 240, vhid: 2, vip: '10.10.210.254', counterHigh: 2, counterLow: 2 }),
    )
    expect(takeSent()).toMatchObject([
      { vhid: 1, counterHigh: 1, counterLow: 2 },
      { vhid: 2, counterHigh: 2, counterLow: 3 },
    ])
  })
})
