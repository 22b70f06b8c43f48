import { Column, type FixedArray, fixedWidth, readValue } from '../columnar/column.ts'
import { allocateFixed, ColumnBuilder } from '../columnar/column-builder.ts'
import type { Memory } from '../columnar/memory.ts'
import { copyBytes, takeColumn } from '../columnar/take.ts'
import type { DataType } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'

/**
 * Values of groups, indexed by group id. A group's values are whatever its operator wrote; to the checkpoint they are columns of `types`.
 * Stores grow with the table they belong to; new places hold anything until the operator has initialised them.
 */
export interface ValueStore {
  readonly types: readonly DataType[]
  readonly bytes: number
  grow(capacity: number): void
  /** Columns of the values of ids[0 … count). */
  take(ids: Int32Array, count: number, memory: Memory): Column[]
  /** Sets the values of ids[i] from row i. */
  put(ids: Int32Array, count: number, columns: readonly Column[]): void
}

/** One value of a fixed-width type: a typed array and a byte that says whether it is set (not NULL). */
export class FixedStore implements ValueStore {
  readonly types: readonly [DataType]
  values: FixedArray
  /** 1: there is a value; 0: NULL. */
  valid: Uint8Array

  constructor(type: DataType, capacity = 8) {
    this.types = [type]
    this.values = allocateFixed(type, capacity)!
    this.valid = new Uint8Array(capacity)
  }
  get bytes(): number {
    return this.values.byteLength + this.valid.byteLength
  }
  grow(capacity: number): void {
    if (capacity <= this.valid.length) return
    const values = allocateFixed(this.types[0], capacity)!
    values.set(this.values as never)
    this.values = values
    const valid = new Uint8Array(capacity)
    valid.set(this.valid)
    this.valid = valid
  }
  take(ids: Int32Array, count: number, memory: Memory): Column[] {
    const type = this.types[0]
    const { valid } = this
    const values = takeColumn(new Column(type, valid.length, null, this.values), ids, count, memory).values
    let nulls = 0
    for (let i = 0; i < count; i++) nulls += 1 - valid[ids[i]!]!
    if (nulls === 0) return [new Column(type, count, null, values)]
    const validity = memory.bytes((count + 7) >> 3).fill(0)
    for (let i = 0; i < count; i++) validity[i >> 3]! |= valid[ids[i]!]! << (i & 7)
    return [new Column(type, count, validity, values)]
  }
  put(ids: Int32Array, count: number, columns: readonly Column[]): void {
    const column = columns[0]!
    const lanes = fixedWidth(this.types[0]) === 16 ? 2 : 1
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      this.valid[id] = column.isNull(i) ? 0 : 1
      for (let lane = 0; lane < lanes; lane++) this.values[id * lanes + lane] = column.values![i * lanes + lane]! as never
    }
  }
}

/** One string or binary value as bytes; null: NULL. */
export class BytesStore implements ValueStore {
  readonly types: readonly [DataType]
  items: (Uint8Array | null)[] = []
  #textBytes = 0

  constructor(type: DataType) {
    this.types = [type]
  }
  get bytes(): number {
    return this.#textBytes + 16 * this.items.length
  }
  grow(): void {}
  set(id: number, bytes: Uint8Array, start: number, end: number): void {
    const copy = bytes.slice(start, end)
    this.#textBytes += copy.length - (this.items[id]?.length ?? 0)
    this.items[id] = copy
  }
  clear(id: number): void {
    this.#textBytes -= this.items[id]?.length ?? 0
    this.items[id] = null
  }
  take(ids: Int32Array, count: number, memory: Memory): Column[] {
    const offsets = memory.int32(count + 1)
    let total = 0
    let nulls = 0
    for (let i = 0; i < count; i++) {
      offsets[i] = total
      const item = this.items[ids[i]!]
      if (item) total += item.length
      else nulls++
    }
    offsets[count] = total
    const bytes = memory.bytes(total + 8)
    const validity = nulls === 0 ? null : memory.bytes((count + 7) >> 3).fill(0)
    for (let i = 0; i < count; i++) {
      const item = this.items[ids[i]!]
      if (!item) continue
      if (validity !== null) validity[i >> 3]! |= 1 << (i & 7)
      copyBytes(item, 0, item.length, bytes, offsets[i]!)
    }
    return [new Column(this.types[0], count, validity, null, offsets, bytes)]
  }
  put(ids: Int32Array, count: number, columns: readonly Column[]): void {
    const column = columns[0]!
    for (let i = 0; i < count; i++) {
      if (column.isNull(i)) this.clear(ids[i]!)
      else this.set(ids[i]!, column.bytes!, column.offsets![i]!, column.offsets![i + 1]!)
    }
  }
}

/** Several plain values a group: the buffers of aggregates that have no kernel. The general way; it makes an object a group. */
export class BufferStore implements ValueStore {
  readonly types: readonly DataType[]
  readonly buffers: Value[][] = []

  constructor(types: readonly DataType[]) {
    this.types = types
  }
  /** An estimate: buffers are JavaScript objects. */
  get bytes(): number {
    return this.buffers.length * (32 + 16 * this.types.length)
  }
  grow(): void {}
  take(ids: Int32Array, count: number): Column[] {
    return this.types.map((type, c) => {
      const builder = new ColumnBuilder(type, count)
      for (let i = 0; i < count; i++) builder.append(this.buffers[ids[i]!]![c]!)
      return builder.finish()
    })
  }
  put(ids: Int32Array, count: number, columns: readonly Column[]): void {
    for (let i = 0; i < count; i++) this.buffers[ids[i]!] = columns.map((column) => readValue(column, i))
  }
}
