import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../engine/time.ts'
import { fromHex } from '../protocols/bytes.ts'
import type { Role } from '../protocols/redundancy.ts'
import { hostSettings, Probe } from './host/host.fixture.ts'
import { Host } from './host/host.ts'
import { Laboratory, Recorder } from './laboratory.fixture.ts'
import { LearningSwitch } from './learning-switch.ts'
import { products } from './products.ts'

/** What every product must do, whatever its protocol: a pair on one segment, and a client. */

const SHARED = '10.0.0.254'

/** The fields by which node 1 or 2 shares the address of the pair; node 1 is preferred. */
const SHARING: Readonly<Record<string, (number: 1 | 2) => object>> = {
  pfsense: (number) => ({
    virtualIps: [
      {
        interface: 'LAN',
        vhid: 7,
        address: `${SHARED}/24`,
        password: 'secret',
        advskew: (number - 1) * 100,
      },
    ],
  }),
}

type AnyProduct = (typeof products)[number]

class Pair {
  readonly lab = new Laboratory()
  readonly stranger = new Recorder(this.lab.world, 'stranger', 0x0200_0000_0009)
  readonly nodes
  readonly #roles = new Map<string, Role>()
  readonly #probe: Probe

  constructor(product: AnyProduct) {
    const { world } = this.lab
    world.journal.listen(({ kind, node, details }) => {
      if (kind === 'role.changed') this.#roles.set(node, details.role)
      if (kind === 'node.poweredOff') this.#roles.delete(node)
    })
    const lan = new LearningSwitch(world, 'sw1', {
      ageingNs: 300 * SECOND_NS,
      forwardingDelayNs: 4_000,
    })
    const port = (name: string) => lan.addPort(name, { mode: 'access', vlanId: 1 })
    this.nodes = [1, 2].map((number) => {
      const name = `fw${number}`
      const own = { nics: { eth0: `02:00:00:00:01:0${number}` }, bootDurationNs: SECOND_NS }
      const on = [{ name: 'LAN', nic: 'eth0', address: `10.0.0.25${number}/24` }]
      const node = product.build(world, documentOf(product, name, number as 1 | 2), {
        host: hostSettings({ name, ...own, interfaces: on }),
        timing: 'ideal',
      })
      for (const nic of node.host.nics) this.lab.connect(nic.port, port(name))
      return node
    })
    const client = new Host(world, hostSettings())
    for (const nic of client.nics) this.lab.connect(nic.port, port('client'))
    this.lab.connect(this.stranger.port, port('stranger'))
    for (const { host } of this.nodes) host.startRunning()
    client.startRunning()
    this.#probe = new Probe(this.lab, client)
  }

  get activeNodes(): string[] {
    return [...this.#roles].flatMap(([node, role]) => (role === 'active' ? node : []))
  }

  host(number: 1 | 2): Host {
    return (this.nodes[number - 1] as (typeof this.nodes)[number]).host
  }

  /** Whether somebody answers for the shared address now. */
  isAnswered(): boolean {
    const before = this.#probe.replies.length
    this.#probe.send(SHARED)
    this.lab.runForSeconds(0.5)
    return this.#probe.replies.length === before + 1
  }
}

function documentOf(product: AnyProduct, name: string, number: 1 | 2) {
  const macAddress = `02:00:00:00:01:0${number}`
  const written = product.schema.parse({
    name,
    product: product.name,
    bootDuration: '1s',
    shutdownDuration: '1s',
    nics: [{ name: 'eth0' }],
    interfaces: [{ name: 'LAN', nic: 'eth0', address: `10.0.0.25${number}/24` }],
    ...SHARING[product.name]?.(number),
  })
  const link = { macAddress, linkSpeedMbps: 1000, propagation: '0ns' }
  return product.derive({ ...written, nics: written.nics.map((nic) => ({ ...nic, ...link })) })
}

describe.each(products.map((product) => [product.name, product] as const))('%s', (_, product) => {
  it('has one active node, which answers for the shared address and says so on its page', () => {
    const pair = new Pair(product)
    pair.lab.runForSeconds(60)
    expect(pair.activeNodes).toEqual(['fw1'])
    expect(pair.isAnswered()).toBe(true)
    expect(pair.nodes.map((node) => node.statusPage().length)).toEqual([1, 1])
  })

  it('hands the address over when the active node dies, and settles when it returns', () => {
    const pair = new Pair(product)
    pair.lab.runForSeconds(60)
    pair.host(1).powerOff()
    expect(pair.nodes[0]?.statusPage()).toEqual([])
    pair.lab.runForSeconds(60)
    expect(pair.activeNodes).toEqual(['fw2'])
    expect(pair.isAnswered()).toBe(true)
    pair.host(1).powerOn()
    pair.lab.runForSeconds(90)
    expect(pair.activeNodes).toHaveLength(1)
    expect(pair.isAnswered()).toBe(true)
  })

  it('gives the address up while its interface is disabled', () => {
    const pair = new Pair(product)
    pair.lab.runForSeconds(60)
    pair.nodes[0]?.disableInterface('LAN')
    pair.lab.runForSeconds(60)
    expect(pair.isAnswered()).toBe(true)
    pair.nodes[0]?.enableInterface('LAN')
    pair.lab.runForSeconds(60)
    expect(pair.activeNodes).toHaveLength(1)
    expect(pair.isAnswered()).toBe(true)
  })

  it('survives frames of its own protocol that were corrupted on the way', () => {
    const pair = new Pair(product)
    pair.lab.runForSeconds(60)
    const heard = [...new Set(pair.stranger.takeReceived())].slice(-20)
    expect(heard.length).toBeGreaterThan(0)
    for (const [index, hex] of heard.entries()) {
      const frame = fromHex(hex)
      for (let at = 12; at < frame.length; at++) {
        const spoilt = frame.slice(0, index % 3 === 0 ? at : undefined)
        if (at < spoilt.length) spoilt[at] = (spoilt[at] as number) ^ (1 << (at % 8))
        pair.stranger.send(spoilt)
        pair.lab.runFor(1_000_000)
      }
    }
    pair.lab.runForSeconds(60)
    expect(pair.activeNodes).toHaveLength(1)
    expect(pair.isAnswered()).toBe(true)
  })
})
