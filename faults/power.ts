import { checkMachine, faultKind } from '../devices/fault-kind.ts'
import { machineIn } from '../devices/network.ts'
import { faultMapping } from '../schema/fault.ts'
import { identifier } from '../schema/fields.ts'
import { nanoseconds } from '../schema/values.ts'

/** The power of a machine. */

const node = () => identifier('the name of a node').describe('Firewall or host.')

export const powerOff = faultKind({
  schema: faultMapping('power-off', 'Cut, without warning.', { node: node() }),
  checkTarget: checkMachine,
  breaks: 'power',
  inject: (fault, network) => machineIn(network, fault.node).powerOff(),
})

export const powerOn = faultKind({
  schema: faultMapping('power-on', 'Power back; boots.', { node: node() }),
  checkTarget: checkMachine,
  mends: {
    condition: 'power',
    neverBroken: 'is never off before',
    or: 'powerState: poweredOff',
    isBrokenAtStart: ({ index }, fault) =>
      index.machines.get(fault.node)?.machine.powerState === 'poweredOff',
  },
  settleNs: (_, { bootDuration }) => nanoseconds(bootDuration),
  inject: (fault, network) => machineIn(network, fault.node).powerOn(),
})
