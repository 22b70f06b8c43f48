import { Column } from '../columnar/column.ts'
import { OWNED_MEMORY } from '../columnar/memory.ts'
import { BIGINT, INT } from '../types/data-type.ts'
import { ColumnReader, ColumnWriter } from './column-codec.ts'
import { DueBuckets } from './due-buckets.ts'
import { IdList } from './grouped-table.ts'
import type { KeyEncoder } from './key-encoder.ts'
import { MultimapKeys } from './multimap-keys.ts'
import { ceilMillis, schemaText } from './segmented-table.ts'
import type { StateTable, StateTableSchema } from './state-table.ts'
import type { ValueStore } from './value-store.ts'

export interface SessionTableOptions {
  readonly name: string
  readonly keys: KeyEncoder
  readonly stores: readonly ValueStore[]
  /** Text of the values for the schema. */
  readonly values: string
  /** Whether sessions are ever asked for by their end. */
  readonly expires: boolean
}

/**
 * Sessions by key: of each key an ordered list of intervals [start, end] that neither overlap nor touch, and their values in stores, indexed
 * by session id. A row that touches sessions widens the earliest of them, which absorbs the others.
 *
 * Sessions are listed by the end they had when they were listed. When that time has passed they are looked at, and listed anew if they have
 * grown: so a row costs nothing for it, and eviction touches what ends and what should have ended.
 *
 * Bytes of deltas and snapshots: frames one after the other, applied in order.
 *
 *     evict     kind u8 = 0, through f64 (milliseconds): sessions that end by then are gone
 *     sessions  kind u8 = 1, rows u32, ids INT column, key columns, start and end BIGINT columns (microseconds), value columns; a session replaces
 *               the one with its id
 *     absorbed  kind u8 = 2, rows u32, ids u32: these sessions are gone
 */
export class SessionTable implements StateTable {
  readonly name: string
  readonly schema: StateTableSchema
  readonly stores: readonly ValueStore[]
  /** By session id, microseconds. */
  starts = new BigInt64Array(CAPACITY)
  ends = new BigInt64Array(CAPACITY)
  /** Sessions that `add` made; their values are to be initialised. */
  readonly created = new IdList()
  /** Sessions that `add` absorbed, and which took each in; their values are to be merged before `forgetAbsorbed`. */
  readonly absorbed = new IdList()
  readonly #takers = new IdList()
  readonly #keys: MultimapKeys
  readonly #expires: boolean
  /** By session id: its key, NONE for an id without session. */
  #key = new Int32Array(CAPACITY).fill(NONE)
  #previous = new Int32Array(CAPACITY)
  #next = new Int32Array(CAPACITY)
  /** By session id: the time under which it is listed in #due; NaN: it is not. */
  #listedMs = new Float64Array(CAPACITY).fill(Number.NaN)
  /** By key id: the latest session. */
  #last = new Int32Array(CAPACITY).fill(NONE)
  /** By key id: sessions now and, of keys touched in the epoch, before it; the epoch that touched it last. */
  #sessionsOf = new Int32Array(CAPACITY)
  #sessionsBefore = new Int32Array(CAPACITY)
  #touchedIn = new Int32Array(CAPACITY)
  readonly #keysTouched = new IdList()
  #epoch = 0
  readonly #due = new DueBuckets((id) => this.#listedMs[id]!)
  /** Ids are below it. */
  #count = 0
  #living = 0
  #free: number[] = []
  #keyIds = new Int32Array(0)
  #evictedThroughMs = Number.NEGATIVE_INFINITY

  // Since `committed`.
  readonly #dirty = new IdList()
  #isDirty = new Uint8Array(CAPACITY)
  #gone: number[] = []
  #committedThroughMs = Number.NEGATIVE_INFINITY

