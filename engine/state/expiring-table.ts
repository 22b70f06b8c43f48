import { Column } from '../columnar/column.ts'
import { OWNED_MEMORY } from '../columnar/memory.ts'
import { BIGINT } from '../types/data-type.ts'
import { ColumnReader, ColumnWriter } from './column-codec.ts'
import { HashTable } from './hash-table.ts'
import type { KeyEncoder } from './key-encoder.ts'
import { schemaText } from './segmented-table.ts'
import type { StateTable, StateTableSchema } from './state-table.ts'

/**
 * Keys that each expire at a time of their own, whatever they are: what dropDuplicatesWithinWatermark keeps. One hash table for all, and a
 * heap by time of expiry, so that eviction touches the expired keys alone.
 *
 * Bytes of deltas and snapshots: frames one after the other.
 *
 *     evict  kind u8 = 0, through f64 (milliseconds): keys that expire by then are gone
 *     rows   kind u8 = 1, rows u32, key columns, expiry BIGINT column (milliseconds)
 */
export class ExpiringTable implements StateTable {
  readonly name: string
  readonly schema: StateTableSchema
  readonly keys: KeyEncoder
  readonly #table: HashTable
  /** By id; −1 where the id is free. */
  #expiresMs = new Float64Array(8)
  /** Ids, a binary heap by time of expiry. */
  #heap = new Int32Array(8)
  #heapCount = 0
  #dirty: number[] = []
  #evictedThroughMs = Number.NEGATIVE_INFINITY
  #committedThroughMs = Number.NEGATIVE_INFINITY

  constructor(name: string, keys: KeyEncoder) {
    this.name = name
    this.keys = keys
    this.#table = new HashTable(keys.lanes)
    this.schema = { version: 1, key: schemaText(keys.schema), value: 'expires_ms bigint' }
  }
  get rows(): number {
    return this.#heapCount
  }
  get bytes(): number {
    return this.#table.bytes + this.keys.bytes + this.#expiresMs.byteLength + this.#heap.byteLength
  }

  /** isNew[i] becomes 1 where the key in row rows[i] is not there yet (it is from then on), else 0. expiresMs: by row. */
  add(words: Int32Array, rows: Int32Array, count: number, expiresMs: Float64Array, isNew: Uint8Array): void {
    const one = new Int32Array(1)
    const id = new Int32Array(1)
    for (let i = 0; i < count; i++) {
      const before = this.#table.size
      one[0] = rows[i]!
      this.#table.findOrAdd(words, one, 1, id)
      isNew[i] = this.#table.size > before ? 1 : 0
      if (isNew[i] === 1) this.#enter(id[0]!, expiresMs[rows[i]!]!)
    }
  }

  /** Drops the keys that expire by `throughMs` and says how many they were. */
  evict(throughMs: number): number {
    this.#evictedThroughMs = Math.max(this.#evictedThroughMs, throughMs)
    let removed = 0
    while (this.#heapCount > 0 && this.#expiresMs[this.#heap[0]!]! <= throughMs) {
      const id = this.#heap[0]!
      this.#heap[0] = this.#heap[--this.#heapCount]!
      this.#sink(0)
      this.#table.remove(id)
      this.#expiresMs[id] = -1
      removed++
    }
    if (this.keys.internedCount > TEXTS_KEPT + 2 * this.rows * this.keys.internedColumns) {
      this.keys.compact((remap) => this.#table.rewriteKeys(remap))
    }
    return removed
  }

  delta(): Uint8Array[] {
    const chunks: Uint8Array[] = []
    if (this.#evictedThroughMs > this.#committedThroughMs) chunks.push(evictFrame(this.#evictedThroughMs))
    // An id may have been freed and handed out again since it was listed.
    const ids = [...new Set(this.#dirty)].filter((id) => this.#expiresMs[id]! >= 0)
    chunks.push(...this.#rowFrames(Int32Array.from(ids)))
    return chunks
  }
  committed(): void {
    this.#committedThroughMs = this.#evictedThroughMs
    this.#dirty = []
  }
  *snapshot(): Iterable<Uint8Array> {
    if (this.#evictedThroughMs > Number.NEGATIVE_INFINITY) yield evictFrame(this.#evictedThroughMs)
    yield* this.#rowFrames(this.#heap.slice(0, this.#heapCount))
  }
  restore(block: Uint8Array): void {
    const reader = new ColumnReader(block)
    while (!reader.done) {
      if (reader.u8() === 0) {
        this.evict(reader.f64())
        continue
      }
      const count = reader.u32()
      const columns = this.keys.schema.map((f) => reader.column(f.type, count))
      const expiry = reader.column(BIGINT, count)
      const rows = Int32Array.from({ length: count }, (_, row) => row)
      const expiresMs = Float64Array.from({ length: count }, (_, row) => Number(expiry.values![row]))
      this.add(this.keys.encode(columns, count), rows, count, expiresMs, new Uint8Array(count))
    }
    this.committed()
  }

  *#rowFrames(ids: Int32Array): Iterable<Uint8Array> {
    for (let from = 0; from < ids.length; from += FRAME_ROWS) {
      const some = ids.subarray(from, from + FRAME_ROWS)
      const writer = new ColumnWriter()
      writer.u8(1)
      writer.u32(some.length)
      for (const column of this.keys.decode(this.#table.keys, some, some.length, OWNED_MEMORY)) writer.column(column)
      const expiry = BigInt64Array.from(some, (id) => BigInt(this.#expiresMs[id]!))
      writer.column(new Column(BIGINT, some.length, null, expiry))
      yield writer.finish()
    }
  }

  #enter(id: number, expiresMs: number): void {
    if (id >= this.#expiresMs.length) {
      const grown = new Float64Array(2 * id)
      grown.set(this.#expiresMs)
      this.#expiresMs = grown
    }
    if (this.#heapCount === this.#heap.length) {
      const grown = new Int32Array(2 * this.#heapCount)
      grown.set(this.#heap)
      this.#heap = grown
    }
    this.#expiresMs[id] = expiresMs
    this.#dirty.push(id)
    let at = this.#heapCount++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#expiresMs[this.#heap[parent]!]! <= expiresMs) break
      this.#heap[at] = this.#heap[parent]!
      at = parent
    }
    this.#heap[at] = id
  }

  #sink(at: number): void {
    const heap = this.#heap
    const expires = this.#expiresMs
    const id = heap[at]!
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#heapCount) break
      if (child + 1 < this.#heapCount && expires[heap[child + 1]!]! < expires[heap[child]!]!) child++
      if (expires[heap[child]!]! >= expires[id]!) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = id
  }
}

const FRAME_ROWS = 16384
const TEXTS_KEPT = 4096

function evictFrame(throughMs: number): Uint8Array {
  const writer = new ColumnWriter()
  writer.u8(0)
  writer.f64(throughMs)
  return writer.finish()
}
