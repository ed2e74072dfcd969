import { type CheckContext, checkName, endOf } from '../../schema/check-context.ts'
import { parseDuration } from '../../schema/duration.ts'
import type { FaultInstant } from '../../schema/network.ts'
import type { Path } from '../../schema/problem.ts'
import type { Fault, Scenario } from '../document.ts'

/** Faults: something that exists, within the run, and nothing mended that was not broken. */

export function checkFaults(context: CheckContext<Scenario>): void {
  for (const [at, fault] of context.scenario.faults.entries()) {
    const path = ['faults', at]
    const targetKnown = checkTarget(context, fault, path)
    const timeKnown = checkInstant(context, fault.at, [...path, 'at'])
    if (targetKnown && timeKnown) checkMends(context, fault, at)
  }
}

// --- What it strikes ---------------------------------------------------------------------------

function checkTarget(context: CheckContext<Scenario>, fault: Fault, path: Path): boolean {
  const { index } = context
  const { firewalls } = context.scenario.topology
  const firewallNames = firewalls.map(({ name }) => name)
  const nodePath = [...path, 'node']
  switch (fault.kind) {
    case 'power-off':
    case 'power-on':
      return checkName(context, 'firewall or host', fault.node, index.machines.keys(), nodePath)
    case 'interface-disable':
    case 'interface-enable': {
      const machines = index.machines.keys()
      if (!checkName(context, 'firewall or host', fault.node, machines, nodePath)) return false
      const names = index.machines.get(fault.node)?.machine.interfaces.map((it) => it.name) ?? []
      const what = `interface of ${fault.node}`
      return checkName(context, what, fault.interface, names, [...path, 'interface'])
    }
    case 'link-down':
    case 'link-up': {
      const nodes = index.nodesWithNics()
      if (!checkName(context, 'node with NICs', fault.node, nodes, nodePath)) return false
      const names = index.nicsOf(fault.node).keys()
      return checkName(context, `NIC of ${fault.node}`, fault.nic, names, [...path, 'nic'])
    }
    case 'maintenance-enter':
    case 'maintenance-leave':
    case 'save':
    case 'reboot':
    case 'halt':
    case 'carp-disable':
    case 'carp-enable':
      return checkName(context, 'firewall', fault.node, firewallNames, nodePath)
    case 'interface-apply':
    case 'virtual-ip-apply': {
      if (!checkName(context, 'firewall', fault.node, firewallNames, nodePath)) return false
      const firewall = firewalls.find(({ name }) => name === fault.node)
      const names = firewall?.interfaces.map(({ name }) => name) ?? []
      const interfacePath = [...path, 'interface']
      const what = `interface of ${fault.node}`
      if (!checkName(context, what, fault.interface, names, interfacePath)) return false
      return fault.kind === 'interface-apply' || checkVhid(context, fault, path)
    }
    case 'save-rule': {
      const names = firewalls.map((firewall) => firewall.name)
      if (!checkName(context, 'firewall', fault.node, names, nodePath)) return false
      const own = firewalls.find(({ name }) => name === fault.node)?.interfaces ?? []
      const on = own.map(({ name }) => name)
      const rulePath = [...path, 'rule', 'interface']
      return checkName(context, `interface of ${fault.node}`, fault.rule.interface, on, rulePath)
    }
    default:
      return false
  }
}

function checkVhid(
  { scenario, report }: CheckContext<Scenario>,
  { node, interface: on, vhid }: Extract<Fault, { kind: 'virtual-ip-apply' }>,
  path: Path,
): boolean {
  const firewall = scenario.topology.firewalls.find(({ name }) => name === node)
  const vhids = (firewall?.virtualIps ?? [])
    .filter((virtualIp) => virtualIp.interface === on)
    .map((virtualIp) => virtualIp.vhid)
  if (vhids.includes(vhid)) return true
  const known = vhids.length === 0 ? 'it has none' : `it has ${vhids.join(', ')}`
  report([...path, 'vhid'], `${on} of ${node} has no VHID ${vhid}; ${known}`)
  return false
}

// --- When --------------------------------------------------------------------------------------

