import * as z from 'zod'
import type { Path } from './problem.ts'

/** Finding one's way in a schema next to a value, for messages and for overrides. */

export type Schema = z.core.$ZodType

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The schema without the wrappers that make it optional. */
export function bare(schema: Schema): Schema {
  let inner = schema
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodExactOptional ||
    inner instanceof z.ZodDefault
  ) {
    inner = inner.unwrap()
  }
  return inner
}

/** Fields that the schema knows for this value; none when it wants no mapping. */
export function fieldsOf(schema: Schema, value: unknown): Readonly<Record<string, Schema>> {
  const inner = bare(schema)
  if (inner instanceof z.ZodObject) return inner.shape
  if (!(inner instanceof z.ZodUnion)) return {}
  const branch = branchFor(inner, value)
  return branch === undefined ? {} : fieldsOf(branch, value)
}

/** The schema of one field or element of the value. */
export function childSchema(
  schema: Schema,
  value: unknown,
  part: string | number,
): Schema | undefined {
  const inner = bare(schema)
  if (inner instanceof z.ZodUnion) {
    const branch = branchFor(inner, value)
    return branch === undefined ? undefined : childSchema(branch, value, part)
  }
  if (inner instanceof z.ZodArray) return typeof part === 'number' ? inner.element : undefined
  const fields = fieldsOf(inner, value)
  return Object.hasOwn(fields, part) ? fields[part] : undefined
}

export function schemaAt(schema: Schema, value: unknown, path: Path): Schema | undefined {
  let here: Schema | undefined = schema
  let at = value
  for (const part of path) {
    here = here === undefined ? undefined : childSchema(here, at, part)
    at = child(at, part)
  }
  return here
}

export function child(value: unknown, part: string | number): unknown {
  if (Array.isArray(value)) return typeof part === 'number' ? value[part] : undefined
  return isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined
}

/** The alternative that the writer of the value had in mind, if that can be told. */
export function branchFor(union: z.ZodUnion, value: unknown): Schema | undefined {
  const options = union.options.map(bare)
  if (Array.isArray(value)) return options.find((option) => option instanceof z.ZodArray)
  if (typeof value === 'string') {
    return options.find(
      (option) => !(option instanceof z.ZodArray || option instanceof z.ZodObject),
    )
  }
  if (!isRecord(value)) return undefined
  const mappings = options.filter((option) => option instanceof z.ZodObject)
  if (union instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = union.def
    return mappings.find((option) => {
      const field = option.shape[discriminator]
      return field !== undefined && z.safeParse(field, value[discriminator]).success
    })
  }
  return mostFieldsKnown(mappings, value)
}

/** The mapping that knows most fields of the value; undefined when two know equally many. */
function mostFieldsKnown(
  mappings: readonly z.ZodObject[],
  value: Readonly<Record<string, unknown>>,
): Schema | undefined {
  const known = mappings.map(
    (option) => Object.keys(value).filter((key) => Object.hasOwn(option.shape, key)).length,
  )
  const most = Math.max(...known)
  if (most === 0 || known.filter((count) => count === most).length > 1) return undefined
  return mappings[known.indexOf(most)]
}
