import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import type { XmlRpcStruct } from '../../../protocols/xmlrpc/value.ts'
import type { TabRule } from '../generated-rules.ts'
import { box, textIn } from './section-values.ts'

/** The advanced options of a rule in config.xml, and the type of ICMP. */

type RuleOptions = Pick<
  TabRule,
  'icmpType' | 'flags' | 'state' | 'noSync' | 'allowOptions' | 'statePolicy'
>

const STATE_TYPE = { keep: 'keep state', sloppy: 'sloppy state', none: 'none' } as const
/** Names of pf.conf; a type without one stands as its number. */
const ICMP_TYPES: readonly (readonly [number, string])[] = [
  [0, 'echorep'],
  [3, 'unreach'],
  [4, 'squench'],
  [5, 'redir'],
  [8, 'echoreq'],
  [11, 'timex'],
  [12, 'paramprob'],
  [13, 'timereq'],
  [14, 'timerep'],
]

// --- To the section ----------------------------------------------------------------------------

export function ruleOptions(rule: RuleOptions): XmlRpcStruct {
  const { icmpType, flags, state, noSync, allowOptions, statePolicy } = rule
  return {
    ...(icmpType === undefined ? {} : { icmptype: nameOfType(icmpType) }),
    ...flagsSection(flags),
    ...(state === undefined ? {} : { statetype: STATE_TYPE[state] }),
    ...(statePolicy === undefined ? {} : { statepolicy: statePolicy }),
    ...box('nopfsync', noSync),
    ...box('allowopts', allowOptions),
  }
}

function nameOfType(type: number): string {
  return ICMP_TYPES.find(([number]) => number === type)?.[1] ?? String(type)
}

/** `tcpflags1` are to be set, `tcpflags2` those that are looked at. */
function flagsSection(flags: RuleOptions['flags']): XmlRpcStruct {
  if (flags === undefined) return {}
  if (flags === 'any') return { tcpflags_any: '' }
  return { tcpflags1: namesOfFlags(flags.set), tcpflags2: namesOfFlags(flags.of) }
}

function namesOfFlags(bits: number): string {
  const set = Object.entries(TCP_FLAG).filter(([, bit]) => (bits & bit) !== 0)
  return set.map(([name]) => name).join(',')
}

// --- From the section --------------------------------------------------------------------------

/** Options that make no sense are passed over, and what is usual counts. */
export function readRuleOptions(section: XmlRpcStruct): RuleOptions {
  const icmpType = typeOf(textIn(section, 'icmptype') ?? '')
  const flags = readFlags(section)
  const state = stateOf(textIn(section, 'statetype'))
  const policy = textIn(section, 'statepolicy')
  return {
    ...(icmpType === undefined ? {} : { icmpType }),
    ...(flags === undefined ? {} : { flags }),
    ...(state === undefined ? {} : { state }),
    ...(policy === 'floating' || policy === 'if-bound' ? { statePolicy: policy } : {}),
    ...('nopfsync' in section ? { noSync: true } : {}),
    ...('allowopts' in section ? { allowOptions: true } : {}),
  }
}

function typeOf(text: string): number | undefined {
  const known = ICMP_TYPES.find(([, name]) => name === text)?.[0]
  return known ?? (/^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined)
}

function stateOf(text: string | undefined): RuleOptions['state'] {
  if (text === STATE_TYPE.keep) return 'keep'
  if (text === STATE_TYPE.sloppy) return 'sloppy'
  return text === STATE_TYPE.none ? 'none' : undefined
}

function readFlags(section: XmlRpcStruct): RuleOptions['flags'] {
  if ('tcpflags_any' in section) return 'any'
  const of = textIn(section, 'tcpflags2') ?? ''
  return of === '' ? undefined : { set: bitsOf(textIn(section, 'tcpflags1') ?? ''), of: bitsOf(of) }
}

function bitsOf(names: string): number {
  const wanted = names.split(',')
  return Object.entries(TCP_FLAG)
    .filter(([name]) => wanted.includes(name))
    .reduce((bits, [, bit]) => bits | bit, 0)
}
