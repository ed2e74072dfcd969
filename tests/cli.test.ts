import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram } from '../tools/build.mjs'
import { scenarioNames } from '../topologies/library/contents.ts'

/** The program as a user meets it: arguments, exit status, messages, files. */

const place = mkdtempSync(join(tmpdir(), 'bascule-cli-'))
const bundle = join(place, 'dist', 'bascule.js')

beforeAll(() => buildProgram(join(place, 'dist')))
afterAll(() => rmSync(place, { recursive: true, force: true }))

function bascule(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    cwd: place,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** A scenario file: that of a built-in run, changed. */
let resolved = ''
beforeAll(() => {
  bascule('run', 'power-off-return', '--quiet', '--out', 'source')
  resolved = readFileSync(join(place, 'source', 'scenario.yaml'), 'utf8')
})

function runChanged(change: (yaml: string) => string) {
  const changed = change(resolved)
  expect(changed).not.toBe(resolved)
  writeFileSync(join(place, 'changed.yaml'), changed)
  return bascule('run', 'changed.yaml', '--out', 'must-not-exist')
}

function lineOf(text: string, pattern: RegExp): number {
  return text.split('\n').findIndex((line) => pattern.test(line)) + 1
}

describe('bascule', () => {
  it('lists the built-in scenarios by cause, each once', () => {
    const { status, stdout } = bascule('list')
    expect(status).toBe(0)
    const names = [...stdout.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name)
    expect(names.toSorted()).toEqual([...scenarioNames].sort())
    expect(stdout).toMatch(
      /^the virtual switch\n {2}team-reflection .*\n {2}vss-default .*\n {2}hardened-forged /m,
    )
  })

  it('tells symptom, cause and fix of one, and refuses a name that is none', () => {
    const { status, stdout } = bascule('list', 'vss-default')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^symptom .*\ncause .*\nfix .*\n\n.*\nbascule run vss-default --fixed$/m)
    const wrong = bascule('list', 'vss-defautl')
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('vss-default')])
  })

  it('runs the mended variant, and tells whether it is as expected', () => {
    const mended = bascule('run', 'password-mismatch', '--fixed')
    expect([mended.status, mended.stdout]).toEqual([0, expect.stringMatching(/^As expected$/m)])
    expect(existsSync(join(place, 'runs', 'password-mismatch-fixed-1'))).toBe(true)
    const spoilt = bascule('run', 'power-off', '--set', 'faults=[]')
    expect(spoilt.stdout).toMatch(/^Not as expected\n {2}pfsense1: expected off, but it runs$/m)
    expect(bascule('run', 'no-fault', '--fixed')).toMatchObject({
      status: 2,
      stderr: 'no-fault: fixed: missing; expected the changes that mend the scenario\n',
    })
  })

  it('runs and leaves what the contract says', () => {
    const { status, stdout } = bascule('run', 'power-off', '--seed', '3')
    expect(status).toBe(0)
    expect(stdout).toContain('wireshark')
    const files = readdirSync(join(place, 'runs', 'power-off-3'))
    expect(files.sort()).toEqual([
      'captures',
      'events.jsonl',
      'metrics.json',
      'ping-mgmt-linux-ping.txt',
      'ping-mgmt-ping.txt',
      'scenario.yaml',
      'timeline.txt',
    ])
    const captures = readdirSync(join(place, 'runs', 'power-off-3', 'captures'))
    const points = ['esx1-vswitch0-vmnic0', 'mgmt-pc', 'pfsense1-vlanmgmt']
    expect(captures).toEqual(expect.arrayContaining(points.map((name) => `${name}.pcapng`)))
    expect(captures).not.toContain('all.pcapng')
  })

  it('prints only metrics with --json and nothing with --quiet', () => {
    const { stdout } = bascule('run', 'no-fault', '--json', '--lang', 'en', '--timing', 'vm')
    expect(JSON.parse(stdout)).toMatchObject({ scenario: 'no-fault', seed: 1, timing: 'vm' })
    expect(bascule('run', 'no-fault', '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('repeats a run from its scenario.yaml', () => {
    expect(bascule('run', 'source/scenario.yaml', '--quiet', '--out', 'repeated').status).toBe(0)
    const metrics = (run: string) => readFileSync(join(place, run, 'metrics.json'), 'utf8')
    expect(metrics('repeated')).toBe(metrics('source'))
  })

  it('verifies', () => {
    const { status, stdout } = bascule('verify', 'lan-link-down')
    expect(status).toBe(0)
    expect(stdout).toMatch(/no difference in \d+ files/)
  })
})

