import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../engine/journal.ts'
import { type FailoverMetrics, type GroupFailover, measureFailovers } from './failover.ts'
import { seconds } from './flow.fixture.ts'
import {
  advert,
  fault,
  poweredOff,
  removed,
  restarted,
  state,
  takeover,
} from './journal.fixture.ts'
import type { Outage } from './outage-log.ts'

const END_S = 100

/** An outage from one second to another; undefined: it lasts. */
function outage(downS: number, upS?: number): Outage {
  const upNs = upS === undefined ? undefined : seconds(upS)
  return { downNs: seconds(downS), upNs, unwatchedFromNs: undefined, steps: [] }
}

function measure(
  entries: readonly (JournalEntry | readonly JournalEntry[])[],
  outages: readonly Outage[] = [],
): FailoverMetrics[] {
  return measureFailovers(entries.flat(), outages, seconds(END_S))
}

const FW1_RULES = [takeover(3, 'fw1', 'LAN@2'), advert(12, 'fw1', 'LAN@2')].flat()

const CRASH = [
  fault(12.9, 'power-off fw1'),
  poweredOff(12.9, 'fw1'),
  ...takeover(15.390_65, 'fw2', 'LAN@2'),
  advert(16.781_275, 'fw2', 'LAN@2'),
]

describe('a crash', () => {
  it('is measured from the fault to the decision, and to the service being whole', () => {
    const [crash] = measure([FW1_RULES, CRASH], [outage(12.9, 15.390_7)])
    expect(crash).toEqual<FailoverMetrics>({
      fault: 'power-off fw1',
      atUs: 12_900_000,
      nodes: { from: 'fw1', to: 'fw2' },
      groups: [
        {
          protocol: 'carp',
          id: 2,
          interface: 'LAN',
          lastAdvertUs: 12_000_000,
          newActiveUs: 15_390_650,
          firstAdvertUs: 15_390_650,
          oldStandbyUs: 12_900_000,
          dualActiveUs: 0,
        },
      ],
      because: [],
      detectionUs: 2_490_650,
      switchoverUs: 50,
      recoveryUs: 2_490_700,
      serviceOutageUs: 2_490_700,
    })
  })

  it('without an interrupted flow has no switchover and no outage', () => {
    expect(measure([FW1_RULES, CRASH])).toMatchObject([
      { detectionUs: 2_490_650, switchoverUs: 0, recoveryUs: 2_490_650, serviceOutageUs: 0 },
    ])
  })

  it('takes the longest outage, and the end of the last one', () => {
    const outages = [outage(12.9, 20), outage(21, 30), outage(14, 15)]
    expect(measure([FW1_RULES, CRASH], outages)).toMatchObject([
      { serviceOutageUs: 9_000_000, switchoverUs: 14_609_350, recoveryUs: 17_100_000 },
    ])
  })

  it('whose outage lasts counts it to the end of the run', () => {
    expect(measure([FW1_RULES, CRASH], [outage(12.9)])).toMatchObject([
      { serviceOutageUs: 87_100_000, recoveryUs: 87_100_000 },
    ])
  })

  it('whose outage outlived the client counts it to the end of the client', () => {
    const known = { ...outage(12.9), unwatchedFromNs: seconds(14) }
    expect(measure([FW1_RULES, CRASH], [known])).toMatchObject([
      { serviceOutageUs: 1_100_000, recoveryUs: 2_490_650 },
    ])
  })

  it('has nothing to do with an outage from before', () => {
    const before = [outage(1, 3), outage(12.8)]
    expect(measure([FW1_RULES, CRASH], before)).toMatchObject([
      { serviceOutageUs: 0, switchoverUs: 0 },
    ])
  })
})

