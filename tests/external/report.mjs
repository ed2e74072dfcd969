import { inParallel } from './programs.mjs'

/** Prints one line per check and keeps the count. */
export class Report {
  passed = 0
  failed = 0

  /** A heading between groups of checks. */
  heading(text) {
    process.stdout.write(`\n${text}\n`)
  }

  /**
   * One check. It passes if `examine` finds no problem; the first one found stands on the line.
   *
   * @param {string} title what is claimed
   * @param {() => Finding | Promise<Finding>} examine
   * @typedef {{ problems: string[], measured?: string }} Finding `measured`: what was looked at
   */
  async check(title, examine) {
    this.#tell(title, await attempt(examine))
  }

  /** Several checks, examined side by side and told in order. */
  async checkAll(claims) {
    const findings = await inParallel(claims, ([, examine]) => attempt(examine))
    for (const [index, [title]] of claims.entries()) this.#tell(title, findings[index])
  }

  #tell(title, { problems, measured }) {
    const [first, ...others] = problems
    if (first === undefined) {
      this.passed++
      process.stdout.write(`ok      ${title}${measured ? `: ${measured}` : ''}\n`)
      return
    }
    this.failed++
    const more = others.length > 0 ? ` (and ${others.length} more)` : ''
    process.stdout.write(`FAILED  ${title}: ${oneLine(first)}${more}\n`)
  }

  summary() {
    process.stdout.write(`\n${this.passed} passed, ${this.failed} failed\n`)
  }
}

/** A check that breaks has failed: what broke is the problem. */
async function attempt(examine) {
  try {
    return await examine()
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] }
  }
}

function oneLine(text) {
  return text.trim().replaceAll(/\s*\n\s*/g, ' | ')
}

/** A problem for each of the items about which `judge` says something. */
export function problemsOf(items, judge) {
  return [...items].flatMap((item) => judge(item) ?? [])
}

/** Nothing if it is so, else the problem: for lists of conditions. */
export function unless(condition, problem) {
  return condition ? [] : [problem]
}
