import * as z from 'zod'
import { duration, expectation, mapping } from './fields.ts'

/** How a fault is written: its kind, what it strikes, and when. */

const AT = 'a duration such as 12s, or a range such as { from: 12s, to: 13s }'

const instant = z.union(
  [
    duration(),
    mapping({
      from: duration().describe('Earliest instant.'),
      to: duration().describe('The instant drawn is before this one.'),
    }).describe('A range from which the seed draws.'),
  ],
  { error: expectation(AT) },
)

/** The schema of one kind of fault. `fields` hold at least the `node`. */
export function faultMapping<
  const Kind extends string,
  const Fields extends { readonly node: z.ZodType<string> },
>(kind: Kind, description: string, fields: Fields) {
  const at = instant.describe('When: a time since the start, or a range to draw from.')
  return mapping({ kind: z.literal(kind).describe(description), ...fields, at })
}
