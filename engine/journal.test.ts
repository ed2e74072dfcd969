import { describe, expect, it } from 'vitest'
import { Journal, type JournalEntry } from './journal.ts'

const ENTRY: JournalEntry = { timeNs: 5, node: 'pfsense1', kind: 'carp.state', text: 'INIT' }

describe('a journal', () => {
  it('tells every listener, in the order in which they came', () => {
    const journal = new Journal()
    const heard: unknown[] = []
    journal.listen((entry) => heard.push('first', entry))
    journal.listen((entry) => heard.push('second', entry))
    journal.tell(ENTRY)
    expect(heard).toEqual(['first', ENTRY, 'second', ENTRY])
  })

  it('tells nobody what was written before they listened', () => {
    const journal = new Journal()
    const heard: JournalEntry[] = []
    journal.tell({ ...ENTRY, text: 'too early' })
    journal.listen((entry) => heard.push(entry))
    journal.tell(ENTRY)
    expect(heard).toEqual([ENTRY])
  })
})
