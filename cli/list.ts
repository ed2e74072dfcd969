import { builtInScenarios } from '../topologies/built-in.ts'

/** `bascule list`: the built-in scenarios, one line each. */
export function list(): void {
  const width = Math.max(...builtInScenarios.map(({ name }) => name.length))
  for (const { name, summary } of builtInScenarios) {
    process.stdout.write(`${name.padEnd(width)}  ${summary}\n`)
  }
}