describe('wrong input', () => {
  it.each<[string, (yaml: string) => string, RegExp, RegExp]>([
    ['unknown field', (y) => y.replace(/^duration:/m, 'durration:'), /^durration:/, /duration/],
    ['wrong type', (y) => y.replace(/^seed: 1/m, 'seed: one'), /^seed:/, /integer/],
    [
      'bad address',
      (y) => y.replace('10.10.199.10/24', '10.10.199.300/24'),
      /10\.10\.199\.300/,
      /such as 10\.10\.110\.251\/24/,
    ],
    ['VHID out of range', (y) => y.replace('vhid: 3', 'vhid: 300'), /vhid: 300/, /1 to 255/],
    [
      'unknown node in a fault',
      (y) => y.replace(/(faults:[\s\S]*?)node: pfsense1/, '$1node: pfsense9'),
      /node: pfsense9/,
      /pfsense1/,
    ],
    ['impossible time', (y) => y.replace('at: 30s', 'at: 300s'), /at: 300s/, /90s/],
  ])(
    '%s: exit 2, file:line and the expectation, nothing written',
    (_, change, culprit, expected) => {
      const { status, stdout, stderr } = runChanged(change)
      const changed = readFileSync(join(place, 'changed.yaml'), 'utf8')
      expect(status).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).toContain(`changed.yaml:${lineOf(changed, culprit)}: `)
      expect(stderr).toMatch(/expected/)
      expect(stderr).toMatch(expected)
      expect(stderr).not.toMatch(/\bat .*\.(js|ts):/)
      expect(existsSync(join(place, 'must-not-exist'))).toBe(false)
    },
  )

  it('duplicate VHID on a segment', () => {
    const { status, stderr } = runChanged((yaml) => {
      const row = /^.*vhid: 1, .*$/m.exec(yaml)?.[0] ?? ''
      return yaml.replace(row, `${row}\n${row.replace('.253/', '.250/')}`)
    })
    expect(status).toBe(2)
    expect(stderr).toMatch(/changed\.yaml:\d+: .*vhid/)
  })

  it.each([
    ['broken', 'name: [unclosed\n'],
    ['empty', ''],
    ['no mapping', '- a\n- b\n'],
  ])('%s YAML', (_, text) => {
    writeFileSync(join(place, 'broken.yaml'), text)
    const { status, stderr } = bascule('run', 'broken.yaml', '--out', 'must-not-exist')
    expect(status).toBe(2)
    expect(stderr).toMatch(/^broken\.yaml:\d+: .*expected/)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(existsSync(join(place, 'must-not-exist'))).toBe(false)
  })

  it.each([
    [['run', 'nothing-like-it'], /nothing-like-it: no such file/],
    [['run', 'power-off', '--seed', '-1'], /integer/],
    [['run', 'power-off', '--timing', 'fast'], /ideal, bare, vm/],
    [
      ['run', 'power-off', '--set', 'topology.firewalls.pfsense1.bootTime=1s'],
      /--set topology.*expected/,
    ],
    [['run', 'power-off', '--set', 'seed'], /--set seed.*expected/],
    [['run'], /scenario/],
    [['rum', 'power-off'], /rum/],
  ])('%j: exit 2', (args, message) => {
    const { status, stderr } = bascule(...args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\bat .*\.(js|ts):/)
  })

  it('never replaces a directory that is not an earlier run', () => {
    mkdirSync(join(place, 'precious'))
    writeFileSync(join(place, 'precious', 'thesis.txt'), 'mine')
    const { status, stderr } = bascule('run', 'power-off', '--out', 'precious')
    expect(status).toBe(2)
    expect(stderr).toMatch(/precious: holds files that no run wrote.*: thesis.txt; expected/)
    expect(readdirSync(join(place, 'precious'))).toEqual(['thesis.txt'])
  })
})
