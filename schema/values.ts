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

/** The values behind the texts of a validated document, which are known to parse. */

export function nanoseconds(text: string): Nanoseconds {
  return parsed(parseDuration(text), text)
}

export function ipv4(text: string): Ipv4Address {
  return parsed(parseIpv4(text), text)
}

export function prefix(text: string): Ipv4Prefix {
  return parsed(parseIpv4Prefix(text), text)
}

export function mac(text: string): MacAddress {
  return parsed(parseMac(text), text)
}

function parsed<Value>(value: Value | undefined, text: string): Value {
  assert(value !== undefined, `a validated document holds no ${JSON.stringify(text)}`)
  return value
}
