import type { HashTable } from './hash-table.ts'
import type { ValueStore } from './value-store.ts'

/**
 * Groups of one segment: key lanes to dense ids, and the groups' values in stores indexed by id.
 *
 * Keeps two lists of ids: those touched in the current epoch (what update mode emits) and those touched since the last checkpoint (what
 * a delta writes). Both are kept by stamps a group, so that neither is ever found by walking the table.
 */
export class GroupedTable {
  /** Of the segment; see SegmentedTable. */
  readonly key: number
  readonly groups: HashTable
  readonly stores: readonly ValueStore[]
  /** Ids touched since `beginEpoch`, in order of first touch. */
  readonly changed: IdList
  /** Ids touched since `committed`. */
  readonly dirty: IdList
  /** Clock of touches: grows by one with every epoch and every commit. */
  #now = 1
  #committedAt = 0
  #touchedAt = new Int32Array(8)

  /** `groups`: empty. */
  constructor(key: number, groups: HashTable, stores: readonly ValueStore[], expected = 0) {
    this.key = key
    this.groups = groups
    this.stores = stores
    this.changed = new IdList(expected)
    this.dirty = new IdList(expected)
    if (expected <= this.#touchedAt.length) return
    this.#touchedAt = new Int32Array(expected)
    for (const store of stores) store.grow(expected)
  }

  get count(): number {
    return this.groups.count
  }
  get bytes(): number {
    return this.stores.reduce((sum, store) => sum + store.bytes, this.groups.bytes + this.#touchedAt.byteLength)
  }

  /** As HashTable.findOrAdd; stores have room for the new ids, which begin at the count before the call. */
  findOrAdd(words: Int32Array, rows: Int32Array, count: number, ids: Int32Array): void {
    this.groups.findOrAdd(words, rows, count, ids)
    const groups = this.groups.count
    if (groups > this.#touchedAt.length) {
      const capacity = Math.max(groups, 2 * this.#touchedAt.length)
      const touchedAt = new Int32Array(capacity)
      touchedAt.set(this.#touchedAt)
      this.#touchedAt = touchedAt
      for (const store of this.stores) store.grow(capacity)
    }
  }

  touch(ids: Int32Array, count: number): void {
    const touchedAt = this.#touchedAt
    const now = this.#now
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      const before = touchedAt[id]!
      if (before === now) continue
      if (before <= this.#committedAt) this.dirty.push(id)
      touchedAt[id] = now
      this.changed.push(id)
    }
  }

  /** Groups that came from another table, and which of them it had listed. */
  adopt(dirty: Int32Array, changed: Int32Array): void {
    for (const id of dirty) {
      this.dirty.push(id)
      this.#touchedAt[id] = this.#now
    }
    for (const id of changed) this.changed.push(id)
  }

  beginEpoch(): void {
    this.changed.clear()
    this.#now++
  }
  committed(): void {
    this.dirty.clear()
    this.#committedAt = this.#now
    this.#now++
    // What was touched in this epoch stays listed in `changed`, but counts as written.
  }
}

/** A growing list of ids. */
export class IdList {
  ids: Int32Array
  count = 0

  constructor(expected = 0) {
    this.ids = new Int32Array(Math.max(8, expected))
  }

  push(id: number): void {
    if (this.count === this.ids.length) {
      const grown = new Int32Array(2 * this.ids.length)
      grown.set(this.ids)
      this.ids = grown
    }
    this.ids[this.count++] = id
  }
  clear(): void {
    this.count = 0
  }
}
