import { describe, expect, it } from 'vitest'
import { arp, echo } from '../../frames.fixture.ts'
import { ip, mac } from '../../laboratory.fixture.ts'
import { advertisement, virtualIp } from './advertisement.fixture.ts'
import { carpOnCable, FIREWALL_MAC, VIRTUAL_MAC } from './service.fixture.ts'

const PC_MAC = '02:00:00:00:00:0a'
const PC = '10.10.210.10'
const VIP = '10.10.210.253'
const OWN = '10.10.210.251'

describe('the virtual address', () => {
  const toVip = echo({ to: VIRTUAL_MAC, from: PC_MAC }, { source: PC, target: VIP })
  const whoHas = arp({ senderMac: PC_MAC, senderIp: PC, targetIp: VIP })

  it('is deaf and dumb while the VHID is BACKUP', () => {
    const { lab, exchange } = carpOnCable()
    lab.runForSeconds(2.5)
    expect(exchange(whoHas, 'vmx0')).toEqual([])
    expect(exchange(toVip, 'vmx0')).toEqual([])
    expect(lab.drops).toEqual(['virtualMacNotMaster at fw1 WAN'])
  })

  it('is answered for while it is MASTER: by the NIC, with the virtual MAC in ARP only', () => {
    const { lab, exchange } = carpOnCable()
    lab.runForSeconds(3.5)
    expect(exchange(whoHas, 'vmx0')).toMatchObject([
      { ethernet: { source: mac(FIREWALL_MAC) }, arp: { senderMac: mac(VIRTUAL_MAC) } },
    ])
    expect(exchange(toVip, 'vmx0')).toMatchObject([
      { ethernet: { source: mac(FIREWALL_MAC) }, ipv4: { source: ip(VIP) } },
    ])
    expect(lab.drops).toEqual([])
  })

  it('is given up as soon as another one is faster', () => {
    const { lab, hear, exchange } = carpOnCable()
    lab.runForSeconds(3.5)
    hear(advertisement({ advskew: 0 }))
    expect(exchange(whoHas, 'vmx0')).toEqual([])
    expect(exchange(toVip, 'vmx0')).toEqual([])
  })

  it('goes by the MAC of its own VHID only', () => {
    const { lab, exchange } = carpOnCable()
    lab.runForSeconds(3.5)
    const other = echo({ to: '00:00:5e:00:01:02', from: PC_MAC }, { source: PC, target: VIP })
    expect(exchange(other, 'vmx0')).toEqual([])
    expect(lab.drops).toEqual(['notForUs at fw1 WAN'])
  })

  it('is not taken from an interface where another VHID is at home', () => {
    const { lab, exchange } = carpOnCable({
      virtualIps: [virtualIp(), virtualIp({ interface: 'V20', vhid: 2, vip: '10.0.20.254/24' })],
      host: {
        interfaces: [
          { name: 'WAN', nic: 'vmx0', address: `${OWN}/24` },
          { name: 'V20', nic: 'vmx0', vlanId: 20, address: '10.0.20.251/24' },
        ],
      },
    })
    lab.runForSeconds(3.5)
    const packet = { source: PC, target: VIP }
    expect(exchange(echo({ to: VIRTUAL_MAC, from: PC_MAC, vlanId: 20 }, packet), 'vmx0')).toEqual(
      [],
    )
    expect(lab.drops).toEqual(['notForUs at fw1 V20'])
  })

  it('leaves the own address alone', () => {
    const { lab, exchange } = carpOnCable()
    lab.runForSeconds(2.5)
    const whoHasOwn = arp({ senderMac: PC_MAC, senderIp: PC, targetIp: OWN })
    expect(exchange(whoHasOwn, 'vmx0')).toMatchObject([{ arp: { senderMac: mac(FIREWALL_MAC) } }])
  })
})

