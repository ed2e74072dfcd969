import { execFile, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The programs of others that judge ours, and how to run them. */

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
/** All files of the checks; removed at the end unless something failed. */
export const SCRATCH = mkdtempSync(join(tmpdir(), 'bascule-external-'))

export function scratchDirectory(...parts) {
  const path = join(SCRATCH, ...parts)
  mkdirSync(path, { recursive: true })
  return path
}

export function removeScratch() {
  rmSync(SCRATCH, { recursive: true, force: true })
}

/** A copy of the built program, so that all checks judge the same one. */
export const BASCULE = join(SCRATCH, 'program', 'bascule.js')

/** @returns what is wrong, for `Report.check` */
export function takeBuiltProgram() {
  const built = join(PROJECT, 'dist')
  if (!existsSync(join(built, 'bascule.js'))) {
    return ['dist/bascule.js is missing; npm run build makes it']
  }
  const copy = dirname(BASCULE)
  cpSync(built, copy, { recursive: true })
  // It says that the files are ES modules.
  copyFileSync(join(PROJECT, 'package.json'), join(copy, 'package.json'))
  // The threads of a sweep are a library's.
  symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'))
  return []
}

/** Each with the Debian package it is in, and how it tells its version. */
const NEEDED = [
  { program: 'tshark', debian: 'tshark', args: ['--version'] },
  { program: 'capinfos', debian: 'tshark', args: ['--version'] },
  { program: 'editcap', debian: 'tshark', args: ['--version'] },
  { program: 'text2pcap', debian: 'tshark', args: ['--version'] },
  { program: 'ucarp', debian: 'ucarp', args: ['--help'] },
  { program: 'ip', debian: 'iproute2', args: ['-V'] },
  { program: 'python3', debian: 'python3', args: ['--version'] },
]

/** A finding per program that is needed, as for `Report.check`. */
export function findPrograms() {
  return NEEDED.map(({ program, debian, args }) => [
    `${program} is installed`,
    () => {
      const { error, stdout, stderr } = spawnSync(program, args, {
        encoding: 'utf8',
        env: cleanEnvironment,
      })
      if (error !== undefined) {
        return {
          problems: [`${program}: ${error.code}; install it with apt-get install ${debian}`],
        }
      }
      const version = `${stdout}\n${stderr}`.split('\n').find((line) => /\d\.\d|ucarp/i.test(line))
      return { problems: [], measured: (version ?? 'version unknown').trim() }
    },
  ])
}

/**
 * What a program of these checks sees of the caller's settings: nothing that could change what it
 * prints. No profile of Wireshark, no language and no time zone but these.
 */
export const cleanEnvironment = {
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  HOME: SCRATCH,
  WIRESHARK_CONFIG_DIR: join(SCRATCH, 'wireshark'),
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
}

const execute = promisify(execFile)

/** @throws with what the program said, unless it exits with 0 */
export async function output(program, args, options = {}) {
  try {
    const { stdout } = await execute(program, args, {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      env: cleanEnvironment,
      ...options,
    })
    return stdout
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}: ${error.stderr || error.message}`)
  }
}

export function bascule(args, options) {
  return output(process.execPath, [BASCULE, ...args], options)
}

/** Results in the order of the items, computed a few at a time. */
export async function inParallel(items, compute) {
  const results = []
  let next = 0
  const work = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await compute(items[index])
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))
  return results
}
