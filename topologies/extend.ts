import { isRecord } from '../schema/navigate.ts'
import type { Path, Problem } from '../schema/problem.ts'
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
  const { extends: base, ...changes } = document
  const inherited = base === undefined ? { value: {}, problems: [] } : inherit(base)
  const { value, problems } = change(inherited.value as object, changes, [])
  return { value, problems: [...inherited.problems, ...problems] }
}

/** The mended variant of a document: with the changes of its `fixed`, which has its own `expect`. */
export function fix(document: unknown): Extended {
  const { fixed, expect: _, ...rest } = isRecord(document) ? document : {}
  if (!isRecord(fixed)) {
    const message = 'missing; expected the changes that mend the scenario'
    return { value: document, problems: [{ path: ['fixed'], message }] }
  }
  return change({ ...rest, name: `${rest.name}-fixed` }, fixed, ['fixed'])
}

/** @param at where the changes stand in the text */
function change(base: object, { set = {}, ...own }: Record<string, unknown>, at: Path): Extended {
  let value: unknown = { ...base, ...own }
  if (!isRecord(set)) {
    return {
      value,
      problems: [{ path: [...at, 'set'], message: 'expected a mapping of paths and values' }],
    }
  }
  const problems: Problem[] = []
  for (const [path, wanted] of Object.entries(set)) {
    const changed = setByPath(value, path, wanted)
    if ('message' in changed)
      problems.push({ path: [...at, 'set', path], message: changed.message })
    else value = changed.value
  }
  return { value, problems }
}

const TELLS_OF_ITSELF = [
  'summary',
  'description',
  'group',
  'symptom',
  'cause',
  'fix',
  'expect',
  'fixed',
]

function inherit(base: unknown): Extended {
  const document = typeof base === 'string' ? library[base] : undefined
  if (document === undefined) {
    const message = unknownName('scenario', String(base), Object.keys(library))
    return { value: {}, problems: [{ path: ['extends'], message }] }
  }
  const { value, problems } = extend(document)
  // These tell of the other scenario.
  const rest = Object.entries(value as object).filter(([field]) => !TELLS_OF_ITSELF.includes(field))
  return { value: Object.fromEntries(rest), problems }
}
