import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { alternate } from './measure.ts'
import { profile } from './profile.ts'
import { compare, type Figure, figureOf, type RowResult, resultsOf } from './results.ts'
import { type Row, rows } from './rows.ts'

/** `npm run bench`: docs/performance.md says what it measures and how. */

const QUICK_SHARE = 0.02

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    profile: { type: 'string' },
    write: { type: 'boolean', default: false },
    compare: { type: 'string' },
    rounds: { type: 'string' },
  },
})

function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** Rows whose name begins so. */
function chosen(names: readonly string[] | undefined): readonly Row[] {
  if (names === undefined) return rows
  const found = rows.filter(({ name }) => names.some((start) => name.startsWith(start)))
  if (found.length > 0) return found
  throw new Error(`no row ${names.join(', ')}; there are ${rows.map((it) => it.name).join(', ')}`)
}

function measure(row: Row, rounds: number, share: number): RowResult {
  const contestants = row.contestants(share)
  const samples = alternate(contestants, rounds)
  const figures = contestants.flatMap(({ name }, at) => {
    const own = samples[at]
    return own === undefined ? [] : [figureOf(row, name, own)]
  })
  const absent = contestants.filter((_, at) => samples[at] === undefined).map(({ name }) => name)
  return { row: row.name, unit: row.unit, isTime: row.isTime === true, figures, absent }
}

/** `12.3 M`, `456 k`, `78.9`. */
function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)} k`
  return value.toPrecision(3)
}

function printResult({ unequal }: Row, { row, unit, figures, absent }: RowResult): void {
  print(`${row} (${unit})`)
  const own = figures[0]
  for (const figure of figures) {
    const { contestant, median, min, max, wallMedian, work } = figure
    const ratio = own === undefined || figure === own ? '' : ratioText(own, figure, unit)
    const done = Object.entries(work).map(([what, count]) => `${count} ${what}`)
    print(
      `  ${contestant.padEnd(20)} ${short(median).padStart(7)}  (${short(min)} to ${short(max)})  wall ${short(wallMedian)}  ${ratio}  ${done.join(', ')}`,
    )
  }
  for (const name of absent) print(`  ${name.padEnd(20)} absent: npm run bench:peers builds it`)
  if (unequal !== undefined) print(`  not the same work: ${unequal}`)
}

function ratioText(own: Figure, peer: Figure, unit: string): string {
  const ratio = `bascule ${(own.median / peer.median).toFixed(2)}x ${unit === 's' ? 'its time' : 'its rate'}`
  if (unit !== 'frames/s') return ratio
  const [ours, theirs] = [framesPerReply(own), framesPerReply(peer)]
  if (ours === undefined || theirs === undefined) return ratio
  // A round trip takes more frames in one network than in another.
  const byReplies = own.median / ours / (peer.median / theirs)
  const each = `${ours.toFixed(1)} frames a reply against ${theirs.toFixed(1)}`
  return `${ratio}, ${byReplies.toFixed(2)}x by replies (${each})`
}

/** Of a row whose unit is a frame. */
function framesPerReply({ work: { frames, replies } }: Figure): number | undefined {
  return frames === undefined || replies === undefined ? undefined : frames / replies
}

async function main(): Promise<void> {
  const share = options.quick ? QUICK_SHARE : 1
  if (options.profile !== undefined) {
    const [row] = chosen([options.profile])
    const [own] = row?.contestants(share) ?? []
    if (row === undefined || own === undefined) return
    own.run()
    const path = `dist/${row.name}.cpuprofile`
    const lines = await profile(path, () => own.run())
    print(`${row.name}: ${path}; self time`)
    for (const line of lines) print(line)
    return
  }
  const rounds = options.quick ? 1 : Number(options.rounds ?? 5)
  const results: RowResult[] = []
  for (const row of chosen(options.only)) {
    const result = measure(row, rounds, share)
    printResult(row, result)
    results.push(result)
  }
  const all = resultsOf(rounds, results)
  print(
    `${all.machine}, Node ${all.node}, ns-3 ${all.ns3}, ${all.commit}; CPU time, median (min to max) of ${rounds}`,
  )
  if (options.write) writeFileSync('bench/results.json', `${JSON.stringify(all, null, 2)}\n`)
  if (options.compare !== undefined)
    for (const line of compare(options.compare, results)) print(line)
}

await main()
