import { faultKind } from '../devices/fault-kind.ts'
import { faultMapping } from '../schema/fault.ts'
import { oneOf, probability } from '../schema/fields.ts'
import { cableFields, checkNic, nicOf } from './link.ts'

/** A cable that loses frames by chance, as by `tc netem loss`. */
export const linkLoss = faultKind({
  schema: faultMapping('link-loss', 'The cable loses frames by chance from now on.', {
    ...cableFields(),
    loss: probability().describe('Probability that a frame is lost, 0 to 1; 0 mends the cable.'),
    direction: oneOf('both', 'transmit', 'receive')
      .default('both')
      .describe('Which frames, as the NIC sees them.'),
  }),
  checkTarget: checkNic,
  part: nicOf,
  details: ({ loss, direction }) => `: ${loss}${direction === 'both' ? '' : ` ${direction}`}`,
  inject: ({ node, nic, loss, direction }, network) => {
    const port = network.findPort(node, nic)
    if (direction !== 'receive') port.setLoss(loss)
    if (direction !== 'transmit') port.peer?.setLoss(loss)
  },
})
