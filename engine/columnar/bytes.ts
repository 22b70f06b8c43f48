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

/** The first place of `part` at or after `start`; −1 when there is none. */
export function indexOfBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
): number {
  if (partStart === partEnd) return start
  const last = end - (partEnd - partStart)
  const first = part[partStart]!
  for (let i = start; i <= last; i++) {
    if (bytes[i] !== first) continue
    let matched = 1
    while (partStart + matched < partEnd && bytes[i + matched] === part[partStart + matched]) matched++
    if (partStart + matched === partEnd) return i
  }
  return -1
}

export function equalBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) if (a[i] !== b[j]) return false
  return true
}

/** Is the range well-formed UTF-8: no surrogates, nothing longer than it needs to be? */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start
  while (p < end) {
    const c = bytes[p++]!
    if (c < 0x80) continue
    let more: number
    let low = 0x80
    let high = 0xbf
    if (c >= 0xc2 && c <= 0xdf) more = 1
    else if (c >= 0xe0 && c <= 0xef) {
      more = 2
      if (c === 0xe0) low = 0xa0
      else if (c === 0xed) high = 0x9f
    } else if (c >= 0xf0 && c <= 0xf4) {
      more = 3
      if (c === 0xf0) low = 0x90
      else if (c === 0xf4) high = 0x8f
    } else return false
    if (p + more > end) return false
    const next = bytes[p++]!
    if (next < low || next > high) return false
    for (; more > 1; more--) if ((bytes[p++]! & 0xc0) !== 0x80) return false
  }
  return true
}