describe('the NIC of a virtual host', () => {
  const two = [virtualIp(), virtualIp({ vhid: 2, vip: '10.10.210.254/24' })]

  it('is promiscuous and in the group as long as there is one, and keeps its MAC', () => {
    const { host, carp, on } = carpOnCable({ virtualIps: two })
    const nic = host.nics[0]
    const group = mac('01:00:5e:00:00:12')
    expect([nic?.promiscuous, nic?.hasJoined(group)]).toEqual([true, true])
    expect(nic?.effectiveMac).toBe(nic?.initialMac)
    carp.removeFrom(on())
    carp.removeFrom(on())
    expect([nic?.promiscuous, nic?.hasJoined(group)]).toEqual([false, false])
    expect(carp.stateOf('WAN', 1)).toBeUndefined()
  })

  it('takes nothing for the virtual MAC any more when the last one is gone, and says nothing', () => {
    const { lab, carp, on, exchange, takeSent, takeStory } = carpOnCable({ virtualIps: two })
    lab.runForSeconds(3.5)
    takeSent()
    carp.removeFrom(on())
    lab.runForSeconds(10)
    expect(takeSent()).toEqual([])
    expect(carp.host.demotion).toBe(0)
    expect(takeStory().some((line) => line.includes('demoted'))).toBe(false)
    const toVip = echo({ to: VIRTUAL_MAC, from: PC_MAC }, { source: PC, target: VIP })
    expect(exchange(toVip, 'vmx0')).toEqual([])
    expect(lab.drops.at(-1)).toBe('notForUs at fw1 WAN')
  })

  it('makes all its virtual hosts start over when the link goes and comes', () => {
    const { lab, peer, carp, takeStory, takeSent } = carpOnCable({ virtualIps: two })
    lab.runForSeconds(3.5)
    takeStory()
    takeSent()
    peer('vmx0').port.setPlugged(false)
    lab.runForSeconds(10)
    expect([carp.stateOf('WAN', 1), carp.host.demotion]).toEqual(['INIT', 480])
    peer('vmx0').port.setPlugged(true)
    expect([carp.stateOf('WAN', 1), carp.host.demotion]).toEqual(['BACKUP', 0])
    expect(takeStory()).toEqual([
      'carp: 1@vmx0: MASTER -> INIT (hardware interface down)',
      'carp: demoted by 240 to 240 (interface down)',
      'carp: 2@vmx0: MASTER -> INIT (hardware interface down)',
      'carp: demoted by 240 to 480 (interface down)',
      'carp: 1@vmx0: INIT -> BACKUP (initialization complete)',
      'carp: demoted by -240 to 240 (interface up)',
      'carp: 2@vmx0: INIT -> BACKUP (initialization complete)',
      'carp: demoted by -240 to 0 (interface up)',
    ])
    expect(takeSent()).toEqual([])
  })

  it('makes the virtual hosts of the others tell their demotion at once, the newest first', () => {
    const { lab, peer, takeSent } = carpOnCable({
      virtualIps: [
        virtualIp({ interface: 'LAN', vhid: 7, vip: '10.0.0.254/24' }),
        virtualIp(),
        virtualIp({ vhid: 2, vip: '10.10.210.254/24' }),
      ],
      host: {
        nics: { vmx0: FIREWALL_MAC, vmx1: '00:0c:29:aa:00:02' },
        interfaces: [
          { name: 'WAN', nic: 'vmx0', address: `${OWN}/24` },
          { name: 'LAN', nic: 'vmx1', address: '10.0.0.251/24' },
        ],
      },
    })
    lab.runForSeconds(3.5)
    takeSent()
    peer('vmx1').port.setPlugged(false)
    lab.runFor(10_000)
    expect(takeSent()).toMatchObject([
      { vhid: 2, advskew: 240 },
      { vhid: 1, advskew: 240 },
    ])
    peer('vmx1').port.setPlugged(true)
    lab.runFor(10_000)
    expect(takeSent()).toMatchObject([
      { vhid: 2, advskew: 0 },
      { vhid: 1, advskew: 0 },
    ])
  })
})
