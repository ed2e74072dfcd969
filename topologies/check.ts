import { checkFirewalls } from '../devices/products.ts'
import { NetworkIndex } from '../schema/network-index.ts'
import { formatPath, type Path, type Problem } from '../schema/problem.ts'
import { checkBudget } from './checks/budget.ts'
import { checkCaptures } from './checks/captures.ts'
import { checkFaults } from './checks/faults.ts'
import { checkFlows } from './checks/flows.ts'
import { checkInterfaces } from './checks/interfaces.ts'
import { checkNames } from './checks/names.ts'
import { checkPlugs } from './checks/plugs.ts'
import type { Scenario } from './document.ts'

/**
 * Whether the parts of a scenario fit together: names that lead somewhere, one cable per port, one
 * owner per VHID, times in order.
 *
 * @param where how a message points at another place, such as `line 41`; by default its path
 */
export function checkScenario(
  scenario: Scenario,
  where: (path: Path) => string = formatPath,
): Problem[] {
  const problems: Problem[] = []
  const context = {
    scenario,
    where,
    index: new NetworkIndex(scenario),
    report: (path: Path, message: string) => problems.push({ path, message }),
  }
  checkNames(context)
  checkPlugs(context)
  checkInterfaces(context)
  checkFirewalls(context, scenario.topology.firewalls)
  checkFlows(context)
  checkFaults(context)
  checkCaptures(context)
  checkBudget(context)
  return problems
}
