import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus } from 'node:os'
import { type Sample, type Spread, spreadOf } from './measure.ts'
import type { Row } from './rows.ts'

/** What a bench leaves: to read, and to compare with a later one. */

export interface Figure extends Spread {
  readonly contestant: string
  /** The same by the clock on the wall, which other work on the machine disturbs. */
  readonly wallMedian: number
  readonly work: Readonly<Record<string, number>>
}

export interface RowResult {
  readonly row: string
  readonly unit: string
  readonly isTime: boolean
  readonly figures: readonly Figure[]
  readonly absent: readonly string[]
}

export interface Results {
  readonly machine: string
  readonly node: string
  readonly v8: string
  readonly ns3: string
  readonly date: string
  readonly commit: string
  readonly rounds: number
  readonly rows: readonly RowResult[]
}

export function figureOf(row: Row, contestant: string, samples: readonly Sample[]): Figure {
  const figure = (units: number, seconds: number) =>
    row.isTime ? seconds / units : units / seconds
  return {
    contestant,
    ...spreadOf(samples.map(({ units, cpuSeconds }) => figure(units, cpuSeconds))),
    wallMedian: spreadOf(samples.map(({ units, wallSeconds }) => figure(units, wallSeconds)))
      .median,
    work: samples[0]?.work ?? {},
  }
}

export function resultsOf(rounds: number, rows: readonly RowResult[]): Results {
  return {
    machine: `${cpus()[0]?.model ?? 'unknown processor'} x ${cpus().length}, ${arch()}`,
    node: process.version,
    v8: process.versions.v8,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the format is that of dpkg-query
    ns3: said('dpkg-query', '-W', '-f=${Version}', 'libns3-dev') ?? 'absent',
    date: new Date().toISOString(),
    commit: said('git', 'describe', '--always', '--dirty') ?? 'unknown',
    rounds,
    rows,
  }
}

function said(program: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}

/** Our own figures against those of a file: a row each. Worse beyond both spreads is a regression. */
export function compare(path: string, rows: readonly RowResult[]): readonly string[] {
  const earlier = JSON.parse(readFileSync(path, 'utf8')) as Results
  const lines = [`against ${path}: ${earlier.commit}, ${earlier.date}; above 1 is better`]
  for (const { row, isTime, figures } of rows) {
    const now = figures[0]
    const then = earlier.rows.find((each) => each.row === row)?.figures[0]
    if (now === undefined || then === undefined) {
      lines.push(`${row.padEnd(28)} not in both`)
      continue
    }
    const ratio = isTime ? then.median / now.median : now.median / then.median
    const isWorse = isTime ? now.min > then.max : now.max < then.min
    const isBetter = isTime ? now.max < then.min : now.min > then.max
    const verdict = isWorse ? 'REGRESSION' : isBetter ? 'better' : 'within the spread'
    lines.push(`${row.padEnd(28)} ${ratio.toFixed(2).padStart(6)}x  ${verdict}`)
  }
  return lines
}