describe('a return', () => {
  const RETURN = [
    fault(30, 'power-on fw1'),
    advert(61.281_275, 'fw2', 'LAN@2'),
    ...takeover(61.281_3, 'fw1', 'LAN@2', 'preempting a slower master'),
    state(61.281_325, 'fw2', 'LAN@2', 'MASTER -> BACKUP', 'more frequent advertisement received'),
  ]

  it('tells how long both were MASTER', () => {
    // That the old one is cut later does not prolong it.
    const cut = [fault(80, 'power-off fw2'), poweredOff(80, 'fw2')]
    const [, back] = measure([FW1_RULES, CRASH, RETURN, cut])
    expect(back).toMatchObject({
      fault: 'power-on fw1',
      nodes: { from: 'fw2', to: 'fw1' },
      detectionUs: 31_281_300,
      switchoverUs: 0,
    })
    expect(back?.groups).toEqual<GroupFailover[]>([
      {
        protocol: 'carp',
        id: 2,
        interface: 'LAN',
        lastAdvertUs: 61_281_275,
        newActiveUs: 61_281_300,
        firstAdvertUs: 61_281_300,
        oldStandbyUs: 61_281_325,
        dualActiveUs: 25,
      },
    ])
  })

  it('counts each outage for the fault before it', () => {
    const outages = [outage(12.9, 15.390_65), outage(61.2813, 61.2815)]
    expect(measure([FW1_RULES, CRASH, RETURN], outages)).toMatchObject([
      { serviceOutageUs: 2_490_650, switchoverUs: 0 },
      { serviceOutageUs: 200, switchoverUs: 200 },
    ])
  })
})

describe('a split brain', () => {
  const SPLIT = [fault(20, 'link-down esx1 vmnic0'), ...takeover(23, 'fw2', 'LAN@2')]

  it('that lasts has no end of the old MASTER', () => {
    const [split] = measure([FW1_RULES, SPLIT])
    expect(split?.nodes).toEqual({ from: 'fw1', to: 'fw2' })
    expect(split?.groups).toMatchObject([{ oldStandbyUs: null, dualActiveUs: 77_000_000 }])
  })

  it('lasts beyond other faults', () => {
    const [split, ...others] = measure([FW1_RULES, SPLIT, fault(40, 'link-down server eth0')])
    expect(split?.groups).toMatchObject([{ oldStandbyUs: null, dualActiveUs: 77_000_000 }])
    expect(others).toEqual([])
  })

  it('is a matter of who advertised what', () => {
    const [split] = measure([
      ...[FW1_RULES, SPLIT.slice(0, 1), state(23, 'fw2', 'LAN@2', 'BACKUP -> MASTER')],
      ...[advert(23.1, 'fw1', 'LAN@2'), advert(23.2, 'fw2', 'LAN@2')],
    ])
    expect(split?.groups).toMatchObject([{ lastAdvertUs: 12_000_000, firstAdvertUs: 23_200_000 }])
  })

  it('ends when the network is mended, which moves nothing back', () => {
    const heal = [
      fault(40, 'link-up esx1 vmnic0'),
      state(40.5, 'fw2', 'LAN@2', 'MASTER -> BACKUP', 'more frequent advertisement received'),
    ]
    const failovers = measure([FW1_RULES, SPLIT, heal])
    expect(failovers.map((each) => each.fault)).toEqual(['link-down esx1 vmnic0'])
    expect(failovers[0]?.groups).toMatchObject([{ oldStandbyUs: null, dualActiveUs: 17_500_000 }])
  })

  it('that is over leaves the one that stayed to fail over from', () => {
    const failovers = measure([
      ...[FW1_RULES, SPLIT, state(40.5, 'fw2', 'LAN@2', 'MASTER -> BACKUP')],
      ...[fault(50, 'power-off fw1'), poweredOff(50, 'fw1'), takeover(53, 'fw2', 'LAN@2')],
    ])
    expect(failovers.at(-1)).toMatchObject({
      nodes: { from: 'fw1', to: 'fw2' },
      groups: [{ oldStandbyUs: 50_000_000, dualActiveUs: 0 }],
    })
  })
})

