import * as z from 'zod'
import { cableFields } from './cable.ts'
import { expectation, identifier, label, macAddress, mapping } from './fields.ts'

/** The other end of the cable of a NIC. */

const portGroupPlug = mapping({
  esxiHost: identifier('the name of an ESXi host').describe('ESXi host that runs this machine.'),
  portGroup: label('the name of a port group').describe('Port group of one of its vSwitches.'),
}).describe('A virtual NIC on a port group.')

export const switchPlug = mapping({
  switch: identifier('the name of a switch').describe('Physical switch at the other end.'),
  port: label('the name of a port').describe('Port of that switch; takes one cable.'),
}).describe('A cable to a physical switch.')

const nodePlug = mapping({
  node: identifier('the name of a node').describe('Machine at the other end.'),
  nic: label('the name of a NIC').describe('NIC of that machine (of an ESXi host: a vmnic).'),
}).describe('A cable straight to another machine; written at one of its ends only.')

const nicPlug = z.union([portGroupPlug, switchPlug, nodePlug], {
  error: expectation('{ esxiHost, portGroup }, { switch, port } or { node, nic }'),
})

export const vmnicPlug = z.union([switchPlug, nodePlug], {
  error: expectation('{ switch, port } or { node, nic }'),
})

export const nicSchema = mapping({
  name: label('the name of a NIC').describe('Unique on its machine, such as vmx0.'),
  macAddress: macAddress()
    .exactOptional()
    .describe(
      'Unique in the topology. Default: as vCenter gives them, or a local one; from names.',
    ),
  connectedTo: nicPlug
    .describe('What it is plugged into; absent: nothing, or the cable that another NIC names.')
    .exactOptional(),
  ...cableFields,
}).describe('A network card.')
