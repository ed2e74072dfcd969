import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { pfsyncOnCable, pfsyncPair } from '../freebsd/pfsync/pfsync.fixture.ts'
import { runningOf } from '../host/host.fixture.ts'
import { setUpPfsync } from './sync-setup.ts'

/** Runs it for a node, and returns what it told and when, and when it was through. */
function waitOf({ lab, node }: Pick<ReturnType<typeof pfsyncOnCable>, 'lab' | 'node'>): string[] {
  const startNs = lab.nowNs
  const told: string[] = []
  const tell = (text: string) =>
    told.push(`${((lab.nowNs - startNs) / SECOND_NS).toFixed(3)} ${text}`)
  lab.world.journal.listen(({ kind, text }) => {
    if (kind === 'pfsync.wait') tell(text)
  })
  setUpPfsync(lab.world, runningOf(node.host).stack, node.service, () => tell('through'))
  lab.runForSeconds(40)
  return told
}

describe('the wait for pfsync', () => {
  it('lasts 31 s when the peer has answered at once: its test is inverted', () => {
    const { lab, fw1 } = pfsyncPair()
    expect(waitOf({ lab, node: fw1 })).toEqual([
      '0.002 rc: waiting for pfsync...',
      '31.002 rc: pfsync done in 31 seconds.',
      '31.002 through',
    ])
  })

  it('is over after a second when there is no answer', () => {
    expect(waitOf(pfsyncOnCable())).toEqual([
      '0.002 rc: waiting for pfsync...',
      '1.002 rc: pfsync done in 1 seconds.',
      '1.002 through',
    ])
  })

  it('does not take place without pfsync', () => {
    const { lab, node } = pfsyncOnCable()
    let isThrough = false
    setUpPfsync(lab.world, runningOf(node.host).stack, undefined, () => {
      isThrough = true
    })
    expect(isThrough).toBe(true)
  })

  it('dies with the node', () => {
    const { lab, fw1 } = pfsyncPair()
    let isThrough = false
    setUpPfsync(lab.world, runningOf(fw1.host).stack, fw1.service, () => {
      isThrough = true
    })
    lab.runForSeconds(3)
    fw1.host.powerOff()
    lab.runForSeconds(40)
    expect(isThrough).toBe(false)
  })
})

describe('pfsync set up anew', () => {
  it('asks for all states three times, once for each setting', () => {
    const { lab, node } = pfsyncOnCable()
    setUpPfsync(lab.world, runningOf(node.host).stack, node.service, () => {})
    lab.runForSeconds(4)
    expect(node.takeSaid()).toEqual([
      '3.000 request uncompressed 1',
      '3.001 request uncompressed 1',
      '3.002 request uncompressed 1',
    ])
  })
})
