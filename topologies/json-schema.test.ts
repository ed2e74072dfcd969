import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { builtInScenarios } from './built-in.ts'
import { scenarioJsonSchema } from './json-schema.ts'
import { readScenario } from './read.ts'
import { edited, SMALL } from './small.fixture.ts'
import { writeScenario } from './write.ts'

const schema = scenarioJsonSchema()
const validate = new Ajv2020({ strict: false }).compile(schema)

describe('the JSON Schema', () => {
  it('is up to date (npm run schema)', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      './scenario.schema.json',
    )
  })

  it.each(builtInScenarios)('accepts $name as it is written', ({ document }) => {
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
  })

  it('accepts a resolved scenario', () => {
    const result = readScenario(SMALL)
    expect(result.ok && validate(parse(writeScenario(result.scenario)))).toBe(true)
  })

  it.each([
    ['vhid: 2,', 'vhid: 300,'],
    ['vhid: 2,', 'vihd: 2,'],
    [', password: secret-2', ''],
    ['duration: 60s', 'duration: 60'],
    ['duration: 60s', 'duration: 60 s'],
    ['portGroup: TRUNK', 'port: TRUNK'],
    ['mode: access', 'mode: acess'],
    ['kind: power-on', 'kind: poweron'],
    ['10.10.110.254/24', '10.10.110.254'],
    ['name: small', 'name: ../up'],
  ])('refuses %j -> %j', (from, to) => {
    expect(validate(parse(edited([from, to])))).toBe(false)
  })

  it('has help for every field', () => {
    expect(fieldsWithoutHelp(schema, '')).toEqual([])
  })
})

function fieldsWithoutHelp(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) => {
    const deeper = fieldsWithoutHelp(value, `${path}/${key}`)
    if (key !== 'properties') return deeper
    const silent = Object.entries(value as Record<string, { description?: string }>)
      .filter(([, field]) => field.description === undefined)
      .map(([name]) => `${path}/${name}`)
    return [...silent, ...deeper]
  })
}
