import { describe, expect, it } from 'vitest'
import { formatIpv4, formatMac } from '../../protocols/addresses.ts'
import { isGratuitous } from '../../protocols/arp/wire.ts'
import { toHex } from '../../protocols/bytes.ts'
import { BOOT_NS, Cluster, type ClusterPlan } from '../cluster.fixture.ts'
import { dissect } from '../frames.fixture.ts'

const MASTER = Array(3).fill('MASTER')
const BACKUP = Array(3).fill('BACKUP')

/** The pair as it is when all is well: fw1 has everything since 3 s. It is 5.5 s now. */
function settled(plan: ClusterPlan = {}): Cluster {
  const cluster = new Cluster(plan)
  cluster.start()
  cluster.runForSeconds(5.5)
  cluster.takeStory()
  return cluster
}

/** The story without the advertisements that are sent all the time. */
function changes(cluster: Cluster): string[] {
  return cluster.takeStory().filter((line) => !line.includes(': advertisement, '))
}

describe('the status page', () => {
  it('has a row for each virtual IP, in the words of Status / CARP', () => {
    expect(settled().fw1.statusPage()).toEqual([
      {
        interface: 'WAN',
        vhid: 1,
        vip: '10.10.210.253/24',
        description: 'CARP WAN',
        status: 'MASTER',
      },
      {
        interface: 'SERVER',
        vhid: 2,
        vip: '10.10.110.254/24',
        description: 'CARP SERVER',
        status: 'MASTER',
      },
      {
        interface: 'MGMT',
        vhid: 5,
        vip: '10.10.199.254/24',
        description: 'CARP MGMT',
        status: 'MASTER',
      },
    ])
  })

  it('is not there while the node is off or boots', () => {
    const cluster = settled()
    cluster.fw1.host.powerOff()
    expect(cluster.statuses('fw1')).toEqual([])
    cluster.fw1.host.powerOn()
    expect(cluster.statuses('fw1')).toEqual([])
    cluster.lab.runFor(BOOT_NS)
    expect(cluster.statuses('fw1')).toEqual(BACKUP)
  })
})

describe('the own addresses of a node', () => {
  it('are announced at the end of the boot, and when an interface is enabled', () => {
    const cluster = new Cluster()
    const announced: string[] = []
    for (const { port } of cluster.fw1.host.nics) {
      port.tap = {
        sighted: (frame, direction) => {
          const { arp } = dissect(toHex(frame.view()))
          if (direction !== 'outbound' || arp === undefined || !isGratuitous(arp)) return
          announced.push(`${formatIpv4(arp.senderIp)} ${formatMac(arp.senderMac)}`)
        },
        silenced: () => {},
      }
    }
    cluster.start('fw1')
    expect(announced.splice(0)).toEqual([
      '10.10.210.251 00:50:56:01:00:01',
      '10.10.110.251 00:50:56:01:00:02',
      '10.10.199.251 00:50:56:01:00:02',
    ])
    cluster.runForSeconds(3.5)
    expect(announced.splice(0)).toEqual([
      '10.10.210.253 00:00:5e:00:01:01',
      '10.10.110.254 00:00:5e:00:01:02',
      '10.10.199.254 00:00:5e:00:01:05',
    ])
    cluster.fw1.disableInterface('MGMT')
    cluster.fw1.enableInterface('MGMT')
    expect(announced).toEqual(['10.10.199.251 00:50:56:01:00:02'])
  })
})

describe('a pair that starts', () => {
  it('has the primary for master after 3 seconds, and the secondary for backup', () => {
    const cluster = new Cluster()
    cluster.start()
    cluster.runForSeconds(2.99)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([BACKUP, BACKUP])
    cluster.runForSeconds(10)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
  })

  it('is demoted for each virtual host until the very end of the boot', () => {
    const cluster = new Cluster()
    cluster.start('fw1')
    expect(cluster.takeStory().map((line) => line.replace(/^0\.000000 fw1 carp: /, ''))).toEqual([
      'demoted by 240 to 240 (interface down)',
      'demoted by 240 to 480 (interface down)',
      'demoted by 240 to 720 (interface down)',
      '5@vmx1.199: INIT -> BACKUP (initialization complete)',
      'demoted by -240 to 480 (interface up)',
      '2@vmx1.110: INIT -> BACKUP (initialization complete)',
      'demoted by -240 to 240 (interface up)',
      '1@vmx0: INIT -> BACKUP (initialization complete)',
      'demoted by -240 to 0 (interface up)',
    ])
  })

  it('has one master if only one starts: it takes all at the same instant', () => {
    const cluster = new Cluster()
    cluster.start('fw2')
    cluster.takeStory()
    cluster.runForSeconds(10)
    const taken = changes(cluster)
    expect(taken).toHaveLength(3)
    for (const line of taken) expect(line).toMatch(/^3\.390625 fw2 .*master timed out/)
  })
})

