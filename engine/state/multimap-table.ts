import { Batch } from '../columnar/batch.ts'
import { Column } from '../columnar/column.ts'
import { OWNED_MEMORY } from '../columnar/memory.ts'
import { takeColumn } from '../columnar/take.ts'
import { BOOLEAN, INT, type Schema } from '../types/data-type.ts'
import { ColumnReader, ColumnWriter } from './column-codec.ts'
import { DueBuckets } from './due-buckets.ts'
import { GrowingColumn } from './growing-column.ts'
import type { MultimapKeys } from './multimap-keys.ts'
import { NEVER_DUE, schemaText } from './segmented-table.ts'
import type { StateTable, StateTableSchema } from './state-table.ts'

/** No row. */
export const END = -1

export interface MultimapTableOptions {
  readonly name: string
  readonly keys: MultimapKeys
  /** Of the rows kept. */
  readonly schema: Schema
  /** Keys and due times of rows, as they were when the rows were added: state is written without them and they are made again on restore. */
  readonly describe: (batch: Batch) => { readonly words: Int32Array; readonly dueMs: Float64Array }
}

/**
 * Rows by key, several a key: one side of a join. Rows lie in columns in order of arrival; the rows of a key are a chain in that order. Rows
 * are listed by due time, so that eviction touches the rows that it removes and no others.
 *
 * A removed row leaves its chain at once; its place in the columns is won back when more than half of the places are empty, by moving the
 * living rows together: a constant cost a removed row. Rows are known by their places, which are good until `tidy`.
 *
 * Bytes of deltas and snapshots: frames one after the other, applied in order. Rows are known by their number of arrival.
 *
 *     evict    kind u8 = 0, through f64 (milliseconds): rows due by then are gone
 *     rows     kind u8 = 1, rows u32, first number f64, numbers less the first INT column, matched BOOLEAN column, the columns of the rows
 *     matched  kind u8 = 2, rows u32, numbers f64
 *     removed  kind u8 = 3, rows u32, numbers f64
 */
export class MultimapTable implements StateTable {
  readonly name: string
  readonly schema: StateTableSchema
  readonly #options: MultimapTableOptions
  #columns: GrowingColumn[]
  #views: readonly Column[] | undefined
  /** By row. */
  #next = new Int32Array(16)
  #previous = new Int32Array(16)
  /** END: the row is gone. */
  #key = new Int32Array(16)
  #matched = new Uint8Array(16)
  #dueMs = new Float64Array(16)
  /** Ascending. */
  #number = new Float64Array(16)
  #count = 0
  #living = 0
  #nextNumber = 0
  /** By key id: first and last row of the chain. */
  #head = new Int32Array(16).fill(END)
  #tail = new Int32Array(16).fill(END)
  readonly #due = new DueBuckets((row) => (this.#key[row] === END ? Number.NaN : this.#dueMs[row]!))
  #evictedThroughMs = Number.NEGATIVE_INFINITY

  // Since `committed`.
  #committedThroughMs = Number.NEGATIVE_INFINITY
  #committedNumber = 0
  #newlyMatched: number[] = []
  #newlyRemoved: number[] = []

  constructor(options: MultimapTableOptions) {
    this.name = options.name
    this.#options = options
    this.#columns = options.schema.map((f) => new GrowingColumn(f.type))
    this.schema = { version: 1, key: schemaText(options.keys.encoder.schema), value: schemaText(options.schema) }
  }
  get rows(): number {
    return this.#living
  }
  /** Without the keys, which the tables of a join share. */
  get bytes(): number {
    const places = this.#number.length * (3 * 4 + 1 + 2 * 8) + this.#due.bytes
    return this.#columns.reduce((sum, column) => sum + column.memoryBytes, places + 8 * this.#head.length)
  }

