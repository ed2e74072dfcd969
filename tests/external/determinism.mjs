import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { bascule, inParallel, output, scratchDirectory } from './programs.mjs'
import { unless } from './report.mjs'
import { runScenario } from './runs.mjs'

/** Are the files of a run the same whatever the machine it runs on is set to? */

/** Settings under which programs are known to write other bytes. */
const SURROUNDINGS = [
  { TZ: 'UTC', LC_ALL: 'C' },
  { TZ: 'Asia/Kathmandu', LC_ALL: 'de_DE.UTF-8' },
  // Where the lower case of I is another letter, and numbers have a comma.
  { TZ: 'America/St_Johns', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', LANGUAGE: 'tr' },
  // Other digits and another calendar.
  { TZ: 'Pacific/Apia', LC_ALL: 'ar_EG.UTF-8', LANG: 'ar_EG.UTF-8' },
  { TZ: ':/nonexistent', LANG: 'fr_FR.ISO-8859-1', HOME: '/nonexistent' },
  { FORCE_COLOR: '3', COLUMNS: '40', TERM: 'xterm-256color', SOURCE_DATE_EPOCH: '1' },
  { NO_COLOR: '1', CI: 'true', USER: 'nobody', HOSTNAME: 'elsewhere', HOME: '/' },
]

export async function checkDeterminism(report, scenarios) {
  await report.checkAll([
    ...scenarios.map((name) => [`bascule verify ${name}`, () => verify(name)]),
    ['bascule verify with the vm timing', () => verify(scenarios[0], ['--timing', 'vm'])],
    [`${scenarios[0]}: the same files in any surroundings`, () => anySurroundings(scenarios[0])],
    ['control: another seed gives other files', () => anotherSeed(scenarios[0])],
    // That no capture changes a digest, verify has said of each of them.
    [`${scenarios[0]}: captures change nothing`, () => withoutCaptures(scenarios[0])],
  ])
}

/** `bascule verify` exits with 0 only if two runs agree in every byte. */
async function verify(scenario, options = []) {
  const text = await bascule(['verify', scenario, ...options])
  const isTold = /no difference in \d+ files/.test(text) && /sha256:[0-9a-f]{64}/.test(text)
  return {
    problems: unless(isTold, `it said: ${text}`),
    measured: /no difference in .*/.exec(text)?.[0],
  }
}

async function anySurroundings(scenario) {
  const directories = SURROUNDINGS.map((_, index) => scratchDirectory('surroundings', `${index}`))
  const workplaces = ['/', homedir(), scratchDirectory('a folder with spaces')]
  const runs = await inParallel([...SURROUNDINGS.keys()], async (index) => {
    // A relative path for every second run: where the files go is not in the files.
    const cwd = workplaces[index % workplaces.length]
    const out = directories[index]
    const json = await bascule(
      ['run', scenario, '--json', '--out', index % 2 === 0 ? out : relative(cwd, out)],
      { cwd, env: { PATH: process.env.PATH, ...SURROUNDINGS[index] } },
    )
    return { digests: digestsOf(out), json }
  })
  const [first, ...others] = runs
  const problems = others.flatMap(({ digests, json }, index) => {
    const surroundings = JSON.stringify(SURROUNDINGS[index + 1])
    return [
      ...differences(first.digests, digests).map((name) => `${name} differs with ${surroundings}`),
      ...unless(json === first.json, `what --json prints differs with ${surroundings}`),
    ]
  })
  return { problems, measured: `${first.digests.size} files, ${runs.length} surroundings` }
}

async function anotherSeed(scenario) {
  const [one, two] = await inParallel(['1', '2'], (seed) => runScenario(scenario, ['--seed', seed]))
  const differing = differences(digestsOf(one.directory), digestsOf(two.directory))
  return { problems: unless(differing.length > 3, `only ${differing.length} files differ`) }
}

/** With all captures, with one, with none: the same run, and the same packets at that one. */
async function withoutCaptures(scenario) {
  const point = 'mgmt-pc'
  const [all, one, none] = await inParallel(
    [[], ['--set', `captures.points=[${point}]`], ['--set', 'captures.points=none']],
    (options) => runScenario(scenario, options),
  )
  const { digest } = all.metrics
  const files = digestsOf(all.directory)
  const isCapture = (name) => name.startsWith('captures/')
  const results = [...files.keys()].filter((name) => name !== 'scenario.yaml' && !isCapture(name))
  const problems = Object.entries({ one, none }).flatMap(([captures, run]) => {
    const found = digestsOf(run.directory)
    return [
      ...unless(run.metrics.digest === digest, `captures ${captures}: ${run.metrics.digest}`),
      ...results
        .filter((name) => found.get(name) !== files.get(name))
        .map((name) => `captures ${captures}: ${name} differs`),
    ]
  })
  const [packets, samePackets] = await inParallel([all, one], (run) =>
    output('tshark', ['-n', '-r', run.capture(point), '-x']),
  )
  const leftOver = [...digestsOf(none.directory).keys()].filter(isCapture)
  problems.push(
    ...unless(packets.length > 0 && packets === samePackets, `other packets at ${point}`),
    ...leftOver.map((name) => `${name} although no captures were wanted`),
  )
  return { problems, measured: `${digest.slice(0, 19)}…, ${results.length} files` }
}

/** SHA-256 of every file below a directory, by its path there. */
function digestsOf(directory) {
  const digests = new Map()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath ?? entry.path, entry.name)
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
    digests.set(relative(directory, path), digest)
  }
  return digests
}

/** Names of the files that are not in both, or not the same. */
function differences(left, right) {
  const names = new Set([...left.keys(), ...right.keys()])
  return [...names].filter((name) => left.get(name) !== right.get(name))
}
