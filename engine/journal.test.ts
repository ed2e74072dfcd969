import { describe, expect, it } from 'vitest'
import { Journal, type JournalEntry } from './journal.ts'

const ENTRY: JournalEntry = {
  timeNs: 5,
  node: 'pfsense1',
  kind: 'node.poweredOff',
  text: 'powered off',
  details: {},
}

describe('Journal', () => {
  it('calls all listeners in the order they were added', () => {
    const journal = new Journal()
    const heard: unknown[] = []
    journal.listen((entry) => heard.push('first', entry))
    journal.listen((entry) => heard.push('second', entry))
    journal.tell(ENTRY)
    expect(heard).toEqual(['first', ENTRY, 'second', ENTRY])
  })

  it('does not replay earlier entries to a new listener', () => {
    const journal = new Journal()
    const heard: JournalEntry[] = []
    journal.tell({ ...ENTRY, text: 'too early' })
    journal.listen((entry) => heard.push(entry))
    journal.tell(ENTRY)
    expect(heard).toEqual([ENTRY])
  })
})
