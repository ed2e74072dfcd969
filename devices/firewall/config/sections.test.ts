import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { XmlRpcStruct, XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import { parseCall, writeCall } from '../../../protocols/xmlrpc/wire.ts'
import type { VirtualIp } from '../carp-service.ts'
import type { EndpointRule, Where } from '../pf/rule.ts'
import {
  type Configuration,
  type ConfiguredRule,
  FACTORY_SECTIONS,
  interfaceIdOf,
  interfaceNameOf,
} from './configuration.ts'
import { mergeSections, namesOfSections, sectionsToSend } from './sections.ts'
import { changedVirtualIps } from './virtual-ips.ts'

const NAMES = ['WAN', 'LAN', 'SERVER', 'SYNC']
const EMPTY: Configuration = {
  version: '23.3',
  interfaces: NAMES,
  rules: [],
  aliases: new Map(),
  virtualIps: [],
  others: FACTORY_SECTIONS,
}
const ALL = ['filter', 'aliases', 'virtualip', 'user', 'group', 'nat']
const VIP: VirtualIp = {
  interface: 'WAN',
  vhid: 1,
  address: { address: 0x0a0a_d2fd, length: 24 },
  description: 'CARP WAN',
  password: 'secret',
  advbaseSeconds: 1,
  advskew: 0,
}

const addresses = fc.integer({ min: 1, max: 0xffff_fffe })
const wheres: fc.Arbitrary<Where> = fc.oneof(
  fc.constant<Where>({ kind: 'any' }),
  fc.constant<Where>({ kind: 'self' }),
  addresses.map((address): Where => ({ kind: 'address', address })),
  addresses.map((address): Where => ({ kind: 'network', prefix: { address, length: 24 } })),
  fc.constantFrom('Servers', 'web_hosts').map((name): Where => ({ kind: 'alias', name })),
)
const ports = fc
  .tuple(fc.integer({ min: 1, max: 65_535 }), fc.nat(100))
  .map(([from, more]) => [{ from, to: Math.min(65_535, from + more) }])
const ends: fc.Arbitrary<EndpointRule> = fc
  .tuple(wheres, fc.boolean(), fc.option(ports, { nil: undefined }))
  .map(([where, not, range]) => ({
    where,
    ...(not ? { not } : {}),
    ...(range === undefined ? {} : { ports: range }),
  }))
const rules: fc.Arbitrary<ConfiguredRule> = fc
  .record({
    interface: fc.constantFrom(...NAMES),
    action: fc.constantFrom('pass' as const, 'block' as const, 'reject' as const),
    protocols: fc.option(fc.constantFrom([6], [17], [1], [240], [47]), { nil: undefined }),
    source: ends,
    destination: ends,
    description: fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
    tracker: fc.nat(),
  })
  .map(({ interface: on, protocols, ...rule }) => ({
    interface: on,
    rule: { ...rule, ...(protocols === undefined ? {} : { protocols }) },
  }))

/** Over the wire and back. */
function carried(sections: XmlRpcStruct): XmlRpcStruct {
  const call = parseCall(writeCall({ method: 'a', params: [sections] }))
  return (typeof call === 'string' ? {} : call.params[0]) as XmlRpcStruct
}

describe('interfaces', () => {
  it('go by the order of their assignment', () => {
    expect(NAMES.map((name) => interfaceIdOf(EMPTY, name))).toEqual(['wan', 'lan', 'opt1', 'opt2'])
    expect(
      ['wan', 'lan', 'opt1', 'opt2', 'opt3', 'opt0', 'x', ''].map((id) =>
        interfaceNameOf(EMPTY, id),
      ),
    ).toEqual([...NAMES, undefined, undefined, undefined, undefined])
    expect(interfaceIdOf(EMPTY, 'DMZ')).toBeUndefined()
    expect([interfaceIdOf(EMPTY, 'OpenVPN'), interfaceNameOf(EMPTY, 'openvpn')]).toEqual([
      'openvpn',
      'OpenVPN',
    ])
  })
})

describe('sections', () => {
  it('come to an equal node as they were', () => {
    fc.assert(
      fc.property(fc.array(rules, { maxLength: 4 }), (list) => {
        const primary = { ...EMPTY, rules: list }
        const sent = carried(sectionsToSend(primary, ALL))
        expect(mergeSections(EMPTY, sent)).toEqual(primary)
      }),
    )
  })

  it('carry aliases', () => {
    const aliases = new Map([['Servers', [{ address: 0x0a0a_6e00, length: 24 }]]])
    const sent = carried(sectionsToSend({ ...EMPTY, aliases }, ['aliases']))
    expect(mergeSections(EMPTY, sent).aliases).toEqual(aliases)
  })

  it('land on another network where interfaces are assigned otherwise (L20)', () => {
    const rule = {
      action: 'pass',
      source: { where: { kind: 'any' } },
      description: '',
      tracker: 1,
    } as const
    const destination = { where: { kind: 'any' } } as const
    const primary = { ...EMPTY, rules: [{ interface: 'SYNC', rule: { ...rule, destination } }] }
    const other = { ...EMPTY, interfaces: ['WAN', 'LAN', 'SYNC', 'SERVER'] }
    const sent = sectionsToSend(primary, ['filter'])
    expect(mergeSections(other, sent).rules).toMatchObject([{ interface: 'SERVER' }])
    const fewer = { ...EMPTY, interfaces: ['WAN', 'LAN', 'SYNC'] }
    expect(mergeSections(fewer, sent).rules).toEqual([])
  })

  it('leave alone what is not among them, and put the rest in the place of what was', () => {
    const own = [{ interface: 'LAN', rule: {} as ConfiguredRule['rule'] }]
    const secondary = { ...EMPTY, rules: own, virtualIps: [VIP] }
    const merged = mergeSections(secondary, sectionsToSend(EMPTY, ['filter', 'nat']))
    expect([merged.rules, merged.virtualIps]).toEqual([[], [VIP]])
  })

  it('rewrite the skew of virtual IPs, up to 254', () => {
    const skews = [0, 1, 154, 155, 200, 254].map((advskew) => {
      const sent = carried(sectionsToSend({ ...EMPTY, virtualIps: [{ ...VIP, advskew }] }, ALL))
      return mergeSections(EMPTY, sent).virtualIps.map((each) => each.advskew)
    })
    expect(skews).toEqual([[100], [101], [254], [254], [254], [254]])
  })

  it('follow from the boxes', () => {
    const none = {
      users: false,
      certificates: false,
      rules: false,
      aliases: false,
      nat: false,
      openvpn: false,
      virtualIps: false,
    }
    expect(namesOfSections(none)).toEqual([])
    // OpenVPN brings its certificates along, rules their schedules.
    expect(namesOfSections({ ...none, openvpn: true })).toEqual(['openvpn', 'cert', 'ca', 'crl'])
    expect(namesOfSections({ ...none, rules: true })).toEqual(['filter', 'schedules'])
  })

  it('that make no sense change nothing for the worse, and never throw', () => {
    const values: fc.Arbitrary<XmlRpcValue> = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
      value: fc.oneof(
        fc.constantFrom('', 'wan', 'pass', '10.0.0.1', 'any', 7, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'rule',
            'vip',
            'alias',
            'type',
            'interface',
            'source',
            'any',
            'port',
            'subnet',
          ),
          tie('value'),
          { maxKeys: 5, noNullPrototype: true },
        ),
      ),
    })).value
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...ALL, 'system'), values), (sections) => {
        for (const { interface: on } of mergeSections(EMPTY, sections).rules) {
          expect(NAMES).toContain(on)
        }
      }),
    )
  })
})

describe('virtual IPs', () => {
  it('are left alone unless something changed that matters', () => {
    const described = { ...VIP, description: 'other' }
    expect(changedVirtualIps([VIP], [described])).toEqual({ gone: [], changed: [] })
    for (const change of [{ advskew: 100 }, { password: 'x' }, { advbaseSeconds: 2 }]) {
      const changed = { ...VIP, ...change }
      expect(changedVirtualIps([VIP], [changed])).toEqual({ gone: [], changed: [changed] })
    }
    const moved = { ...VIP, vhid: 9 }
    expect(changedVirtualIps([VIP], [moved])).toEqual({ gone: [VIP], changed: [moved] })
  })
})
