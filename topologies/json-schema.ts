import * as z from 'zod'
import { scenarioSchema } from './document.ts'
import { library } from './library/index.ts'

/** @returns the JSON Schema (draft 2020-12) of a scenario as it is written, for editors */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-2020-12' })
  const { required, properties, ...rest } = schema
  const base = {
    type: 'string',
    enum: Object.keys(library),
    description: 'A scenario of the library. The fields of this one take the place of its fields.',
  }
  const set = {
    type: 'object',
    description: 'Changes of single places, by their paths, as --set takes them.',
  }
  return {
    ...rest,
    properties: { extends: base, ...properties, set },
    anyOf: [{ required: ['extends'] }, { required }],
  }
}
