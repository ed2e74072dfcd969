import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml'
import type { Path, Problem } from '../schema/problem.ts'

/** YAML text as plain values, and the way back from a value to its line. */

export interface Position {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

export interface YamlSource {
  /** Undefined when the text is no YAML at all. */
  readonly value: unknown
  /** The problems that YAML itself reports; with a repeated field there is still a value. */
  readonly problems: readonly Problem[]
  /** @returns where the value stands, or else the nearest part that holds it */
  positionOf(path: Path): Position
}

export function readYaml(text: string): YamlSource {
  const lineCounter = new LineCounter()
  const start: Position = { line: 1, column: 1 }
  const broken = (message: string, { line, column } = start): YamlSource => ({
    value: undefined,
    problems: [{ path: [], line, column, message }],
    positionOf: () => start,
  })
  const positionAt = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  let document: Document.Parsed
  let value: unknown
  const problems: Problem[] = []
  try {
    document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      merge: true,
      // It would write its warnings to the console.
      logLevel: 'error',
    })
    for (const error of [...document.errors, ...document.warnings]) {
      const position = positionAt(error.pos[0])
      if (error.code !== 'DUPLICATE_KEY') return broken(sentenceOf(error), position)
      const { path, firstOffset } = repeatedField(document.contents, error.pos[0])
      const { line } = positionAt(firstOffset)
      const message = `this field already stands on line ${line}; expected it once`
      problems.push({ path, ...position, message })
    }
    if (document.contents === null || isEmptyScalar(document.contents)) {
      return broken('the file is empty; expected a scenario')
    }
    const orphan = aliasWithoutAnchor(document)
    if (orphan !== undefined) {
      const message = `the alias *${orphan.source} has no anchor before it; expected &${orphan.source} further up`
      return broken(message, positionAt(orphan.range?.[0] ?? 0))
    }
    value = document.toJS()
  } catch (error) {
    // The library gives up, for instance at an alias to something that contains it.
    if (isTooDeep(error as Error)) return broken(TOO_DEEP)
    return broken(`not YAML that can be read: ${plainSentence((error as Error).message)}`)
  }
  return {
    value,
    problems,
    positionOf: (path) => positionAt(offsetOf(document, path)),
  }
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null
}

// --- The library's words, as one sentence ------------------------------------------------------

function sentenceOf(error: { readonly code: string; readonly message: string }): string {
  if (error.code === 'MULTIPLE_DOCS') {
    return 'a second document starts here; expected one scenario in one file'
  }
  if (isTooDeep(error)) return TOO_DEEP
  return `expected valid YAML: ${plainSentence(error.message)}`
}

const TOO_DEEP = 'nested too deeply to be read; a scenario has about ten levels'

/** The library calls itself for each level, until there is no more room for that. */
function isTooDeep({ message }: { readonly message: string }): boolean {
  return /call stack/i.test(message)
}

function plainSentence(message: string): string {
  const [first = ''] = message.split('\n')
  return first.replace(/[.:\s]+$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
}

// --- Lines -------------------------------------------------------------------------------------

/**
 * A field stands where its value stands when this is a scalar, and where its name stands when the
 * value is a mapping, a list, or not valid here at all.
 */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node = followAlias(document, document.contents)
  let offset = node?.range?.[0] ?? 0
  for (const part of path) {
    let next: Node | null | undefined
    let key: Node | undefined
    if (isMap<Node, Node | null>(node)) {
      const pair = node.items.find((item) => nameOf(item) === String(part))
      next = pair?.value
      key = pair?.key
    } else if (isSeq<Node>(node) && typeof part === 'number') {
      next = node.items[part]
    }
    if (key === undefined && next === undefined) return offset
    node = followAlias(document, next)
    const place = key !== undefined && !isScalar(node) ? key : (node ?? key)
    offset = place?.range?.[0] ?? offset
  }
  return offset
}

function aliasWithoutAnchor(document: Document.Parsed): Alias | undefined {
  let orphan: Alias | undefined
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined
      orphan = alias
      return visit.BREAK
    },
  })
  return orphan
}

interface RepeatedField {
  readonly path: Path
  readonly firstOffset: number
}

/** The field whose name stands at the offset for the second time in its mapping. */
function repeatedField(contents: Node | null, offset: number): RepeatedField {
  const search = (node: Node | null, path: Path): RepeatedField | undefined => {
    if (isSeq<Node>(node)) {
      return firstOf(node.items, (item, at) => search(item, [...path, at]))
    }
    if (!isMap<Node, Node | null>(node)) return undefined
    return firstOf(node.items, (pair) => {
      const here = [...path, nameOf(pair)]
      if (pair.key.range?.[0] !== offset) return search(pair.value, here)
      const first = node.items.find((other) => nameOf(other) === nameOf(pair))
      return { path: here, firstOffset: first?.key.range?.[0] ?? offset }
    })
  }
  return search(contents, []) ?? { path: [], firstOffset: offset }
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item, at: number) => Found | undefined,
): Found | undefined {
  for (const [at, item] of items.entries()) {
    const found = find(item, at)
    if (found !== undefined) return found
  }
  return undefined
}

function nameOf(pair: Pair<Node, Node | null>): string {
  return isScalar(pair.key) ? String(pair.key.value) : ''
}

function followAlias(document: Document.Parsed, node: Node | null | undefined): Node | undefined {
  return (isAlias(node) ? node.resolve(document) : node) ?? undefined
}
