// Ranges of bytes. Every function here sees Uint8Array alone, so V8 compiles each once, well, and inlines it into generated loops.

/** Unsigned byte order: for UTF-8 the order of code points, which is Spark's order of strings. */
export function compareBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const difference = aEnd - aStart - (bEnd - bStart)
  const end = difference < 0 ? aEnd : aStart + (bEnd - bStart)
  for (let i = aStart, j = bStart; i < end; i++, j++) {
    const order = a[i]! - b[j]!
    if (order !== 0) return order
  }
  return difference
}

export function equalBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) if (a[i] !== b[j]) return false
  return true
}
