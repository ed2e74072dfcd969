/**
 * Kolmogorov-Smirnov: how likely a sample that is really uniform on [from, to] would be at least
 * as far from uniform as this one. By the asymptotic distribution with Stephens' correction,
 * which is good for samples of more than a few dozen.
 */
export function uniformityPValue(sample: readonly number[], from: number, to: number): number {
  const sorted = [...sample].sort((a, b) => a - b)
  const n = sorted.length
  let distance = 0
  for (const [index, value] of sorted.entries()) {
    const expected = (value - from) / (to - from)
    distance = Math.max(distance, (index + 1) / n - expected, expected - index / n)
  }
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance
  let p = 0
  for (let k = 1; k <= 100; k++) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda)
  return Math.min(1, Math.max(0, p))
}
