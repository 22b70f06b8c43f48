import { Arena } from '../columnar/arena.ts'
import type { Column } from '../columnar/column.ts'
import { OWNED_MEMORY } from '../columnar/memory.ts'
import type { Schema } from '../types/data-type.ts'
import { ColumnReader, ColumnWriter } from './column-codec.ts'
import { GroupedTable } from './grouped-table.ts'
import { HashTable, keyWords } from './hash-table.ts'
import type { KeyEncoder } from './key-encoder.ts'
import type { StateTable, StateTableSchema } from './state-table.ts'
import type { ValueStore } from './value-store.ts'

/** The segment of groups that no watermark ever reaches: no event time, or NULL. */
export const NEVER_DUE = Number.POSITIVE_INFINITY

export interface SegmentedTableOptions {
  readonly name: string
  readonly keys: KeyEncoder
  readonly stores: () => readonly ValueStore[]
  /** Text of the values for the schema: 'count bigint, sum(amount) bigint'. */
  readonly values: string
  readonly version: number
  /** Milliseconds at which a segment's groups are final; segments with equal keys are the same segment. */
  readonly dueMs: (segment: number) => number
  /** For time buckets: the first of the two key lanes that hold the event time in microseconds. */
  readonly timeLane?: number
}

/** Width of a time bucket. Keys that are times themselves are far too many for a segment each, so they lie in buckets, named by their last millisecond. */
const BUCKET_MS = 1024

/**
 * Groups in segments by event time: one GroupedTable a window or time bucket, all with one key encoder, so that a text that is part of
 * keys is kept once for all segments. Eviction drops whole segments; nothing ever walks a segment that is not dropped or written.
 *
 * Time buckets (`timeLane`): a bucket that the watermark enters is taken apart into segments of one millisecond, which is all that a
 * watermark can tell apart; each group is moved at most once in its life for it.
 *
 * Bytes of deltas and snapshots: frames one after the other, read back in order.
 *
 *     evict  kind u8 = 0, through f64 (milliseconds): segments due by then are gone
 *     rows   kind u8 = 1, segment f64, rows u32, key columns, value columns (see column-codec.ts); a row replaces the one with its key
 */
export class SegmentedTable implements StateTable {
  readonly name: string
  readonly schema: StateTableSchema
  readonly keys: KeyEncoder
  readonly #stores: () => readonly ValueStore[]
  readonly #dueMs: (segment: number) => number
  readonly #segments = new Map<number, GroupedTable>()
  /** Keys of segments, ascending by due time. */
  #order: number[] = []
  readonly #timeLane: number | undefined
  #evictedThroughMs = Number.NEGATIVE_INFINITY
  #committedThroughMs = Number.NEGATIVE_INFINITY
  /** Groups that a segment had when it was dropped, lately: new ones are made as large, so that they need not grow again and again. */
  #usualCount = 0
  /** Hash tables of the segments dropped last, for the next ones: fresh memory costs more than clearing it. */
  #spares: HashTable[] = []
  /** Buckets up to it are in segments of one millisecond. */
  #apartThroughMs = Number.NEGATIVE_INFINITY

  constructor(options: SegmentedTableOptions) {
    this.name = options.name
    this.keys = options.keys
    this.#stores = options.stores
    this.#dueMs = options.dueMs
    this.#timeLane = options.timeLane
    this.schema = { version: options.version, key: schemaText(options.keys.schema), value: options.values }
  }

