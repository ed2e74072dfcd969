/** Words for a person who mistyped one. */

/** Edits (insert, delete, replace, swap neighbours) that lead from one word to the other. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? Number.POSITIVE_INFINITY) + 1)
      }
      current.push(best)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}

/** @returns the candidate that the word was probably meant to be, if one is close enough */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  // Longer than any name here, and the work grows with the square.
  if (word.length > 64) return undefined
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < bestDistance) {
      best = candidate
      bestDistance = edits
    }
  }
  return best
}

const MOST_LISTED = 12

/** @returns `a`, `a or b`, `a, b or c`; a long list is cut and its length told */
export function either(words: readonly string[], joiner = 'or'): string {
  if (words.length > MOST_LISTED) {
    return `${words.slice(0, MOST_LISTED).join(', ')} … (${words.length} in all)`
  }
  if (words.length < 2) return words.join()
  return `${words.slice(0, -1).join(', ')} ${joiner} ${words.at(-1)}`
}

/** `unknown node "pfsense3"; did you mean pfsense1? expected pfsense1 or pfsense2`. */
export function unknownName(what: string, name: string, candidates: readonly string[]): string {
  const head = `unknown ${what} ${JSON.stringify(name)}`
  if (candidates.length === 0) return `${head}; expected the name of one, but there is none`
  const hint = closest(name, candidates)
  return `${head}; ${hint === undefined ? '' : `did you mean ${hint}? `}expected ${either(candidates)}`
}
