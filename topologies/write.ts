import { Document, isMap, isNode, isScalar, isSeq, type Node } from 'yaml'
import type { Scenario } from './document.ts'

const HEADER = ' A bascule scenario with every default spelled out. Run it with: bascule run FILE'

/** Up to this many characters of JSON, a mapping or list is one row of a table. */
const LONGEST_ROW = 160

/** @returns YAML that reads back as the very same scenario, in the order of the schema */
export function writeScenario(scenario: Scenario): string {
  // Built-in scenarios share objects, which would come out as anchors and aliases.
  const document = new Document(scenario, { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  document.commentBefore = HEADER
  if (isMap<Node, Node>(document.contents)) {
    for (const { value } of document.contents.items) layOut(value)
  }
  return document.toString({ lineWidth: 0 })
}

/** Rows for what is short and holds nothing but values and small mappings; the rest in blocks. */
function layOut(node: unknown): void {
  if (!isMap(node) && !isSeq(node)) return
  const children = childrenOf(node)
  for (const inner of children) layOut(inner)
  const holdsLists = isSeq(node) && children.some((inner) => !isScalar(inner))
  const isFlat = children.every((inner) => isScalar(inner) || isRow(inner))
  node.flow = isFlat && !holdsLists && JSON.stringify(node).length <= LONGEST_ROW
}

function isRow(node: Node): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true
}

function childrenOf(node: unknown): Node[] {
  if (isSeq(node)) return node.items.filter(isNode)
  return isMap(node) ? node.items.map((pair) => pair.value).filter(isNode) : []
}
