import type { Column } from '../../../columnar/column.ts'
import { type Memory, OWNED_MEMORY } from '../../../columnar/memory.ts'
import { ExecutionError } from '../../../errors/engine-error.ts'
import { FixedStore, type ValueStore } from '../../../state/value-store.ts'
import { BIGINT, type DataType, type DecimalType, DOUBLE } from '../../../types/data-type.ts'
import { identityRows } from '../../identity-rows.ts'
import type { Accumulator } from './accumulator.ts'

/** What the sums have in common: one value, NULL until a value came. */
abstract class Sum implements Accumulator {
  readonly state: readonly DataType[]
  constructor(type: DataType) {
    this.state = [type]
  }
  createStores(): ValueStore[] {
    return [new FixedStore(this.state[0]!)]
  }
  init(stores: readonly ValueStore[], from: number, to: number): void {
    const { values, valid } = stores[0] as FixedStore
    if (values instanceof BigInt64Array) values.fill(0n, from, to)
    else values.fill(0, from, to)
    valid.fill(0, from, to)
  }
  abstract update(stores: readonly ValueStore[], args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void
  /** A partial sum is a value like any other, NULL where its group had none. */
  merge(stores: readonly ValueStore[], from: readonly ValueStore[], ids: Int32Array, count: number): void {
    this.update(stores, from[0]!.take(identityRows(count), count, OWNED_MEMORY), identityRows(count), ids, count)
  }
  finish(stores: readonly ValueStore[], ids: Int32Array, count: number, memory: Memory): Column {
    return stores[0]!.take(ids, count, memory)[0]!
  }
}

/** TINYINT to BIGINT: BIGINT. A sum beyond 64 bits is ARITHMETIC_OVERFLOW. */
export class LongSum extends Sum {
  constructor() {
    super(BIGINT)
  }
  override update(
    stores: readonly ValueStore[],
    args: readonly Column[],
    rows: Int32Array,
    ids: Int32Array,
    count: number,
  ): void {
    const { values, valid } = stores[0] as FixedStore
    const sums = values as BigInt64Array
    const { values: input, validity } = args[0]!
    const from =
      input instanceof BigInt64Array
        ? addLongs(sums, valid, input, validity, rows, ids, count)
        : addInts(sums, valid, input as Int32Array, validity, rows, ids, count)
    if (from < count) throw overflow('overflow in the sum of integers')
  }
}

/** DECIMAL whose sum has at most 18 digits. */
export class DecimalSum extends Sum {
  readonly #limit: bigint
  constructor(type: DataType) {
    super(type)
    this.#limit = 10n ** BigInt((type as DecimalType).precision)
  }
  override update(
    stores: readonly ValueStore[],
    args: readonly Column[],
    rows: Int32Array,
    ids: Int32Array,
    count: number,
  ): void {
    const { values, valid } = stores[0] as FixedStore
    const sums = values as BigInt64Array
    const { values: input, validity } = args[0]!
    const limit = this.#limit
    const from = addLongs(sums, valid, input as BigInt64Array, validity, rows, ids, count)
    let within = from === count
    for (let i = 0; i < count && within; i++) within = sums[ids[i]!]! < limit && sums[ids[i]!]! > -limit
    if (!within) throw overflow('overflow in sum of decimals')
  }
}

export class DoubleSum extends Sum {
  constructor() {
    super(DOUBLE)
  }
  override update(
    stores: readonly ValueStore[],
    args: readonly Column[],
    rows: Int32Array,
    ids: Int32Array,
    count: number,
  ): void {
    const { values, valid } = stores[0] as FixedStore
    const sums = values as Float64Array
    const { values: input, validity } = args[0]!
    if (input instanceof Float64Array) addDoubles(sums, valid, input, validity, rows, ids, count)
    else addFloats(sums, valid, input as Float32Array, validity, rows, ids, count)
  }
}

/** Adds up to the first overflow and gives the index it was at, or `count`. The xor form of the test keeps V8 on raw 64-bit integers. */
function addLongs(
  sums: BigInt64Array,
  valid: Uint8Array,
  input: BigInt64Array,
  validity: Uint8Array | null,
  rows: Int32Array,
  ids: Int32Array,
  count: number,
): number {
  if (validity === null) {
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      const before = sums[id]!
      const value = input[rows[i]!]!
      const sum = BigInt.asIntN(64, before + value)
      sums[id] = sum
      valid[id] = 1
      if (BigInt.asIntN(64, (before ^ sum) & (value ^ sum)) < 0n) return i
    }
    return count
  }
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const id = ids[i]!
    const before = sums[id]!
    const value = input[row]!
    const sum = BigInt.asIntN(64, before + value)
    sums[id] = sum
    valid[id] = 1
    if (BigInt.asIntN(64, (before ^ sum) & (value ^ sum)) < 0n) return i
  }
  return count
}

// A number becomes a bigint through a typed array: `BigInt(number)` allocates.
const widened = new BigInt64Array(1)
const widenedLanes = new Int32Array(widened.buffer)
function addInts(
  sums: BigInt64Array,
  valid: Uint8Array,
  input: Int32Array,
  validity: Uint8Array | null,
  rows: Int32Array,
  ids: Int32Array,
  count: number,
): number {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const id = ids[i]!
    const value = input[row]!
    widenedLanes[0] = value
    widenedLanes[1] = value >> 31
    const before = sums[id]!
    const sum = BigInt.asIntN(64, before + widened[0]!)
    sums[id] = sum
    valid[id] = 1
    if (BigInt.asIntN(64, (before ^ sum) & (widened[0]! ^ sum)) < 0n) return i
  }
  return count
}

function addDoubles(
  sums: Float64Array,
  valid: Uint8Array,
  input: Float64Array,
  validity: Uint8Array | null,
  rows: Int32Array,
  ids: Int32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const id = ids[i]!
    sums[id]! += input[row]!
    valid[id] = 1
  }
}
function addFloats(
  sums: Float64Array,
  valid: Uint8Array,
  input: Float32Array,
  validity: Uint8Array | null,
  rows: Int32Array,
  ids: Int32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
    const id = ids[i]!
    sums[id]! += input[row]!
    valid[id] = 1
  }
}

function overflow(message: string): ExecutionError {
  return new ExecutionError('ARITHMETIC_OVERFLOW', {
    message,
    hint: 'Use try_sum to get NULL instead.',
    parameters: { message, alternative: ' Use `try_sum` to tolerate overflow and return NULL instead.' },
  })
}
