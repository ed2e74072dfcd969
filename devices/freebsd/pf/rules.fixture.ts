import { address, PROTOCOLS, prefix, tcpFlags } from './packets.fixture.ts'
import type { EndpointRule, PortRange, Rule, Where } from './rule.ts'

/**
 * A rule as a line of pf.conf, which is also its label:
 * `pass in quick on vmx1 proto tcp from 10.0.0.0/8 port 1:9 to !self port 443 flags any no state`.
 * Lists have commas and no spaces, aliases are `<name>`, addresses of an interface `(vmx1)`.
 */
export function rule(line: string): Rule {
  const words = line.split(' ')
  const take = (...options: string[]): string | undefined =>
    options.includes(words[0] ?? '') ? words.shift() : undefined
  const takeAfter = (keyword: string): string | undefined =>
    take(keyword) === undefined ? undefined : words.shift()

  const action = take('pass', 'block', 'reject') as Rule['action'] | undefined
  if (action === undefined) throw new Error(line)
  const direction = (take('in', 'out') ?? 'any') as Rule['direction']
  const log = take('log') !== undefined
  const quick = take('quick') !== undefined
  const interfaces = takeAfter('on')?.split(',')
  const protocols = takeAfter('proto')?.split(',').map(protocolNumber)
  take('all')
  const source = endpoint(takeAfter('from'), takeAfter('port'))
  const destination = endpoint(takeAfter('to'), takeAfter('port'))
  const icmpType = takeAfter('icmp-type')
  const flags = takeAfter('flags')
  const [set = '', of = ''] = (flags ?? '').split('/')
  const noState = take('no') !== undefined && take('state') !== undefined
  const sloppy = take('sloppy') !== undefined
  const statePolicy = take('floating', 'if-bound') as Rule['statePolicy']
  const allowOptions = take('allow-opts') !== undefined
  if (words.length > 0) throw new Error(`${line}: what is ${words.join(' ')}?`)
  return {
    action,
    quick,
    direction,
    log,
    source,
    destination,
    state: noState || action !== 'pass' ? 'none' : sloppy ? 'sloppy' : 'keep',
    label: line,
    tracker: 0,
    allowOptions,
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(protocols === undefined ? {} : { protocols }),
    ...(icmpType === undefined ? {} : { icmpType: Number(icmpType) }),
    ...(flags === undefined
      ? {}
      : { flags: flags === 'any' ? 'any' : { set: tcpFlags(set), of: tcpFlags(of) } }),
    ...(statePolicy === undefined ? {} : { statePolicy }),
  }
}

function protocolNumber(name: string): number {
  const number = PROTOCOLS[name]
  if (number === undefined) throw new Error(`${name} is no protocol`)
  return number
}

export function endpoint(text = 'any', ports?: string): EndpointRule {
  const not = text.startsWith('!')
  return {
    where: where(not ? text.slice(1) : text),
    not,
    ...(ports === undefined ? {} : { ports: ports.split(',').map(portRange) }),
  }
}

function where(text: string): Where {
  if (text === 'any' || text === 'self') return { kind: text }
  if (text.startsWith('<')) return { kind: 'alias', name: text.slice(1, -1) }
  if (text.startsWith('(')) return { kind: 'interface', name: text.slice(1, -1) }
  if (text.includes('/')) return { kind: 'network', prefix: prefix(text) }
  return { kind: 'address', address: address(text) }
}

function portRange(text: string): PortRange {
  const [from = '', to = from] = text.split(':')
  return { from: Number(from), to: Number(to) }
}
