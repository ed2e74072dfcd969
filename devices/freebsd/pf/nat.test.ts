import { describe, expect, it } from 'vitest'
import { Bench, type BenchOptions, show } from './bench.fixture.ts'
import type { NatRules, OutboundNat, PortForward } from './nat.ts'
import { address, answerTo, packet } from './packets.fixture.ts'
import { endpoint } from './rules.fixture.ts'

const VIP = '203.0.113.1'

function outbound(source: string, to: OutboundNat['to'], rest: Partial<OutboundNat> = {}) {
  return { interfaces: ['vmx0'], source: endpoint(source), destination: endpoint(), to, ...rest }
}

function forward(rest: Partial<PortForward>): PortForward {
  return {
    interfaces: ['vmx0'],
    protocols: [6],
    source: endpoint(),
    destination: endpoint(VIP, '8000:8009'),
    pass: false,
    ...rest,
  }
}

const TO_VIP: OutboundNat['to'] = { kind: 'address', address: address(VIP) }
const LAN_TO_VIP: NatRules = { outbound: [outbound('10.0.0.0/8', TO_VIP)], forwards: [] }

function bench(nat: NatRules, options: BenchOptions = {}): Bench {
  return new Bench(['pass all flags any'], { nat, ...options })
}

/** Draws that are known beforehand: what port the search begins at. */
function drawing(...ports: number[]): Pick<BenchOptions, 'draws'> {
  return { draws: { integer: () => ports.shift() ?? 0 } }
}

