import adminVip from './admin-vip.yaml'
import configSync from './config-sync.yaml'
import disableCarp from './disable-carp.yaml'
import hardenedForged from './hardened-forged.yaml'
import lanLinkDown from './lan-link-down.yaml'
import maintenanceMode from './maintenance-mode.yaml'
import natInterfaceAddress from './nat-interface-address.yaml'
import natVirtualIp from './nat-virtual-ip.yaml'
import noFault from './no-fault.yaml'
import passwordMismatch from './password-mismatch.yaml'
import powerOff from './power-off.yaml'
import powerOffReturn from './power-off-return.yaml'
import reboot from './reboot.yaml'
import reference from './reference.yaml'
import snapshotStun from './snapshot-stun.yaml'
import splitRolesClientToServer from './split-roles-client-to-server.yaml'
import stpWithoutPortfast from './stp-without-portfast.yaml'
import syncLinkCut from './sync-link-cut.yaml'
import tcpWithPfsync from './tcp-with-pfsync.yaml'
import tcpWithoutPfsync from './tcp-without-pfsync.yaml'
import teamReflection from './team-reflection.yaml'
import vlanclientDisabled from './vlanclient-disabled.yaml'
import vpnMaintenance from './vpn-maintenance.yaml'
import vpnReconnect from './vpn-reconnect.yaml'
import vssDefault from './vss-default.yaml'
import youngState from './young-state.yaml'

/** The documents of the library, by name. A scenario is a file here and an entry below. */
export const library: Readonly<Record<string, unknown>> = {
  reference,
  'power-off-return': powerOffReturn,
  'power-off': powerOff,
  'vlanclient-disabled': vlanclientDisabled,
  'lan-link-down': lanLinkDown,
  'maintenance-mode': maintenanceMode,
  'no-fault': noFault,
  'tcp-with-pfsync': tcpWithPfsync,
  'tcp-without-pfsync': tcpWithoutPfsync,
  'young-state': youngState,
  'sync-link-cut': syncLinkCut,
  reboot,
  'disable-carp': disableCarp,
  'vpn-reconnect': vpnReconnect,
  'vpn-maintenance': vpnMaintenance,
  'nat-interface-address': natInterfaceAddress,
  'nat-virtual-ip': natVirtualIp,
  'split-roles-client-to-server': splitRolesClientToServer,
  'config-sync': configSync,
  'admin-vip': adminVip,
  'team-reflection': teamReflection,
  'vss-default': vssDefault,
  'snapshot-stun': snapshotStun,
  'hardened-forged': hardenedForged,
  'password-mismatch': passwordMismatch,
  'stp-without-portfast': stpWithoutPortfast,
}
