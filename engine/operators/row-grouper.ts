/** Rows of a batch that belong to one key: rows[start … end) of the grouper. */
export interface RowSlice {
  readonly key: number
  readonly start: number
  readonly end: number
}

/**
 * Sorts the rows of a batch by a numeric key with few distinct values (a window, a time bucket), keeping their order within a key:
 * one pass to number the keys, one to place the rows.
 */
export class RowGrouper {
  /** Row numbers, slice after slice; valid until the next call. */
  rows = new Int32Array(0)
  #ordinals = new Int32Array(0)
  #counts = new Int32Array(16)
  readonly #ordinalOf = new Map<number, number>()

  /** NaN: the row belongs nowhere. Slices come in the order in which their keys appear. */
  group(keys: Float64Array, count: number): RowSlice[] {
    if (this.rows.length < count) {
      this.rows = new Int32Array(count)
      this.#ordinals = new Int32Array(count)
    }
    const ordinals = this.#ordinals
    const ordinalOf = this.#ordinalOf
    const found: number[] = []
    ordinalOf.clear()
    this.#counts.fill(0)
    let lastKey = Number.NaN
    let last = -1
    for (let row = 0; row < count; row++) {
      const key = keys[row]!
      if (key !== lastKey) {
        lastKey = key
        last = Number.isNaN(key) ? -1 : this.#ordinal(key, found)
      }
      ordinals[row] = last
      if (last >= 0) this.#counts[last]!++
    }
    const next = new Int32Array(found.length)
    const slices: RowSlice[] = []
    let at = 0
    for (let ordinal = 0; ordinal < found.length; ordinal++) {
      next[ordinal] = at
      slices.push({ key: found[ordinal]!, start: at, end: at + this.#counts[ordinal]! })
      at += this.#counts[ordinal]!
    }
    const rows = this.rows
    for (let row = 0; row < count; row++) {
      const ordinal = ordinals[row]!
      if (ordinal >= 0) rows[next[ordinal]!++] = row
    }
    return slices
  }

  #ordinal(key: number, found: number[]): number {
    const known = this.#ordinalOf.get(key)
    if (known !== undefined) return known
    const ordinal = found.push(key) - 1
    this.#ordinalOf.set(key, ordinal)
    if (ordinal === this.#counts.length) {
      const grown = new Int32Array(2 * ordinal)
      grown.set(this.#counts)
      this.#counts = grown
    }
    return ordinal
  }
}
