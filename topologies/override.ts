import { parseDocument } from 'yaml'
import { child, childSchema, fieldsOf, isRecord, type Schema } from '../schema/navigate.ts'
import { describeValue, formatPath, type Path, type Problem } from '../schema/problem.ts'
import { closest, either } from '../schema/suggest.ts'
import { type ScenarioDraft, scenarioSchema } from './document.ts'

/**
 * `--set PATH=VALUE`: changes to a document before it is checked.
 *
 * A path goes by field names, by list indexes (`firewalls[0]` or `firewalls.0`) and by the `name`
 * of list elements (`firewalls.pfsense1`); `*` stands for anything at one level, `**` for any
 * number of levels. A value is YAML, so `[110, 120]` and `{ from: 12s, to: 13s }` will do.
 */

export interface OverrideResult {
  /** The document with all changes; not yet checked. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** The places that were set, each with its override. */
  readonly touched: readonly { readonly path: Path; readonly override: string }[]
}

/** Applies the overrides in order. The document is left as it is. */
export function applyOverrides(
  document: ScenarioDraft,
  overrides: readonly string[],
): OverrideResult {
  let value: unknown = document
  const problems: Problem[] = []
  const touched: { path: Path; override: string }[] = []
  for (const override of overrides) {
    const change = applyOverride(value, override)
    if ('message' in change) {
      problems.push({ path: [], overrides: [override], message: change.message })
      continue
    }
    value = change.value
    for (const path of change.paths) touched.push({ path, override })
  }
  return { value, problems, touched }
}

function applyOverride(document: unknown, text: string): Changed | NotChanged {
  const equals = text.indexOf('=')
  const written = text.slice(equals + 1)
  const value = parseDocument(written, { prettyErrors: false, logLevel: 'error' })
  if (equals >= 0 && segmentsOf(text.slice(0, equals)) !== undefined && value.errors.length > 0) {
    return { message: `expected a value that is YAML, got ${describeValue(written)}` }
  }
  return setByPath(document, text.slice(0, Math.max(0, equals)), value.toJS())
}

/** A document with a change, and the places that it was made at. */
interface Changed {
  readonly value: unknown
  readonly paths: readonly Path[]
}

interface NotChanged {
  readonly message: string
}

/** Sets one value in all places that a path leads to. The document is left as it is. */
export function setByPath(document: unknown, path: string, value: unknown): Changed | NotChanged {
  const segments = segmentsOf(path)
  if (segments === undefined) {
    return { message: 'expected PATH=VALUE such as topology.firewalls[0].bootDuration=20s' }
  }
  const search = new Search()
  const paths = search.find(document, scenarioSchema, segments)
  if (paths.length === 0) return { message: search.whyNothing ?? 'matches nothing' }
  let changed = document
  for (const each of paths) changed = withValue(changed, each, value)
  return { value: changed, paths }
}

/** @returns undefined for a path that leads nowhere */
function segmentsOf(path: string): string[] | undefined {
  const segments = path
    .trim()
    .replace(/\[([^\]]*)\]/g, '.$1')
    .replace(/^\./, '')
    .split('.')
  return segments.includes('') || segments.at(-1) === '**' ? undefined : segments
}

// --- Places of a path --------------------------------------------------------------------------

interface DeadEnd {
  readonly path: Path
  readonly value: unknown
  readonly schema: Schema | undefined
  readonly wanted: string
  readonly anywhere: boolean
}

class Search {
  #deepest: DeadEnd | undefined

  find(value: unknown, schema: Schema, segments: readonly string[]): Path[] {
    const found = this.#find(value, schema, segments, [], true)
    // `**` may reach a place by several ways.
    return [...new Map(found.map((path) => [formatPath(path), path])).values()]
  }

  /** The nearest part that exists and what it holds, when nothing was found. */
  get whyNothing(): string | undefined {
    return this.#deepest === undefined ? undefined : explain(this.#deepest)
  }