  constructor(options: SessionTableOptions) {
    this.name = options.name
    this.stores = options.stores
    this.#keys = new MultimapKeys(options.keys)
    this.#expires = options.expires
    for (const store of this.stores) store.grow(CAPACITY)
    this.schema = { version: 1, key: schemaText(options.keys.schema), value: `start bigint, end bigint, ${options.values}` }
  }
  get rows(): number {
    return this.#living
  }
  get bytes(): number {
    const own = this.starts.length * (2 * 8 + 3 * 4 + 8 + 1) + 16 * this.#last.length + this.#due.bytes
    return this.stores.reduce((sum, store) => sum + store.bytes, own + this.#keys.bytes)
  }

  /** Begins to count anew what `counts` tells. */
  beginEpoch(): void {
    this.#epoch++
    this.#keysTouched.clear()
  }
  /**
   * Of the keys that got rows since `beginEpoch`: all their sessions, and by how many fewer they are than before. So Spark counts updated and
   * removed rows of state: it writes the whole list of a key again.
   */
  get counts(): { readonly updated: number; readonly removed: number } {
    let updated = 0
    let removed = 0
    for (let i = 0; i < this.#keysTouched.count; i++) {
      const key = this.#keysTouched.ids[i]!
      updated += this.#sessionsOf[key]!
      removed += Math.max(0, this.#sessionsBefore[key]! - this.#sessionsOf[key]!)
    }
    return { updated, removed }
  }

  /**
   * Gives rows[0 … count) their sessions: ids[i] becomes that of rows[i]. Encoded keys, starts and ends are by row. Sessions that came to touch
   * each other are absorbed: rows already assigned to one of them go into its own values, before those are merged.
   */
  add(words: Int32Array, starts: BigInt64Array, ends: BigInt64Array, rows: Int32Array, count: number, ids: Int32Array): void {
    this.created.clear()
    if (this.#keyIds.length < count) this.#keyIds = new Int32Array(count)
    const keyIds = this.#keyIds
    this.#keys.findOrAdd(words, rows, count, keyIds)
    this.#reserveKeys()
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const key = keyIds[i]!
      if (this.#touchedIn[key] !== this.#epoch) this.#touchKey(key)
      ids[i] = this.#place(key, starts[row]!, ends[row]!)
      this.#touch(ids[i]!)
    }
    this.#keys.release(keyIds, count)
  }

  /** For each of `absorbed` the session that has it now: the one that took it in, or whichever took in that one. */
  takers(): Int32Array {
    const { count } = this.absorbed
    const takers = this.#takers.ids.slice(0, count)
    const now = new Map<number, number>()
    for (let i = count - 1; i >= 0; i--) {
      takers[i] = now.get(takers[i]!) ?? takers[i]!
      now.set(this.absorbed.ids[i]!, takers[i]!)
    }
    return takers
  }
  /** The values of the absorbed sessions have been merged: their ids may be used again. */
  forgetAbsorbed(): void {
    for (let i = 0; i < this.absorbed.count; i++) this.#free.push(this.absorbed.ids[i]!)
    this.absorbed.clear()
    this.#takers.clear()
  }

  /** Ids of all sessions, ascending. */
  all(): Int32Array {
    const ids = new Int32Array(this.#living)
    let count = 0
    for (let id = 0; id < this.#count; id++) if (this.#key[id] !== NONE) ids[count++] = id
    return ids
  }
  /** When the first and the last session end, in milliseconds rounded up; undefined: there is none. Walks all sessions. */
  due(): { readonly firstMs: number; readonly lastMs: number; readonly count: number } | undefined {
    let firstMs = Number.POSITIVE_INFINITY
    let lastMs = Number.NEGATIVE_INFINITY
    for (const id of this.all()) {
      const endMs = this.#endMs(id)
      firstMs = Math.min(firstMs, endMs)
      lastMs = Math.max(lastMs, endMs)
    }
    return this.#living === 0 ? undefined : { firstMs, lastMs, count: this.#living }
  }
  /** Takes the sessions that end by `throughMs` out of the lists; `drop` must follow. */
  takeDue(throughMs: number): IdList {
    this.#evictedThroughMs = Math.max(this.#evictedThroughMs, throughMs)
    const due = new IdList()
    const listed = this.#due.take(throughMs)
    for (let i = 0; i < listed.count; i++) {
      const id = listed.ids[i]!
      // Seen already: an id may be listed twice.
      if (!(this.#listedMs[id]! <= throughMs)) continue
      const endMs = this.#endMs(id)
      this.#listedMs[id] = Number.NaN
      if (endMs <= throughMs) due.push(id)
      else this.#list(id, endMs)
    }
    return due
  }
  drop(ids: IdList): void {
    for (let i = 0; i < ids.count; i++) {
      this.#unlink(ids.ids[i]!)
      this.#free.push(ids.ids[i]!)
    }
    this.#keys.forgetTexts()
  }
  clear(): void {
    for (const id of this.all()) this.#unlink(id)
    this.#due.clear()
    this.#free = []
    this.#count = 0
    this.committed()
    this.#keys.forgetTexts()
  }

  /** Key columns of sessions. */
  decodeKeys<T>(ids: Int32Array, count: number, decode: (keys: Int32Array, keyIds: Int32Array, count: number) => T): T {
    const keyIds = new Int32Array(count)
    for (let i = 0; i < count; i++) keyIds[i] = this.#key[ids[i]!]!
    return decode(this.#keys.words, keyIds, count)
  }

  delta(): Uint8Array[] {
    const frames: Uint8Array[] = []
    if (this.#evictedThroughMs > this.#committedThroughMs) frames.push(evictFrame(this.#evictedThroughMs))
    const gone = [...new Set(this.#gone)].filter((id) => this.#key[id] === NONE)
    if (gone.length > 0) frames.push(absorbedFrame(gone))
    const dirty = this.#dirty.ids.slice(0, this.#dirty.count).filter((id) => this.#key[id] !== NONE)
    frames.push(...this.#sessionFrames(dirty))
    return frames
  }
  committed(): void {
    for (let i = 0; i < this.#dirty.count; i++) this.#isDirty[this.#dirty.ids[i]!] = 0
    this.#dirty.clear()
    this.#gone = []
    this.#committedThroughMs = this.#evictedThroughMs
  }
  *snapshot(): Iterable<Uint8Array> {
    if (this.#evictedThroughMs > Number.NEGATIVE_INFINITY) yield evictFrame(this.#evictedThroughMs)
    yield* this.#sessionFrames(this.all())
  }
  restore(block: Uint8Array): void {
    const reader = new ColumnReader(block)
    while (!reader.done) {
      const kind = reader.u8()
      if (kind === EVICT) {
        const throughMs = reader.f64()
        this.drop(this.takeDue(throughMs))
        continue
      }
      const count = reader.u32()
      if (kind === ABSORBED) {
        for (let i = 0; i < count; i++) {
          const id = reader.u32()
          // A session made and absorbed between two commits is not here, nor perhaps room for it.
          if (id < this.#count && this.#key[id] !== NONE) this.#unlink(id)
        }
      } else this.#restoreSessions(reader, count)
    }
    this.#free = []
    for (let id = this.#count - 1; id >= 0; id--) if (this.#key[id] === NONE) this.#free.push(id)
    this.committed()
  }

  /** The session of a row [start, end]: sessions of the key that it touches become one. */
  #place(key: number, start: bigint, end: bigint): number {
    const { starts, ends } = this
    let id = this.#last[key]!
    while (id !== NONE && starts[id]! > end) id = this.#previous[id]!
    if (id === NONE || ends[id]! < start) return this.#create(key, start, end, id)
    for (let before = this.#previous[id]!; before !== NONE && ends[before]! >= start; before = this.#previous[id]!) {
      if (ends[id]! > ends[before]!) ends[before] = ends[id]!
      this.#unlink(id)
      this.#gone.push(id)
      this.absorbed.push(id)
      this.#takers.push(before)
      this.#touch(before)
      id = before
    }
    if (start < starts[id]!) starts[id] = start
    if (end > ends[id]!) ends[id] = end
    return id
  }

  #create(key: number, start: bigint, end: bigint, after: number): number {
    const id = this.#free.pop() ?? this.#count
    this.#enter(id, key, start, end, after)
    this.created.push(id)
    return id
  }

  /** `after`: the session before it, or NONE. */
  #enter(id: number, key: number, start: bigint, end: bigint, after: number): void {
    this.#reserve(id + 1)
    this.#count = Math.max(this.#count, id + 1)
    this.#living++
    this.#sessionsOf[key]!++
    this.#keys.holdOne(key)
    this.#key[id] = key
    this.starts[id] = start
    this.ends[id] = end
    const next = after === NONE ? this.#first(key) : this.#next[after]!
    this.#previous[id] = after
    this.#next[id] = next
    if (after !== NONE) this.#next[after] = id
    if (next === NONE) this.#last[key] = id
    else this.#previous[next] = id
    if (this.#expires) this.#list(id, this.#endMs(id))
  }
  #unlink(id: number): void {
    const key = this.#key[id]!
    const previous = this.#previous[id]!
    const next = this.#next[id]!
    if (previous !== NONE) this.#next[previous] = next
    if (next === NONE) this.#last[key] = previous
    else this.#previous[next] = previous
    this.#key[id] = NONE
    this.#listedMs[id] = Number.NaN
    this.#living--
    this.#sessionsOf[key]!--
    this.#keys.releaseOne(key)
  }
  #first(key: number): number {
    let id = this.#last[key]!
    while (id !== NONE && this.#previous[id] !== NONE) id = this.#previous[id]!
    return id
  }
  #list(id: number, dueMs: number): void {
    this.#listedMs[id] = dueMs
    this.#due.add(id, dueMs)
  }
  #endMs(id: number): number {
    const lanes = new Int32Array(this.ends.buffer, 8 * id, 2)
    return ceilMillis(lanes[0]!, lanes[1]!)
  }
  #touchKey(key: number): void {
    this.#touchedIn[key] = this.#epoch
    this.#sessionsBefore[key] = this.#sessionsOf[key]!
    this.#keysTouched.push(key)
  }
  #touch(id: number): void {
    if (this.#isDirty[id] === 1) return
    this.#isDirty[id] = 1
    this.#dirty.push(id)
  }

  #restoreSessions(reader: ColumnReader, count: number): void {
    const ids = reader.column(INT, count).values as Int32Array
    const { encoder } = this.#keys
    const keyColumns = encoder.schema.map((f) => reader.column(f.type, count))
    const starts = reader.column(BIGINT, count).values as BigInt64Array
    const ends = reader.column(BIGINT, count).values as BigInt64Array
    const values = this.stores.map((store) => store.types.map((type) => reader.column(type, count)))
    // What these sessions were goes first: they may lie where another of them was.
    for (const id of ids) if (id < this.#count && this.#key[id] !== NONE) this.#unlink(id)
    const rows = Int32Array.from(ids, (_, row) => row)
    const keyIds = new Int32Array(count)
    this.#keys.findOrAdd(encoder.encode(keyColumns, count), rows, count, keyIds)
    this.#reserveKeys()
    for (let i = 0; i < count; i++) {
      let after = this.#last[keyIds[i]!]!
      while (after !== NONE && this.starts[after]! > starts[i]!) after = this.#previous[after]!
      this.#enter(ids[i]!, keyIds[i]!, starts[i]!, ends[i]!, after)
    }
    this.#keys.release(keyIds, count)
    for (const [s, store] of this.stores.entries()) store.put(ids, count, values[s]!)
  }

  *#sessionFrames(ids: Int32Array): Iterable<Uint8Array> {
    for (let from = 0; from < ids.length; from += FRAME_ROWS) {
      const some = ids.subarray(from, from + FRAME_ROWS)
      const writer = new ColumnWriter()
      writer.u8(SESSIONS)
      writer.u32(some.length)
      writer.column(new Column(INT, some.length, null, some))
      const { encoder } = this.#keys
      const keys = this.decodeKeys(some, some.length, (words, keyIds, count) =>
        encoder.decode(words, keyIds, count, OWNED_MEMORY),
      )
      for (const column of keys) writer.column(column)
      for (const bounds of [this.starts, this.ends]) {
        writer.column(
          new Column(
            BIGINT,
            some.length,
            null,
            BigInt64Array.from(some, (id) => bounds[id]!),
          ),
        )
      }
      for (const store of this.stores) for (const column of store.take(some, some.length, OWNED_MEMORY)) writer.column(column)
      yield writer.finish()
    }
  }

  #reserveKeys(): void {
    if (this.#keys.idCount <= this.#last.length) return
    const capacity = Math.max(this.#keys.idCount, 2 * this.#last.length)
    this.#last = grown(this.#last, new Int32Array(capacity).fill(NONE))
    this.#sessionsOf = grown(this.#sessionsOf, new Int32Array(capacity))
    this.#sessionsBefore = grown(this.#sessionsBefore, new Int32Array(capacity))
    this.#touchedIn = grown(this.#touchedIn, new Int32Array(capacity))
  }
  #reserve(sessions: number): void {
    const old = this.starts.length
    if (sessions <= old) return
    const capacity = Math.max(sessions, 2 * old)
    this.starts = grown(this.starts, new BigInt64Array(capacity))
    this.ends = grown(this.ends, new BigInt64Array(capacity))
    this.#key = grown(this.#key, new Int32Array(capacity).fill(NONE))
    this.#previous = grown(this.#previous, new Int32Array(capacity))
    this.#next = grown(this.#next, new Int32Array(capacity))
    this.#listedMs = grown(this.#listedMs, new Float64Array(capacity).fill(Number.NaN))
    this.#isDirty = grown(this.#isDirty, new Uint8Array(capacity))
    for (const store of this.stores) store.grow(capacity)
  }
}

const EVICT = 0
const SESSIONS = 1
const ABSORBED = 2

/** No session, no key. */
const NONE = -1
const CAPACITY = 16
const FRAME_ROWS = 16384

function grown<A extends Int32Array | Uint8Array | Float64Array | BigInt64Array>(from: A, into: A): A {
  into.set(from as never)
  return into
}
function evictFrame(throughMs: number): Uint8Array {
  const writer = new ColumnWriter()
  writer.u8(EVICT)
  writer.f64(throughMs)
  return writer.finish()
}
function absorbedFrame(ids: readonly number[]): Uint8Array {
  const writer = new ColumnWriter()
  writer.u8(ABSORBED)
  writer.u32(ids.length)
  for (const id of ids) writer.u32(id)
  return writer.finish()
}