describe('outbound NAT', () => {
  it('gives the source another address and port, and its answers the old ones', () => {
    const lab = bench(LAN_TO_VIP, drawing(40_000))
    const asked = packet('in vmx1 udp 10.0.1.5:1025 > 1.1.1.1:53')
    const sent = lab.forward(asked, 'vmx0')
    expect(show(sent)).toBe('203.0.113.1:40000 > 1.1.1.1:53')
    const answer = lab.forward({ ...answerTo(sent), interface: 'vmx0' }, 'vmx1')
    expect(show(answer)).toBe('1.1.1.1:53 > 10.0.1.5:1025')
    expect(show(lab.forward(asked, 'vmx0'))).toBe(show(sent))
    expect(lab.states.size).toBe(2)
  })

  it('has the wire key with the new source and the stack key with the old one', () => {
    const lab = bench(LAN_TO_VIP, drawing(40_000))
    const { state } = lab.see('out vmx0 udp 10.0.1.5:1025 > 1.1.1.1:53')
    const target = { address0: address('1.1.1.1'), port0: 53, protocol: 17 }
    expect(state?.wire).toEqual({ ...target, address1: address(VIP), port1: 40_000 })
    expect(state?.stack).toEqual({ ...target, address1: address('10.0.1.5'), port1: 1025 })
    expect(state?.natRule).toBe(0)
  })

  it('draws from 1024 to 65535, and TCP of a connection keeps what was drawn', () => {
    const lab = bench(LAN_TO_VIP)
    const ports = new Set<number>()
    for (let port = 1; port <= 200; port += 1) {
      const { translation } = lab.see(`out vmx0 tcp 10.0.1.5:${port} > 1.1.1.1:80 S`)
      ports.add(translation?.sourcePort ?? 0)
    }
    expect(ports.size).toBe(200)
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(1024)
    const again = lab.see('out vmx0 tcp 10.0.1.5:200 > 1.1.1.1:80 S')
    expect(ports.has(again.translation?.sourcePort ?? 0)).toBe(true)
  })

  it.each([
    ['drawn and free', [5002], 5002],
    ['the next above', [5001], 5002],
    ['else the next below', [5009], 5000],
  ])('the port is %s', (_, draws, expected) => {
    const taken = [5001, 5003, 5004, 5005, 5006, 5007, 5008, 5009]
    const ports = { from: 5000, to: 5009 }
    const free = expected === 5000 ? [5002] : []
    const lab = bench(
      { outbound: [outbound('any', TO_VIP, { ports })], forwards: [] },
      drawing(...taken, ...free, ...draws),
    )
    for (const [at] of [...taken, ...free].entries()) {
      lab.see(`out vmx0 udp 10.0.1.9:${at + 1} > 1.1.1.1:53`)
    }
    const { translation } = lab.see('out vmx0 udp 10.0.1.5:1025 > 1.1.1.1:53')
    expect(translation?.sourcePort).toBe(expected)
  })

  it('fails when every port towards that target is taken, and only that target', () => {
    const ports = { from: 5000, to: 5001 }
    const lab = bench({ outbound: [outbound('any', TO_VIP, { ports })], forwards: [] })
    lab.see('out vmx0 udp 10.0.1.5:1 > 1.1.1.1:53')
    lab.see('out vmx0 udp 10.0.1.5:2 > 1.1.1.1:53')
    expect(lab.outcome('out vmx0 udp 10.0.1.5:3 > 1.1.1.1:53')).toBe('block: map-failed')
    expect(lab.outcome('out vmx0 udp 10.0.1.5:3 > 1.1.1.1:54')).toMatch(/^pass/)
  })

  it('to the address of an interface needs that it has one', () => {
    const to = (name: string): OutboundNat['to'] => ({ kind: 'interface', name })
    const line = 'out vmx0 udp 10.0.1.5:1 > 1.1.1.1:53'
    const lab = bench({ outbound: [outbound('any', to('vmx0'))], forwards: [] })
    expect(lab.see(line).translation?.source).toBe(address('203.0.113.2'))
    const bare = bench({ outbound: [outbound('any', to('vmx9'))], forwards: [] })
    expect(bare.outcome(line)).toBe('block: map-failed')
  })

  it.each([
    ['a static port stays', 'udp', 'static', 1025],
    ['a static port may be taken', 'udp', 'taken', undefined],
    ['GRE has no port to choose', 'gre', undefined, 0],
  ] as const)('%s', (_, protocol, ports, expected) => {
    const rule = outbound('any', TO_VIP, ports === undefined ? {} : { ports: 'static' })
    const lab = bench({ outbound: [rule], forwards: [] })
    if (ports === 'taken') lab.see('out vmx0 udp 10.0.1.6:1025 > 1.1.1.1:53')
    const port = protocol === 'udp' ? [':1025', ':53'] : ['', '']
    const verdict = lab.see(`out vmx0 ${protocol} 10.0.1.5${port[0]} > 1.1.1.1${port[1]}`)
    expect(verdict.translation?.sourcePort).toBe(expected)
    expect(verdict.reason).toBe(expected === undefined ? 'map-failed' : 'match')
  })

  it('the first rule that matches decides, even to leave the packet as it is', () => {
    const none = outbound('10.0.2.0/24', { kind: 'none' })
    const lab = bench({ outbound: [none, ...LAN_TO_VIP.outbound], forwards: [] })
    expect(lab.see('out vmx0 udp 10.0.2.9:1 > 1.1.1.1:53').translation).toBeUndefined()
    expect(lab.see('out vmx0 udp 10.0.1.5:1 > 1.1.1.1:53').translation).toBeDefined()
    expect(lab.see('out vmx2 udp 10.0.1.5:1 > 1.1.1.1:54').translation).toBeUndefined()
    expect(lab.see('in vmx0 udp 10.0.1.5:1 > 1.1.1.1:55').translation).toBeUndefined()
  })

  it('makes a state even by a rule that keeps none: else answers would find no way', () => {
    const lab = new Bench(['pass all no state'], { nat: LAN_TO_VIP })
    expect(lab.see('out vmx0 udp 10.0.1.5:1 > 1.1.1.1:53').state).toBeDefined()
  })

  it('is done before the rules look', () => {
    const lab = new Bench(['block all', `pass out from ${VIP}`], { nat: LAN_TO_VIP })
    expect(lab.outcome('out vmx0 udp 10.0.1.5:1 > 1.1.1.1:53')).toBe(`pass: pass out from ${VIP}`)
  })

  it('draws anew, of the same chance, in the same order', () => {
    const draw = () => {
      const lab = bench(LAN_TO_VIP)
      return [1, 2, 3].map((port) => lab.see(`out vmx0 udp 10.0.1.5:${port} > 1.1.1.1:53`))
    }
    const ports = draw().map(({ translation }) => translation?.sourcePort)
    expect(draw().map(({ translation }) => translation?.sourcePort)).toEqual(ports)
  })
})

