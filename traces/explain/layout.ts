import { formatSeconds, MICROSECOND_NS } from '../../engine/time.ts'

/** So that a page fits a terminal beside another, and a mail. */
export const PAGE_WIDTH = 110

/** µs as seconds: `12.935346`. */
export function seconds(us: number): string {
  return formatSeconds(us * MICROSECOND_NS)
}

/** µs as seconds without the zeros that say nothing: `6`. */
export function briefSeconds(us: number): string {
  return seconds(us).replace(/\.?0+$/, '')
}

/** µs as seconds to the millisecond, rounded: for distributions. */
export function shortSeconds(us: number): string {
  return (us / 1_000_000).toFixed(3)
}

/** µs as a person says it: `105 µs`, `1.604 ms`, `2.455304 s`. */
export function duration(us: number): string {
  if (us < 1000) return `${us} µs`
  if (us < 1_000_000) return `${Math.floor(us / 1000)}.${String(us % 1000).padStart(3, '0')} ms`
  return `${seconds(us)} s`
}

export function heading(text: string): string {
  return `── ${text} ${'─'.repeat(Math.max(4, PAGE_WIDTH - 4 - text.length))}`
}

/** Words that do not fit go to a further line, indented by as many spaces as `hanging`. */
export function wrap(text: string, hanging: number): string[] {
  const lines: string[] = []
  let line = /^ */.exec(text)?.[0] ?? ''
  let isEmpty = true
  for (const word of text.trim().split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > PAGE_WIDTH) {
      lines.push(line)
      line = ' '.repeat(hanging)
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

/** Left-aligned columns, two spaces apart; columns in `numeric` are right-aligned. */
export function columns(
  rows: readonly (readonly string[])[],
  numeric: ReadonlySet<number> = new Set(),
): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return numeric.has(column) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