describe('a primary that loses its power', () => {
  it('is replaced 3.39 seconds after its last advertisement, and is back in a breath', () => {
    const cluster = settled()
    cluster.fw1.host.powerOff()
    cluster.runForSeconds(10)
    expect(cluster.statuses('fw2')).toEqual(MASTER)
    // The last advertisements were of 5.0 s, and 25 µs on their way.
    const taken = changes(cluster)
    expect(taken).toHaveLength(3)
    for (const line of taken) expect(line).toMatch(/^8\.3906\d\d fw2 .*master timed out/)

    cluster.fw1.host.powerOn()
    cluster.lab.runFor(BOOT_NS)
    cluster.takeStory()
    cluster.runForSeconds(1.391)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
    expect(changes(cluster).filter((line) => / fw1 .*preempting a slower/.test(line))).toHaveLength(
      3,
    )
  })
})

describe('an interface that the administrator disables', () => {
  it('leaves a blank row and no demotion: the other virtual hosts stay', () => {
    const cluster = settled()
    cluster.fw1.disableInterface('MGMT')
    expect(cluster.statuses('fw1')).toEqual(['MASTER', 'MASTER', ''])
    cluster.runForSeconds(10)
    expect(cluster.statuses('fw1')).toEqual(['MASTER', 'MASTER', ''])
    expect(cluster.statuses('fw2')).toEqual(['BACKUP', 'BACKUP', 'MASTER'])
    const story = changes(cluster)
    expect(story.filter((line) => line.includes('demoted'))).toEqual([])
    expect(story.at(-1)).toMatch(/^8\.3906\d\d fw2 carp: 5@vmx1\.199: .*master timed out/)
  })

  it('has its virtual host back when it is enabled, and wins it at the next advertisement', () => {
    const cluster = settled()
    cluster.fw1.disableInterface('MGMT')
    cluster.runForSeconds(10)
    cluster.fw1.enableInterface('MGMT')
    expect(cluster.statuses('fw1')).toEqual(['MASTER', 'MASTER', 'BACKUP'])
    cluster.runForSeconds(1.391)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
  })

  it('is disabled and enabled as often as the button is pressed', () => {
    const cluster = settled()
    cluster.fw1.enableInterface('MGMT')
    expect(cluster.statuses('fw1')).toEqual(MASTER)
    cluster.fw1.disableInterface('MGMT')
    cluster.fw1.disableInterface('MGMT')
    cluster.fw1.enableInterface('MGMT')
    cluster.fw1.enableInterface('MGMT')
    cluster.runForSeconds(10)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
    const nic = cluster.fw1.host.nics[1]
    expect(nic?.promiscuous).toBe(true)
    cluster.fw1.disableInterface('MGMT')
    cluster.fw1.disableInterface('SERVER')
    expect(nic?.promiscuous).toBe(false)
  })

  it('is still disabled after a reboot, and can be enabled while the node is off', () => {
    const cluster = settled()
    const reboot = () => {
      cluster.fw1.host.powerOff()
      cluster.fw1.host.powerOn()
      cluster.lab.runFor(BOOT_NS)
    }
    cluster.fw1.disableInterface('MGMT')
    reboot()
    expect(cluster.statuses('fw1')).toEqual(['BACKUP', 'BACKUP', ''])
    cluster.runForSeconds(10)
    expect(cluster.statuses('fw1')).toEqual(['MASTER', 'MASTER', ''])
    cluster.fw1.host.powerOff()
    cluster.fw1.enableInterface('MGMT')
    cluster.fw1.host.powerOn()
    cluster.runForSeconds(10)
    expect(cluster.statuses('fw1')).toEqual(MASTER)
  })
})

