import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { builtInScenarios } from './built-in.ts'
import { readScenario, resolveScenario } from './read.ts'
import { edited, problemsIn, SMALL } from './small.fixture.ts'

describe('a scenario', () => {
  it('is read with its defaults filled in', () => {
    const result = readScenario(SMALL)
    expect(result.ok && result.scenario).toMatchObject({
      description: '',
      seed: 1,
      timing: 'ideal',
      language: 'fr',
      settle: '10s',
      topology: {
        esxiHosts: [
          {
            advanced: {
              'Net.ReversePathFwdCheck': 1,
              'Net.ReversePathFwdCheckPromisc': 0,
              'Net.BlockGuestBPDU': 1,
            },
            vmnics: [{ interruptLatency: '15us', linkSpeedMbps: 1000, propagation: '50ns' }],
            vswitches: [
              {
                mtu: 1500,
                latency: { guestTransmit: '5us', forwarding: '3us', guestReceive: '17us' },
                security: {
                  promiscuousMode: 'reject',
                  macChanges: 'accept',
                  forgedTransmits: 'accept',
                },
              },
            ],
          },
        ],
        switches: [{ ageing: '300s', forwardingDelay: '4us', ports: [{ nativeVlan: 1 }, {}] }],
        firewalls: [
          {
            product: 'pfsense',
            powerState: 'poweredOn',
            bootDuration: '30s',
            boot: { interfaces: '15s', filter: '18s', forwarding: '19.5s' },
            shutdownDuration: '5s',
            interfaces: [{ enabled: true }, { enabled: true }],
            virtualIps: [{ advbase: 1, advskew: 0, description: '' }, {}],
            carp: {
              preempt: true,
              interfaceDownDemotion: 240,
              verifyTtl: false,
              readdOnLinkUp: true,
            },
            routes: [],
          },
          {},
        ],
        hosts: [{ forwarding: false, routes: [] }, { os: 'windows' }],
      },
      flows: [
        {
          start: '5s',
          phase: 'random',
          stop: '59.9s',
          interval: '1s',
          timeout: '4s',
          pauseAfterTimeout: '1s',
          dataBytes: 32,
          apostrophe: 'ascii',
        },
      ],
      captures: { points: 'all', classicPcap: false },
    })
  })

  it('that was never text is read the same', () => {
    expect(resolveScenario(parse(SMALL))).toEqual(readScenario(SMALL))
  })
})

describe('problems', () => {
  it('are told all at once, in the order of the text, whatever finds them', () => {
    const text = edited(
      ['name: small', 'name: small\nspeed: 1'],
      ['port: Gi1/0/1 }', 'port: Gi1/0/7 }'],
      ['vhid: 2,', 'vhid: 300,'],
      ['interface: MGMT', 'interface: MGT'],
      ['gateway: 10.10.110.254', 'gateway: 10.10.111.254'],
      ['from: station', 'from: sation'],
      ['node: fw1, at: 30s', 'node: fw1, at: 99s'],
    )
    expect(problemsIn(text).map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      'small.yaml:2 speed',
      'small.yaml:8 topology.esxiHosts[0].vmnics[0].connectedTo.port',
      'small.yaml:29 topology.firewalls[0].virtualIps[0].vhid',
      'small.yaml:30 topology.firewalls[0].virtualIps[1].interface',
      'small.yaml:46 topology.hosts[0].interfaces[0].gateway',
      'small.yaml:54 flows[0].from',
      'small.yaml:57 faults[1].at',
    ])
  })

  it('do not breed others', () => {
    // A name of the wrong type, an address that is none: those who refer to them are not blamed.
    expect(problemsIn(edited(['name: TRUNK', 'name: 7']))).toHaveLength(1)
    expect(problemsIn(edited(['10.10.199.251/24', '10.10.199.251']))).toHaveLength(1)
    expect(problemsIn(edited(['duration: 60s', 'duration: 60']))).toHaveLength(1)
    expect(problemsIn(edited(['at: { from: 12s, to: 13s }', 'at: 12']))).toHaveLength(1)
  })
})

describe('anything at all', () => {
  const junk = fc.jsonValue({ maxDepth: 2 })

  it('in place of any part is survived, with a line for every problem', () => {
    fc.assert(
      fc.property(fc.nat(), junk, (at, value) => {
        const document: unknown = parse(SMALL)
        const places = placesIn(document)
        const place = places[at % places.length]
        if (place !== undefined) place.holder[place.key] = value
        const result = readScenario(JSON.stringify(document, null, 2))
        if (!result.ok)
          for (const problem of result.problems) expect(problem.line).toBeGreaterThan(0)
        expect(resolveScenario(document).ok).toBe(result.ok)
      }),
      { numRuns: 100 },
    )
  })

  it('cut out of the text is survived', () => {
    fc.assert(
      fc.property(fc.nat(SMALL.length), fc.nat(40), fc.string(), (from, length, put) => {
        readScenario(SMALL.slice(0, from) + put + SMALL.slice(from + length))
      }),
      { numRuns: 100 },
    )
  })

  it('as an override is survived', () => {
    const word = fc.constantFrom(
      'topology',
      'firewalls',
      '*',
      '**',
      'fw1',
      '0',
      'vhid',
      'security',
      'x',
    )
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), junk, (path, value) => {
        resolveScenario(builtInScenarios[0]?.document, [
          `${path.join('.')}=${JSON.stringify(value)}`,
        ])
      }),
      { numRuns: 50 },
    )
  })
})

interface Place {
  readonly holder: Record<string | number, unknown>
  readonly key: string | number
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string | number, unknown>
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return keys.flatMap((key) => [{ holder, key }, ...placesIn(holder[key])])
}
