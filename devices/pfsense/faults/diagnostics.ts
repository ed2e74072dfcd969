import { nanoseconds } from '../../../schema/values.ts'
import { faultKind } from '../../fault-kind.ts'
import type { PfSenseDocument } from '../document/firewall.ts'
import { REBOOT_SLEEPS_NS } from '../pfsense.ts'
import { checkPfSense, guiFault, inGui } from './pfsense-fault.ts'

/** The ways to end the system in the menu Diagnostics. */

export const reboot = faultKind({
  schema: guiFault('reboot', 'Diagnostics > Reboot; comes back by itself.', {}),
  checkTarget: checkPfSense,
  settleNs: (_, { shutdownDuration, bootDuration }: PfSenseDocument) =>
    REBOOT_SLEEPS_NS + nanoseconds(shutdownDuration) + nanoseconds(bootDuration),
  inject: ({ node }, network) => inGui(network, node, (pfSense) => pfSense.reboot()),
})

export const halt = faultKind({
  schema: guiFault('halt', 'Diagnostics > Halt System; off afterwards.', {}),
  checkTarget: checkPfSense,
  breaks: 'power',
  settleNs: (_, { shutdownDuration }: PfSenseDocument) => nanoseconds(shutdownDuration),
  inject: ({ node }, network) => inGui(network, node, (pfSense) => pfSense.halt()),
})
