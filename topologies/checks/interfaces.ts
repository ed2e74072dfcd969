import { inPrefix, parseIpv4, parseIpv4Prefix } from '../../protocols/addresses.ts'
import { type CheckContext, checkDistinct, checkName } from '../../schema/check-context.ts'
import type { Machine, MachineEntry } from '../../schema/network-index.ts'
import type { Path } from '../../schema/problem.ts'
import { either } from '../../schema/suggest.ts'

/** Interfaces of firewalls and hosts, and the routes that leave by them. */

export function checkInterfaces(context: CheckContext): void {
  const { topology } = context.scenario
  const entries: readonly Omit<MachineEntry, 'kind'>[] = [
    ...topology.firewalls.map((machine, at) => ({ machine, path: ['topology', 'firewalls', at] })),
    ...topology.hosts.map((machine, at) => ({ machine, path: ['topology', 'hosts', at] })),
  ]
  for (const { machine, path } of entries) {
    checkCarriers(context, machine, path)
    checkGateways(context, machine, path)
    checkRoutes(context, machine, path)
  }
}

function checkCarriers(context: CheckContext, machine: Machine, path: Path): void {
  const nics = machine.nics.map((nic) => nic.name)
  for (const [at, { nic }] of machine.interfaces.entries()) {
    checkName(context, `NIC of ${machine.name}`, nic, nics, [...path, 'interfaces', at, 'nic'])
  }
  checkDistinct(
    context,
    machine.interfaces.map(({ nic, vlanId }, at) => {
      const known = nic !== '' && !Number.isNaN(vlanId)
      const tagged = vlanId !== undefined
      return {
        key: known ? `${nic} ${tagged ? `with VLAN ${vlanId}` : 'untagged'}` : '',
        path: [...path, 'interfaces', at, tagged ? 'vlanId' : 'nic'],
      }
    }),
    (frames, first) =>
      `${frames} already belongs to the interface at ${first}; expected another VLAN or NIC`,
  )
}

function checkGateways(context: CheckContext, machine: Machine, path: Path): void {
  let first: Path | undefined
  for (const [at, { address, gateway }] of machine.interfaces.entries()) {
    if (gateway === undefined) continue
    const here = [...path, 'interfaces', at, 'gateway']
    if (address === undefined) {
      context.report(here, 'a gateway but no address; expected an address on the same network')
    } else if (!holds(address, gateway)) {
      context.report(here, `expected an address in ${networkOf(address)}, got ${gateway}`)
    }
    if (first !== undefined) {
      const there = context.where(first)
      context.report(here, `the default route is already at ${there}; expected one for the machine`)
    }
    first ??= here
  }
}

function checkRoutes(context: CheckContext, machine: Machine, path: Path): void {
  const networks = machine.interfaces.flatMap(({ address }) => address ?? [])
  for (const [at, { via }] of machine.routes.entries()) {
    if (networks.some((address) => holds(address, via))) continue
    const wanted =
      networks.length === 0
        ? `an address on a network of ${machine.name}, which has none`
        : `an address in ${either(networks.map(networkOf))}`
    context.report([...path, 'routes', at, 'via'], `expected ${wanted}, got ${via}`)
  }
}

/** Also when either is no address at all, which has its own problem. */
function holds(address: string, ip: string): boolean {
  const prefix = parseIpv4Prefix(address)
  const number = parseIpv4(ip)
  return prefix === undefined || number === undefined || inPrefix(number, prefix)
}

function networkOf(address: string): string {
  return `the network of ${address}`
}
