import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, inPrefix } from '../../protocols/addresses.ts'
import { Decider } from '../decider.ts'
import { ip, Laboratory, mac, prefix, Recorder } from '../laboratory.fixture.ts'
import { IpInterface } from './interface.ts'
import { RouteTable } from './routes.ts'

/** An interface per name with its addresses, and a table of routes through them. */
function tableOf<Name extends string>(
  interfaces: Readonly<Record<Name, readonly string[]>>,
  routes: readonly (readonly [to: string, via: string])[] = [],
) {
  const lab = new Laboratory()
  const names = Object.keys(interfaces) as Name[]
  const made = Object.fromEntries(
    names.map((name) => {
      const { nic } = new Recorder(lab.world, name)
      const each = new IpInterface({ name, nic })
      for (const address of interfaces[name]) each.addAddress(prefix(address))
      return [name, each]
    }),
  ) as Record<Name, IpInterface>
  const statics = routes.map(([to, via]) => ({ to: prefix(to), via: ip(via) }))
  const table = new RouteTable(Object.values(made), statics)
  /** `lan 10.0.0.2`: by which interface, and to whom. */
  const lookUp = (target: string): string | undefined => {
    const hop = table.lookUp(ip(target))
    return hop && `${hop.out.name} ${formatIpv4(hop.neighbour)}`
  }
  return { lab, table, lookUp, ...made }
}

describe('a route', () => {
  it('to the own network hands the packet to its target', () => {
    const { lookUp } = tableOf({ lan: ['10.0.0.1/24'], dmz: ['10.0.1.1/24'] })
    expect(lookUp('10.0.0.2')).toBe('lan 10.0.0.2')
    expect(lookUp('10.0.1.2')).toBe('dmz 10.0.1.2')
  })

  it('by default hands it to the gateway', () => {
    const { lookUp } = tableOf({ lan: ['10.0.0.1/24'] }, [['0.0.0.0/0', '10.0.0.254']])
    expect(lookUp('192.0.2.1')).toBe('lan 10.0.0.254')
    expect(lookUp('10.0.0.2')).toBe('lan 10.0.0.2')
  })

  it('does not exist without one', () => {
    expect(tableOf({ lan: ['10.0.0.1/24'] }).lookUp('192.0.2.1')).toBeUndefined()
  })

  it('of the longest prefix wins, in whatever order they are written', () => {
    const routes = [
      ['0.0.0.0/0', '10.0.0.251'],
      ['192.0.2.7/32', '10.0.0.254'],
      ['192.0.0.0/16', '10.0.0.252'],
      ['192.0.2.0/24', '10.0.0.253'],
    ] as const
    for (const each of [routes, routes.toReversed()]) {
      const { lookUp } = tableOf({ lan: ['10.0.0.1/24'] }, each)
      expect(lookUp('198.51.100.1')).toBe('lan 10.0.0.251')
      expect(lookUp('192.0.9.1')).toBe('lan 10.0.0.252')
      expect(lookUp('192.0.2.1')).toBe('lan 10.0.0.253')
      expect(lookUp('192.0.2.7')).toBe('lan 10.0.0.254')
    }
  })

  it('that is connected wins over a static one as long, and the first written over the second', () => {
    const { lookUp } = tableOf({ lan: ['10.0.0.1/24'], dmz: ['10.0.1.1/24'] }, [
      ['10.0.1.0/24', '10.0.0.254'],
      ['192.0.2.0/24', '10.0.0.254'],
      ['192.0.2.0/24', '10.0.1.254'],
    ])
    expect(lookUp('10.0.1.2')).toBe('dmz 10.0.1.2')
    expect(lookUp('192.0.2.1')).toBe('lan 10.0.0.254')
  })

  it('whose next hop is on none of the networks is not used', () => {
    const { lookUp } = tableOf({ lan: ['10.0.0.1/24'] }, [['0.0.0.0/0', '10.9.9.9']])
    expect(lookUp('192.0.2.1')).toBeUndefined()
  })

  it('is not made by an address that is shared with other machines', () => {
    const { lan, table, lookUp } = tableOf({ lan: ['10.0.0.1/24'] })
    const owner = { active: true, mac: mac('00:00:5e:00:01:01'), election: new Decider('election') }
    lan.addAddress({ ...prefix('10.0.7.254/24'), owner })
    table.rebuild()
    expect(lookUp('10.0.7.2')).toBeUndefined()
  })

  it('goes with its interface, and comes back with it', () => {
    const { lan, dmz, table, lookUp } = tableOf({ lan: ['10.0.0.1/24'], dmz: ['10.0.1.1/24'] }, [
      ['0.0.0.0/0', '10.0.1.254'],
      ['192.0.2.0/24', '10.0.0.254'],
    ])
    lan.enabled = false
    table.rebuild()
    expect(lookUp('10.0.0.2')).toBe('dmz 10.0.1.254')
    expect(lookUp('192.0.2.1')).toBe('dmz 10.0.1.254')
    dmz.enabled = false
    lan.enabled = true
    table.rebuild()
    expect(lookUp('10.0.0.2')).toBe('lan 10.0.0.2')
    expect(lookUp('192.0.2.1')).toBe('lan 10.0.0.254')
    expect(lookUp('198.51.100.1')).toBeUndefined()
  })

  it('stays while the link is down', () => {
    const { lan, lookUp } = tableOf({ lan: ['10.0.0.1/24'] })
    expect(lan.up).toBe(false)
    expect(lookUp('10.0.0.2')).toBe('lan 10.0.0.2')
  })

  it('is the one that a search through all of them would find', () => {
    const octet = fc.integer({ min: 0, max: 3 })
    const target = fc.tuple(octet, octet).map(([a, b]) => `10.${a}.${b}.1`)
    const to = fc
      .tuple(octet, octet, fc.constantFrom(0, 8, 15, 16, 23, 24, 32))
      .map(([a, b, length]) => `10.${a}.${b}.1/${length}`)
    fc.assert(
      fc.property(fc.uniqueArray(to, { maxLength: 12 }), target, (routes, wanted) => {
        const via = (index: number) => `172.16.0.${index + 1}`
        const { lookUp } = tableOf(
          { lan: ['172.16.0.254/24'] },
          routes.map((each, index) => [each, via(index)]),
        )
        let best: number | undefined
        for (const [index, each] of routes.entries()) {
          if (!inPrefix(ip(wanted), prefix(each))) continue
          const length = prefix(each).length
          if (best === undefined || length > prefix(routes[best] ?? '').length) best = index
        }
        expect(lookUp(wanted)).toBe(best === undefined ? undefined : `lan ${via(best)}`)
      }),
    )
  })
})
