import { compareBytes } from '../../../columnar/bytes.ts'
import type { Column } from '../../../columnar/column.ts'
import { type Memory, OWNED_MEMORY } from '../../../columnar/memory.ts'
import { BytesStore, FixedStore, type ValueStore } from '../../../state/value-store.ts'
import type { DataType } from '../../../types/data-type.ts'
import { identityRows } from '../../identity-rows.ts'
import type { Accumulator } from './accumulator.ts'

/** min (sign −1) and max (sign 1) of types of one typed-array element: NULL until a value came. NaN is greater than all, as in Spark. */
export class FixedExtreme implements Accumulator {
  readonly state: readonly [DataType]
  readonly #sign: 1 | -1

  constructor(type: DataType, sign: 1 | -1) {
    this.state = [type]
    this.#sign = sign
  }
  createStores(): ValueStore[] {
    return [new FixedStore(this.state[0])]
  }
  init(stores: readonly ValueStore[], from: number, to: number): void {
    ;(stores[0] as FixedStore).valid.fill(0, from, to)
  }
  update(stores: readonly ValueStore[], args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void {
    const { values, valid } = stores[0] as FixedStore
    const { values: input, validity } = args[0]!
    const sign = this.#sign
    if (input instanceof BigInt64Array) {
      longExtreme(values as BigInt64Array, valid, input, validity, rows, ids, count, sign > 0)
    } else if (input instanceof Float64Array || input instanceof Float32Array) {
      floatExtreme(values as Float64Array, valid, input as Float64Array, validity, rows, ids, count, sign)
    } else intExtreme(values as Int32Array, valid, input as Int32Array, validity, rows, ids, count, sign)
  }
  /** An extreme of some rows is a value like any other, NULL where its group had none. */
  merge(stores: readonly ValueStore[], from: readonly ValueStore[], ids: Int32Array, count: number): void {
    this.update(stores, from[0]!.take(identityRows(count), count, OWNED_MEMORY), identityRows(count), ids, count)
  }
  finish(stores: readonly ValueStore[], ids: Int32Array, count: number, memory: Memory): Column {
    return stores[0]!.take(ids, count, memory)[0]!
  }
}

function longExtreme(
  best: BigInt64Array,
  valid: Uint8Array,
  input: BigInt64Array,
  validity: Uint8Array | null,
  rows: Int32Array,
  ids: Int32Array,
  count: number,
  greatest: boolean,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const id = ids[i]!
    if (valid[id] === 0 || (greatest ? input[row]! > best[id]! : input[row]! < best[id]!)) {
      best[id] = input[row]!
      valid[id] = 1
    }
  }
}
function intExtreme(
  best: Int32Array,
  valid: Uint8Array,
  input: Int32Array,
  validity: Uint8Array | null,
  rows: Int32Array,
  ids: Int32Array,
  count: number,
  sign: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const id = ids[i]!
    if (valid[id] === 0 || (input[row]! - best[id]!) * sign > 0) {
      best[id] = input[row]!
      valid[id] = 1
    }
  }
}
function floatExtreme(
  best: Float64Array,
  valid: Uint8Array,
  input: Float64Array,
  validity: Uint8Array | null,
  rows: Int32Array,
  ids: Int32Array,
  count: number,
  sign: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const id = ids[i]!
    const value = input[row]!
    const so = best[id]!
    const order = value < so ? -1 : value > so ? 1 : Number.isNaN(value) ? (Number.isNaN(so) ? 0 : 1) : Number.isNaN(so) ? -1 : 0
    if (valid[id] === 0 || order * sign > 0) {
      best[id] = value
      valid[id] = 1
    }
  }
}

/** min and max of text by its bytes (= by code point). A copy is made when a row beats what is kept: about log n times for n rows. */
export class BytesExtreme implements Accumulator {
  readonly state: readonly [DataType]
  readonly #sign: 1 | -1

  constructor(type: DataType, sign: 1 | -1) {
    this.state = [type]
    this.#sign = sign
  }
  createStores(): ValueStore[] {
    return [new BytesStore(this.state[0])]
  }
  init(stores: readonly ValueStore[], from: number, to: number): void {
    const store = stores[0] as BytesStore
    for (let id = from; id < to; id++) store.clear(id)
  }
  update(stores: readonly ValueStore[], args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void {
    const store = stores[0] as BytesStore
    const { bytes, offsets, validity } = args[0]!
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
      const id = ids[i]!
      const start = offsets![row]!
      const end = offsets![row + 1]!
      const best = store.items[id]
      if (!best || compareBytes(bytes!, start, end, best, 0, best.length) * this.#sign > 0) store.set(id, bytes!, start, end)
    }
  }
  /** An extreme of some rows is a value like any other, NULL where its group had none. */
  merge(stores: readonly ValueStore[], from: readonly ValueStore[], ids: Int32Array, count: number): void {
    this.update(stores, from[0]!.take(identityRows(count), count, OWNED_MEMORY), identityRows(count), ids, count)
  }
  finish(stores: readonly ValueStore[], ids: Int32Array, count: number, memory: Memory): Column {
    return stores[0]!.take(ids, count, memory)[0]!
  }
}