interface Range {
  readonly fromNs: number
  /** Equal to `fromNs` for a single instant, otherwise excluded. */
  readonly toNs: number
}

function rangeOf(at: FaultInstant): Range | undefined {
  const fromNs = parseDuration(typeof at === 'string' ? at : at.from)
  const toNs = parseDuration(typeof at === 'string' ? at : at.to)
  return fromNs === undefined || toNs === undefined ? undefined : { fromNs, toNs }
}

function checkInstant(context: CheckContext<Scenario>, at: FaultInstant, path: Path): boolean {
  const { duration } = context.scenario
  const range = rangeOf(at)
  if (range === undefined) return false
  if (typeof at !== 'string' && range.fromNs >= range.toNs) {
    context.report([...path, 'from'], `expected a time before to (${at.to}), got ${at.from}`)
    return false
  }
  const end = endOf(context)
  if (end === undefined) return true
  const message = (got: string) =>
    `expected a time before the end of the run (${duration}), got ${got}`
  if (range.fromNs >= end) {
    const late =
      typeof at === 'string' ? { path, got: at } : { path: [...path, 'from'], got: at.from }
    context.report(late.path, message(late.got))
    return false
  }
  if (typeof at !== 'string' && range.toNs > end) {
    context.report(
      [...path, 'to'],
      `expected a time no later than the end of the run (${duration}), got ${at.to}`,
    )
    return false
  }
  return true
}

// --- What it mends -----------------------------------------------------------------------------

const MENDS = {
  'power-on': {
    broken: ['power-off', 'halt'],
    sentence: 'is never off before',
    or: 'powerState: poweredOff',
  },
  'interface-enable': {
    broken: ['interface-disable'],
    sentence: 'is never disabled before',
    or: 'enabled: false',
  },
  'link-up': { broken: ['link-down'], sentence: 'is never down before', or: undefined },
  'maintenance-leave': {
    broken: ['maintenance-enter'],
    sentence: 'is never in maintenance before',
    or: undefined,
  },
  'carp-enable': {
    broken: ['carp-disable'],
    sentence: 'never has CARP disabled before',
    or: undefined,
  },
} as const

function checkMends(context: CheckContext<Scenario>, fault: Fault, at: number): void {
  if (!(fault.kind in MENDS)) return
  const { broken, sentence, or } = MENDS[fault.kind as keyof typeof MENDS]
  const breaks: readonly string[] = broken
  if (isBrokenAtStart(context, fault)) return
  const causes = context.scenario.faults
    .map((other, otherAt) => ({ other, otherAt }))
    .filter(({ other }) => breaks.includes(other.kind) && targetOf(other) === targetOf(fault))
  const fromNs = rangeOf(fault.at)?.fromNs ?? 0
  const earlier = causes.some(({ other, otherAt }) => {
    const range = rangeOf(other.at)
    // What cannot be timed has its own problem. At the same instant the first listed comes first.
    if (range === undefined || range.toNs < fromNs) return true
    return range.toNs === fromNs && (range.fromNs < fromNs || otherAt < at)
  })
  if (earlier) return
  const wish = `expected an earlier ${breaks.join(' or ')} of it${or === undefined ? '' : `, or ${or}`}`
  const cause = causes[0]
  if (cause === undefined) {
    context.report(['faults', at], `${targetOf(fault)} ${sentence} this ${fault.kind}; ${wish}`)
  } else {
    const where = context.where(['faults', cause.otherAt])
    context.report(
      ['faults', at, 'at'],
      `the ${cause.other.kind} at ${where} may come later; expected a time after it`,
    )
  }
}

function targetOf(fault: Fault): string {
  if ('interface' in fault) return `${fault.interface} of ${fault.node}`
  return 'nic' in fault ? `${fault.nic} of ${fault.node}` : fault.node
}

function isBrokenAtStart({ index }: CheckContext<Scenario>, fault: Fault): boolean {
  const machine = index.machines.get(fault.node)?.machine
  if (fault.kind === 'power-on') return machine?.powerState === 'poweredOff'
  if (fault.kind !== 'interface-enable') return false
  return machine?.interfaces.find((it) => it.name === fault.interface)?.enabled === false
}
