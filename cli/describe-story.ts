import type { Scenario } from '../topologies/document.ts'

type Story = Partial<Pick<Scenario, 'symptom' | 'cause' | 'fix'>>

/** The symptom, the cause and the fix of a scenario, as far as it tells them, and an empty line. */
export function describeStory({ symptom, cause, fix }: Story): string[] {
  const lines = [
    ...(symptom === undefined ? [] : [`symptom  ${symptom}`]),
    ...(cause === undefined ? [] : [`cause    ${cause}`]),
    ...(fix === undefined ? [] : [`fix      ${fix}`]),
  ]
  return lines.length === 0 ? [] : [...lines, '']
}
