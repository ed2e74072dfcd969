import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { eventStyles } from '../simulation/events.ts'

it('docs/metrics.md has a row for each kind of event in events.jsonl, and for no other', () => {
  const docs = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8')
  const table = docs.slice(docs.indexOf('## events.jsonl'))
  const documented = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names = '']) =>
    names.split(', ').map((name) => name.replaceAll('`', '')),
  )
  const inFile = Object.entries(eventStyles).filter(([, { told }]) => told !== 'metrics')
  expect(documented.toSorted()).toEqual(inFile.map(([kind]) => kind).toSorted())
})
