import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Command } from 'commander'
import fc from 'fast-check'
import { TARGETS, type Target } from './targets.ts'
import { Watchdog } from './watchdog.ts'

/**
 * `npm run fuzz -- --seconds N --seed S`: attacks each target in turn until the time is over. A
 * failure shrinks to a small case, and is printed with the command that repeats it.
 */

interface Options {
  readonly seconds: string
  readonly seed: string
  readonly only?: string
  readonly path?: string
}

const options = new Command('fuzz')
  .option('--seconds <n>', 'how long in all', '60')
  .option('--seed <n>', 'of the first round', '1')
  .option('--only <target>', TARGETS.map(({ name }) => name).join(', '))
  .option('--path <path>', 'of a failure, as it was printed; with --only')
  .parse()
  .opts<Options>()

/** Fewer rounds tell nothing: the engine itself still makes code and caches. */
const ROUNDS_MIN = 10
const GROWTH_MAX_BYTES = 4_000_000

const targets = TARGETS.filter(({ name }) => options.only === undefined || name === options.only)
const endMs = performance.now() + 1000 * Number(options.seconds)
const counts = new Map(targets.map(({ name }) => [name, 0]))
let hasFailed = targets.length === 0

const watchdog = new Watchdog(targets.map(({ name }) => name))
const properties = new Map(
  targets.map((target) => [target, target.property().beforeEach(() => watchdog.caseBegins())]),
)
/** The heap in use after each round, in bytes. */
const heaps: number[] = []
/** A path is of one round. */
const isOver = () => options.path !== undefined || performance.now() >= endMs
for (let round = 0; !hasFailed && (round === 0 || !isOver()); round++) {
  for (const target of targets) attack(target, Number(options.seed) + round)
  heaps.push(heapInUse())
}
for (const [name, count] of counts) process.stdout.write(`${name.padEnd(20)} ${count} cases\n`)
tellMemory()
process.stdout.write(hasFailed ? 'FAILED\n' : 'no failure\n')
process.exitCode = hasFailed ? 1 : 0

/** Collects garbage first. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

/** A leak grows with the rounds: the least of the last third is held against that of the second. */
function tellMemory(): void {
  const third = Math.floor(heaps.length / 3)
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10
  const resident = `${megabytes(process.memoryUsage.rss())} MB resident`
  if (third === 0) return void process.stdout.write(`${resident}\n`)
  const before = Math.min(...heaps.slice(third, 2 * third))
  const after = Math.min(...heaps.slice(2 * third))
  const from = `heap in use from ${megabytes(before)} to ${megabytes(after)} MB`
  process.stdout.write(`${from} in ${heaps.length} rounds, ${resident}\n`)
  if (third < ROUNDS_MIN || after - before < GROWTH_MAX_BYTES) return
  hasFailed = true
  process.stdout.write('the heap grows\n')
}

function attack(target: Target, seed: number): void {
  const { name, cases } = target
  const { path } = options
  const property = properties.get(target) as ReturnType<Target['property']>
  watchdog.roundBegins(name, seed)
  const result = fc.check(property, { numRuns: cases, seed, ...(path ? { path } : {}) })
  counts.set(name, (counts.get(name) ?? 0) + result.numRuns)
  if (!result.failed) return
  hasFailed = true
  const command = `npm run fuzz -- --only ${name} --seed ${seed} --path ${result.counterexamplePath}`
  const { errorInstance } = result
  const why = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance)
  const smallest = JSON.stringify(result.counterexample)
  process.stdout.write(`${name} failed: ${why}\n\nwith ${smallest}\nIt repeats with: ${command}\n`)
}
