import type * as z from 'zod'
import { duration, integer } from './fields.ts'
import { nanoseconds } from './values.ts'

/** The properties of a cable, real or virtual: each is told here once. */

/** The fields as people write them, at one end of the cable. */
export const cableFields = {
  linkSpeedMbps: integer(10, 400_000)
    .describe('Speed in Mbit/s. Default: 1000 for a cable, 10000 for a virtual NIC.')
    .exactOptional(),
  propagation: duration()
    .describe('Time along the cable, 5ns a metre. Default: 50ns (10 m), 0ns for a virtual NIC.')
    .exactOptional(),
}

/** With the defaults spelled out. Both ends of a cable have the same. */
export type CableProperties = {
  [Name in keyof typeof cableFields]: NonNullable<z.output<(typeof cableFields)[Name]>>
}

export const cableProperties = Object.keys(cableFields) as (keyof CableProperties)[]

const CABLE: CableProperties = { linkSpeedMbps: 1000, propagation: '50ns' }
const VIRTUAL_CABLE: CableProperties = { linkSpeedMbps: 10_000, propagation: '0ns' }

/** The properties of a cable as far as they are written at one end or the other. */
export function completeCable(
  isVirtual: boolean,
  here: Partial<CableProperties>,
  there: Partial<CableProperties> = {},
): CableProperties {
  const complete = { ...(isVirtual ? VIRTUAL_CABLE : CABLE) }
  for (const end of [there, here]) {
    for (const name of cableProperties) {
      if (end[name] !== undefined) Object.assign(complete, { [name]: end[name] })
    }
  }
  return complete
}

/** The properties as a simulated cable takes them. */
export function cableOf({ linkSpeedMbps, propagation }: CableProperties) {
  return {
    bitsPerSecond: linkSpeedMbps * 1_000_000,
    propagationNs: nanoseconds(propagation),
  }
}
