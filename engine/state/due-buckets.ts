import { IdList } from './grouped-table.ts'

/**
 * Ids listed by the time at which they are due, in buckets of about a second, so that asking for what is due touches that and no more. The
 * bucket that the watermark stands in is taken apart into buckets of one millisecond, which is all that watermarks tell apart.
 *
 * Nothing is ever taken out of a list: `dueOf` says under which time an id is listed now, and what is listed under another counts as gone.
 */
export class DueBuckets {
  readonly #dueOf: (id: number) => number
  readonly #lists = new Map<number, IdList>()
  /** Keys of #lists, the last milliseconds of the buckets; ascending. */
  #order: number[] = []
  /** Buckets up to it are of one millisecond. */
  #apartThroughMs = Number.NEGATIVE_INFINITY
  #lastKey = Number.NaN
  #lastList = new IdList()

  /** `dueOf`: milliseconds; NaN for an id that is listed no more. */
  constructor(dueOf: (id: number) => number) {
    this.#dueOf = dueOf
  }
  get bytes(): number {
    let bytes = 0
    for (const list of this.#lists.values()) bytes += list.ids.byteLength
    return bytes
  }

  add(id: number, dueMs: number): void {
    const key = dueMs <= this.#apartThroughMs ? dueMs : Math.ceil(dueMs / BUCKET_MS) * BUCKET_MS
    if (key !== this.#lastKey) {
      this.#lastList = this.#list(key)
      this.#lastKey = key
    }
    this.#lastList.push(id)
  }

  /** Takes out what is due by `throughMs`, in order of time; an id that was listed twice may come twice. */
  take(throughMs: number): IdList {
    this.#takeApart(throughMs)
    const taken = new IdList()
    let passed = 0
    for (const key of this.#order) {
      if (key > throughMs) break
      passed++
      const list = this.#lists.get(key)!
      this.#lists.delete(key)
      for (let i = 0; i < list.count; i++) if (this.#dueOf(list.ids[i]!) <= throughMs) taken.push(list.ids[i]!)
    }
    if (passed > 0) this.#order = this.#order.slice(passed)
    this.#lastKey = Number.NaN
    return taken
  }

  /** Ids change: `places[id]` is the new one, −1 drops it. */
  renumber(places: Int32Array): void {
    for (const [key, list] of this.#lists) {
      const moved = new IdList()
      for (let i = 0; i < list.count; i++) if (places[list.ids[i]!]! >= 0) moved.push(places[list.ids[i]!]!)
      this.#lists.set(key, moved)
    }
    this.#lastKey = Number.NaN
  }
  clear(): void {
    this.#lists.clear()
    this.#order = []
    this.#lastKey = Number.NaN
  }

  #takeApart(throughMs: number): void {
    const key = Math.ceil(throughMs / BUCKET_MS) * BUCKET_MS
    if (key <= this.#apartThroughMs) return
    this.#apartThroughMs = key
    const list = this.#lists.get(key)
    if (list === undefined || key === throughMs) return
    this.#lists.delete(key)
    this.#order.splice(this.#order.indexOf(key), 1)
    this.#lastKey = Number.NaN
    for (let i = 0; i < list.count; i++) {
      const due = this.#dueOf(list.ids[i]!)
      if (due > key - BUCKET_MS && due <= key) this.#list(due).push(list.ids[i]!)
    }
  }

  #list(key: number): IdList {
    let list = this.#lists.get(key)
    if (list === undefined) {
      list = new IdList()
      this.#lists.set(key, list)
      let at = this.#order.length
      while (at > 0 && this.#order[at - 1]! > key) at--
      this.#order.splice(at, 0, key)
    }
    return list
  }
}

const BUCKET_MS = 1024