describe('of several VHIDs', () => {
  // The newest first, as the kernel goes through them.
  const RULE_ALL = [
    ...['DMZ@3', 'LAN@2', 'WAN@1'].flatMap((id) => takeover(3, 'fw1', id)),
    advert(12, 'fw1', 'LAN@2'),
  ]

  it('a lost link moves some by timer, and the rest by demotion', () => {
    const entries = [
      fault(12.4, 'link-down fw1 vmx1'),
      state(12.4, 'fw1', 'LAN@2', 'MASTER -> INIT', 'hardware interface down'),
      advert(12.4, 'fw1', 'WAN@1'),
      ...takeover(12.400_025, 'fw2', 'WAN@1', 'preempting a slower master'),
      state(12.400_05, 'fw1', 'WAN@1', 'MASTER -> BACKUP'),
      ...takeover(15.390_65, 'fw2', 'LAN@2'),
    ]
    const [failover, ...others] = measure([RULE_ALL, entries])
    expect(others).toEqual([])
    expect(failover?.groups).toMatchObject([
      { id: 1, interface: 'WAN', lastAdvertUs: 12_400_000, dualActiveUs: 25 },
      { id: 2, interface: 'LAN', lastAdvertUs: 12_000_000, oldStandbyUs: 12_400_000 },
    ])
    // The last decision counts.
    expect(failover?.detectionUs).toBe(2_990_650)
  })

  it('a removed interface moves its own', () => {
    const entries = [
      fault(12.2, 'interface-disable fw1 LAN'),
      removed(12.2, 'fw1', 'LAN@2'),
      ...takeover(15.4, 'fw2', 'LAN@2'),
    ]
    expect(measure([RULE_ALL, entries])).toMatchObject([
      { groups: [{ id: 2, oldStandbyUs: 12_200_000, dualActiveUs: 0 }] },
    ])
  })

  it('the same number on two interfaces is two', () => {
    const entries = [
      ...takeover(3, 'fw1', 'LAN@1'),
      ...takeover(3, 'fw1', 'WAN@1'),
      ...CRASH.slice(0, 2),
      ...takeover(15, 'fw2', 'LAN@1'),
      ...takeover(16, 'fw2', 'WAN@1'),
    ]
    expect(measure(entries)[0]?.groups).toMatchObject([
      { id: 1, interface: 'LAN', newActiveUs: 15_000_000 },
      { id: 1, interface: 'WAN', newActiveUs: 16_000_000 },
    ])
  })

  it('the nodes are those of the first that moved', () => {
    const entries = [
      ...takeover(3, 'fw2', 'WAN@1'),
      ...takeover(3, 'fw1', 'LAN@2'),
      fault(12, 'maintenance-enter fw1'),
      ...takeover(13, 'fw2', 'LAN@2'),
      ...takeover(14, 'fw1', 'WAN@1'),
    ]
    expect(measure(entries)[0]).toMatchObject({
      nodes: { from: 'fw1', to: 'fw2' },
      groups: [{ id: 1 }, { id: 2 }],
      detectionUs: 2_000_000,
    })
  })
})

describe('a reboot', () => {
  it('is two: what it takes away, and what its boot brings back', () => {
    const entries = [
      ...takeover(3, 'fw1', 'LAN@2'),
      fault(12, 'reboot fw1'),
      state(14, 'fw1', 'LAN@2', 'MASTER -> INIT'),
      ...takeover(17, 'fw2', 'LAN@2'),
      restarted(19, 'fw1'),
      ...takeover(50, 'fw1', 'LAN@2'),
    ]
    expect(measure(entries)).toMatchObject([
      { fault: 'reboot fw1', nodes: { from: 'fw1', to: 'fw2' }, detectionUs: 5_000_000 },
      { fault: 'restart fw1', nodes: { from: 'fw2', to: 'fw1' }, detectionUs: 31_000_000 },
    ])
  })
})

