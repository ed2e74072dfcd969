import { NetworkIndex } from '../schema/network-index.ts'
import { formatPath, type Path, type Problem } from '../schema/problem.ts'
import { checkBoots } from './checks/boot.ts'
import { checkCaptures } from './checks/captures.ts'
import { checkConfigSync } from './checks/config-sync.ts'
import { checkFaults } from './checks/faults.ts'
import { checkFilters } from './checks/filters.ts'
import { checkFlows } from './checks/flows.ts'
import { checkInterfaces } from './checks/interfaces.ts'
import { checkNames } from './checks/names.ts'
import { checkOpenVpn } from './checks/openvpn.ts'
import { checkPlugs } from './checks/plugs.ts'
import { checkVirtualIps } from './checks/virtual-ips.ts'
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
  checkVirtualIps(context)
  checkBoots(context)
  checkFilters(context)
  checkConfigSync(context)
  checkOpenVpn(context)
  checkFlows(context)
  checkFaults(context)
  checkCaptures(context)
  return problems
}
