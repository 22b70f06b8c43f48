import { HashTable } from './hash-table.ts'
import type { KeyEncoder } from './key-encoder.ts'

/**
 * The keys of the tables of one join: one hash table for both sides, so that a row is hashed and looked up once, to find its partners as
 * well as its own place. A key lives as long as any table holds a row of it.
 */
export class MultimapKeys {
  readonly encoder: KeyEncoder
  readonly #table: HashTable
  /** By id: how often the key is held, by rows of all tables and by batches on their way. */
  #holders = new Int32Array(16)

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
    return this.#table.bytes + this.encoder.bytes + this.#holders.byteLength
  }

  /**
   * ids[i] becomes the id of the key in row rows[i] of encoded words. The keys live at least until `release` of the same ids, whatever rows
   * leave meanwhile.
   */
  findOrAdd(words: Int32Array, rows: Int32Array, count: number, ids: Int32Array): void {
    this.#table.findOrAdd(words, rows, count, ids)
    if (this.#table.count > this.#holders.length) {
      const grown = new Int32Array(Math.max(this.#table.count, 2 * this.#holders.length))
      grown.set(this.#holders)
      this.#holders = grown
    }
    const holders = this.#holders
    for (let i = 0; i < count; i++) holders[ids[i]!]!++
  }
  release(ids: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.releaseOne(ids[i]!)
  }
  holdOne(id: number): void {
    this.#holders[id]!++
  }
  releaseOne(id: number): void {
    if (--this.#holders[id]! === 0) this.#table.remove(id)
  }

  /** Texts of keys that are gone are dropped when they outnumber the living ones: a constant cost a key. */
  forgetTexts(): void {
    const { encoder } = this
    if (encoder.internedCount <= TEXTS_KEPT + 2 * this.#table.size * encoder.internedColumns) return
    encoder.compact((remap) => this.#table.rewriteKeys(remap))
  }
}

const TEXTS_KEPT = 4096