  /** When the first and the last of the rows without partner are due; undefined: there is none that ever is. Walks all rows. */
  unmatchedDue(): { readonly firstMs: number; readonly lastMs: number; readonly count: number } | undefined {
    let count = 0
    let firstMs = Number.POSITIVE_INFINITY
    let lastMs = Number.NEGATIVE_INFINITY
    for (let row = 0; row < this.#count; row++) {
      const due = this.#dueMs[row]!
      if (this.#key[row] === END || this.#matched[row] === 1 || due === Number.POSITIVE_INFINITY) continue
      count++
      firstMs = Math.min(firstMs, due)
      lastMs = Math.max(lastMs, due)
    }
    return count === 0 ? undefined : { firstMs, lastMs, count }
  }

  /** The columns of all rows, by row number; valid until rows are added or evicted. */
  get columns(): readonly Column[] {
    this.#views ??= this.#columns.map((column) => column.view())
    return this.#views
  }
  /** The first row of a key, or END. */
  first(key: number): number {
    return key < this.#head.length ? this.#head[key]! : END
  }
  /** The row behind `row` in its chain; of a row removed since, the one that was. */
  next(row: number): number {
    return this.#next[row]!
  }
  /** Chains as arrays, for loops over many rows: heads by key id (END beyond their end), next rows by row. Replaced when rows are added. */
  get heads(): Int32Array {
    return this.#head
  }
  get nexts(): Int32Array {
    return this.#next
  }
  isMatched(row: number): boolean {
    return this.#matched[row] === 1
  }
  isThere(row: number): boolean {
    return this.#key[row] !== END
  }
  /** Notes that the row has found a partner. */
  match(row: number): void {
    if (this.#matched[row] === 1) return
    this.#matched[row] = 1
    if (this.#number[row]! < this.#committedNumber) this.#newlyMatched.push(this.#number[row]!)
  }
  remove(row: number): void {
    if (this.#number[row]! < this.#committedNumber) this.#newlyRemoved.push(this.#number[row]!)
    this.#unlink(row)
  }

  /**
   * Adds rows[0 … count) of a batch. keys[i], dueMs[i] (NEVER_DUE: kept for ever) and matched[i] (null: none) are those of rows[i].
   */
  add(
    columns: readonly Column[],
    rows: Int32Array,
    keys: Int32Array,
    count: number,
    dueMs: Float64Array,
    matched: Uint8Array | null,
  ): void {
    if (count === 0) return
    this.#reserve(this.#count + count)
    for (const [c, column] of this.#columns.entries()) column.append(columns[c]!, rows, count)
    this.#views = undefined
    for (let i = 0; i < count; i++) {
      const row = this.#count + i
      const due = dueMs[i]!
      this.#dueMs[row] = due
      this.#matched[row] = matched === null ? 0 : matched[i]!
      this.#number[row] = this.#nextNumber++
      this.#link(row, keys[i]!)
      if (due !== NEVER_DUE) this.#due.add(row, due)
    }
    this.#count += count
  }

  /**
   * Removes the rows that are due by `throughMs` and says how many they were; `each` sees them before, in order of their buckets.
   */
  evict(throughMs: number, each?: (rows: Int32Array, count: number) => void): number {
    this.#evictedThroughMs = Math.max(this.#evictedThroughMs, throughMs)
    const evicted = this.#due.take(throughMs)
    if (evicted.count === 0) return 0
    each?.(evicted.ids, evicted.count)
    for (let i = 0; i < evicted.count; i++) this.#unlink(evicted.ids[i]!)
    return evicted.count
  }

  /** Wins back the places of removed rows when they are the most. Row numbers change. */
  tidy(): void {
    if (this.#count - this.#living <= Math.max(PLACES_KEPT, this.#living)) return
    const places = new Int32Array(this.#count).fill(END)
    const living = new Int32Array(this.#living)
    let count = 0
    for (let row = 0; row < this.#count; row++) {
      if (this.#key[row] === END) continue
      places[row] = count
      living[count++] = row
    }
    const columns = this.#options.schema.map((f) => new GrowingColumn(f.type))
    for (const [c, column] of columns.entries()) column.append(this.columns[c]!, living, count)
    this.#columns = columns
    this.#views = undefined
    for (let row = 0; row < count; row++) {
      const old = living[row]!
      const key = this.#key[old]!
      const next = this.#next[old]!
      const previous = this.#previous[old]!
      this.#next[row] = next === END ? END : places[next]!
      this.#previous[row] = previous === END ? END : places[previous]!
      this.#key[row] = key
      this.#matched[row] = this.#matched[old]!
      this.#dueMs[row] = this.#dueMs[old]!
      this.#number[row] = this.#number[old]!
      if (this.#previous[row] === END) this.#head[key] = row
      if (this.#next[row] === END) this.#tail[key] = row
    }
    this.#due.renumber(places)
    this.#count = count
  }

  delta(): Uint8Array[] {
    const frames: Uint8Array[] = []
    if (this.#evictedThroughMs > this.#committedThroughMs) frames.push(evictFrame(this.#evictedThroughMs))
    if (this.#newlyMatched.length > 0) frames.push(numbersFrame(MATCHED, this.#newlyMatched))
    if (this.#newlyRemoved.length > 0) frames.push(numbersFrame(REMOVED, this.#newlyRemoved))
    frames.push(...this.#rowFrames(this.#rowOf(this.#committedNumber)))
    return frames
  }
  committed(): void {
    this.#committedThroughMs = this.#evictedThroughMs
    this.#committedNumber = this.#nextNumber
    this.#newlyMatched = []
    this.#newlyRemoved = []
  }
  *snapshot(): Iterable<Uint8Array> {
    if (this.#evictedThroughMs > Number.NEGATIVE_INFINITY) yield evictFrame(this.#evictedThroughMs)
    yield* this.#rowFrames(0)
  }
  restore(block: Uint8Array): void {
    const reader = new ColumnReader(block)
    while (!reader.done) {
      const kind = reader.u8()
      if (kind === EVICT) {
        this.evict(reader.f64())
        this.tidy()
        continue
      }
      const count = reader.u32()
      if (kind === ROWS) this.#restoreRows(reader, count)
      else {
        for (let i = 0; i < count; i++) {
          // Rows that were evicted later in the same delta are gone already.
          const row = this.#rowOf(reader.f64(), true)
          if (row === END || this.#key[row] === END) continue
          if (kind === MATCHED) this.#matched[row] = 1
          else this.#unlink(row)
        }
      }
    }
    this.committed()
  }

  #restoreRows(reader: ColumnReader, count: number): void {
    const first = reader.f64()
    const numbers = Float64Array.from(reader.column(INT, count).values as Int32Array, (number) => first + number)
    const matched = reader.column(BOOLEAN, count).values as Uint8Array
    const { schema, keys, describe } = this.#options
    const columns = schema.map((f) => reader.column(f.type, count))
    const { words, dueMs } = describe(new Batch(schema, count, columns))
    const rows = Int32Array.from({ length: count }, (_, row) => row)
    const ids = new Int32Array(count)
    keys.findOrAdd(words, rows, count, ids)
    const at = this.#count
    this.add(columns, rows, ids, count, dueMs, matched)
    keys.release(ids, count)
    this.#number.set(numbers, at)
    this.#nextNumber = numbers[count - 1]! + 1
  }

  *#rowFrames(from: number): Iterable<Uint8Array> {
    const rows = new Int32Array(FRAME_ROWS)
    let count = 0
    for (let row = from; row < this.#count; row++) {
      if (this.#key[row] !== END) rows[count++] = row
      if (count === 0 || (count < FRAME_ROWS && row < this.#count - 1)) continue
      yield this.#rowFrame(rows, count)
      count = 0
    }
  }
  #rowFrame(rows: Int32Array, count: number): Uint8Array {
    const writer = new ColumnWriter()
    writer.u8(ROWS)
    writer.u32(count)
    const first = this.#number[rows[0]!]!
    writer.f64(first)
    const numbers = new Int32Array(count)
    const matched = new Uint8Array(count)
    for (let i = 0; i < count; i++) {
      numbers[i] = this.#number[rows[i]!]! - first
      matched[i] = this.#matched[rows[i]!]!
    }
    writer.column(new Column(INT, count, null, numbers))
    writer.column(new Column(BOOLEAN, count, null, matched))
    for (const column of this.columns) writer.column(takeColumn(column, rows, count, OWNED_MEMORY))
    return writer.finish()
  }

  /** The first row with this number or a later one; `exactly`: END unless it has this number. */
  #rowOf(number: number, exactly = false): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#number[middle]! < number) low = middle + 1
      else high = middle
    }
    return exactly && (low === this.#count || this.#number[low] !== number) ? END : low
  }

  #link(row: number, key: number): void {
    this.#options.keys.holdOne(key)
    this.#key[row] = key
    this.#next[row] = END
    const tail = this.#tail[key]!
    this.#previous[row] = tail
    if (tail === END) this.#head[key] = row
    else this.#next[tail] = row
    this.#tail[key] = row
    this.#living++
  }
  /** `next` of the row stays, so that a walk along the chain can go on. */
  #unlink(row: number): void {
    const key = this.#key[row]!
    const next = this.#next[row]!
    const previous = this.#previous[row]!
    if (previous === END) this.#head[key] = next
    else this.#next[previous] = next
    if (next === END) this.#tail[key] = previous
    else this.#previous[next] = previous
    this.#key[row] = END
    this.#living--
    this.#options.keys.releaseOne(key)
  }

  #reserve(rows: number): void {
    const ids = this.#options.keys.idCount
    if (ids > this.#head.length) {
      const capacity = Math.max(ids, 2 * this.#head.length)
      const head = new Int32Array(capacity).fill(END)
      head.set(this.#head)
      this.#head = head
      const tail = new Int32Array(capacity).fill(END)
      tail.set(this.#tail)
      this.#tail = tail
    }
    if (rows <= this.#number.length) return
    const capacity = Math.max(rows, 2 * this.#number.length)
    const grow = <A extends Int32Array | Uint8Array | Float64Array>(old: A, grown: A): A => {
      grown.set(old as never)
      return grown
    }
    this.#next = grow(this.#next, new Int32Array(capacity))
    this.#previous = grow(this.#previous, new Int32Array(capacity))
    this.#key = grow(this.#key, new Int32Array(capacity))
    this.#matched = grow(this.#matched, new Uint8Array(capacity))
    this.#dueMs = grow(this.#dueMs, new Float64Array(capacity))
    this.#number = grow(this.#number, new Float64Array(capacity))
  }
}

const EVICT = 0
const ROWS = 1
const MATCHED = 2
const REMOVED = 3

const FRAME_ROWS = 16384
/** Empty places that are not worth moving rows for. */
const PLACES_KEPT = 4096

function evictFrame(throughMs: number): Uint8Array {
  const writer = new ColumnWriter()
  writer.u8(EVICT)
  writer.f64(throughMs)
  return writer.finish()
}
function numbersFrame(kind: number, numbers: readonly number[]): Uint8Array {
  const writer = new ColumnWriter()
  writer.u8(kind)
  writer.u32(numbers.length)
  for (const number of numbers) writer.f64(number)
  return writer.finish()
}
