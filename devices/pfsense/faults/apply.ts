import type { CheckContext } from '../../../schema/check-context.ts'
import { carpPassword, integer, label } from '../../../schema/fields.ts'
import type { AnyFault } from '../../../schema/network.ts'
import type { Path } from '../../../schema/problem.ts'
import { checkInterface, faultKind } from '../../fault-kind.ts'
import type { PfSenseDocument } from '../document/firewall.ts'
import { checkPfSense, guiFault, inGui } from './pfsense-fault.ts'

/** Save and Apply of an interface or of a virtual IP: its VHIDs start over. */

const interfaceField = () =>
  label('the name of an interface').describe('Interface of that firewall.')

type InterfaceFault = AnyFault & { interface: string }

const checkTarget = (context: CheckContext, fault: InterfaceFault, path: Path): boolean =>
  checkPfSense(context, fault, path) && checkInterface(context, fault, [...path, 'interface'])

export const interfaceApply = faultKind({
  schema: guiFault('interface-apply', 'Saved and applied, with nothing changed.', {
    interface: interfaceField(),
  }),
  checkTarget,
  part: (fault) => fault.interface,
  inject: (fault, network) =>
    inGui(network, fault.node, (pfSense) => pfSense.applyInterface(fault.interface)),
})

export const virtualIpApply = faultKind({
  schema: guiFault('virtual-ip-apply', 'A CARP virtual IP is saved and applied.', {
    interface: interfaceField(),
    vhid: integer(1, 255).describe('VHID on that interface.'),
    advskew: integer(0, 254).exactOptional().describe('Its new skew; absent: as it was.'),
    advbase: integer(1, 254).exactOptional().describe('Its new base; absent: as it was.'),
    password: carpPassword().exactOptional().describe('Its new password; absent: as it was.'),
  }),
  checkTarget: (context, fault, path) =>
    checkTarget(context, fault, path) && checkVhid(context, fault, path),
  part: (fault) => fault.interface,
  details: ({ vhid, advskew, advbase, password }) => {
    const changes = [
      ...(advskew === undefined ? [] : [`advskew ${advskew}`]),
      ...(advbase === undefined ? [] : [`advbase ${advbase}`]),
      ...(password === undefined ? [] : ['password']),
    ]
    return `@${vhid}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}`
  },
  inject: ({ node, interface: name, vhid, advskew, advbase, password }, network) =>
    inGui(network, node, (pfSense) =>
      pfSense.applyVirtualIp(name, vhid, {
        ...(advskew === undefined ? {} : { advskew }),
        ...(advbase === undefined ? {} : { advbaseSeconds: advbase }),
        ...(password === undefined ? {} : { password }),
      }),
    ),
})

function checkVhid(
  { scenario, report }: CheckContext,
  { node, interface: on, vhid }: InterfaceFault & { vhid: number },
  path: Path,
): boolean {
  const firewalls = scenario.topology.firewalls as readonly PfSenseDocument[]
  const virtualIps = firewalls.find(({ name }) => name === node)?.virtualIps ?? []
  const vhids = virtualIps.flatMap((each) => (each.interface === on ? each.vhid : []))
  if (vhids.includes(vhid)) return true
  const known = vhids.length === 0 ? 'it has none' : `it has ${vhids.join(', ')}`
  report([...path, 'vhid'], `${on} of ${node} has no VHID ${vhid}; ${known}`)
  return false
}
