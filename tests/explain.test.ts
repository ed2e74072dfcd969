import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram } from '../tools/build.mjs'

/** `bascule explain` as a user meets it: what it tells of a run, and what it says to wrong input. */

const place = mkdtempSync(join(tmpdir(), 'bascule-explain-'))
const bundle = join(place, 'dist', 'bascule.js')

function bascule(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    cwd: place,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** What is of no interest here for long would only be read again with every question. */
const BRIEFLY = ['voice', 'download'].flatMap((flow) => ['--set', `flows.${flow}.stop=20s`])

beforeAll(async () => {
  await buildProgram(join(place, 'dist'))
  bascule('run', 'power-off-return', '--quiet', '--out', 'run', ...BRIEFLY)
  const without = ['--set', 'captures.points=none', '--out', 'blind']
  bascule('run', 'power-off-return', '--quiet', ...BRIEFLY, ...without)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

describe('bascule explain', () => {
  it.each([
    ['lost-ping', 'mgmt-ping/9'],
    ['answered-ping', 'mgmt-ping/8'],
    ['flow', 'mgmt-linux-ping'],
    ['answered-voice', 'voice/100'],
    ['lost-voice', 'voice/400'],
  ])('golden: %s', async (name, question) => {
    const { status, stdout, stderr } = bascule('explain', 'run', question)
    expect([status, stderr]).toEqual([0, ''])
    await expect(stdout).toMatchFileSnapshot(`golden/explain-${name}.txt`)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
  })

  it('takes a probe as two words, and a frame of it', () => {
    const { stdout } = bascule('explain', 'run', 'mgmt-ping/9')
    expect(bascule('explain', 'run', 'mgmt-ping', '9').stdout).toBe(stdout)
    const [frameId = ''] = /(?<=frame #)\d+/.exec(stdout) ?? []
    expect(bascule('explain', 'run', `#${frameId}`).stdout).toBe(stdout)
    expect(bascule('explain', 'run', 'frame', frameId).stdout).toBe(stdout)
  })

  it('says the same of every loss as metrics.json', () => {
    const metrics = JSON.parse(readFileSync(join(place, 'run', 'metrics.json'), 'utf8'))
    for (const { name, losses } of metrics.flows) {
      // Of a long row of lost packets, the first ones will do.
      for (const { probe, frameId, at, cause } of losses.slice(0, 5)) {
        const { stdout } = bascule('explain', 'run', `${name}/${probe}`)
        expect(stdout).toContain(`The request, frame #${frameId}\n`)
        expect(stdout).toContain(`x died at ${at}: ${cause}\n`)
        expect(stdout).toContain(`LOST: it died at ${at} at `)
      }
    }
  })

  it('tells of any other frame, and what came with it', () => {
    const events = readFileSync(join(place, 'run', 'events.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    const {
      frameId,
      id: vhid,
      text,
    } = events
      .map((line) => JSON.parse(line))
      .find(({ kind }) => kind === 'role.firstAdvertisement')
    const { stdout } = bascule('explain', 'run', `#${frameId}`)
    expect(stdout).toContain(`CARPv2-advertise 36: vhid=${vhid} `)
    expect(stdout).toContain(text)
  })

  it('without captures tells what is missing, and the rest', () => {
    const { status, stdout } = bascule('explain', 'blind', 'mgmt-ping/9')
    expect(status).toBe(0)
    expect(stdout).toContain('(no captures were taken')
    expect(stdout).toContain('LOST: it died at pfsense2 VLANMGMT at 13.568130 s')
    expect(bascule('explain', 'blind', 'mgmt-ping').stdout).toBe(
      bascule('explain', 'run', 'mgmt-ping').stdout,
    )
  })
})

describe('wrong input: exit 2 and one sentence that names what exists', () => {
  function refused(...args: readonly string[]): string {
    const { status, stdout, stderr } = bascule('explain', ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    return stderr
  }

  it.each([
    [['nowhere', '9'], /nowhere: no such directory; expected/],
    [['dist', '9'], /dist: holds no run.*metrics\.json/],
    [['run/metrics.json', '9'], /is a file; expected/],
    [['run'], /the run has the flows mgmt-ping, mgmt-linux-ping/],
    [['run', 'sip'], /sip: no such flow; the run has the flows mgmt-ping, mgmt-linux-ping/],
    [['run', 'mgmt-ping/900'], /no such probe; mgmt-ping has the probes 1 to 81/],
    [['run', '9'], /3 flows lost it; expected mgmt-ping\/9 or mgmt-linux-ping\/9 or vpn\/9/],
    [['run', '#100000'], /no such frame; the captures have frames between #1 and #\d+/],
    [['blind', '#3'], /no frame can be shown: no captures were taken/],
  ])('%j', (args, message) => {
    expect(refused(...args)).toMatch(message)
  })

  it.each<[string, (text: string) => string, RegExp]>([
    ['metrics.json', () => '{', /metrics\.json: is no JSON/],
    ['metrics.json', () => 'null', /metrics\.json: the whole: .*expected/],
    [
      'metrics.json',
      (text) => text.replace(/"version": "[^"]*"/, '"version": "9.0"').replaceAll('"probe"', '"p"'),
      /metrics\.json: flows\.0\.losses\.0\.probe: .*the run is of bascule 9\.0/,
    ],
    ['events.jsonl', (text) => text.replace('"kind":', '"sort":'), /events\.jsonl:1: kind: /],
    [
      'events.jsonl',
      (text) => text.replace('"kind":"', '"kind":"x'),
      /events\.jsonl:1: kind: is no kind of event/,
    ],
    ['events.jsonl', (text) => text.slice(0, -20), /events\.jsonl:\d+: is no JSON/],
    ['scenario.yaml', (text) => text.replace('duration:', 'length:'), /scenario\.yaml:\d+: /],
    ['captures/mgmt-pc.pcapng', (text) => text.slice(0, 5000), /mgmt-pc\.pcapng: byte \d+: /],
  ])('a spoilt %s', (file, spoil, message) => {
    cpSync(join(place, 'run'), join(place, 'spoilt'), { recursive: true })
    const path = join(place, 'spoilt', file)
    // Byte for byte, as one of them is no text.
    writeFileSync(path, spoil(readFileSync(path, 'latin1')), 'latin1')
    expect(refused('spoilt', 'mgmt-ping/9')).toMatch(message)
  })

  it('files that are missing', () => {
    mkdirSync(join(place, 'bare'))
    cpSync(join(place, 'run', 'metrics.json'), join(place, 'bare', 'metrics.json'))
    expect(refused('bare', '9')).toMatch(/scenario\.yaml: missing; expected/)
    cpSync(join(place, 'blind'), join(place, 'bare'), { recursive: true })
    cpSync(join(place, 'run', 'scenario.yaml'), join(place, 'bare', 'scenario.yaml'))
    expect(bascule('explain', 'bare', 'mgmt-ping/9').stdout).toContain('the captures are missing')
  })
})
