import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { OutputDirectory } from './output-directory.ts'

const place = mkdtempSync(join(tmpdir(), 'bascule-output-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const path = join(place, 'run')
beforeEach(() => rmSync(place, { recursive: true, force: true }))

const FILES = ['metrics.json', 'timeline.txt', 'captures/mgmt-pc.pcapng'].map((name) => ({
  name,
  chunks: () => [new TextEncoder().encode(name)],
}))

function runOnce(force = false): void {
  OutputDirectory.claim(path, force).write(FILES)
}

describe('the directory of a run', () => {
  it('has the files of the last run, and nothing stands beside it', () => {
    mkdirSync(path, { recursive: true })
    runOnce()
    runOnce()
    expect(readdirSync(path).sort()).toEqual(['captures', 'metrics.json', 'timeline.txt'])
    expect(readdirSync(place)).toEqual(['run'])
  })

  it.each(['notes.txt', 'captures/annotated.pcapng.txt', 'captures/old/mgmt-pc.pcapng'])(
    'keeps %s, which no run wrote, unless it is forced',
    (name) => {
      runOnce()
      mkdirSync(join(path, name, '..'), { recursive: true })
      writeFileSync(join(path, name), 'mine')
      expect(() => runOnce()).toThrow(`no run wrote, or that were changed since: ${name};`)
      expect(readFileSync(join(path, name), 'utf8')).toBe('mine')
      runOnce(true)
      expect(existsSync(join(path, name))).toBe(false)
    },
  )

  it('keeps a capture that somebody has changed after the run', () => {
    runOnce()
    const later = new Date(Date.now() + 60_000)
    utimesSync(join(path, 'captures/mgmt-pc.pcapng'), later, later)
    expect(() => runOnce()).toThrow('changed since: captures/mgmt-pc.pcapng;')
  })

  it('is refused to a second run while the first is at work', () => {
    mkdirSync(`${path}.incomplete`, { recursive: true })
    writeFileSync(join(`${path}.incomplete`, 'lock'), `${process.ppid}\n`)
    expect(() => runOnce()).toThrow(`another run (process ${process.ppid}) is at work there`)
  })

  it('is free again when the run that held it was killed', () => {
    mkdirSync(`${path}.incomplete`, { recursive: true })
    writeFileSync(join(`${path}.incomplete`, 'lock'), '999999999\n')
    writeFileSync(join(`${path}.incomplete`, 'timeline.txt'), 'half')
    runOnce()
    expect(readdirSync(place)).toEqual(['run'])
  })

  it('has the earlier run back that was moved away when its successor was killed', () => {
    mkdirSync(`${path}.replaced`, { recursive: true })
    writeFileSync(join(`${path}.replaced`, 'notes.txt'), 'mine')
    expect(() => runOnce()).toThrow('notes.txt')
    expect(readdirSync(path)).toEqual(['notes.txt'])
  })

  it('says so if it vanishes, and leaves nothing', () => {
    const directory = OutputDirectory.claim(path, false)
    rmSync(place, { recursive: true })
    writeFileSync(place, 'no directory')
    expect(() => directory.write(FILES)).toThrow(/cannot be written \(E\w+\); expected a writable/)
    expect(readFileSync(place, 'utf8')).toBe('no directory')
  })
})
