/** A problem of a scenario, and its place. */

/** The place of a value in a document: field names and list indexes, from the top. */
export type Path = readonly (string | number)[]

export interface Problem {
  readonly path: Path
  /** In the text that was read, from 1; absent for a document that was never text. */
  readonly line?: number
  /** From 1. */
  readonly column?: number
  /** One sentence, which ends with what was expected. */
  readonly message: string
  /** The `--set` arguments that brought it about; then there is no line. */
  readonly overrides?: readonly string[]
}

const PLAIN_FIELD = /^[\w.-]+$/

/** @returns `topology.firewalls[0].virtualIps[2].vhid`; empty for the document itself */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (!PLAIN_FIELD.test(part)) text += `[${JSON.stringify(part)}]`
    else text += `${text === '' ? '' : '.'}${part}`
  }
  return text
}

/** @returns `FILE:LINE: PATH: MESSAGE`, or `--set …: MESSAGE` for what an override brought about */
export function formatProblem(file: string, problem: Problem): string {
  const path = formatPath(problem.path)
  const parts: string[] = []
  if (problem.overrides !== undefined) {
    parts.push(problem.overrides.map((text) => `--set ${text}`).join(' '))
    // Not said twice when the override names the very place.
    const saysPath = problem.overrides.length === 1 && problem.overrides[0]?.startsWith(`${path}=`)
    if (path !== '' && !saysPath) parts.push(path)
  } else {
    parts.push(problem.line === undefined ? file : `${file}:${problem.line}`)
    if (path !== '') parts.push(path)
  }
  return [...parts, problem.message].join(': ')
}

/** In the order of the text; those that stand at the same place stay as they came. */
export function inDocumentOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}

/** A value as a message shows it: `300`, `"abc"`, `nothing`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') {
    const keys = Object.keys(value)
    return keys.length === 0 ? 'an empty mapping' : `a mapping with ${shorten(keys.join(', '))}`
  }
  return typeof value === 'string' ? JSON.stringify(shorten(value)) : String(value)
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