  get rows(): number {
    let rows = 0
    for (const segment of this.#segments.values()) rows += segment.count
    return rows
  }
  get bytes(): number {
    let bytes = this.keys.bytes
    for (const segment of this.#segments.values()) bytes += segment.bytes
    for (const spare of this.#spares) bytes += spare.bytes
    return bytes
  }
  /** Ascending by due time. */
  *segments(): IterableIterator<GroupedTable> {
    for (const key of this.#order) yield this.#segments.get(key)!
  }
  find(key: number): GroupedTable | undefined {
    return this.#segments.get(key)
  }
  /** The segment with this key, made with room for `expected` groups if it is new. */
  segment(key: number, expected?: number): GroupedTable {
    let segment = this.#segments.get(key)
    if (segment === undefined) {
      // A segment of one millisecond holds next to nothing, however much a bucket does.
      expected ??= key <= this.#apartThroughMs ? 0 : this.#usualCount
      segment = new GroupedTable(key, this.#hashTable(expected), this.#stores(), expected)
      this.#segments.set(key, segment)
      const due = this.#dueMs(key)
      let at = this.#order.length
      while (at > 0 && this.#dueMs(this.#order[at - 1]!) > due) at--
      this.#order.splice(at, 0, key)
    }
    return segment
  }

  /** The segment of an event time, in milliseconds rounded up. */
  bucketOf(timeMs: number): number {
    return timeMs <= this.#apartThroughMs ? timeMs : Math.ceil(timeMs / BUCKET_MS) * BUCKET_MS
  }

  beginEpoch(): void {
    for (const segment of this.#segments.values()) segment.beginEpoch()
  }

  /** When segments are due, ascending, without the one that never is. A time bucket is due with the last of its groups. Walks the groups of time buckets. */
  dues(): { readonly key: number; readonly dueMs: number; readonly groups: number }[] {
    return this.#order.flatMap((key) => {
      const segment = this.#segments.get(key)!
      if (key === NEVER_DUE || segment.count === 0) return []
      return [{ key, dueMs: this.#timeLane === undefined ? this.#dueMs(key) : this.#lastTimeMs(segment), groups: segment.count }]
    })
  }
  #lastTimeMs(segment: GroupedTable): number {
    const { lanes } = this.keys
    const { keys } = segment.groups
    let last = Number.NEGATIVE_INFINITY
    for (let id = 0; id < segment.count; id++) {
      const at = id * lanes + this.#timeLane!
      last = Math.max(last, ceilMillis(keys[at]!, keys[at + 1]!))
    }
    return last
  }

  /** Segments that are due by `throughMs`, in order; still there until `evict`. */
  *due(throughMs: number): IterableIterator<GroupedTable> {
    if (this.#timeLane !== undefined) this.#takeApart(throughMs)
    for (const key of this.#order) {
      if (this.#dueMs(key) > throughMs) return
      yield this.#segments.get(key)!
    }
  }

  /** Drops the segments that are due by `throughMs` and says how many groups were in them. */
  evict(throughMs: number): number {
    if (throughMs <= this.#evictedThroughMs) return 0
    this.#evictedThroughMs = throughMs
    let removed = 0
    let dropped = 0
    let buckets = 0
    let bucket = Number.NEGATIVE_INFINITY
    const spares: HashTable[] = []
    for (const { key, count, groups } of this.due(throughMs)) {
      removed += count
      dropped++
      if (groups.capacity >= SPARE_CAPACITY_MIN) spares.push(groups)
      this.#segments.delete(key)
      // The parts of a bucket count as the one that they were.
      const bucketOfKey = this.#timeLane === undefined ? key : Math.ceil(key / BUCKET_MS)
      if (bucketOfKey !== bucket) buckets++
      bucket = bucketOfKey
    }
    if (dropped > 0) {
      this.#order = this.#order.slice(dropped)
      this.#spares = spares
      const count = Math.min(EXPECTED_MAX, removed / buckets)
      this.#usualCount = Math.ceil(this.#usualCount === 0 ? count : (this.#usualCount + count) / 2)
    }
    if (removed > 0) this.#forgetTexts()
    return removed
  }

  /** Everything is gone, as if the table were new. For tables that begin empty in each epoch. */
  clear(): void {
    this.#segments.clear()
    this.#order = []
    this.#forgetTexts()
  }

  delta(): Uint8Array[] {
    const chunks: Uint8Array[] = []
    if (this.#evictedThroughMs > this.#committedThroughMs) chunks.push(evictFrame(this.#evictedThroughMs))
    for (const segment of this.segments()) {
      if (segment.dirty.count > 0) chunks.push(...this.#rowFrames(segment, segment.dirty.ids, segment.dirty.count))
    }
    return chunks
  }

  committed(): void {
    this.#committedThroughMs = this.#evictedThroughMs
    for (const segment of this.#segments.values()) segment.committed()
  }

  *snapshot(): Iterable<Uint8Array> {
    if (this.#evictedThroughMs > Number.NEGATIVE_INFINITY) yield evictFrame(this.#evictedThroughMs)
    for (const segment of [...this.segments()]) {
      const ids = Int32Array.from({ length: segment.count }, (_, id) => id)
      yield* this.#rowFrames(segment, ids, segment.count)
    }
  }

  restore(block: Uint8Array): void {
    const reader = new ColumnReader(block)
    while (!reader.done) {
      if (reader.u8() === 0) {
        this.evict(reader.f64())
        continue
      }
      const segment = this.segment(reader.f64())
      const count = reader.u32()
      const keys = this.keys.schema.map((f) => reader.column(f.type, count))
      const rows = Int32Array.from({ length: count }, (_, row) => row)
      const ids = new Int32Array(count)
      segment.findOrAdd(this.keys.encode(keys, count), rows, count, ids)
      for (const store of segment.stores) {
        store.put(
          ids,
          count,
          store.types.map((type) => reader.column(type, count)),
        )
      }
    }
    this.#committedThroughMs = this.#evictedThroughMs
  }

  #hashTable(expected: number): HashTable {
    const spare = expected >= SPARE_CAPACITY_MIN ? this.#spares.pop() : undefined
    // One that is far too large would take longer to clear than a new one to make.
    if (spare === undefined || spare.capacity > 8 * expected) return new HashTable(this.keys.lanes, expected)
    spare.reset()
    return spare
  }

  #takeApart(throughMs: number): void {
    const bucket = Math.ceil(throughMs / BUCKET_MS) * BUCKET_MS
    if (bucket <= this.#apartThroughMs) return
    this.#apartThroughMs = bucket
    const whole = this.#segments.get(bucket)
    if (whole === undefined || bucket === throughMs) return
    this.#segments.delete(bucket)
    this.#order.splice(this.#order.indexOf(bucket), 1)
    const { lanes } = this.keys
    const { keys } = whole.groups
    const byTime = new Map<number, number[]>()
    for (let id = 0; id < whole.count; id++) {
      const at = id * lanes + this.#timeLane!
      const ms = ceilMillis(keys[at]!, keys[at + 1]!)
      const ids = byTime.get(ms)
      if (ids === undefined) byTime.set(ms, [id])
      else ids.push(id)
    }
    const dirty = new Set(whole.dirty.ids.subarray(0, whole.dirty.count))
    const changed = new Set(whole.changed.ids.subarray(0, whole.changed.count))
    for (const [ms, list] of byTime) this.#move(whole, Int32Array.from(list), this.segment(ms, list.length), dirty, changed)
  }

  #move(from: GroupedTable, ids: Int32Array, to: GroupedTable, dirty: Set<number>, changed: Set<number>): void {
    const rows = Int32Array.from(ids, (_, row) => row)
    const moved = new Int32Array(ids.length)
    to.findOrAdd(keyWords(from.groups, ids), rows, ids.length, moved)
    for (const [s, store] of to.stores.entries()) {
      store.put(moved, ids.length, from.stores[s]!.take(ids, ids.length, OWNED_MEMORY))
    }
    to.adopt(
      moved.filter((_, i) => dirty.has(ids[i]!)),
      moved.filter((_, i) => changed.has(ids[i]!)),
    )
  }

  *#rowFrames(segment: GroupedTable, ids: Int32Array, count: number): Iterable<Uint8Array> {
    for (let from = 0; from < count; from += FRAME_ROWS) {
      const some = ids.subarray(from, Math.min(count, from + FRAME_ROWS))
      const columns: Column[] = this.keys.decode(segment.groups.keys, some, some.length, scratch)
      for (const store of segment.stores) columns.push(...store.take(some, some.length, scratch))
      const writer = new ColumnWriter(some.length * 8 * columns.length + 256)
      writer.u8(1)
      writer.f64(segment.key)
      writer.u32(some.length)
      for (const column of columns) writer.column(column)
      scratch.reset()
      yield writer.finish()
    }
  }

  /**
   * Texts of keys that are gone are dropped when they outnumber the living ones. A walk over the keys, but at most once for as many keys
   * as were added since the last: the cost a key is constant.
   */
  #forgetTexts(): void {
    if (this.keys.internedCount <= TEXTS_KEPT + 2 * this.rows * this.keys.internedColumns) return
    this.keys.compact((remap) => {
      for (const segment of this.#segments.values()) segment.groups.rewriteKeys(remap)
    })
  }
}

/** Microseconds in two lanes to milliseconds, rounded up. */
export function ceilMillis(low: number, high: number): number {
  const micros = high * 4294967296 + (low >>> 0)
  // Up to here (the year 2096) a quotient by 1000 is exact enough to be rounded up; beyond, only a bigint is.
  if (Math.abs(micros) < 4e15) return Math.ceil(micros / 1000)
  const exact = (BigInt(high) << 32n) + BigInt(low >>> 0)
  const quotient = exact / 1000n
  return Number(exact > 0n && exact % 1000n !== 0n ? quotient + 1n : quotient)
}

const FRAME_ROWS = 16384
/** Smaller hash tables are not worth keeping. */
const SPARE_CAPACITY_MIN = 1024
const TEXTS_KEPT = 4096
/** No segment is made for more groups than this beforehand. */
const EXPECTED_MAX = 1 << 17

/** Holds columns from where they are gathered to where they are written, within one step. */
const scratch = new Arena()

function evictFrame(throughMs: number): Uint8Array {
  const writer = new ColumnWriter(16)
  writer.u8(0)
  writer.f64(throughMs)
  return writer.finish()
}

/** `name type` a column, NOT NULL where it holds: the layout of keys depends on it. */
export function schemaText(schema: Schema): string {
  return schema.map((f) => `${f.name} ${f.type}${f.nullable ? '' : ' NOT NULL'}`).join(', ')
}