describe('outbound NAT of ICMP', () => {
  it('gives an echo another identifier', () => {
    const lab = bench(LAN_TO_VIP, drawing(77))
    const asked = packet('in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 4660')
    const sent = lab.forward(asked, 'vmx0')
    expect(show(sent)).toBe('203.0.113.1:77 > 1.1.1.1:8')
    const answer = lab.forward({ ...answerTo(sent), interface: 'vmx0' }, 'vmx1')
    expect(show(answer)).toBe('1.1.1.1:8 > 10.0.1.5:4660')
  })

  it('keeps two hosts with the same identifier apart, and ignores the ports of its rule', () => {
    const nat = { outbound: [outbound('any', TO_VIP, { ports: 'static' })], forwards: [] }
    const lab = bench(nat, drawing(77, 77))
    const first = lab.see('out vmx0 icmp 10.0.1.5 > 1.1.1.1 request 4660')
    const second = lab.see('out vmx0 icmp 10.0.1.6 > 1.1.1.1 request 4660')
    expect([first.translation?.sourcePort, second.translation?.sourcePort]).toEqual([77, 78])
  })

  it('changes nothing but the address of other messages', () => {
    const { translation } = bench(LAN_TO_VIP).see('out vmx0 icmp 10.0.1.5 > 1.1.1.1 42')
    expect(translation).toMatchObject({ source: address(VIP), sourcePort: 0, targetPort: 42 })
  })
})

describe('a port forward', () => {
  const to = { address: address('10.0.2.80'), port: 80 }
  const SYN = packet('in vmx0 tcp 9.9.9.9:1025 > 203.0.113.1:8000 S')

  it('gives the target another address and port, and answers the old ones', () => {
    const lab = bench({ outbound: [], forwards: [forward({ to })] })
    const sent = lab.forward(SYN, 'vmx2')
    expect(show(sent)).toBe('9.9.9.9:1025 > 10.0.2.80:80')
    const answer = lab.forward({ ...answerTo(sent), interface: 'vmx2' }, 'vmx0')
    expect(show(answer)).toBe('203.0.113.1:8000 > 9.9.9.9:1025')
  })

  it.each([
    ['a range to a range', { address: address('10.0.2.80'), port: 90 }, 97],
    ['a range to itself', { address: address('10.0.2.80') }, 8007],
  ])('maps %s', (_, target, port) => {
    const lab = bench({ outbound: [], forwards: [forward({ to: target })] })
    const { translation } = lab.see('in vmx0 tcp 9.9.9.9:1025 > 203.0.113.1:8007 S')
    expect(translation?.targetPort).toBe(port)
  })

  it('of other ports, protocols or interfaces is none', () => {
    const lab = bench({ outbound: [], forwards: [forward({ to })] })
    for (const line of [
      'in vmx0 tcp 9.9.9.9:1025 > 203.0.113.1:8010 S',
      'in vmx0 udp 9.9.9.9:1025 > 203.0.113.1:8000',
      'in vmx1 tcp 9.9.9.9:1025 > 203.0.113.1:8000 S',
    ]) {
      expect(lab.see(line).translation).toBeUndefined()
    }
  })

  it('`no rdr` before it leaves the packet as it is', () => {
    const lab = bench({ outbound: [], forwards: [forward({}), forward({ to })] })
    expect(lab.see(SYN).translation).toBeUndefined()
  })

  it('needs a rule for the new target, unless it is `rdr pass`', () => {
    const rules = ['block all', 'pass in proto tcp to 10.0.2.80 port 80']
    const nat = { outbound: [], forwards: [forward({ to })] }
    expect(new Bench(rules, { nat }).outcome(SYN)).toBe(`pass: ${rules[1]}`)
    expect(new Bench(['block all'], { nat }).outcome(SYN)).toBe('block: block all')
    const passing = { outbound: [], forwards: [forward({ to, pass: true })] }
    const verdict = new Bench(['block all'], { nat: passing }).see(SYN)
    expect(verdict).toMatchObject({ action: 'pass', rule: { number: -1 } })
    expect(verdict.state).toBeDefined()
  })

  it('to where the packet goes anyway changes nothing', () => {
    const nat = { outbound: [], forwards: [forward({ to: { address: address(VIP) } })] }
    const { translation, state } = bench(nat).see(SYN)
    expect([translation, state?.natRule]).toEqual([undefined, -1])
  })
})
