import { SECOND_NS } from '../../../engine/time.ts'
import { text } from '../../../schema/fields.ts'
import { checkInterface, faultKind } from '../../fault-kind.ts'
import { ruleSchema } from '../document/filter.ts'
import { savedRuleOf } from '../document/filter-settings.ts'
import { checkPfSense, guiFault, inGui } from './pfsense-fault.ts'

/** Changes of the configuration, which go to the other node as well. */

export const saveRule = faultKind({
  schema: guiFault('save-rule', 'A rule is added behind the others and applied.', {
    rule: ruleSchema,
  }),
  checkTarget: (context, fault, path) =>
    checkPfSense(context, fault, path) &&
    checkInterface(context, { ...fault, ...fault.rule }, [...path, 'rule', 'interface']),
  // As `pfctl -sr` begins: `block tcp from any to 10.10.110.10 port 22 on VLANMGMT`.
  details: ({ rule }) => {
    const { action, protocol, source, destination, destinationPort, interface: on } = rule
    const port = destinationPort === undefined ? '' : ` port ${destinationPort}`
    return `: ${action} ${protocol} from ${source} to ${destination}${port} on ${on}`
  },
  inject: ({ node, rule }, network, world) =>
    inGui(network, node, (pfSense) => {
      const seconds = Math.floor(world.nowNs / SECOND_NS)
      pfSense.administration.saveRule(savedRuleOf(rule, seconds))
    }),
})

export const save = faultKind({
  schema: guiFault('save', 'Something else is saved, which synchronises as well.', {
    description: text('a text')
      .default('System: General Setup: changed.')
      .describe('What the page says that was changed.'),
  }),
  checkTarget: checkPfSense,
  inject: ({ node, description }, network) =>
    inGui(network, node, (pfSense) => pfSense.administration.save(description)),
})
