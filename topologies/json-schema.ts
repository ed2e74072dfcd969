import * as z from 'zod'
import { scenarioSchema } from './document.ts'

/** @returns the JSON Schema (draft 2020-12) of a scenario as it is written, for editors */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-2020-12' })
}
