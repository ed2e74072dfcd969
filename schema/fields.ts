import * as z from 'zod'
import {
  broadcastOf,
  type Ipv4Address,
  isGroupMac,
  isMulticastIpv4,
  maskOf,
  parseIpv4,
  parseIpv4Prefix,
  parseMac,
} from '../protocols/addresses.ts'
import { DURATION_PATTERN, parseDuration } from './duration.ts'
import { describeValue } from './problem.ts'
import { either } from './suggest.ts'

/**
 * The leaves of a scenario document. Each knows one sentence for all that can be wrong with it:
 * `expected an integer from 1 to 255, got 300`.
 */

export function expectation(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => {
    if (input === undefined) return `missing; expected ${what}`
    return `expected ${what}, got ${describeValue(input)}`
  }
}

// --- Numbers, words and switches ---------------------------------------------------------------

export function integer(from: number, to: number) {
  const error = expectation(`an integer from ${from} to ${to}`)
  return z.int({ error }).min(from, { error }).max(to, { error })
}

/** An integer in steps: 0, 4096, 8192 … */
export function steps(from: number, to: number, step: number) {
  const error = expectation(`a multiple of ${step} from ${from} to ${to}`)
  return z.int({ error }).min(from, { error }).max(to, { error }).multipleOf(step, { error })
}

export function probability() {
  const error = expectation('a probability from 0 to 1')
  return z.number({ error }).min(0, { error }).max(1, { error })
}

export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, { error: expectation(either(words)) })
}

export function yesOrNo() {
  return z.boolean({ error: expectation('true or false') })
}

function pattern(what: string, form: RegExp, accepts: (text: string) => boolean = () => true) {
  const error = expectation(what)
  return z.string({ error }).regex(form, { error }).refine(accepts, { error })
}

export function text(what: string, form = /^[^\p{Cc}]*$/u) {
  const sentence = expectation(what)
  // `password: 1234` is a number to YAML, which astonishes who wrote it.
  const error = (issue: { readonly input?: unknown }) =>
    typeof issue.input === 'number' || typeof issue.input === 'boolean'
      ? `${sentence(issue)} (between quotes it is text)`
      : sentence(issue)
  return z.string({ error }).regex(form, { error })
}

/** The password of a VHID group. */
export const carpPassword = () => text('a password of at least 1 character', /^[^\p{Cc}]+$/u)

/** A name that also becomes part of a file's name. */
export function identifier(what: string) {
  return text(
    `${what}, 1 to 64 letters, digits, dots, dashes and underscores`,
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  )
}

/** A name that only people read: a port, a port group, an interface. */
export function label(what: string) {
  return text(`${what}, 1 to 64 characters`, /^[^\p{Cc}\s](?:[^\p{Cc}]{0,62}[^\p{Cc}\s])?$/u)
}

// --- Time --------------------------------------------------------------------------------------

const DURATION = 'a duration such as 90s, 12.5s, 500ms or 15us'

export function duration() {
  return pattern(DURATION, DURATION_PATTERN, (text) => parseDuration(text) !== undefined)
}

export function positiveDuration() {
  return pattern(
    'a duration above zero such as 90s, 12.5s or 500ms',
    DURATION_PATTERN,
    (text) => (parseDuration(text) ?? 0) > 0,
  )
}

export function phase() {
  return pattern(
    `random, or ${DURATION}`,
    new RegExp(`^random$|${DURATION_PATTERN.source}`),
    (text) => text === 'random' || parseDuration(text) !== undefined,
  )
}

// --- Addresses ---------------------------------------------------------------------------------

// Only shapes: what they leave open, such as 300 for an octet, the parsers refuse.
const IPV4_FORM = /^\d{1,3}(?:\.\d{1,3}){3}$/
const IPV4_PREFIX_FORM = /^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/
const MAC_FORM = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/

function isUnicast(ip: Ipv4Address): boolean {
  return ip >>> 24 !== 0 && !isMulticastIpv4(ip) && ip < 0xf000_0000
}

