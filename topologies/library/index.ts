import { adminVip } from './admin-vip.ts'
import type { BuiltInScenario } from './built-in.ts'
import { configSync } from './config-sync.ts'
import { disableCarp } from './disable-carp.ts'
import { lanLinkDown } from './lan-link-down.ts'
import { maintenanceMode } from './maintenance-mode.ts'
import { natInterfaceAddress } from './nat-interface-address.ts'
import { natVirtualIp } from './nat-virtual-ip.ts'
import { noFault } from './no-fault.ts'
import { powerOff } from './power-off.ts'
import { powerOffReturn } from './power-off-return.ts'
import { reboot } from './reboot.ts'
import { splitRolesClientToServer } from './split-roles.ts'
import { syncLinkCut } from './sync-link-cut.ts'
import { tcpWithPfsync } from './tcp-with-pfsync.ts'
import { tcpWithoutPfsync } from './tcp-without-pfsync.ts'
import { vlanclientDisabled } from './vlanclient-disabled.ts'
import { vpnMaintenance } from './vpn-maintenance.ts'
import { vpnReconnect } from './vpn-reconnect.ts'
import { youngState } from './young-state.ts'

export type { BuiltInScenario } from './built-in.ts'

/** The default comes first. */
export const builtInScenarios: readonly BuiltInScenario[] = [
  powerOffReturn,
  powerOff,
  vlanclientDisabled,
  lanLinkDown,
  maintenanceMode,
  noFault,
  tcpWithPfsync,
  tcpWithoutPfsync,
  youngState,
  syncLinkCut,
  reboot,
  disableCarp,
  vpnReconnect,
  vpnMaintenance,
  natInterfaceAddress,
  natVirtualIp,
  splitRolesClientToServer,
  configSync,
  adminVip,
]

/** @returns undefined when no built-in scenario has that name */
export function findBuiltIn(name: string): BuiltInScenario | undefined {
  return builtInScenarios.find((scenario) => scenario.name === name)
}