describe('a NIC that loses its link', () => {
  it('shows INIT, and hands the other virtual hosts over at once by its demotion', () => {
    const cluster = settled()
    cluster.fw1.host.nics[0]?.port.setPlugged(false)
    cluster.lab.runFor(200_000)
    expect(cluster.statuses('fw1')).toEqual(['INIT', 'BACKUP', 'BACKUP'])
    expect(cluster.statuses('fw2')).toEqual(['BACKUP', 'MASTER', 'MASTER'])
    cluster.runForSeconds(10)
    expect(cluster.statuses('fw1')).toEqual(['INIT', 'BACKUP', 'BACKUP'])
    expect(cluster.statuses('fw2')).toEqual(MASTER)
    expect(changes(cluster).at(-1)).toMatch(/^8\.3906\d\d fw2 carp: 1@vmx0: .*master timed out/)

    cluster.fw1.host.nics[0]?.port.setPlugged(true)
    expect(cluster.statuses('fw1')).toEqual(BACKUP)
    cluster.runForSeconds(1.391)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
  })
})

describe('the maintenance mode', () => {
  it('says nothing at the click, and hands over at the next advertisement', () => {
    const cluster = settled()
    cluster.fw1.enterMaintenance()
    cluster.runForSeconds(0.499)
    expect(cluster.takeStory()).toEqual([])
    expect(cluster.statuses('fw1')).toEqual(MASTER)
    cluster.runForSeconds(0.002)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([BACKUP, MASTER])
    expect(cluster.takeStory().filter((line) => line.includes('5@vmx1.199'))).toEqual([
      '6.000000 fw1 carp: 5@vmx1.199: advertisement, skew 240',
      '6.000025 fw2 carp: 5@vmx1.199: BACKUP -> MASTER (preempting a slower master)',
      '6.000025 fw2 carp: 5@vmx1.199: advertisement, skew 100',
      expect.stringMatching(/^6\.00005\d fw1 carp: 5@vmx1\.199: MASTER -> BACKUP/),
    ])
  })

  it('ends as quietly: the next advertisement of the other is preempted', () => {
    const cluster = settled()
    cluster.fw1.enterMaintenance()
    cluster.runForSeconds(5)
    cluster.takeStory()
    cluster.fw1.leaveMaintenance()
    expect(cluster.takeStory()).toEqual([])
    cluster.runForSeconds(1.391)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
  })

  it('survives a reboot, and still serves alone: 3.992 s after the other one died', () => {
    const cluster = settled()
    cluster.fw1.enterMaintenance()
    cluster.fw1.host.powerOff()
    cluster.fw1.host.powerOn()
    cluster.runForSeconds(20)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([BACKUP, MASTER])
    const lastHeard = cluster.takeStory().findLast((line) => / fw2 .*5@.*advert/.test(line))
    cluster.fw2.host.powerOff()
    cluster.runForSeconds(5)
    expect(cluster.statuses('fw1')).toEqual(MASTER)
    const taken = changes(cluster).find((line) => line.includes('5@'))
    const waited = Number.parseFloat(taken ?? '') - Number.parseFloat(lastHeard ?? '')
    expect(waited).toBeCloseTo(3.992187, 4)
  })
})

describe('the clock of a kernel in a virtual machine', () => {
  it('makes a failover as late as hz 100 and its slop allow, for any seed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const cluster = settled({ timing: 'vm', seed })
      cluster.runForSeconds(3)
      const lastHeard = cluster.takeStory().findLast((line) => / fw1 .*5@.*advert/.test(line))
      cluster.fw1.host.powerOff()
      cluster.runForSeconds(5)
      const taken = changes(cluster).find((line) => line.includes('5@'))
      const waited = Number.parseFloat(taken ?? '') - Number.parseFloat(lastHeard ?? '')
      expect(waited).toBeGreaterThan(3.4)
      expect(waited).toBeLessThanOrEqual(3.41 + 0.2132)
    }
  })
})
