import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { BASCULE, cleanEnvironment, scratchDirectory } from './programs.mjs'

/** Sweeps write the same bytes however they are done. */

const SWEEP = ['sweep', 'power-off', '--runs', '90', '--quiet']
/** When the sweep is killed: it takes several seconds. */
const KILLED_AFTER_MS = 1_500

export async function checkSweeps(report) {
  const place = scratchDirectory('sweeps')
  const whole = sweepInto(join(place, 'whole'), ['--jobs', '2'])
  const claim = (title, make) =>
    report.check(title, async () => {
      const other = await make()
      return { problems: other === whole ? [] : ['the files are not those of the whole sweep'] }
    })

  await claim('a sweep by one thread writes what two write', () =>
    sweepInto(join(place, 'one'), ['--jobs', '1']),
  )
  await claim('three shards put together are the whole sweep', () => {
    const shards = [1, 2, 3].map((number) => join(place, `shard-${number}`))
    for (const [index, shard] of shards.entries()) sweepInto(shard, ['--shard', `${index + 1}/3`])
    const out = join(place, 'merged')
    bascule(['sweep', 'merge', ...shards, '--out', out, '--quiet'])
    return fingerprintOf(out)
  })
  await claim(
    'a sweep that was killed goes on, and writes what it would have written',
    async () => {
      const out = join(place, 'killed')
      const child = spawn(process.execPath, [BASCULE, ...SWEEP, '--out', out], {
        env: cleanEnvironment,
        stdio: 'ignore',
      })
      const ended = new Promise((resolve) => child.on('close', resolve))
      await setTimeout(KILLED_AFTER_MS)
      child.kill('SIGKILL')
      await ended
      if (existsSync(out)) throw new Error('it was done before it was killed')
      return sweepInto(out, [])
    },
  )
}

function sweepInto(out, options) {
  bascule([...SWEEP, ...options, '--out', out])
  return fingerprintOf(out)
}

function bascule(args) {
  const { status, stderr } = spawnSync(process.execPath, [BASCULE, ...args], {
    encoding: 'utf8',
    env: cleanEnvironment,
  })
  if (status !== 0) throw new Error(`exit status ${status}: ${stderr}`)
}

function fingerprintOf(directory) {
  const hash = createHash('sha256')
  for (const name of readdirSync(directory).sort()) {
    hash.update(name).update(readFileSync(join(directory, name)))
  }
  return hash.digest('hex')
}
