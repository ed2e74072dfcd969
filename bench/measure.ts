import { arch, cpus } from 'node:os'

/** One figure, from several rounds of the same work. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Work {
  readonly name: string
  readonly unit: string
  /** Does the work once and returns how many units of it were done. */
  run(): number
}

/**
 * Units per second of CPU-bound work: one round to warm up, then the median of several. The
 * machines are shared, so the spread is part of the result.
 */
export function measure({ name, unit, run }: Work, rounds: number): Figure {
  run()
  const rates = Array.from({ length: rounds }, () => {
    const startNs = process.hrtime.bigint()
    const units = run()
    const seconds = Number(process.hrtime.bigint() - startNs) / 1e9
    return units / seconds
  }).sort((a, b) => a - b)
  return {
    name,
    unit,
    median: rates[rates.length >> 1] as number,
    min: rates[0] as number,
    max: rates.at(-1) as number,
  }
}

export function describeMachine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `${model} x ${cpus().length}, ${arch()}, Node ${process.version}`
}

/** `12.3 M`, `456 k`, `78.9`. */
export function formatRate(rate: number): string {
  if (rate >= 1e6) return `${(rate / 1e6).toPrecision(3)} M`
  if (rate >= 1e3) return `${(rate / 1e3).toPrecision(3)} k`
  return rate.toPrecision(3)
}
