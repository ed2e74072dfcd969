import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../../engine/time.ts'
import type { XmlRpcStruct, XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import { parseCall, writeCall } from '../../../protocols/xmlrpc/wire.ts'
import type { VirtualIp } from '../../freebsd/carp/service.ts'
import { ANYWHERE, type EndpointRule, type Where } from '../../freebsd/pf/rule.ts'
import type { FloatingRule, TabRule } from '../generated-rules.ts'
import { firstAddressOf, type OpenVpnSettings } from '../openvpn-server.ts'
import type { ConfiguredOutboundNat, ConfiguredRule } from '../pf-configuration.ts'
import type { ForwardedPort, OwnAddress } from '../user-nat.ts'
import {
  type Configuration,
  type ConfiguredServer,
  FACTORY_SECTIONS,
  interfaceIdOf,
  interfaceNameOf,
} from './configuration.ts'
import { configuredServer, openVpnSettingsOf } from './openvpn-section.ts'
import { mergeSections, namesOfSections, sectionsToSend } from './sections.ts'
import { changedVirtualIps } from './virtual-ips.ts'

const NAMES = ['WAN', 'LAN', 'SERVER', 'SYNC']
const EMPTY: Configuration = {
  version: '23.3',
  interfaces: NAMES,
  rules: [],
  floatingRules: [],
  aliases: new Map(),
  portForwards: [],
  outboundNat: { mode: 'automatic', rules: [] },
  virtualIps: [],
  openVpnServers: [],
  others: FACTORY_SECTIONS,
}
const ALL = ['filter', 'nat', 'aliases', 'virtualip', 'openvpn', 'user', 'group']
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
const texts = fc.string({ unit: 'grapheme-ascii', maxLength: 12 })
const flag = fc.constant(true)
const tabRules: fc.Arbitrary<TabRule> = fc.record(
  {
    action: fc.constantFrom('pass' as const, 'block' as const, 'reject' as const),
    protocols: fc.constantFrom([6], [17], [1], [240], [47], [6, 17]),
    source: ends,
    destination: ends,
    icmpType: fc.nat(255),
    flags: fc.oneof(
      fc.constant('any' as const),
      fc.record({ set: fc.nat(255), of: fc.integer({ min: 1, max: 255 }) }),
    ),
    state: fc.constantFrom('keep' as const, 'sloppy' as const, 'none' as const),
    statePolicy: fc.constantFrom('floating' as const, 'if-bound' as const),
    noSync: flag,
    allowOptions: flag,
    log: flag,
    description: texts,
    tracker: fc.nat(),
  },
  { requiredKeys: ['action', 'source', 'destination', 'description', 'tracker'] },
)
const names = fc.constantFrom(...NAMES)
const rules: fc.Arbitrary<ConfiguredRule> = fc.record(
  {
    interface: fc.constantFrom(...NAMES, 'OpenVPN'),
    rule: tabRules,
    associatedRuleId: fc.constant('nat_7'),
  },
  { requiredKeys: ['interface', 'rule'] },
)
const floatingRules: fc.Arbitrary<FloatingRule> = fc
  .tuple(
    tabRules,
    fc.record({
      interfaces: fc.uniqueArray(names, { maxLength: 3 }),
      direction: fc.constantFrom('in' as const, 'out' as const, 'any' as const),
      quick: fc.boolean(),
    }),
  )
  .map(([rule, where]) => ({ ...rule, ...where }))
const ownAddresses: fc.Arbitrary<OwnAddress> = fc.oneof(
  fc.constant('interface' as const),
  addresses,
)
const portForwards = fc.record({
  interface: names,
  protocols: fc.constantFrom<ForwardedPort['protocols'][]>(['tcp'], ['udp'], ['tcp', 'udp']),
  source: ends,
  destination: ownAddresses,
  ports: ports.map(([range]) => range ?? { from: 1, to: 1 }),
  target: addresses,
  targetPort: fc.integer({ min: 1, max: 65_535 }),
  description: texts,
  associatedRuleId: fc.constantFrom('', 'pass', 'nat_7'),
})
const outboundNats: fc.Arbitrary<ConfiguredOutboundNat> = fc.record({
  mode: fc.constantFrom(
    'automatic' as const,
    'hybrid' as const,
    'advanced' as const,
    'disabled' as const,
  ),
  rules: fc.array(fc.record({ interface: names, source: ends, target: ownAddresses }), {
    maxLength: 3,
  }),
})
const servers: fc.Arbitrary<ConfiguredServer> = fc.record({
  virtualIp: fc.constantFrom('carp1wan', 'carp9opt2'),
  port: fc.integer({ min: 1, max: 65_535 }),
  tunnel: fc
    .tuple(addresses, fc.integer({ min: 16, max: 29 }))
    .map(([address, length]) => ({ address: firstAddressOf({ address, length }), length })),
  routes: fc.array(
    addresses.map((address) => ({ address, length: 32 })),
    { maxLength: 3 },
  ),
  keepaliveIntervalNs: fc.integer({ min: 1, max: 600 }).map((each) => each * SECOND_NS),
  keepaliveTimeoutNs: fc.integer({ min: 1, max: 600 }).map((each) => each * SECOND_NS),
  exitNotify: fc.boolean(),
  secret: fc.string({ unit: 'grapheme' }),
})

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
    const configurations = fc.record({
      rules: fc.array(rules, { maxLength: 4 }),
      floatingRules: fc.array(floatingRules, { maxLength: 3 }),
      portForwards: fc.array(portForwards, { maxLength: 3 }),
      outboundNat: outboundNats,
      openVpnServers: fc.array(servers, { maxLength: 1 }),
    })
    fc.assert(
      fc.property(configurations, (made) => {
        const primary = { ...EMPTY, ...made }
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

  it('name the virtual IP of an OpenVPN server, which is nowhere without it (L30)', () => {
    const timings = { startDurationNs: 1, authenticationNs: 2, handshakeWindowNs: 3 }
    const settings: OpenVpnSettings = {
      ...timings,
      interface: VIP.interface,
      vhid: VIP.vhid,
      address: VIP.address.address,
      port: 1194,
      tunnel: { address: 0x0a14_c801, length: 24 },
      routes: [],
      keepaliveIntervalNs: 10 * SECOND_NS,
      keepaliveTimeoutNs: 60 * SECOND_NS,
      exitNotify: true,
      secret: 'secret',
    }
    const primary = { ...EMPTY, virtualIps: [VIP] }
    const openVpnServers = [configuredServer(primary, settings)]
    const sent = carried(sectionsToSend({ ...primary, openVpnServers }, ['openvpn']))
    expect(sent).toMatchObject({
      openvpn: {
        'openvpn-server': [{ interface: '_vipcarp1wan', tunnel_network: '10.20.200.0/24' }],
      },
    })
    expect(openVpnSettingsOf(mergeSections(primary, sent), timings)).toEqual(settings)
    expect(openVpnSettingsOf(mergeSections(EMPTY, sent), timings)).toBeUndefined()
  })

  it('hold floating rules as the GUI writes them', () => {
    const rule = {
      action: 'block',
      source: ANYWHERE,
      destination: ANYWHERE,
      description: '',
      tracker: 1,
    } as const
    const floating = {
      ...rule,
      interfaces: ['WAN', 'SYNC'],
      direction: 'out',
      quick: true,
    } as const
    const sent = carried(sectionsToSend({ ...EMPTY, floatingRules: [floating] }, ['filter']))
    expect(sent).toMatchObject({
      filter: {
        rule: [{ floating: 'yes', interface: 'wan,opt2', direction: 'out', quick: 'yes' }],
      },
    })
    // About an interface that is not there it is about nothing, and not about all.
    const fewer = { ...EMPTY, interfaces: ['LAN'] }
    const onOne = { ...EMPTY, floatingRules: [{ ...floating, interfaces: ['SYNC'] }] }
    expect(mergeSections(fewer, sectionsToSend(onOne, ['filter'])).floatingRules).toEqual([])
  })

  it('hold NAT as the GUI writes it', () => {
    const primary: Configuration = {
      ...EMPTY,
      outboundNat: {
        mode: 'hybrid',
        rules: [
          { interface: 'WAN', source: ANYWHERE, target: 'interface' },
          { interface: 'WAN', source: ANYWHERE, target: 0x0a0a_d2fd },
        ],
      },
      portForwards: [
        {
          interface: 'SERVER',
          protocols: ['tcp', 'udp'],
          source: ANYWHERE,
          destination: 'interface',
          ports: { from: 80, to: 81 },
          target: 0x0a0a_6e0a,
          targetPort: 8080,
          description: 'web',
          associatedRuleId: 'pass',
        },
      ],
    }
    expect(sectionsToSend(primary, ['nat'])).toMatchObject({
      nat: {
        outbound: {
          mode: 'hybrid',
          rule: [{ source: { network: 'any' }, target: '' }, { target: '10.10.210.253' }],
        },
        rule: [
          {
            interface: 'opt1',
            protocol: 'tcp/udp',
            destination: { network: 'opt1ip', port: '80-81' },
            target: '10.10.110.10',
            'local-port': '8080',
            'associated-rule-id': 'pass',
          },
        ],
      },
    })
  })

  it('leave out what is disabled', () => {
    const disabled = {
      type: 'pass',
      interface: 'wan',
      source: { any: '' },
      destination: { any: '' },
    }
    const merged = (more: XmlRpcStruct) =>
      mergeSections(EMPTY, { filter: { rule: [{ ...disabled, ...more }] } }).rules
    expect([merged({}).length, merged({ disabled: '' }).length]).toEqual([1, 0])
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
        fc.constantFrom(
          ...['', 'wan', 'pass', '10.0.0.1', '10.9.0.0/24', 'any', 'tcp', '443', 'hybrid'],
          ...['wan,opt7', '_vipcarp1wan', 'c2VjcmV0', '60', 7, true],
        ),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            ...['rule', 'vip', 'alias', 'outbound', 'openvpn-server', 'mode', 'type', 'interface'],
            ...['source', 'destination', 'any', 'port', 'subnet', 'network', 'target', 'protocol'],
            ...['local-port', 'local_port', 'tls', 'tunnel_network', 'keepalive_timeout'],
            ...['keepalive_interval', 'floating', 'direction', 'statetype', 'tcpflags2'],
          ),
          tie('value'),
          { maxKeys: 8, noNullPrototype: true },
        ),
      ),
    })).value
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...ALL, 'system'), values), (sections) => {
        const merged = mergeSections(EMPTY, sections)
        const { rules: tabs, portForwards: forwards, outboundNat } = merged
        for (const { interface: on } of [...tabs, ...forwards, ...outboundNat.rules]) {
          expect(NAMES).toContain(on)
        }
        // Whatever it is, it can be sent on.
        carried(sectionsToSend(merged, ALL))
        openVpnSettingsOf(merged, { startDurationNs: 0, authenticationNs: 0, handshakeWindowNs: 0 })
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
