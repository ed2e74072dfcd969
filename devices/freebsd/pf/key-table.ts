import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { type Asker, KeyedDeciders } from '../../decider.ts'
import type { Direction, Endpoints } from './packet.ts'
import { FLOATING, isSameKey, keyOf, type PfState, type StateKey, TCP_LEVEL } from './state.ts'
import { TIMEOUT } from './timeouts.ts'

/** One key, and the states that have it as their wire key and as their stack key. */
interface KeyNode {
  readonly key: StateKey
  /** Bound states before floating ones, as pf keeps them. */
  readonly wire: PfState[]
  readonly stack: PfState[]
  /** The next with the same hash. */
  next: KeyNode | undefined
}

type Side = 'wire' | 'stack'

/** The place of a state. No two states may have the same keys, interface and direction. */
export type StatePlace = Pick<PfState, 'wire' | 'stack' | 'interface' | 'direction'>

/**
 * States by their keys (pf_state_key_attach, pf_find_state). A packet that comes in is looked up
 * among the wire keys, one that goes out among the stack keys.
 */
export class KeyTable {
  #nodes = new Map<number, KeyNode>()
  /** Deciders by the hash of a key: whether a state has the key, and which one. */
  #deciders = new KeyedDeciders('state')

  /** The state of a packet of this flow. Costs one look-up in a map and makes no object. */
  find(
    direction: Direction,
    interfaceName: string,
    protocol: number,
    flow: Endpoints,
    asker?: Asker,
  ): PfState | undefined {
    const { source, sourcePort, target, targetPort } = flow
    asker?.note(this.#deciders.at(hashOf(keyOf(direction, protocol, flow))))
    const states =
      direction === 'in'
        ? this.#node(protocol, source, sourcePort, target, targetPort)?.wire
        : this.#node(protocol, target, targetPort, source, sourcePort)?.stack
    if (states === undefined) return undefined
    for (const state of states) {
      const bound = state.interface
      if (
        bound === FLOATING ||
        bound === interfaceName ||
        state.originalInterface === interfaceName
      )
        // A state that waits for its end hides those behind it.
        return state.timeout < TIMEOUT.max ? state : undefined
    }
    return undefined
  }

  /** Whether any state has this wire key: what the search for a free port asks. */
  hasWireKey(key: StateKey): boolean {
    return (this.#nodeOf(key)?.wire.length ?? 0) > 0
  }

  /** Whether a state that stays is in the place of a new one with these keys. */
  isTaken(place: StatePlace, asker?: Asker): boolean {
    asker?.note(this.#deciders.at(hashOf(place.wire)))
    asker?.note(this.#deciders.at(hashOf(place.stack)))
    return this.#isTaken(place, 'wire') || this.#isTaken(place, 'stack')
  }

  #isTaken(place: StatePlace, side: Side): boolean {
    const rivals = this.#nodeOf(place[side])?.[side] ?? []
    return rivals.some((rival) => isRival(rival, place) && !isOver(rival))
  }

  /**
   * Puts a state under both keys. Where another is in its place (same key, interface and direction)
   * it is refused, unless that one is a TCP connection closed by both ends: then the old one gives
   * way and is purged with its row.
   *
   * @returns whether it was put
   */
  attach(state: PfState): boolean {
    if (!this.#attach(state, 'wire')) return false
    if (this.#attach(state, 'stack')) {
      this.#changed(state)
      return true
    }
    this.#detach(state, 'wire')
    return false
  }

  detach(state: PfState): void {
    this.#detach(state, 'wire')
    this.#detach(state, 'stack')
    this.#changed(state)
  }

  #changed({ wire, stack }: PfState): void {
    this.#deciders.changed(hashOf(wire))
    if (stack !== wire) this.#deciders.changed(hashOf(stack))
  }

  #attach(state: PfState, side: Side): boolean {
    const node = this.#nodeOf(state[side]) ?? this.#addNode(state[side])
    const states = node[side]
    let old: PfState | undefined
    for (const rival of states) {
      if (!isRival(rival, state)) continue
      if (!isOver(rival)) return false
      giveWay(rival)
      old = rival
    }
    if (state.interface === FLOATING) states.push(state)
    else states.unshift(state)
    if (old !== undefined) {
      states.splice(states.indexOf(old), 1)
      states.push(old)
    }
    return true
  }

  #detach(state: PfState, side: Side): void {
    const node = this.#nodeOf(state[side])
    if (node === undefined) return
    const at = node[side].indexOf(state)
    if (at >= 0) node[side].splice(at, 1)
    if (node.wire.length === 0 && node.stack.length === 0) this.#removeNode(node)
  }

  // --- The hash ---------------------------------------------------------------------------------

  #nodeOf({ protocol, address0, port0, address1, port1 }: StateKey): KeyNode | undefined {
    return this.#node(protocol, address0, port0, address1, port1)
  }

  #node(
    protocol: number,
    address0: number,
    port0: number,
    address1: number,
    port1: number,
  ): KeyNode | undefined {
    let node = this.#nodes.get(hash(protocol, address0, port0, address1, port1))
    for (; node !== undefined; node = node.next) {
      const { key } = node
      if (
        key.address0 === address0 &&
        key.address1 === address1 &&
        key.port0 === port0 &&
        key.port1 === port1 &&
        key.protocol === protocol
      )
        return node
    }
    return undefined
  }

  #addNode(key: StateKey): KeyNode {
    const slot = hashOf(key)
    const node: KeyNode = { key, wire: [], stack: [], next: this.#nodes.get(slot) }
    this.#nodes.set(slot, node)
    return node
  }

  #removeNode(node: KeyNode): void {
    const slot = hashOf(node.key)
    const first = this.#nodes.get(slot)
    if (first === node) {
      if (node.next === undefined) this.#nodes.delete(slot)
      else this.#nodes.set(slot, node.next)
      return
    }
    for (let before = first; before !== undefined; before = before.next) {
      if (before.next !== undefined && isSameKey(before.next.key, node.key)) {
        before.next = node.next
        return
      }
    }
  }
}

function isRival(one: StatePlace, other: StatePlace): boolean {
  return one.interface === other.interface && one.direction === other.direction
}

/** Both ends of the connection have sent their FIN and had it acknowledged, or there was a RST. */
export function isOver({ wire, source, destination }: PfState): boolean {
  return (
    wire.protocol === IP_PROTOCOL.tcp &&
    source.level >= TCP_LEVEL.finWait2 &&
    destination.level >= TCP_LEVEL.finWait2
  )
}

function giveWay(state: PfState): void {
  state.source.level = TCP_LEVEL.closed
  state.destination.level = TCP_LEVEL.closed
  state.timeout = TIMEOUT.purge
}

function hashOf({ protocol, address0, port0, address1, port1 }: StateKey): number {
  return hash(protocol, address0, port0, address1, port1)
}

/** 30 bits, which the engines keep as small integers. Any good mix will do: nothing shows it. */
function hash(
  protocol: number,
  address0: number,
  port0: number,
  address1: number,
  port1: number,
): number {
  let mixed = Math.imul(address0, 0x9e3779b1) ^ Math.imul(address1, 0x85ebca6b)
  mixed ^= Math.imul((port0 << 16) | port1, 0xc2b2ae35) ^ protocol
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return (mixed ^ (mixed >>> 13)) & 0x3fff_ffff
}
