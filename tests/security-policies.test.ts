import { describe, expect, it } from 'vitest'
import { finalStatus, runPings, runScenario } from './run-scenario.fixture.ts'

/** The vSwitch settings that break CARP, each with the symptom that an administrator would see. */

const statusesOf = (rows: readonly string[]) => rows.map((row) => row.split(' ')[1])

describe('forgedTransmits: reject everywhere', () => {
  const { metrics } = runScenario('no-fault', '**.forgedTransmits=reject')

  it('makes both nodes MASTER of every VHID', () => {
    for (const node of ['pfsense1', 'pfsense2']) {
      expect(statusesOf(finalStatus(metrics, node))).toEqual(Array(6).fill('MASTER'))
    }
  })

  it('drops nothing but the advertisements at the sender', () => {
    expect(metrics.frames.dropped.forgedTransmit).toBeGreaterThan(500)
  })

  it('has both masters answer, so that Linux sees duplicates', () => {
    expect(metrics.flows.find(({ kind }) => kind === 'linux-ping')?.duplicates).toBeGreaterThan(0)
  })
})

describe('promiscuousMode: reject everywhere', () => {
  const { metrics } = runPings('no-fault', '**.promiscuousMode=reject')

  it('leaves a perfect election', () => {
    expect(statusesOf(finalStatus(metrics, 'pfsense1'))).toEqual(Array(6).fill('MASTER'))
    expect(statusesOf(finalStatus(metrics, 'pfsense2'))).toEqual(Array(6).fill('BACKUP'))
  })

  it('and a dead virtual IP: every ping dies at the vSwitch, as an unknown unicast', () => {
    for (const { sent, lost, losses, outages } of metrics.flows) {
      expect(lost).toBe(sent)
      expect(outages[0]?.upUs).toBeNull()
      for (const { cause, at } of losses) {
        expect([cause, at]).toEqual(['unknownUnicast', 'esx1 vSwitch0'])
      }
    }
  })
})

describe('macChanges: reject everywhere', () => {
  it('changes nothing for FreeBSD, which never programs the virtual MAC into the NIC', () => {
    const { metrics } = runScenario('no-fault', '**.macChanges=reject')
    for (const { lost } of metrics.flows) expect(lost).toBe(0)
  })
})
