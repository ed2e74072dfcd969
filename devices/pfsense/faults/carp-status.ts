import { SECOND_NS } from '../../../engine/time.ts'
import { faultKind } from '../../fault-kind.ts'
import { LONGEST_WAIT_SECONDS } from '../sync-setup.ts'
import { checkPfSense, guiFault, inGui } from './pfsense-fault.ts'

/** The buttons of Status > CARP. */

export const maintenanceEnter = faultKind({
  schema: guiFault('maintenance-enter', 'Persistent CARP maintenance mode: on.', {}),
  checkTarget: checkPfSense,
  breaks: 'service',
  inject: ({ node }, network) => inGui(network, node, (pfSense) => pfSense.enterMaintenance()),
})

export const maintenanceLeave = faultKind({
  schema: guiFault('maintenance-leave', 'Persistent CARP maintenance mode: off.', {}),
  checkTarget: checkPfSense,
  mends: { condition: 'service', neverBroken: 'is never in maintenance before' },
  inject: ({ node }, network) => inGui(network, node, (pfSense) => pfSense.leaveMaintenance()),
})

export const carpDisable = faultKind({
  schema: guiFault('carp-disable', 'Temporarily Disable CARP; until the next boot.', {}),
  checkTarget: checkPfSense,
  breaks: 'carp',
  inject: ({ node }, network) => inGui(network, node, (pfSense) => pfSense.disableCarp()),
})

export const carpEnable = faultKind({
  schema: guiFault('carp-enable', 'Enable CARP; it waits up to 31s for pfsync.', {}),
  checkTarget: checkPfSense,
  mends: { condition: 'carp', neverBroken: 'never has CARP disabled before' },
  settleNs: () => LONGEST_WAIT_SECONDS * SECOND_NS,
  inject: ({ node }, network) => inGui(network, node, (pfSense) => pfSense.enableCarp()),
})