  /** @param mayCreate whether a field that is absent, but would be valid, counts */
  #find(
    value: unknown,
    schema: Schema | undefined,
    segments: readonly string[],
    path: Path,
    mayCreate: boolean,
  ): Path[] {
    const [head, ...rest] = segments
    if (head === undefined) return [path]
    const below = (part: string | number, remaining: readonly string[], create: boolean) => {
      const inner = schema === undefined ? undefined : childSchema(schema, value, part)
      return this.#find(child(value, part), inner, remaining, [...path, part], create)
    }
    if (head === '*') return partsOf(value).flatMap((part) => below(part, rest, mayCreate))
    if (head === '**') {
      const outer = this.#deepest
      const found = [
        ...this.#find(value, schema, rest, path, false),
        ...partsOf(value).flatMap((part) => below(part, segments, false)),
      ]
      // That many places lack the field is no news, unless all of them do.
      this.#deepest = outer
      if (found.length === 0)
        this.#note({ path, value, schema, wanted: rest.join('.'), anywhere: true })
      return found
    }
    // A name may have dots of its own: Net.BlockGuestBPDU, vmx1.110.
    for (let length = segments.length; length > 0; length--) {
      const part = partNamed(value, schema, segments.slice(0, length).join('.'), mayCreate)
      if (part !== undefined) return below(part, segments.slice(length), mayCreate)
    }
    this.#note({ path, value, schema, wanted: head, anywhere: false })
    return []
  }

  #note(deadEnd: DeadEnd): void {
    if (this.#deepest === undefined || deadEnd.path.length > this.#deepest.path.length) {
      this.#deepest = deadEnd
    }
  }
}

function partsOf(value: unknown): (string | number)[] {
  if (Array.isArray(value)) return [...value.keys()]
  return isRecord(value) ? Object.keys(value) : []
}

function partNamed(
  value: unknown,
  schema: Schema | undefined,
  name: string,
  mayCreate: boolean,
): string | number | undefined {
  if (Array.isArray(value)) {
    const at = /^\d+$/.test(name) ? Number(name) : namesIn(value).indexOf(name)
    return at >= 0 && at < value.length ? at : undefined
  }
  if (isRecord(value) && Object.hasOwn(value, name)) return name
  const valid = schema === undefined ? {} : fieldsOf(schema, value)
  return mayCreate && Object.hasOwn(valid, name) ? name : undefined
}

function namesIn(list: readonly unknown[]): string[] {
  return list.map((element) => String(child(element, 'name') ?? ''))
}

function withValue(value: unknown, path: Path, replacement: unknown): unknown {
  const [part, ...rest] = path
  if (part === undefined) return replacement
  const inner = withValue(child(value, part), rest, replacement)
  if (Array.isArray(value)) return value.map((element, at) => (at === part ? inner : element))
  return { ...(isRecord(value) ? value : {}), [part]: inner }
}

// --- Why it leads nowhere ----------------------------------------------------------------------

function explain({ path, value, schema, wanted, anywhere }: DeadEnd): string {
  const place = path.length === 0 ? 'the scenario' : formatPath(path)
  if (anywhere) {
    const hint = hintFor(wanted, namesBelow(value))
    return `nothing in ${place} is called ${wanted}; ${hint}expected the name of a field that it has`
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return `${place} is an empty list; expected a path to something there`
    const names = namesIn(value).filter((name) => name !== '')
    const indexes = value.length === 1 ? 'index 0' : `an index from 0 to ${value.length - 1}`
    const known = names.length === 0 ? indexes : `${either(names)}, or ${indexes}`
    return `${place} holds no ${wanted}; ${hintFor(wanted, names)}expected ${known}`
  }
  const fields = schema === undefined ? [] : Object.keys(fieldsOf(schema, value))
  const known = [...new Set([...fields, ...partsOf(value).map(String)])]
  if (known.length === 0) {
    return `${place} holds ${describeValue(value)}, which has no ${wanted}; expected a value for it as a whole`
  }
  return `${place} has no field ${wanted}; ${hintFor(wanted, known)}expected ${either(known)}`
}

function hintFor(wanted: string, known: readonly string[]): string {
  const meant = closest(wanted, known)
  return meant === undefined ? '' : `did you mean ${meant}? `
}

/** Every field name and element name in the value, at any depth. */
function namesBelow(value: unknown): string[] {
  const own = Array.isArray(value) ? namesIn(value) : partsOf(value).map(String)
  const deeper = partsOf(value).flatMap((part) => namesBelow(child(value, part)))
  return [...new Set([...own, ...deeper])]
}
