import { cableProperties } from '../../schema/cable.ts'
import {
  type CheckContext,
  checkDistinct,
  checkName,
  type Named,
} from '../../schema/check-context.ts'
import type { Teaming, VirtualSwitch } from '../../schema/network.ts'
import type { NicEntry } from '../../schema/network-index.ts'
import { formatPath, type Path } from '../../schema/problem.ts'

/** Cables: every other end exists, and takes one cable. */

export function checkPlugs(context: CheckContext): void {
  for (const nic of context.index.nics) checkPlug(context, nic)
  checkUplinks(context)

  checkDistinct(
    context,
    [...context.index.nics.flatMap(portInUse), ...trunksBetweenSwitches(context)],
    (_, first) => `this port already takes the cable at ${first}; expected a port that is free`,
  )
  checkDistinct(
    context,
    context.index.nics.flatMap((nic) => nicsInUse(context, nic)),
    (_, first) => `the cable at ${first} already ends at this NIC; expected a NIC that is free`,
  )
}

function checkPlug(context: CheckContext, nic: NicEntry): void {
  const { index } = context
  const { connectedTo } = nic
  if (connectedTo === undefined) return
  const path = [...nic.path, 'connectedTo']
  if ('esxiHost' in connectedTo) {
    const { esxiHost, portGroup } = connectedTo
    if (checkName(context, 'ESXi host', esxiHost, index.esxiHosts.keys(), [...path, 'esxiHost'])) {
      const portGroups = index.portGroupsOf(esxiHost).keys()
      checkName(context, `port group of ${esxiHost}`, portGroup, portGroups, [...path, 'portGroup'])
    }
  } else if ('switch' in connectedTo) {
    checkSwitchPort(context, connectedTo, path)
  } else if ('node' in connectedTo) {
    checkCable(context, nic, connectedTo, path)
  }
}

function checkSwitchPort(
  context: CheckContext,
  plug: { readonly switch: string; readonly port: string },
  path: Path,
): void {
  const { index } = context
  if (!checkName(context, 'switch', plug.switch, index.switches.keys(), [...path, 'switch'])) return
  const ports = index.portsOf(plug.switch).keys()
  checkName(context, `port of ${plug.switch}`, plug.port, ports, [...path, 'port'])
}

function checkCable(
  context: CheckContext,
  nic: NicEntry,
  { node, nic: otherName }: { readonly node: string; readonly nic: string },
  path: Path,
): void {
  const { index } = context
  if (!checkName(context, 'node', node, index.nodesWithNics(), [...path, 'node'])) return
  const others = index.nicsOf(node)
  if (!checkName(context, `NIC of ${node}`, otherName, others.keys(), [...path, 'nic'])) return
  const other = others.get(otherName)
  if (other === undefined) return
  if (other === nic) {
    context.report(path, 'a cable from a NIC to itself; expected another NIC')
    return
  }
  // With a plug of its own it ends two cables, which is told elsewhere.
  if (other.connectedTo !== undefined) return
  for (const property of cableProperties) {
    if (other[property] !== nic[property]) {
      const end = context.where([...nic.path, property])
      context.report(
        [...other.path, property],
        `expected ${nic[property]} as at the other end of the cable (${end}), got ${other[property]}`,
      )
    }
  }
}

function checkUplinks(context: CheckContext): void {
  for (const [hostAt, host] of context.scenario.topology.esxiHosts.entries()) {
    const vmnics = host.vmnics.map((vmnic) => vmnic.name)
    for (const [at, vswitch] of host.vswitches.entries()) {
      const path = ['topology', 'esxiHosts', hostAt, 'vswitches', at]
      for (const [uplinkAt, uplink] of vswitch.uplinks.entries()) {
        checkName(context, `vmnic of ${host.name}`, uplink, vmnics, [...path, 'uplinks', uplinkAt])
      }
      checkFailoverOrder(context, vswitch, vswitch.teaming, [...path, 'teaming'])
      for (const [groupAt, { teaming }] of vswitch.portGroups.entries()) {
        const ofGroup = [...path, 'portGroups', groupAt, 'teaming']
        // An order that it has from the vSwitch is told there.
        if (teaming.activeUplinks === vswitch.teaming.activeUplinks) continue
        checkFailoverOrder(context, vswitch, teaming, ofGroup)
      }
    }
  }
}

/** Uplinks of this vSwitch, each at one place in the order. */
function checkFailoverOrder(
  context: CheckContext,
  { name, uplinks }: VirtualSwitch,
  teaming: Teaming,
  path: Path,
): void {
  const named: Named[] = []
  for (const role of ['activeUplinks', 'standbyUplinks', 'unusedUplinks'] as const) {
    for (const [at, uplink] of teaming[role].entries()) {
      const place = [...path, role, at]
      checkName(context, `uplink of ${name}`, uplink, uplinks, place)
      named.push({ key: uplink, path: place })
    }
  }
  checkDistinct(
    context,
    named,
    (uplink, first) => `${uplink} is already at ${first}; expected each uplink once`,
  )
}

// --- Ends that take one cable ------------------------------------------------------------------

function portInUse({ connectedTo, path }: NicEntry): Named[] {
  if (connectedTo === undefined || !('switch' in connectedTo)) return []
  const key = [connectedTo.switch, connectedTo.port].join('\n')
  return [{ key, path: [...path, 'connectedTo', 'port'] }]
}

/** Both ends of each cable from switch to switch. */
function trunksBetweenSwitches(context: CheckContext): Named[] {
  return context.scenario.topology.switches.flatMap((each, at) =>
    each.ports.flatMap(({ name, connectedTo }, portAt) => {
      if (connectedTo === undefined) return []
      const path = ['topology', 'switches', at, 'ports', portAt, 'connectedTo']
      checkSwitchPort(context, connectedTo, path)
      return [
        { key: [each.name, name].join('\n'), path },
        { key: [connectedTo.switch, connectedTo.port].join('\n'), path: [...path, 'port'] },
      ]
    }),
  )
}

/** The NICs where the plug of this one ends a cable: itself, and the one that it names. */
function nicsInUse({ index }: CheckContext, nic: NicEntry): Named[] {
  const { connectedTo } = nic
  if (connectedTo === undefined) return []
  const path = [...nic.path, 'connectedTo']
  const ends = [{ key: formatPath(nic.path), path }]
  if ('node' in connectedTo) {
    const other = index.nicsOf(connectedTo.node).get(connectedTo.nic)
    if (other !== undefined && other !== nic) {
      ends.push({ key: formatPath(other.path), path: [...path, 'nic'] })
    }
  }
  return ends
}
