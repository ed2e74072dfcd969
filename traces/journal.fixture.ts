import type { JournalEntry } from '../engine/journal.ts'
import type { RedundancyGroup } from '../protocols/redundancy.ts'
import { seconds } from './flow.fixture.ts'

/** What the tests of failovers and of the story share: journal entries in one short line each. */

type State = 'INIT' | 'BACKUP' | 'MASTER'

export function fault(atS: number, text: string): JournalEntry {
  const node = text.split(' ')[1] ?? ''
  return {
    timeNs: seconds(atS),
    node,
    kind: 'fault',
    text,
    details: { fault: text.split(' ')[0] ?? '' },
  }
}

/** @param vhid `LAN@2` */
export function advert(atS: number, node: string, vhid: string): JournalEntry {
  const text = `carp: ${vhid}: advertisement, skew 0`
  const details = { ...parse(vhid), advskew: 0 }
  return { timeNs: seconds(atS), node, kind: 'role.advertisement', text, frameId: 1, details }
}

/** @param change `BACKUP -> MASTER` */
export function state(
  atS: number,
  node: string,
  vhid: string,
  change: `${State} -> ${State}`,
  reason = 'master timed out',
): JournalEntry {
  const [before = '', after = ''] = change.split(' -> ')
  const details = { ...parse(vhid), role: ROLES[after as State], before, after, reason }
  const text = `carp: ${vhid}: ${change} (${reason})`
  return { timeNs: seconds(atS), node, kind: 'role.changed', text, details }
}

/** A takeover: the decision and the advertisement that goes with it. */
export function takeover(atS: number, node: string, vhid: string, reason?: string): JournalEntry[] {
  return [state(atS, node, vhid, 'BACKUP -> MASTER', reason), advert(atS, node, vhid)]
}

export function removed(atS: number, node: string, vhid: string): JournalEntry {
  const text = `carp: ${vhid} removed`
  return { timeNs: seconds(atS), node, kind: 'role.removed', text, details: parse(vhid) }
}

export function poweredOff(atS: number, node: string): JournalEntry {
  return { timeNs: seconds(atS), node, kind: 'node.poweredOff', text: 'powered off', details: {} }
}

/** The kernel is gone and the machine boots: the second half of a reboot. */
export function restarted(atS: number, node: string): JournalEntry {
  return {
    timeNs: seconds(atS),
    node,
    kind: 'node.restarted',
    text: `restart ${node}`,
    details: {},
  }
}

export function booted(atS: number, node: string): JournalEntry {
  return {
    timeNs: seconds(atS),
    node,
    kind: 'node.booted',
    text: 'Bootup complete, CARP allowed',
    details: {},
  }
}

export function demotion(atS: number, node: string, by: number, to: number): JournalEntry {
  const text = `carp: demoted by ${by} to ${to} (interface down)`
  const details = { by, to, reason: 'interface down' }
  return { timeNs: seconds(atS), node, kind: 'carp.demotion', text, details }
}

export function flow(atS: number, name: string, change: 'down' | 'up'): JournalEntry {
  const text = `${name}: ${change}`
  return { timeNs: seconds(atS), node: 'pc', kind: `flow.${change}`, text, details: { flow: name } }
}

export function lost(
  atS: number,
  name: string,
  probe: number,
  cause = 'linkDown',
  at = 'fw1 lan',
): JournalEntry {
  const text = `${name}: probe ${probe} lost at ${at}: ${cause}`
  const details = { flow: name, probe, cause, at }
  return { timeNs: seconds(atS), node: 'pc', kind: 'probe.lost', text, frameId: probe, details }
}

const ROLES = { INIT: 'none', BACKUP: 'standby', MASTER: 'active' } as const

function parse(vhid: string): RedundancyGroup {
  const [on = '', number] = vhid.split('@')
  return { protocol: 'carp', interface: on, id: Number(number) }
}
