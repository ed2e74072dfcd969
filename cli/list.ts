import { ownDocument, scenarioNames } from '../topologies/library/contents.ts'

/** `bascule list`: the built-in scenarios, one line each. It loads nothing of the simulation. */
export function list(): void {
  const width = Math.max(...scenarioNames.map((name) => name.length))
  for (const name of scenarioNames) {
    const { summary } = ownDocument(name) as { summary: string }
    process.stdout.write(`${name.padEnd(width)}  ${summary}\n`)
  }
}
