/** The reference deployment, as far as these checks name its parts. */

export const REFERENCE = 'power-off-return'

/** The virtual IPs: where they are, and what pfsense2 (`own`) is called beside them. */
export const VIRTUAL_IPS = [
  { vhid: 1, name: 'wan', vip: '10.10.210.253', own: '10.10.210.252' },
  { vhid: 2, name: 'vlanserver', vip: '10.10.110.254', own: '10.10.110.252' },
  { vhid: 3, name: 'vlanclient', vip: '10.10.120.254', own: '10.10.120.252' },
  { vhid: 4, name: 'vlandmz', vip: '10.10.140.254', own: '10.10.140.252' },
  { vhid: 5, name: 'vlanmgmt', vip: '10.10.199.254', own: '10.10.199.252' },
  { vhid: 6, name: 'vlanbackup', vip: '10.10.200.254', own: '10.10.200.252' },
].map((each) => ({ ...each, password: `carp-vhid-${each.vhid}` }))

/** Settings of a vSwitch under which the cluster does not work as meant. */
export const MISCONFIGURATIONS = ['**.forgedTransmits=reject', '**.promiscuousMode=reject']

/** Options of a run that captures at the stations that ping, and nowhere else. */
export const STATIONS_ONLY = ['--set', 'captures.points=[mgmt-pc,mgmt-linux,client1,wan-host]']

/** Options of a run that captures where advertisements are sent, and nowhere else. */
export const FIREWALLS_ONLY = [
  '--set',
  `captures.points=[${['pfsense1', 'pfsense2']
    .flatMap((node) => VIRTUAL_IPS.map(({ name }) => `${node}-${name}`))
    .join()}]`,
]