describe('of several faults', () => {
  it('one that strikes before the new MASTER decides is not to blame', () => {
    const failovers = measure(
      [FW1_RULES, CRASH.slice(0, 2), fault(14, 'power-on fw1'), CRASH.slice(2)],
      [outage(12.9, 15.390_65)],
    )
    expect(failovers).toMatchObject([
      { fault: 'power-off fw1', detectionUs: 2_490_650, serviceOutageUs: 2_490_650 },
    ])
  })

  it('at one instant are one', () => {
    const entries = [FW1_RULES, CRASH.slice(0, 1), fault(12.9, 'power-off server'), CRASH.slice(1)]
    expect(measure(entries)).toMatchObject([
      { fault: 'power-off fw1, power-off server', nodes: { from: 'fw1', to: 'fw2' } },
    ])
  })

  it('the one that left nobody is to blame until somebody is MASTER again', () => {
    const entries = [
      ...[FW1_RULES, CRASH].flat(),
      fault(20, 'power-off fw2'),
      poweredOff(20, 'fw2'),
      fault(30, 'power-on fw1'),
      ...takeover(63, 'fw1', 'LAN@2'),
    ]
    expect(measure(entries, [outage(20, 63)])).toMatchObject([
      { fault: 'power-off fw1' },
      { fault: 'power-off fw2', nodes: { from: 'fw2', to: 'fw1' }, serviceOutageUs: 43_000_000 },
    ])
  })
})

describe('no failover', () => {
  it('comes of a fault that moves nothing', () => {
    expect(measure([FW1_RULES, fault(20, 'power-off server')], [outage(20)])).toEqual([])
  })

  it('comes of a VHID that goes back to where it was', () => {
    const flap = [
      fault(12.4, 'link-down fw1 vmx1'),
      state(12.4, 'fw1', 'LAN@2', 'MASTER -> INIT', 'hardware interface down'),
      ...takeover(16, 'fw1', 'LAN@2'),
    ]
    expect(measure([FW1_RULES, flap])).toEqual([])
  })

  it('is an election that no fault preceded', () => {
    expect(measure([FW1_RULES, takeover(5, 'fw2', 'LAN@2')])).toEqual([])
  })

  it('is the first election, if a fault comes while it is held', () => {
    const entries = [
      state(0, 'fw1', 'LAN@2', 'INIT -> BACKUP', 'initialization complete'),
      fault(1, 'power-off server'),
      ...takeover(3, 'fw1', 'LAN@2'),
    ]
    expect(measure(entries)).toEqual([])
  })

  it('but a first MASTER after a fault is one from nobody', () => {
    const entries = [fault(1, 'power-on fw1'), ...takeover(4, 'fw1', 'LAN@2')]
    expect(measure(entries)).toMatchObject([
      {
        nodes: { from: null, to: 'fw1' },
        groups: [{ lastAdvertUs: null, oldStandbyUs: null, dualActiveUs: 0 }],
      },
    ])
  })
})

it('of nodes that vie for a VHID, the last to become MASTER has won', () => {
  const entries = [
    ...takeover(3, 'fw1', 'LAN@2'),
    ...CRASH.slice(0, 2),
    ...takeover(15.4, 'fw2', 'LAN@2'),
    ...takeover(15.5, 'fw3', 'LAN@2', 'preempting a slower master'),
    state(15.500_02, 'fw2', 'LAN@2', 'MASTER -> BACKUP'),
  ]
  expect(measure(entries)).toMatchObject([{ nodes: { from: 'fw1', to: 'fw3' } }])
})

it('a new MASTER that is cut before it advertises has no first advertisement', () => {
  const entries = [FW1_RULES, CRASH.slice(0, 2), state(15, 'fw2', 'LAN@2', 'BACKUP -> MASTER')]
  expect(measure(entries)[0]?.groups).toMatchObject([{ firstAdvertUs: null }])
})
