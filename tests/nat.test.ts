import { describe, expect, it } from 'vitest'
import type { TcpFlowMetrics } from '../flows/tcp.ts'
import { flowOf, runScenario } from './run-scenario.fixture.ts'

/** What outbound NAT does to sessions when the node that translated them dies. */

const tcpOf = (...args: Parameters<typeof flowOf>) => flowOf(...args) as TcpFlowMetrics

describe('outbound NAT to the address of the node', () => {
  const { metrics } = runScenario('nat-interface-address')

  it('kills the session, and lets a new one work', () => {
    const session = tcpOf(metrics, 'ssh-out')
    expect(session.sessions).toEqual({ opened: 2, reset: 0, timedOut: 1, survived: 1 })
  })

  it('loses a ping for as long as it goes on: its state keeps the dead address alive', () => {
    const { lost, sent, received, outages, losses } = flowOf(metrics, 'ping-out')
    expect([received, lost]).toEqual([8, sent - 8])
    expect(outages).toMatchObject([{ upUs: null }])
    // The answer goes to a card that is off, until the router's ARP entry for it is gone.
    const found = (at: number) => losses.find(({ probe }) => probe === at)
    expect(found(20)).toMatchObject({ cause: 'notForUs', at: 'pfsense2 WAN' })
    expect(found(45)).toMatchObject({ cause: 'neighbourUnresolved', at: 'wan-router' })
  })
})

describe('outbound NAT to the VIP', () => {
  const { metrics } = runScenario('nat-virtual-ip')

  it('carries session and ping over, with the same outage as inside', () => {
    expect(tcpOf(metrics, 'ssh-out').sessions).toEqual({
      opened: 1,
      reset: 0,
      timedOut: 0,
      survived: 1,
    })
    const { lost, outages } = flowOf(metrics, 'ping-out')
    expect(lost).toBe(2)
    expect(outages).toMatchObject([{ downUs: 12_935_346, upUs: 15_390_650 }])
  })
})

describe('split roles', () => {
  const { metrics } = runScenario('split-roles-client-to-server')

  it('leave clients their gateway, which is node 2 now', () => {
    const { lost, outages } = flowOf(metrics, 'client-gateway-ping')
    expect(lost).toBe(3)
    expect(outages).toHaveLength(1)
  })

  it('lose the answers of servers at node 1, which has no route to the clients any more', () => {
    const { losses, outages } = flowOf(metrics, 'client-server-ping')
    expect(outages).toMatchObject([{ upUs: null }])
    // By the default route to the WAN, whose router sends them back to the VIP: round and round.
    expect(losses.at(-1)).toMatchObject({ cause: 'ttlExceeded', at: 'wan-router eth0' })
    expect(tcpOf(metrics, 'client-server-ssh').sessions).toMatchObject({ survived: 0 })
  })

  it('stop a new session by the default deny rule, as its state is too young to be synced', () => {
    expect(metrics.frames.dropped.noState).toBeGreaterThan(0)
  })

  it('disturb nobody else', () => {
    expect(flowOf(metrics, 'mgmt-ping').lost).toBe(0)
  })
})
