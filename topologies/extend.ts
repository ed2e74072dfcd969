import { isRecord } from '../schema/navigate.ts'
import type { Problem } from '../schema/problem.ts'
import { unknownName } from '../schema/suggest.ts'
import { library } from './library/index.ts'
import { setByPath } from './override.ts'

/**
 * Scenarios made of others. `extends` names a scenario of the library; the fields of the document
 * take the place of its fields. `set` then changes single places, by paths as `--set` has them.
 */

export interface Extended {
  /** The document without `extends` and `set`. */
  readonly value: unknown
  readonly problems: readonly Problem[]
}

export function extend(document: unknown): Extended {
  if (!isRecord(document) || !('extends' in document || 'set' in document)) {
    return { value: document, problems: [] }
  }
  const { extends: base, set = {}, ...own } = document
  const inherited = base === undefined ? { value: {}, problems: [] } : inherit(base)
  const problems = [...inherited.problems]
  let value: unknown = { ...(inherited.value as object), ...own }
  if (!isRecord(set)) {
    const message = 'expected a mapping of paths and values'
    return { value, problems: [...problems, { path: ['set'], message }] }
  }
  for (const [path, wanted] of Object.entries(set)) {
    const change = setByPath(value, path, wanted)
    if ('message' in change) problems.push({ path: ['set', path], message: change.message })
    else value = change.value
  }
  return { value, problems }
}

function inherit(base: unknown): Extended {
  const document = typeof base === 'string' ? library[base] : undefined
  if (document === undefined) {
    const message = unknownName('scenario', String(base), Object.keys(library))
    return { value: {}, problems: [{ path: ['extends'], message }] }
  }
  const { value, problems } = extend(document)
  // These tell of the other scenario.
  const { summary: _, description: __, ...rest } = value as Record<string, unknown>
  return { value: rest, problems }
}
