import { holdModel } from './hold-model.ts'
import { describeMachine, formatRate, measure, type Work } from './measure.ts'
import { againstRealTime, forwardingPath, referenceTrials } from './runs.ts'

/** `npm run bench`; with `-- --quick` a short one, only to see that it runs. */

const quick = process.argv.includes('--quick')
const rounds = quick ? 1 : 5

const works: readonly Work[] = quick
  ? [
      holdModel(50, 100_000),
      forwardingPath('none', 1),
      forwardingPath('all', 1),
      referenceTrials('pings', 5),
      referenceTrials('all flows', 2),
      againstRealTime(60),
    ]
  : [
      holdModel(50, 2_000_000),
      holdModel(1_000, 2_000_000),
      holdModel(100_000, 1_000_000),
      forwardingPath('none', 5),
      forwardingPath('all', 5),
      referenceTrials('pings', 100),
      referenceTrials('all flows', 20),
      againstRealTime(3_600),
    ]

process.stdout.write(`${describeMachine()}; median (min to max) of ${rounds}\n`)
for (const work of works) {
  const { name, unit, median, min, max } = measure(work, rounds)
  const spread = `(${formatRate(min)} to ${formatRate(max)})`
  process.stdout.write(
    `${name.padEnd(52)} ${formatRate(median).padStart(7)} ${unit.padEnd(14)} ${spread}\n`,
  )
}
