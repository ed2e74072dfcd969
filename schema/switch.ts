import * as z from 'zod'
import { duration, identifier, label, list, mapping, positiveDuration, variants } from './fields.ts'
import { vlanId } from './machine.ts'

/** A physical switch and its ports. */

const PORT_NAME = 'Unique on its switch, such as Gi1/0/1.'

const switchPortSchema = variants(
  'mode',
  ['access', 'trunk'],
  [
    mapping({
      name: label('the name of a port').describe(PORT_NAME),
      mode: z.literal('trunk').describe('Carries several VLANs, tagged.'),
      allowedVlans: list(vlanId(), 'VLAN numbers').describe('VLANs that may cross.'),
      nativeVlan: vlanId().default(1).describe('VLAN of untagged frames, if it is allowed.'),
    }).describe('A trunk port.'),
    mapping({
      name: label('the name of a port').describe(PORT_NAME),
      mode: z.literal('access').describe('Belongs to one VLAN, untagged.'),
      vlanId: vlanId().describe('VLAN of the port.'),
    }).describe('An access port.'),
  ],
)

export const switchSchema = mapping({
  name: identifier('the name of a switch').describe('Unique among all nodes.'),
  ageing: positiveDuration().default('300s').describe('How long an unseen address is remembered.'),
  forwardingDelay: duration().default('4us').describe('From a whole frame in to its way out.'),
  ports: list(switchPortSchema, 'ports').describe('Its ports.'),
}).describe('A physical switch.')
