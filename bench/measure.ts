import { spawnSync } from 'node:child_process'

/** What one round of a contestant took and did. */
export interface Sample {
  /** How much of the row's unit was done. */
  readonly units: number
  /** CPU of the whole process, user and system: other work on the machine does not count. */
  readonly cpuSeconds: number
  readonly wallSeconds: number
  /** Counts that show whether contestants did the same work. */
  readonly work: Readonly<Record<string, number>>
}

/** One who does the work of a row: this program, or a peer. */
export interface Contestant {
  readonly name: string
  /** One round. Undefined: the peer is not installed. */
  run(): Sample | undefined
}

/** Work that is done in this process; what prepares it is not measured. */
export interface Job {
  /** @returns units done, and what was done */
  run(): { readonly units: number; readonly work?: Readonly<Record<string, number>> }
}

export function inProcess(name: string, prepare: () => Job): Contestant {
  return {
    name,
    run() {
      const job = prepare()
      const cpu = process.cpuUsage()
      const startNs = process.hrtime.bigint()
      const { units, work = {} } = job.run()
      const wallSeconds = Number(process.hrtime.bigint() - startNs) / 1e9
      const { user, system } = process.cpuUsage(cpu)
      return { units, cpuSeconds: (user + system) / 1e6, wallSeconds, work }
    },
  }
}

/** A program that measures itself, and prints a sample as JSON. */
export function selfTimed(name: string, program: string, args: readonly string[]): Contestant {
  return {
    name,
    run() {
      const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
      if (error !== undefined && 'code' in error && error.code === 'ENOENT') return undefined
      if (error !== undefined) throw error
      if (status !== 0) throw new Error(`${name}: status ${status}: ${stderr}`)
      return JSON.parse(stdout) as Sample
    },
  }
}

/** The same contestant where each of its units is `amount` units of the row. */
export function perUnit(amount: number, { name, run }: Contestant): Contestant {
  return {
    name,
    run() {
      const sample = run()
      return sample && { ...sample, units: sample.units * amount }
    },
  }
}

/** A whole process, from its start to its end. The shell reports its CPU, to a millisecond. */
export function wholeProcess(name: string, program: string, args: readonly string[]): Contestant {
  const script = `TIMEFORMAT='%R %U %S'; time "$@" >/dev/null`
  return {
    name,
    run() {
      const result = spawnSync('bash', ['-c', script, 'bash', program, ...args], {
        encoding: 'utf8',
      })
      if (result.status !== 0) throw new Error(`${name}: ${result.stderr}`)
      const times = result.stderr.trim().split('\n').at(-1) ?? ''
      const [wall, user, system] = times.split(' ').map(Number)
      if (wall === undefined || user === undefined || system === undefined) {
        throw new Error(`${name}: the shell gave no times but ${result.stderr}`)
      }
      return { units: 1, cpuSeconds: user + system, wallSeconds: wall, work: {} }
    },
  }
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const [min, max] = [sorted[0], sorted.at(-1)]
  const median = sorted[sorted.length >> 1]
  if (min === undefined || max === undefined || median === undefined) {
    throw new Error('no values, no spread')
  }
  return { median, min, max }
}

/**
 * All contestants in turn, and again: what disturbs the machine disturbs them alike. One round warms up.
 *
 * @returns the samples of each; undefined for an absent one
 */
export function alternate(
  contestants: readonly Contestant[],
  rounds: number,
): readonly (readonly Sample[] | undefined)[] {
  const present = contestants.map((each) => each.run() !== undefined)
  const samples: Sample[][] = contestants.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, contestant] of contestants.entries()) {
      const sample = present[at] ? contestant.run() : undefined
      if (sample !== undefined) samples[at]?.push(sample)
    }
  }
  return samples.map((own, at) => (present[at] ? own : undefined))
}
