import { assert } from '../engine/assert.ts'
import type { Nanoseconds } from '../engine/time.ts'
import {
  type Ipv4Address,
  type Ipv4Prefix,
  type MacAddress,
  parseIpv4,
  parseIpv4Prefix,
  parseMac,
} from '../protocols/addresses.ts'
import { parseDuration } from './duration.ts'

/**
 * The values behind the texts of a validated document, which are known to parse. They are
 * remembered: a sweep builds the same network again and again.
 */

export const nanoseconds: (text: string) => Nanoseconds = remembered(parseDuration)
export const ipv4: (text: string) => Ipv4Address = remembered(parseIpv4)
export const prefix: (text: string) => Ipv4Prefix = remembered(parseIpv4Prefix)
export const mac: (text: string) => MacAddress = remembered(parseMac)

/** More than any document has; then all are forgotten. */
const REMEMBERED_MAX = 10_000

function remembered<Value>(parse: (text: string) => Value | undefined): (text: string) => Value {
  const values = new Map<string, Value>()
  return (text) => {
    const known = values.get(text)
    if (known !== undefined) return known
    const value = parse(text)
    assert(value !== undefined, `a validated document holds no ${JSON.stringify(text)}`)
    if (values.size >= REMEMBERED_MAX) values.clear()
    values.set(text, value)
    return value
  }
}
