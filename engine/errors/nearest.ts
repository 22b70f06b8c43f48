/** Number of single-character edits between two texts, without case. */
function distance(a: string, b: string): number {
  const left = a.toLowerCase()
  const right = b.toLowerCase()
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i)
  for (let i = 1; i <= left.length; i++) {
    const current = [i]
    for (let j = 1; j <= right.length; j++) {
      const change = left[i - 1] === right[j - 1] ? 0 : 1
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + change)
    }
    previous = current
  }
  return previous[right.length]!
}

/** Names by nearness to what was written; `close` is the first when it is near enough to be what was meant. */
export function nearest(name: string, candidates: readonly string[]): { all: string[]; close: string | undefined } {
  const ranked = candidates.map((candidate) => ({ candidate, edits: distance(name, candidate) }))
  ranked.sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  const near = best !== undefined && best.edits <= Math.max(2, Math.floor(name.length / 3))
  return { all: ranked.map((r) => r.candidate), close: near ? best.candidate : undefined }
}

/** The candidate that is near enough to have been meant. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  return nearest(name, [...candidates]).close
}
