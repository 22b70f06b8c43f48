import { HashTable } from './hash-table.ts'
import type { KeyEncoder } from './key-encoder.ts'

/**
 * The keys of the tables of one join: one hash table for both sides, so that a row is hashed and looked up once, to find its partners as
 * well as its own place. A key lives as long as any table holds a row of it.
 */
export class MultimapKeys {
  readonly encoder: KeyEncoder
  readonly #table: HashTable
  /** By id: rows that hold the key, in all tables; FREE where the id stands for no key. */
  #rows = new Int32Array(16).fill(FREE)

  constructor(encoder: KeyEncoder) {
    this.encoder = encoder
    this.#table = new HashTable(encoder.lanes)
  }
  /** Ids are below it. */
  get idCount(): number {
    return this.#table.count
  }
  /** Dense encoded keys, for the encoder to decode. */
  get words(): Int32Array {
    return this.#table.keys
  }
  get bytes(): number {
    return this.#table.bytes + this.encoder.bytes + this.#rows.byteLength
  }

  /** ids[i] becomes the id of the key in row rows[i] of encoded words. Keys that get no row are to be dropped by `dropUnused`. */
  findOrAdd(words: Int32Array, rows: Int32Array, count: number, ids: Int32Array): void {
    this.#table.findOrAdd(words, rows, count, ids)
    if (this.#table.count > this.#rows.length) {
      const grown = new Int32Array(Math.max(this.#table.count, 2 * this.#rows.length)).fill(FREE)
      grown.set(this.#rows)
      this.#rows = grown
    }
    const held = this.#rows
    for (let i = 0; i < count; i++) if (held[ids[i]!] === FREE) held[ids[i]!] = 0
  }
  hold(id: number): void {
    this.#rows[id]!++
  }
  release(id: number): void {
    if (--this.#rows[id]! === 0) this.#forget(id)
  }
  /** Forgets those of the keys that no row holds. */
  dropUnused(ids: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) if (this.#rows[ids[i]!] === 0) this.#forget(ids[i]!)
  }

  /** Texts of keys that are gone are dropped when they outnumber the living ones: a constant cost a key. */
  forgetTexts(): void {
    const { encoder } = this
    if (encoder.internedCount <= TEXTS_KEPT + 2 * this.#table.size * encoder.internedColumns) return
    encoder.compact((remap) => this.#table.rewriteKeys(remap))
  }

  #forget(id: number): void {
    this.#rows[id] = FREE
    this.#table.remove(id)
  }
}

const FREE = -1
const TEXTS_KEPT = 4096
