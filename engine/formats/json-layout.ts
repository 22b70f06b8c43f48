import { REFUSED, skipBlank, skipSpace, skipText, skipValue } from './json-bytes.ts'
import type { JsonLayout } from './json-codegen.ts'

const MISSES_BEFORE_RELEARNING = 256
const RELEARNINGS_MAX = 8
const ENTRIES_MAX = 500

/** The layout that records are tried against first, and whether it still pays: where most records differ from it, it is learned anew, some times. */
export class JsonLayoutLearner {
  layout: JsonLayout | undefined
  #relearnings = 0
  #misses = 0
  #rows = 0

  /** There is no layout, and the next record should be looked at. */
  get due(): boolean {
    return this.layout === undefined && this.#relearnings < RELEARNINGS_MAX
  }
  learned(layout: JsonLayout | undefined): void {
    this.#relearnings++
    this.layout = layout
  }
  /** Of `rows` rows `misses` had another layout. */
  count(misses: number, rows: number): void {
    this.#misses += misses
    this.#rows += rows
    if (this.#misses <= MISSES_BEFORE_RELEARNING) return
    if (this.#misses * 2 > this.#rows) this.layout = undefined
    this.#misses = 0
    this.#rows = 0
  }
}

/** The layout of the line at `position`: the keys in their order with all that stands between values. */
export function learnLineLayout(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  end: number,
  keys: readonly (Uint8Array | undefined)[],
): JsonLayout | undefined {
  const feed = bytes.indexOf(0x0a, position)
  if (feed < 0 || feed >= end) return undefined
  const found = learnLayout(bytes, view, position, keys, false)
  if (found === undefined) return undefined
  let p = skipSpace(bytes, found.end)
  if (bytes[p] === 0x0d) p++
  return p === feed ? { entries: found.entries, tail: bytes.slice(found.tailStart, feed + 1) } : undefined
}

/** The layout of the record in bytes[start, end), behind which a zero stands. */
export function learnRecordLayout(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  keys: readonly (Uint8Array | undefined)[],
): JsonLayout | undefined {
  const found = learnLayout(bytes, view, start, keys, true)
  if (found === undefined || found.end > end) return undefined
  return { entries: found.entries, tail: bytes.slice(found.tailStart, found.end) }
}

function learnLayout(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  keys: readonly (Uint8Array | undefined)[],
  breaks: boolean,
): { readonly entries: JsonLayout['entries']; readonly tailStart: number; readonly end: number } | undefined {
  const skip = breaks ? skipBlank : skipSpace
  const entries: { literal: Uint8Array; column: number }[] = []
  let literalStart = position
  let p = skip(bytes, position)
  if (bytes[p] !== 0x7b) return undefined
  do {
    p = skip(bytes, p + 1)
    if (bytes[p] !== 0x22 || entries.length > ENTRIES_MAX) return undefined
    const keyStart = p + 1
    p = skipText(bytes, view, keyStart)
    if (p === REFUSED) return undefined
    const key = bytes.subarray(keyStart, p)
    p = skip(bytes, p + 1)
    if (bytes[p] !== 0x3a || key.includes(0x5c)) return undefined
    p = skip(bytes, p + 1)
    const column = keys.findIndex((k) => k !== undefined && Buffer.compare(k, key) === 0)
    entries.push({ literal: bytes.slice(literalStart, p), column })
    p = skipValue(bytes, view, p, breaks)
    if (p === REFUSED) return undefined
    literalStart = p
    p = skip(bytes, p)
  } while (bytes[p] === 0x2c)
  return bytes[p] === 0x7d ? { entries, tailStart: literalStart, end: p + 1 } : undefined
}
