import * as z from 'zod'
import {
  bare,
  branchFor,
  child,
  fieldsOf,
  isRecord,
  type Schema,
  schemaAt,
} from '../schema/navigate.ts'
import type { Path, Problem } from '../schema/problem.ts'
import { closest, either } from '../schema/suggest.ts'
import { type ScenarioDraft, scenarioSchema } from './document.ts'

/** The shape of a document: the fields it has, their types and their ranges. */

export interface ShapeResult {
  readonly problems: readonly Problem[]
  /**
   * The document with its defaults. If there are problems, it only serves to look for more of them:
   * a value of the wrong type is an empty text, NaN, an empty list or an empty mapping.
   */
  readonly draft: ScenarioDraft
}

export function checkShape(value: unknown): ShapeResult {
  const parsed = scenarioSchema.safeParse(value)
  if (parsed.success) return { problems: [], draft: parsed.data }
  return {
    problems: problemsOf(scenarioSchema, value, []),
    draft: salvage(scenarioSchema, value) as ScenarioDraft,
  }
}

// --- Problems ----------------------------------------------------------------------------------

function problemsOf(schema: Schema, value: unknown, at: Path): Problem[] {
  const result = z.safeParse(schema, value)
  if (result.success) return []
  const problems = result.error.issues.flatMap((issue) => problemsOfIssue(schema, value, at, issue))
  // A schema and its refinements may say the same twice.
  const said = new Set<string>()
  return withoutMisspelt(problems).filter((problem) => {
    const key = JSON.stringify([problem.path, problem.message])
    if (said.has(key)) return false
    said.add(key)
    return true
  })
}

interface FoundProblem extends Problem {
  /** The field that an unknown one was probably meant to be. */
  readonly meant?: string
}

function problemsOfIssue(
  schema: Schema,
  value: unknown,
  at: Path,
  issue: z.core.$ZodIssue,
): FoundProblem[] {
  const below = issue.path.filter((part) => typeof part !== 'symbol')
  const path = [...at, ...below]
  if (issue.code === 'unrecognized_keys') {
    const holder = schemaAt(schema, value, below)
    const holderValue = below.reduce(child, value)
    const fields = holder === undefined ? [] : Object.keys(fieldsOf(holder, holderValue))
    return issue.keys.map((key) => unknownField([...path, key], key, fields, holderValue))
  }
  if (issue.code === 'invalid_union') {
    const union = schemaAt(schema, value, below)
    const inner = union === undefined ? undefined : bare(union)
    const unionValue = below.reduce(child, value)
    const branch = inner instanceof z.ZodUnion ? branchFor(inner, unionValue) : undefined
    if (branch !== undefined) return problemsOf(branch, unionValue, path)
  }
  return [{ path, message: issue.message }]
}

function unknownField(
  path: Path,
  key: string,
  fields: readonly string[],
  holder: unknown,
): FoundProblem {
  const meant = meantBy(key, fields, holder)
  const hint = meant === undefined ? '' : `did you mean ${meant}? `
  const message = `unknown field; ${hint}expected ${either(fields)}`
  return meant === undefined ? { path, message } : { path, message, meant }
}

/** The field that an unknown one was probably meant to be: like it, and not there yet. */
function meantBy(key: string, fields: readonly string[], holder: unknown): string | undefined {
  const absent = fields.filter((field) => !isRecord(holder) || !Object.hasOwn(holder, field))
  return closest(key, absent)
}

/** One mistake, one problem: a misspelt required field is not also missing. */
function withoutMisspelt(problems: readonly FoundProblem[]): Problem[] {
  const meant = new Set<string>()
  for (const { path, meant: field } of problems) {
    if (field !== undefined) meant.add(JSON.stringify([...path.slice(0, -1), field]))
  }
  return problems
    .filter(
      ({ path, message }) => !(message.startsWith('missing') && meant.has(JSON.stringify(path))),
    )
    .map(({ path, message }) => ({ path, message }))
}

// --- The draft ---------------------------------------------------------------------------------

// All problems are told at once, so a document of the wrong shape is still looked through for
// names that lead nowhere and times out of order. This makes something to look through.

function salvage(schema: Schema, value: unknown): unknown {
  const parsed = z.safeParse(schema, value)
  if (parsed.success) return parsed.data
  const inner = bare(schema)
  if (inner instanceof z.ZodUnion) {
    const branch = branchFor(inner, value)
    // A fault of no known kind still has a node and a time, in whatever mapping comes first.
    const usual = inner instanceof z.ZodDiscriminatedUnion ? inner.options[0] : undefined
    const chosen = branch ?? usual
    return chosen === undefined ? {} : salvage(chosen, value)
  }
  if (inner instanceof z.ZodArray) {
    return Array.isArray(value) ? value.map((element) => salvage(inner.element, element)) : []
  }
  if (inner instanceof z.ZodObject) return salvageFields(inner, value)
  if (inner instanceof z.ZodNumber) return typeof value === 'number' ? value : Number.NaN
  return typeof value === 'string' ? value : ''
}

function salvageFields(schema: z.ZodObject, value: unknown): Record<string, unknown> {
  const names = Object.keys(schema.shape)
  const given = new Map<string, unknown>()
  for (const [key, inner] of Object.entries(isRecord(value) ? value : {})) {
    // A misspelt list of switches should not make every cable lead nowhere.
    const name = names.includes(key) ? key : meantBy(key, names, value)
    if (name !== undefined) given.set(name, inner)
  }
  const fields: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema.shape)) {
    // Absent stays absent, which is not the same as undefined.
    if (!given.has(name) && field instanceof z.ZodExactOptional) continue
    fields[name] = salvage(field, given.get(name))
  }
  return fields
}
