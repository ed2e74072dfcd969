import type * as z from 'zod'
import type { CableProperties } from './cable.ts'
import type { esxiHostSchema, portGroupSchema, virtualSwitchSchema, vmnicSchema } from './esxi.ts'
import type { hostSchema } from './host.ts'
import type { machineFields, routeSchema } from './machine.ts'
import type { nicSchema } from './plugs.ts'
import type { switchSchema } from './switch.ts'

/**
 * The resolved parts of a topology that no product changes, and what every flow, fault and firewall
 * has. Every default is spelled out. Durations and addresses stay text, so that a document that is
 * written and read again is the same.
 */

/** `Base` with some fields replaced, in each variant of a union. */
export type With<Base, Derived> = Base extends unknown ? Omit<Base, keyof Derived> & Derived : never

export type EsxiHost = With<
  z.output<typeof esxiHostSchema>,
  { vmnics: Vmnic[]; vswitches: VirtualSwitch[] }
>
export type Vmnic = With<z.output<typeof vmnicSchema>, CardProperties>
export type VirtualSwitch = With<
  z.output<typeof virtualSwitchSchema>,
  { portGroups: PortGroup[]; teaming: Teaming }
>
export type Security = VirtualSwitch['security']
export type Teaming = Required<z.output<typeof virtualSwitchSchema>['teaming']>
/** The policies in force: fields that the port group leaves out come from the vSwitch. */
export type PortGroup = With<
  z.output<typeof portGroupSchema>,
  { security: Security; teaming: Teaming }
>
export type Switch = z.output<typeof switchSchema>
export type SwitchPort = Switch['ports'][number]
export type Host = With<z.output<typeof hostSchema>, { nics: Nic[] }>
export type Nic = With<z.output<typeof nicSchema>, CardProperties>
/** Of a card, and of the cable that is plugged into it. */
export type CardProperties = CableProperties & { macAddress: string }
/** `{ esxiHost, portGroup }`, `{ switch, port }` or `{ node, nic }`; tell them apart with `in`. */
export type Connection = NonNullable<Nic['connectedTo']>
export type Interface = Host['interfaces'][number]
export type Route = z.output<typeof routeSchema>

type MachineFields = {
  [Field in keyof typeof machineFields]: z.output<(typeof machineFields)[Field]>
}

/** A firewall of any product: what the rest of the program may know of it. */
export interface AnyFirewall extends Omit<MachineFields, 'nics'> {
  name: string
  product: string
  nics: Nic[]
  routes: Route[]
  /** Its server for road warriors, if it has one. */
  openvpn?: { virtualIp: string; port: number; localNetworks: string[]; tunnelNetwork: string }
}

/** A flow of any kind. `start` and `stop` are durations since the start of the run. */
export interface AnyFlow {
  name: string
  kind: string
  from: string
  to: string
  start: string
  stop: string
}

/** When: a duration, or the range from which the seed draws, `to` excluded. */
export type FaultInstant = string | { from: string; to: string }

/** A fault of any kind. */
export interface AnyFault {
  kind: string
  node: string
  at: FaultInstant
}

/** A scenario, as far as checks of any part of it may look. */
export interface AnyScenario {
  readonly duration: string
  readonly topology: {
    readonly esxiHosts: readonly EsxiHost[]
    readonly switches: readonly Switch[]
    readonly firewalls: readonly AnyFirewall[]
    readonly hosts: readonly Host[]
  }
  readonly flows: readonly AnyFlow[]
  readonly faults: readonly AnyFault[]
}
