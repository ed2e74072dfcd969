import { checkMachine, faultKind } from '../devices/fault-kind.ts'
import { machineIn } from '../devices/network.ts'
import { faultMapping } from '../schema/fault.ts'
import { identifier } from '../schema/fields.ts'

/** A virtual machine that stands still, as it does while a snapshot of its memory is taken. */

const node = () => identifier('the name of a node').describe('Firewall or host.')

export const suspend = faultKind({
  schema: faultMapping('suspend', 'It stands still, and its timers with it.', { node: node() }),
  checkTarget: checkMachine,
  breaks: 'execution',
  inject: (fault, network) => machineIn(network, fault.node).suspend(),
})

export const resume = faultKind({
  schema: faultMapping('resume', 'It goes on where it was.', { node: node() }),
  checkTarget: checkMachine,
  mends: { condition: 'execution', neverBroken: 'is never suspended before' },
  inject: (fault, network) => machineIn(network, fault.node).resume(),
})
