import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { BASCULE, cleanEnvironment, scratchDirectory } from './programs.mjs'
import { REFERENCE } from './reference.mjs'

/**
 * Runs that are killed, interrupted, or find no room: their files are complete or absent, and
 * nothing of the user's is touched. `npm run attack:files` does it at hundreds of instants, the
 * external checks at a few.
 */

/** Two runs that can be told apart, into one directory in turn. */
const SEEDS = [1, 2]

/**
 * @param {{ kills: number, interrupts: number, sizes: number, vanishings: number }} counts
 */
export async function checkInterruptions(report, { kills, interrupts, sizes, vanishings }) {
  const whole = []
  for (const seed of SEEDS) whole.push(await measured(seed))
  const sound = new Set(whole.map(({ fingerprint }) => fingerprint))
  const next = evenFractions()

  await report.check(`kill -9 at ${kills} instants`, () =>
    interrupt('SIGKILL', kills, whole, sound, next),
  )
  await report.check(`SIGINT at ${interrupts} instants`, () =>
    interrupt('SIGINT', interrupts, whole, sound, next),
  )
  await report.check(`a full disk at ${sizes} sizes`, () => fillDisk(sizes, whole[0]))
  await report.check(`a directory that vanishes, ${vanishings} times`, () => vanish(vanishings))
  await report.check("a user's file stays, and a run beside it is refused", () => keepForeignFile())
}

// --- Runs --------------------------------------------------------------------------------------

function start(seed, out) {
  const args = [BASCULE, 'run', REFERENCE, '--seed', String(seed), '--out', out]
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => {
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('close', (status, signal) => resolve({ status, signal, stderr }))
  })
  return { child, ended }
}

/** A whole run: what it leaves, and how long it takes, and writes. */
async function measured(seed) {
  const out = join(scratchDirectory('interruptions', 'whole'), String(seed))
  const beginMs = performance.now()
  const { ended } = start(seed, out)
  let writesFromMs
  let writesUntilMs = 0
  const watch = setInterval(() => {
    if (!isWriting(out)) return
    writesUntilMs = performance.now()
    writesFromMs ??= writesUntilMs
  }, 1)
  const { status, stderr } = await ended
  clearInterval(watch)
  if (status !== 0) throw new Error(`the whole run failed: ${stderr}`)
  const tookMs = performance.now() - beginMs
  const bytes = filesIn(out).reduce((sum, file) => sum + readFileSync(file).length, 0)
  const writesMs = Math.max(1, writesUntilMs - (writesFromMs ?? writesUntilMs))
  return { fingerprint: fingerprintOf(out), tookMs, writesMs, bytes }
}

/** Whether a file beside the lock is there. */
function isWriting(out) {
  try {
    return readdirSync(`${out}.incomplete`).length > 1
  } catch {
    return false
  }
}

