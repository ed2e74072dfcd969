import type { Network } from '../devices/network.ts'
import type { VirtualIpChange } from '../devices/pfsense/administration.ts'
import { REBOOT_SLEEPS_NS } from '../devices/pfsense/pfsense.ts'
import { LONGEST_WAIT_SECONDS } from '../devices/pfsense/sync-setup.ts'
import type { World } from '../devices/world.ts'
import { type Nanoseconds, SECOND_NS } from '../engine/time.ts'
import { nanoseconds } from '../schema/values.ts'
import type { Fault, Scenario } from '../topologies/document.ts'
import { savedRuleOf } from '../topologies/filter-settings.ts'

/** A fault with the instant that the seed drew for it. */
export interface ScheduledFault {
  readonly fault: Fault
  readonly atNs: Nanoseconds
  /** When its consequences can be expected to be over. */
  readonly settledNs: Nanoseconds
}

/** Draws the instants of a scenario's faults and posts them. In order of time. */
export function scheduleFaults(
  world: World,
  network: Network,
  scenario: Scenario,
): ScheduledFault[] {
  const scheduled = scenario.faults.map((fault, index): ScheduledFault => {
    const atNs = drawInstant(world, fault, index)
    return { fault, atNs, settledNs: atNs + settleTimeOf(fault, scenario) }
  })
  for (const { fault, atNs } of scheduled) {
    world.scheduler.postAt(atNs, () => applyFault(world, network, fault), null)
  }
  return scheduled.toSorted((a, b) => a.atNs - b.atNs)
}

function drawInstant(world: World, { kind, node, at }: Fault, index: number): Nanoseconds {
  if (typeof at === 'string') return nanoseconds(at)
  const draws = world.random.stream(`fault/${index}/${kind}/${node}`)
  return draws.integer(nanoseconds(at.from), nanoseconds(at.to))
}

/** A machine must go down or boot, and CARP be waited for, before anything can settle. */
function settleTimeOf({ kind, node }: Fault, scenario: Scenario): Nanoseconds {
  const settleNs = nanoseconds(scenario.settle)
  const { firewalls, hosts } = scenario.topology
  const firewall = firewalls.find(({ name }) => name === node)
  const machine = firewall ?? hosts.find(({ name }) => name === node)
  const bootNs = machine === undefined ? 0 : nanoseconds(machine.bootDuration)
  const shutdownNs = firewall === undefined ? 0 : nanoseconds(firewall.shutdownDuration)
  switch (kind) {
    case 'power-on':
      return settleNs + bootNs
    case 'reboot':
      return settleNs + REBOOT_SLEEPS_NS + shutdownNs + bootNs
    case 'halt':
      return settleNs + shutdownNs
    case 'carp-enable':
      return settleNs + LONGEST_WAIT_SECONDS * SECOND_NS
    default:
      return settleNs
  }
}

function applyFault(world: World, network: Network, fault: Fault): void {
  world.journal.tell({
    timeNs: world.nowNs,
    node: fault.node,
    kind: 'fault',
    text: describeFault(fault),
    details: { fault: fault.kind },
  })
  const host = network.hosts.get(fault.node)
  const firewall = network.firewalls.get(fault.node)
  switch (fault.kind) {
    case 'power-off':
      host?.powerOff()
      break
    case 'power-on':
      host?.powerOn()
      break
    case 'interface-disable':
      if (firewall !== undefined) firewall.disableInterface(fault.interface)
      else host?.setInterfaceEnabled(fault.interface, false)
      break
    case 'interface-enable':
      if (firewall !== undefined) firewall.enableInterface(fault.interface)
      else host?.setInterfaceEnabled(fault.interface, true)
      break
    case 'link-down':
    case 'link-up':
      network.findPort(fault.node, fault.nic).setPlugged(fault.kind === 'link-up')
      break
    case 'maintenance-enter':
      firewall?.enterMaintenance()
      break
    case 'maintenance-leave':
      firewall?.leaveMaintenance()
      break
    case 'reboot':
      firewall?.reboot()
      break
    case 'halt':
      firewall?.halt()
      break
    case 'carp-disable':
      firewall?.disableCarp()
      break
    case 'carp-enable':
      firewall?.enableCarp()
      break
    case 'interface-apply':
      firewall?.applyInterface(fault.interface)
      break
    case 'virtual-ip-apply':
      firewall?.applyVirtualIp(fault.interface, fault.vhid, virtualIpChangeOf(fault))
      break
    case 'save-rule': {
      const seconds = Math.floor(world.nowNs / SECOND_NS)
      firewall?.administration.saveRule(savedRuleOf(fault.rule, seconds))
      break
    }
    case 'save':
      firewall?.administration.save(fault.description)
      break
  }
}

/** What was done, and where: `link-down pfsense1 vmx1`. */
function describeFault(fault: Fault): string {
  const where = 'nic' in fault ? ` ${fault.nic}` : 'interface' in fault ? ` ${fault.interface}` : ''
  const vhid = 'vhid' in fault ? `@${fault.vhid}` : ''
  const rule = 'rule' in fault ? `: ${describeRule(fault.rule)}` : ''
  const change = fault.kind === 'virtual-ip-apply' ? describeChange(fault) : ''
  return `${fault.kind} ${fault.node}${where}${vhid}${rule}${change}`
}

type VirtualIpApply = Extract<Fault, { kind: 'virtual-ip-apply' }>

function virtualIpChangeOf({ advskew, advbase, password }: VirtualIpApply): VirtualIpChange {
  return {
    ...(advskew === undefined ? {} : { advskew }),
    ...(advbase === undefined ? {} : { advbaseSeconds: advbase }),
    ...(password === undefined ? {} : { password }),
  }
}

/** `: advskew 50, password` */
function describeChange({ advskew, advbase, password }: VirtualIpApply): string {
  const changes = [
    ...(advskew === undefined ? [] : [`advskew ${advskew}`]),
    ...(advbase === undefined ? [] : [`advbase ${advbase}`]),
    ...(password === undefined ? [] : ['password']),
  ]
  return changes.length === 0 ? '' : `: ${changes.join(', ')}`
}

/** As `pfctl -sr` begins: `block tcp from any to 10.10.110.10 port 22 on VLANMGMT`. */
function describeRule(rule: Extract<Fault, { kind: 'save-rule' }>['rule']): string {
  const { action, protocol, source, destination, destinationPort, interface: on } = rule
  const port = destinationPort === undefined ? '' : ` port ${destinationPort}`
  return `${action} ${protocol} from ${source} to ${destination}${port} on ${on}`
}
