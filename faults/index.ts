import type * as z from 'zod'
import type { FaultKind, FaultSchema } from '../devices/fault-kind.ts'
import { interfaceApply, virtualIpApply } from '../devices/pfsense/faults/apply.ts'
import {
  carpDisable,
  carpEnable,
  maintenanceEnter,
  maintenanceLeave,
} from '../devices/pfsense/faults/carp-status.ts'
import { halt, reboot } from '../devices/pfsense/faults/diagnostics.ts'
import { save, saveRule } from '../devices/pfsense/faults/save.ts'
import { kindVariants } from '../schema/fields.ts'
import { interfaceDisable, interfaceEnable } from './interface.ts'
import { linkDown, linkUp } from './link.ts'
import { linkLoss } from './link-loss.ts'
import { powerOff, powerOn } from './power.ts'
import { resume, suspend } from './suspend.ts'

/** Every kind of fault, registered here and nowhere else. */
const faultKinds = [
  powerOff,
  powerOn,
  interfaceDisable,
  interfaceEnable,
  linkDown,
  linkUp,
  linkLoss,
  suspend,
  resume,
  maintenanceEnter,
  maintenanceLeave,
  reboot,
  halt,
  carpDisable,
  carpEnable,
  interfaceApply,
  virtualIpApply,
  saveRule,
  save,
] as const

type Registered = (typeof faultKinds)[number]
type AnyFaultKind = FaultKind<FaultSchema, z.output<Registered['schema']>>

export const faultSchema = kindVariants(faultKinds)

const nameOf = ({ schema }: { schema: FaultSchema }): string => schema.shape.kind.value

/** @returns undefined for a name that no kind has */
export function findFaultKind(name: string): AnyFaultKind | undefined {
  return faultKinds.find((kind) => nameOf(kind) === name) as AnyFaultKind | undefined
}

/** The names of the kinds that end a condition, such as `power`. */
export function kindsThatBreak(condition: string): string[] {
  return faultKinds.filter(({ breaks }) => breaks === condition).map(nameOf)
}
