import type { Nic } from '../nic.ts'
import type { Port } from '../port.ts'
import type { TeamingPolicy, UplinkTeam } from './team.ts'

/** Security policy of a port group, in vSphere's words. */
export interface SecurityPolicy {
  readonly promiscuousMode: Verdict
  readonly macChanges: Verdict
  readonly forgedTransmits: Verdict
}

export type Verdict = 'accept' | 'reject'

/** vlanId 4095: the guest tags its frames itself and sees every VLAN (virtual guest tagging). */
export const VGT_VLAN_ID = 4095

export interface PortGroup {
  readonly name: string
  /** 0: untagged on the uplink (EST); 1 to 4094: tagged there (VST); 4095: tagged by the guest. */
  readonly vlanId: number
  readonly security: SecurityPolicy
  readonly teaming: TeamingPolicy
}

/** A port of the vSwitch with the vNIC that is plugged into it. */
export interface VirtualPort {
  readonly port: Port
  readonly nic: Nic
  readonly portGroup: PortGroup
  readonly team: UplinkTeam
  /** The port's number on the vSwitch, from which its uplink is chosen. */
  readonly number: number
}

export function carriesVlan(virtualPort: VirtualPort, vlanId: number): boolean {
  return virtualPort.portGroup.vlanId === VGT_VLAN_ID || virtualPort.portGroup.vlanId === vlanId
}

/** Promiscuous only when the policy accepts it and the guest asked for it. */
export function isPromiscuous(virtualPort: VirtualPort): boolean {
  return virtualPort.portGroup.security.promiscuousMode === 'accept' && virtualPort.nic.promiscuous
}

/** Whether the guest changed its address where the policy does not honour it. */
export function isMacChangeBlocked(virtualPort: VirtualPort): boolean {
  const { nic, portGroup } = virtualPort
  return portGroup.security.macChanges === 'reject' && nic.effectiveMac !== nic.initialMac
}
