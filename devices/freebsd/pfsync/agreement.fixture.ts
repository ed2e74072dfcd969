import type { PfState } from '../pf/state.ts'
import type { PfsyncNode } from './pfsync.fixture.ts'

/**
 * By how much two nodes may differ about when a state was hit or made, in seconds: each second of
 * uptime begins elsewhere, an update waits for up to one second, and ages are cut to whole ones.
 */
const SECONDS_APART = 2

type TimeField = 'createdSecond' | 'hitSecond'

/**
 * In what the tables of two nodes differ, field by field; empty when they agree.
 *
 * @param isAfterBulk do not compare when states were hit: who is told the whole of a state that it
 *   has already counts its timeout from then (pfsync_in_upd)
 */
export function agreement(one: PfsyncNode, other: PfsyncNode, isAfterBulk = false): string[] {
  const [left, right] = [one, other].map((node) => {
    const byName = new Map<string, PfState>()
    for (const state of node.table()) byName.set(nameOf(state), state)
    return byName
  })
  if (left === undefined || right === undefined) return ['no tables']
  const names = new Set([...left.keys(), ...right.keys()])
  return [...names].flatMap((name) => {
    const [mine, theirs] = [left.get(name), right.get(name)]
    if (mine === undefined) return [`${name} is only on ${other.host.name}`]
    if (theirs === undefined) return [`${name} is only on ${one.host.name}`]
    const fields: TimeField[] = isAfterBulk ? ['createdSecond'] : ['createdSecond', 'hitSecond']
    const uptimesApart = one.states.secondAt(0) - other.states.secondAt(0)
    const late = fields.flatMap((field) => {
      const apart = mine[field] - theirs[field] - uptimesApart
      return Math.abs(apart) <= SECONDS_APART ? [] : [`${name} ${field}: ${apart} s apart`]
    })
    return [...differences(name, mine, theirs), ...late]
  })
}

/** Counters are not told again, and a NAT rule's number means nothing elsewhere. */
function differences(name: string, mine: PfState, theirs: PfState): string[] {
  const told = (state: PfState) => ({
    direction: state.direction,
    wire: state.wire,
    stack: state.stack,
    isTranslated: state.wire !== state.stack,
    interface: state.interface,
    rule: state.rule.number,
    route: state.route,
    flags: state.flags,
    source: state.source,
    destination: state.destination,
    timeout: state.timeout,
  })
  const [here, there] = [Object.entries(told(mine)), Object.entries(told(theirs))]
  return here.flatMap(([field, value], index) => {
    const [mineText, theirText] = [JSON.stringify(value), JSON.stringify(there[index]?.[1])]
    return mineText === theirText ? [] : [`${name} ${field}: ${mineText}, ${theirText}`]
  })
}

function nameOf({ id, creatorId }: PfState): string {
  return `${id.high}/${id.low} of ${creatorId.toString(16)}`
}
