import * as z from 'zod'
import { cableFields } from './cable.ts'
import {
  duration,
  identifier,
  integer,
  label,
  list,
  macAddress,
  mapping,
  oneOf,
  positiveDuration,
  steps,
  variants,
  yesOrNo,
} from './fields.ts'
import { vlanId } from './machine.ts'
import { switchPlug } from './plugs.ts'

/** A physical switch and its ports. */

const PORT_NAME = 'Unique on its switch, such as Gi1/0/1.'

const spanningTreePortSchema = mapping({
  portFast: yesOrNo()
    .default(false)
    .describe('An edge port: forwards at once when its link comes up, if it hears no bridge.'),
  bpduGuard: yesOrNo()
    .default(false)
    .describe('Puts the port in err-disable state as soon as it hears a bridge.'),
  pathCost: integer(1, 200_000_000)
    .describe('Cost of the way to the root. Default: 20 Tbit/s by the speed of the link.')
    .exactOptional(),
  portPriority: steps(0, 240, 16).default(128).describe('The lower one of equal ways wins.'),
})

/** The fields of every port, whatever its VLANs. */
const portFields = {
  spanningTree: spanningTreePortSchema
    .describe('Its part in the spanning tree; left out: no edge port, no guard.')
    .exactOptional(),
  connectedTo: switchPlug
    .describe('A cable to another switch; written at one of its ends only.')
    .exactOptional(),
  ...cableFields,
}

const switchPortSchema = variants(
  'mode',
  ['access', 'trunk'],
  [
    mapping({
      name: label('the name of a port').describe(PORT_NAME),
      mode: z.literal('trunk').describe('Carries several VLANs, tagged.'),
      allowedVlans: list(vlanId(), 'VLAN numbers').describe('VLANs that may cross.'),
      nativeVlan: vlanId().default(1).describe('VLAN of untagged frames, if it is allowed.'),
      ...portFields,
    }).describe('A trunk port.'),
    mapping({
      name: label('the name of a port').describe(PORT_NAME),
      mode: z.literal('access').describe('Belongs to one VLAN, untagged.'),
      vlanId: vlanId().describe('VLAN of the port.'),
      ...portFields,
    }).describe('An access port.'),
  ],
)

const spanningTreeSchema = mapping({
  mode: oneOf('stp', 'rstp').default('rstp').describe('IEEE 802.1D-1998, or 802.1w.'),
  priority: steps(0, 61_440, 4096)
    .default(32_768)
    .describe('Bridge priority; the lowest becomes the root of the tree.'),
  bridgeAddress: macAddress()
    .describe('Decides between equal priorities. Default: made from the name of the switch.')
    .exactOptional(),
  helloTime: positiveDuration().default('2s').describe('Between two BPDUs of a port.'),
  maxAge: positiveDuration().default('20s').describe('How long STP believes what it heard.'),
  forwardDelay: positiveDuration()
    .default('15s')
    .describe('Time in each of the states listening and learning.'),
})

const errdisableRecoverySchema = mapping({
  causes: list(oneOf('bpduguard'), 'causes')
    .default([])
    .describe('Causes of err-disable state that a port recovers from by itself.'),
  interval: positiveDuration().default('300s').describe('After this time.'),
})

export const switchSchema = mapping({
  name: identifier('the name of a switch').describe('Unique among all nodes.'),
  ageing: positiveDuration().default('300s').describe('How long an unseen address is remembered.'),
  forwardingDelay: duration().default('4us').describe('From a whole frame in to its way out.'),
  spanningTree: spanningTreeSchema
    .describe('One spanning tree for all VLANs. Absent: none, and BPDUs are flooded.')
    .exactOptional(),
  errdisableRecovery: errdisableRecoverySchema
    .describe('Absent: ports stay in err-disable state.')
    .exactOptional(),
  ports: list(switchPortSchema, 'ports').describe('Its ports.'),
}).describe('A physical switch.')
