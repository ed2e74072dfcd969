import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { BOOT_NS, Cluster, type ClusterPlan, SHUTDOWN_NS } from '../cluster.fixture.ts'
import { Probe } from '../host/host.fixture.ts'

/** Booting, going down, and what the GUI does to CARP: facts/pfsense-ha.md 2.3, 2.4 and 2.7. */

const MASTER = Array(3).fill('MASTER')
const BACKUP = Array(3).fill('BACKUP')

/** fw1 has everything since 3 s, and advertises at each full second. It is `seconds` now. */
function settled(seconds = 5.5, plan: ClusterPlan = {}): Cluster {
  const cluster = new Cluster(plan)
  cluster.start()
  cluster.runForSeconds(seconds)
  cluster.takeStory()
  return cluster
}

function changes(cluster: Cluster): string[] {
  return cluster.takeStory().filter((line) => !line.includes(': advertisement, '))
}

/** What fw1 and fw2 tell of one VHID: `5.500 fw1 MASTER -> INIT`. */
function storyOf(cluster: Cluster, vhid: number): string[] {
  return changes(cluster).flatMap((line) => {
    const [, time = '', node, on, change] = /^(\S+) (\S+) carp: (\d+)@\S+: (.*) \(/.exec(line) ?? []
    return on === `${vhid}` ? `${Number(time).toFixed(3)} ${node} ${change}` : []
  })
}

/** Whether the server has an answer from there within half a millisecond. */
function answers(cluster: Cluster, target: string): boolean {
  // Each with an identifier of its own, so that none takes another's replies.
  const probe = new Probe(cluster.lab, cluster.hosts.server, cluster.lab.nowNs % 60_000)
  probe.send(target)
  cluster.runForSeconds(0.0005)
  return probe.replies.length === 1
}

/** Of fw1, on the server's network. */
const OWN_ADDRESS = '10.10.110.251'

describe('a boot', () => {
  it('comes in stages: interfaces and VIPs in INIT, then forwarding, and CARP last', () => {
    const cluster = new Cluster()
    const stages: string[] = []
    cluster.lab.world.journal.listen(({ kind, text, timeNs }) => {
      if (kind.startsWith('node.boot')) stages.push(`${timeNs / SECOND_NS} ${text}`)
    })
    cluster.start('server')
    cluster.fw1.host.powerOn()
    cluster.lab.runFor(BOOT_NS)
    expect(stages).toEqual([
      '0.5 boot: interfaces and virtual IPs are configured, CARP is not allowed',
      '0.6 boot: the packet filter is enabled',
      '0.65 boot: packets are forwarded',
      '1 Bootup complete, CARP allowed',
    ])
    expect(cluster.takeStory().map((line) => line.replace(' fw1 carp:', ''))).toEqual([
      '0.500000 demoted by 240 to 240 (interface down)',
      '0.500000 demoted by 240 to 480 (interface down)',
      '0.500000 demoted by 240 to 720 (interface down)',
      '1.000000 5@vmx1.199: INIT -> BACKUP (initialization complete)',
      '1.000000 demoted by -240 to 480 (interface up)',
      '1.000000 2@vmx1.110: INIT -> BACKUP (initialization complete)',
      '1.000000 demoted by -240 to 240 (interface up)',
      '1.000000 1@vmx0: INIT -> BACKUP (initialization complete)',
      '1.000000 demoted by -240 to 0 (interface up)',
    ])
  })

  it('answers on its own addresses before it forwards', () => {
    const cluster = new Cluster()
    cluster.start('server')
    cluster.fw1.host.powerOn()
    const stack = () => cluster.fw1.host.running?.stack
    cluster.runForSeconds(0.49)
    expect(stack()).toBeUndefined()
    cluster.runForSeconds(0.02)
    expect([answers(cluster, OWN_ADDRESS), stack()?.forwarding]).toEqual([true, false])
    cluster.runForSeconds(0.15)
    expect([answers(cluster, OWN_ADDRESS), stack()?.forwarding]).toEqual([true, true])
    expect([cluster.fw1.host.power, cluster.statuses('fw1')]).toEqual(['booting', []])
  })

  it('takes everything back at the next advertisement of the other', () => {
    const cluster = settled()
    cluster.fw1.host.powerOff()
    cluster.runForSeconds(5)
    cluster.fw1.host.powerOn()
    cluster.lab.runFor(BOOT_NS)
    cluster.takeStory()
    cluster.runForSeconds(1.391)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
  })
})

describe('a reboot', () => {
  it('says no goodbye: the other has to time out', () => {
    const cluster = settled()
    cluster.fw1.reboot()
    cluster.runForSeconds(1.999)
    expect(changes(cluster)).toEqual([])
    cluster.runForSeconds(0.002)
    expect(cluster.statuses('fw1')).toEqual(Array(3).fill('DISABLED'))
    cluster.takeStory()
    cluster.runForSeconds(4)
    const story = cluster.takeStory()
    expect(story.filter((line) => line.includes(' fw1 '))).toEqual([])
    // The last advertisement is of 7.0 s: CARP was disallowed at 7.5 s.
    const taken = story.filter((line) => line.includes('master timed out'))
    expect(taken).toHaveLength(3)
    for (const line of taken) expect(line).toMatch(/^10\.3906\d\d fw2 /)
  })

  it('leaves the own addresses alone until the kernel is gone, and boots', () => {
    const cluster = settled()
    cluster.fw1.reboot()
    cluster.runForSeconds(6.9)
    expect([answers(cluster, OWN_ADDRESS), cluster.fw1.host.power]).toEqual([true, 'running'])
    cluster.runForSeconds(0.2)
    expect([answers(cluster, OWN_ADDRESS), cluster.fw1.host.power]).toEqual([false, 'booting'])
    cluster.takeStory()
    cluster.lab.runFor(BOOT_NS + 2 * SECOND_NS)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
    expect(
      changes(cluster).filter((line) => line.includes(' fw1 ') && line.includes('to 0')),
    ).toHaveLength(1)
  })

  it('keeps the maintenance mode', () => {
    const cluster = settled()
    cluster.fw1.enterMaintenance()
    cluster.fw1.reboot()
    cluster.runForSeconds(30)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([BACKUP, MASTER])
    cluster.fw1.leaveMaintenance()
    cluster.runForSeconds(1.391)
    expect(cluster.statuses('fw1')).toEqual(MASTER)
  })
})

describe('a halt', () => {
  it('lets CARP go at once, and ends with the power off', () => {
    const cluster = settled()
    cluster.fw1.halt()
    expect(changes(cluster).filter((line) => line.includes('MASTER -> INIT'))).toHaveLength(3)
    cluster.lab.runFor(SHUTDOWN_NS - 1)
    expect(cluster.fw1.host.power).toBe('running')
    cluster.lab.runFor(1)
    expect(cluster.fw1.host.power).toBe('off')
    cluster.runForSeconds(60)
    expect([cluster.fw1.host.power, cluster.statuses('fw2')]).toEqual(['off', MASTER])
  })
})

describe('CARP, temporarily disabled', () => {
  it('has no VHIDs and no demotion, and all rows say so', () => {
    const cluster = settled()
    cluster.fw1.disableCarp()
    expect(cluster.statuses('fw1')).toEqual(Array(3).fill('DISABLED'))
    const demotions = changes(cluster).flatMap((line) => /demoted .*/.exec(line)?.[0] ?? [])
    expect(demotions).toEqual([
      'demoted by 240 to 240 (interface down)',
      'demoted by 240 to 480 (interface down)',
      'demoted by 240 to 720 (interface down)',
      'demoted by -240 to 480 (vhid removed)',
      'demoted by -240 to 240 (vhid removed)',
      'demoted by -240 to 0 (vhid removed)',
    ])
    cluster.runForSeconds(3.391)
    expect(cluster.statuses('fw2')).toEqual(MASTER)
  })

  it('is back when it is enabled, without a gap', () => {
    const cluster = settled()
    cluster.fw1.disableCarp()
    cluster.runForSeconds(10)
    cluster.takeStory()
    cluster.fw1.enableCarp()
    expect(cluster.statuses('fw1')).toEqual(BACKUP)
    cluster.runForSeconds(1.391)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
    const lines = changes(cluster).filter((line) => line.includes('5@'))
    expect(lines.map((line) => line.replace(/^\S+ /, '').replace(/carp: 5@\S+ /, ''))).toEqual([
      'fw1 INIT -> BACKUP (initialization complete)',
      'fw1 BACKUP -> MASTER (preempting a slower master)',
      'fw2 MASTER -> BACKUP (more frequent advertisement received)',
    ])
  })

  it('is back after a reboot', () => {
    const cluster = settled()
    cluster.fw1.disableCarp()
    cluster.fw1.reboot()
    cluster.runForSeconds(12)
    expect(cluster.statuses('fw1')).toEqual(MASTER)
  })

  it('is enabled by any change of a virtual IP, which brings back those of its interface', () => {
    const cluster = settled()
    cluster.fw1.disableCarp()
    cluster.runForSeconds(5)
    cluster.fw1.applyVirtualIp('MGMT', 5)
    cluster.runForSeconds(5)
    expect(cluster.statuses('fw1')).toEqual(['', '', 'MASTER'])
    expect(cluster.statuses('fw2')).toEqual(['MASTER', 'MASTER', 'BACKUP'])
  })
})

describe('a VHID whose address is put anew', () => {
  it('is taken by its old master when nothing was heard of it for less than 0.39 s', () => {
    const cluster = settled(6.1)
    cluster.fw1.applyVirtualIp('MGMT', 5)
    cluster.runForSeconds(5)
    expect(storyOf(cluster, 5)).toEqual([
      '6.100 fw1 MASTER -> INIT',
      '6.100 fw1 INIT -> BACKUP',
      '9.100 fw1 BACKUP -> MASTER',
    ])
  })

  it('is otherwise taken by the other first, and taken back at once: a double flap', () => {
    const cluster = settled(6.9)
    cluster.fw1.applyInterface('MGMT')
    cluster.runForSeconds(5)
    expect(storyOf(cluster, 5)).toEqual([
      '6.900 fw1 MASTER -> INIT',
      '6.900 fw1 INIT -> BACKUP',
      '9.391 fw2 BACKUP -> MASTER',
      '9.391 fw1 BACKUP -> MASTER',
      '9.391 fw2 MASTER -> BACKUP',
    ])
  })

  it('bounces alone', () => {
    const cluster = settled()
    cluster.fw1.applyVirtualIp('MGMT', 5)
    cluster.fw1.applyInterface('SERVER')
    expect(cluster.statuses('fw1')).toEqual(['MASTER', 'BACKUP', 'BACKUP'])
    expect(changes(cluster).filter((line) => line.includes('demoted'))).toEqual([])
  })

  it('stays away while its interface is disabled', () => {
    const cluster = settled()
    cluster.fw1.disableInterface('MGMT')
    cluster.fw1.applyInterface('MGMT')
    cluster.fw1.applyVirtualIp('MGMT', 5)
    expect(cluster.statuses('fw1')).toEqual(['MASTER', 'MASTER', ''])
  })
})

describe('a link that comes back', () => {
  const replugged = (plan: ClusterPlan = {}): Cluster => {
    const cluster = settled(5.5, plan)
    const trunk = cluster.fw1.host.nics[1]?.port
    trunk?.setPlugged(false)
    cluster.runForSeconds(10)
    trunk?.setPlugged(true)
    cluster.runForSeconds(1.99)
    expect(cluster.statuses('fw1')).toEqual(MASTER)
    cluster.takeStory()
    cluster.runForSeconds(0.02)
    return cluster
  }

  it('has the VHIDs of its interfaces bounce once more, two seconds later', () => {
    const cluster = replugged()
    expect(cluster.statuses('fw1')).toEqual(['MASTER', 'BACKUP', 'BACKUP'])
    cluster.runForSeconds(3)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
    expect(storyOf(cluster, 5)[0]).toBe('17.500 fw1 MASTER -> INIT')
  })

  it('has them left alone when that is switched off', () => {
    const cluster = replugged({ readdOnLinkUp: false })
    cluster.runForSeconds(3)
    expect(changes(cluster)).toEqual([])
  })
})

describe('a node without a GUI', () => {
  it('takes no orders while it is off, boots or goes down', () => {
    const cluster = settled()
    const { fw1 } = cluster
    const orders = [
      () => fw1.reboot(),
      () => fw1.halt(),
      () => fw1.disableCarp(),
      () => fw1.enableCarp(),
      () => fw1.applyInterface('MGMT'),
      () => fw1.applyVirtualIp('MGMT', 5),
    ]
    const give = () => {
      for (const order of orders) order()
    }
    fw1.halt()
    changes(cluster)
    give()
    cluster.lab.runFor(SHUTDOWN_NS)
    give()
    expect(fw1.host.power).toBe('off')
    fw1.host.powerOn()
    give()
    cluster.lab.runFor(BOOT_NS * 0.7)
    give()
    cluster.runForSeconds(10)
    expect([cluster.statuses('fw1'), cluster.statuses('fw2')]).toEqual([MASTER, BACKUP])
  })
})
