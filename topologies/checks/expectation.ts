import { type CheckContext, checkName } from '../../schema/check-context.ts'
import type { Scenario } from '../document.ts'

/** Expectations: of firewalls, interfaces and flows that exist. */

export function checkExpectation(context: CheckContext<Scenario>): void {
  const { expect, flows, topology } = context.scenario
  if (expect === undefined) return
  const { firewalls } = topology
  const nodes = firewalls.map(({ name }) => name)
  for (const [at, { node, interface: on }] of expect.roles.entries()) {
    const path = ['expect', 'roles', at]
    if (!checkName(context, 'firewall', node, nodes, [...path, 'node']) || on === undefined)
      continue
    const interfaces = firewalls.find(({ name }) => name === node)?.interfaces ?? []
    const names = interfaces.map(({ name }) => name)
    checkName(context, `interface of ${node}`, on, names, [...path, 'interface'])
  }
  const names = flows.map(({ name }) => name)
  for (const [at, { name }] of expect.flows.entries()) {
    checkName(context, 'flow', name, names, ['expect', 'flows', at, 'name'])
  }
}