export function ipv4() {
  return pattern('an IPv4 address of one machine such as 10.10.110.254', IPV4_FORM, (text) => {
    const ip = parseIpv4(text)
    return ip !== undefined && isUnicast(ip)
  })
}

export function isInterfaceAddress(text: string): boolean {
  const prefix = parseIpv4Prefix(text)
  if (prefix === undefined || prefix.length === 0 || !isUnicast(prefix.address)) return false
  if (prefix.length >= 31) return true
  const network = (prefix.address & maskOf(prefix.length)) >>> 0
  return prefix.address !== network && prefix.address !== broadcastOf(prefix)
}

/** The address of an interface and the length of its network's prefix. */
export function interfaceAddress() {
  return pattern(
    'an interface address such as 10.10.110.251/24, neither the network itself nor its broadcast',
    IPV4_PREFIX_FORM,
    isInterfaceAddress,
  )
}

export function network() {
  return pattern(
    'an IPv4 network such as 10.10.0.0/16, with no bits set behind the prefix',
    IPV4_PREFIX_FORM,
    (text) => {
      const prefix = parseIpv4Prefix(text)
      return prefix !== undefined && (prefix.address & ~maskOf(prefix.length)) === 0
    },
  )
}

const ADDRESS_OR_NETWORK =
  'an IPv4 address such as 10.10.110.10 or a network such as 10.10.110.0/24'

function isAddressOrNetwork(text: string): boolean {
  return parseIpv4(text) !== undefined || parseIpv4Prefix(text) !== undefined
}

/** Addresses that a packet filter rule is about. */
export function ruleTarget() {
  return pattern(ADDRESS_OR_NETWORK, /^[\d./]+$/, isAddressOrNetwork)
}

/** An end of a packet filter rule. */
export function ruleEnd() {
  return pattern(
    `any, self, the name of an alias, ${ADDRESS_OR_NETWORK}`,
    /^(?:[A-Za-z][A-Za-z0-9_]{0,30}|[\d./]+)$/,
    (text) => /^[A-Za-z]/.test(text) || isAddressOrNetwork(text),
  )
}

/** An address of the firewall in a NAT rule. */
export function ownAddress() {
  return pattern(
    'interface, or an IPv4 address such as 10.10.210.253',
    /^(?:interface|\d{1,3}(?:\.\d{1,3}){3})$/,
    (text) => text === 'interface' || parseIpv4(text) !== undefined,
  )
}

export function macAddress() {
  return pattern('the MAC address of one card such as 00:50:56:01:00:01', MAC_FORM, (text) => {
    const mac = parseMac(text)
    return mac !== undefined && mac !== 0 && !isGroupMac(mac)
  })
}

// --- Composites --------------------------------------------------------------------------------

export function list<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, { error: expectation(`a list of ${what}`) })
}

/** A mapping that knows all of its fields. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const fields = Object.keys(shape)
  return z.strictObject(shape, { error: expectation(`a mapping with ${either(fields, 'and')}`) })
}

/** Mappings told apart by one field, such as the kind of a fault. */
export function variants<
  const Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(field: string, words: readonly string[], options: Options) {
  const wrongWord = expectation(either(words))
  const noMapping = expectation(`a mapping with a ${field}`)
  return z.discriminatedUnion(field, options, {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? wrongWord({ input: (issue.input as Record<string, unknown>)[field] })
        : noMapping(issue),
  })
}

type KindSchema = z.ZodObject<{ kind: z.ZodLiteral<string> }>
type SchemasOf<Kinds extends readonly { readonly schema: KindSchema }[]> = {
  [At in keyof Kinds]: Kinds[At]['schema']
}

/** The schema of a list of registered kinds, told apart by their field `kind`. */
export function kindVariants<
  const Kinds extends readonly [{ schema: KindSchema }, ...{ schema: KindSchema }[]],
>(kinds: Kinds) {
  const words = kinds.map(({ schema }) => schema.shape.kind.value)
  return variants('kind', words, kinds.map(({ schema }) => schema) as SchemasOf<Kinds>)
}
