import fc from 'fast-check'
import { SECOND_NS } from '../../../engine/time.ts'
import type { Laboratory } from '../../laboratory.fixture.ts'
import { packet, tcpFlags } from '../pf/packets.fixture.ts'
import type { PfsyncNode } from './pfsync.fixture.ts'

/** Traffic of a few flows, at random. */

/** Less than the shortest timeout, of an echo that was answered. */
const LIFE_SECONDS = 8

export interface TrafficStep {
  readonly protocol: 'icmp' | 'udp' | 'tcp'
  readonly flow: number
  /** Which of a connection's next packets. */
  readonly action: 'forth' | 'back' | 'close'
  readonly bytes: number
  readonly times: number
  /** Before the next one. */
  readonly pauseSeconds: number
}

const steps: fc.Arbitrary<TrafficStep> = fc.record({
  protocol: fc.constantFrom('icmp', 'udp', 'tcp', 'tcp'),
  flow: fc.integer({ min: 1, max: 12 }),
  action: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('forth' as const, 'back' as const) },
    { weight: 1, arbitrary: fc.constant('close' as const) },
  ),
  bytes: fc.integer({ min: 0, max: 1400 }),
  times: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constant(150)),
  pauseSeconds: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0, 0.001, 0.3, 1.2) },
    { weight: 1, arbitrary: fc.constantFrom(4, 20) },
  ),
})

export const trafficSteps = fc.array(steps, { minLength: 1, maxLength: 25 })

interface Connection {
  readonly port: number
  forth: number
  back: number
  stage: 'new' | 'synSent' | 'open'
}

/** Keeps TCP's numbers, so that its packets fit, whichever node they go through. */
export class Traffic {
  #lab: Laboratory
  #connections = new Map<number, Connection>()
  #nextPort = 10_000
  #lives = new Map<string, { readonly number: number; lastNs: number }>()
  #nextNumber = 1

  constructor(lab: Laboratory) {
    this.#lab = lab
  }

  play(all: readonly TrafficStep[], node: PfsyncNode): void {
    for (const step of all) {
      for (let time = 0; time < step.times; time++) {
        if (step.protocol === 'tcp') this.#playTcp(step, node)
        else node.see(this.#line(step))
      }
      this.#lab.runForSeconds(step.pauseSeconds)
      if (step.pauseSeconds === 0) this.#lab.runFor(SECOND_NS / 1e6)
    }
  }

  #playTcp({ flow, action, bytes }: TrafficStep, node: PfsyncNode): void {
    const connection = this.#connections.get(flow) ?? this.#open()
    this.#connections.set(flow, connection)
    const { port, stage } = connection
    if (stage === 'new') {
      this.#send(node, port, 'S', connection.forth, 0, 0, true)
      connection.forth += 1
      connection.stage = 'synSent'
    } else if (stage === 'synSent') {
      this.#send(node, port, 'SA', connection.back, connection.forth, 0, false)
      connection.back += 1
      this.#send(node, port, 'A', connection.forth, connection.back, 0, true)
      connection.stage = 'open'
    } else if (action === 'close') {
      // Ports are not used again.
      this.#send(node, port, 'FA', connection.forth, connection.back, 0, true)
      this.#send(node, port, 'FA', connection.back, connection.forth + 1, 0, false)
      this.#send(node, port, 'A', connection.forth + 1, connection.back + 1, 0, true)
      this.#connections.delete(flow)
    } else if (action === 'forth') {
      this.#send(node, port, 'PA', connection.forth, connection.back, bytes, true)
      connection.forth += bytes
    } else {
      this.#send(node, port, 'PA', connection.back, connection.forth, bytes, false)
      connection.back += bytes
    }
  }

  #open(): Connection {
    const port = this.#nextPort++
    return { port, forth: port * 7, back: port * 11, stage: 'new' }
  }

  #send(
    node: PfsyncNode,
    port: number,
    flags: string,
    seq: number,
    ack: number,
    payloadBytes: number,
    isForth: boolean,
  ): void {
    const [client, server] = [`10.0.1.5:${port}`, '1.1.1.1:80']
    const text = isForth
      ? `in vmx1 tcp ${client} > ${server}`
      : `out vmx1 tcp ${server} > ${client}`
    const numbers = { flags: tcpFlags(flags), seq, ack, payloadBytes }
    node.see(packet(`${text} ${flags}`, numbers))
  }

  #line({ protocol, flow, action }: TrafficStep): string {
    const number = this.#numberOf(`${protocol} ${flow}`)
    const isBack = action === 'back'
    if (protocol === 'icmp') {
      return isBack
        ? `out vmx1 icmp 1.1.1.1 > 10.0.1.5 reply ${number}`
        : `in vmx1 icmp 10.0.1.5 > 1.1.1.1 request ${number}`
    }
    return isBack
      ? `out vmx1 udp 1.1.1.1:53 > 10.0.1.5:${number}`
      : `in vmx1 udp 10.0.1.5:${number} > 1.1.1.1:53`
  }

  /**
   * The port or identifier of a flow: another one after a pause in which its state may have expired.
   * Whoever makes a flow anew before its end was told collides with what the peer still has.
   */
  #numberOf(name: string): number {
    const { nowNs } = this.#lab
    const known = this.#lives.get(name)
    const isOver = known === undefined || nowNs - known.lastNs > LIFE_SECONDS * SECOND_NS
    const life = isOver ? { number: this.#nextNumber++, lastNs: nowNs } : known
    life.lastNs = nowNs
    this.#lives.set(name, life)
    return life.number
  }
}