function filesIn(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

function fingerprintOf(directory) {
  const hash = createHash('sha256')
  for (const file of filesIn(directory)) {
    hash.update(file.slice(directory.length)).update(readFileSync(file))
  }
  return hash.digest('hex')
}

// --- Signals -----------------------------------------------------------------------------------

/** Half of the instants lie in the time of writing, which is short. */
async function interrupt(signal, count, whole, sound, next) {
  const out = join(scratchDirectory('interruptions', signal), 'run')
  const problems = []
  const seen = { early: 0, writing: 0, late: 0 }
  for (let index = 0; index < count && problems.length === 0; index++) {
    const at = index % 2
    const { tookMs, writesMs } = whole[at]
    const { child, ended } = start(SEEDS[at], out)
    if (index % 4 < 2) await wait(next() * tookMs)
    else {
      while (child.exitCode === null && !isWriting(out)) await wait(0)
      await wait(next() * writesMs)
    }
    seen[isWriting(out) ? 'writing' : existsSync(`${out}.incomplete`) ? 'early' : 'late']++
    child.kill(signal)
    const end = await ended
    if (existsSync(out) && !sound.has(fingerprintOf(out))) {
      problems.push(`after ${index + 1}: the directory is neither run`)
    }
    if (signal === 'SIGINT') problems.push(...problemsOfInterrupted(end, out))
  }
  // What the dead ones left is cleared by the next run.
  const last = await start(SEEDS[0], out).ended
  if (last.status !== 0) problems.push(`the next run says: ${last.stderr}`)
  else if (fingerprintOf(out) !== whole[0].fingerprint) problems.push('the next run differs')
  problems.push(...leftovers(out))
  const { early, writing, late } = seen
  return {
    problems,
    measured: `${early} while it simulated, ${writing} while it wrote, ${late} before or after`,
  }
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function problemsOfInterrupted({ status, signal, stderr }, out) {
  const lines = stderr.split('\n').filter((line) => line !== '')
  // A process that has not yet set its handler is ended by the signal itself.
  const isClean = status === 0 ? lines.length === 0 : status === 130 ? lines.length === 1 : true
  return [
    ...(isClean && (status === 0 || status === 130 || signal === 'SIGINT')
      ? []
      : [`exit ${status ?? signal}, which says: ${stderr}`]),
    ...(signal === 'SIGINT' ? [] : leftovers(out)),
  ]
}

function leftovers(out) {
  return ['.incomplete', '.replaced']
    .filter((suffix) => existsSync(out + suffix))
    .map((suffix) => `${out}${suffix} is left`)
}

// --- Places ------------------------------------------------------------------------------------

async function fillDisk(sizes, { bytes }) {
  const disk = scratchDirectory('interruptions', 'disk')
  const problems = []
  let refused = 0
  for (let index = 0; index < sizes && problems.length === 0; index++) {
    const kilobytes = Math.max(4, Math.round((bytes * (index + 0.5)) / sizes / 1024))
    must('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'none', disk])
    try {
      const out = join(disk, 'run')
      const { status, stderr } = await start(SEEDS[0], out).ended
      if (status !== 2 || !/^[^\n]*ENOSPC[^\n]*\n$/.test(stderr)) {
        problems.push(`${kilobytes} kB: exit ${status}, which says: ${stderr}`)
      }
      if (existsSync(out)) problems.push(`${kilobytes} kB: a part of the run is there`)
      problems.push(...leftovers(out))
      refused++
    } finally {
      must('umount', [disk])
    }
  }
  return { problems, measured: `${refused} refused, with nothing left` }
}

function must(program, args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}; it needs root`)
}

/** The directory is removed as soon as the run has begun to write. */
async function vanish(count) {
  const parent = join(scratchDirectory('interruptions'), 'vanishing')
  const out = join(parent, 'run')
  const problems = []
  for (let index = 0; index < count; index++) {
    mkdirSync(parent, { recursive: true })
    const { ended } = start(SEEDS[0], out)
    const watch = setInterval(() => {
      if (!existsSync(`${out}.incomplete`) || (index % 2 === 0 && !isWriting(out))) return
      renameSync(parent, `${parent}-${index}`)
      clearInterval(watch)
    }, 2)
    const { status, stderr } = await ended
    clearInterval(watch)
    // It may have ended before the watch saw it write.
    if (status === 0) continue
    if (status !== 2 || !/^[^\n]+\n$/.test(stderr)) problems.push(`exit ${status}: ${stderr}`)
    if (existsSync(out)) problems.push('a part of the run is there')
  }
  rmSync(parent, { recursive: true, force: true })
  return { problems }
}

async function keepForeignFile() {
  const out = scratchDirectory('interruptions', 'foreign')
  const notes = join(out, 'notes.txt')
  writeFileSync(notes, 'mine\n')
  const { status, stderr } = await start(SEEDS[0], out).ended
  const isKept = existsSync(notes) && readFileSync(notes, 'utf8') === 'mine\n'
  const isRefused = status === 2 && stderr.includes('notes.txt')
  return {
    problems: isKept && isRefused ? [] : [`exit ${status}: ${stderr}`],
  }
}

/** Numbers from 0 to 1, the same in each call: golden-ratio steps, which cover a span evenly. */
function evenFractions() {
  let value = 0
  return () => {
    value = (value + 0.618_033_988_749_895) % 1
    return value
  }
}
