import type { Column } from '../../../columnar/column.ts'
import { readValue } from '../../../columnar/column.ts'
import { ColumnBuilder } from '../../../columnar/column-builder.ts'
import type { Memory } from '../../../columnar/memory.ts'
import { InternalError } from '../../../errors/engine-error.ts'
import type { BoundAggregate, Signature } from '../../../functions/function.ts'
import { BufferStore, type ValueStore } from '../../../state/value-store.ts'
import type { DataType } from '../../../types/data-type.ts'
import type { Value } from '../../../types/value.ts'
import { AverageAccumulator } from './average.ts'
import { CountAccumulator } from './count.ts'
import { BytesExtreme, FixedExtreme } from './extremes.ts'
import { DecimalSum, DoubleSum, LongSum } from './sum.ts'

/**
 * One aggregate over all groups of a table: typed arrays indexed by group id, updated a batch at a time.
 *
 * `update`: row rows[i] of the argument columns belongs to group ids[i], for i in [0, count). Rows come in input order.
 * `state` are the types of the values kept, as the checkpoint sees them: always those of the function's BoundAggregate.buffer, so that
 * a kernel and the general way read each other's state.
 */
export interface Accumulator {
  readonly state: readonly DataType[]
  createStores(): ValueStore[]
  /** Groups [from, to) are new. */
  init(stores: readonly ValueStore[], from: number, to: number): void
  update(stores: readonly ValueStore[], args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void
  /** Group i of `from` goes into group ids[i], for i in [0, count). The same as updating with its rows, behind those that came before. */
  merge(stores: readonly ValueStore[], from: readonly ValueStore[], ids: Int32Array, count: number): void
  /** The results of ids[0 … count). */
  finish(stores: readonly ValueStore[], ids: Int32Array, count: number, memory: Memory): Column
}

/** The kernel that the function names, or the general way over plain values. */
export function accumulatorFor(aggregate: BoundAggregate, signature: Signature): Accumulator {
  const argument = signature.arguments[0]
  switch (aggregate.kernel) {
    case 'count':
      return new CountAccumulator()
    case 'sum_int64':
      return new LongSum()
    case 'sum_float64':
      return new DoubleSum()
    case 'sum_decimal64':
      return new DecimalSum(signature.returns)
    case 'avg_int64':
    case 'avg_float64':
      return new AverageAccumulator()
    case 'min_fixed':
      return new FixedExtreme(argument!, -1)
    case 'max_fixed':
      return new FixedExtreme(argument!, 1)
    case 'min_text':
      return new BytesExtreme(argument!, -1)
    case 'max_text':
      return new BytesExtreme(argument!, 1)
    // first and last keep any type: the general way is what they need.
    case 'first':
    case 'last':
    case undefined:
      return new GeneralAccumulator(aggregate, signature.returns)
    default:
      throw new InternalError(`there is no aggregate kernel ${aggregate.kernel}`)
  }
}

/** Any aggregate, a row at a time over plain values: the meaning itself. */
export class GeneralAccumulator implements Accumulator {
  readonly state: readonly DataType[]
  readonly #aggregate: BoundAggregate
  readonly #returns: DataType

  constructor(aggregate: BoundAggregate, returns: DataType) {
    this.state = aggregate.buffer
    this.#aggregate = aggregate
    this.#returns = returns
  }
  createStores(): ValueStore[] {
    return [new BufferStore(this.state)]
  }
  init(stores: readonly ValueStore[], from: number, to: number): void {
    const { buffers } = stores[0] as BufferStore
    for (let id = from; id < to; id++) buffers[id] = this.#aggregate.init()
  }
  update(stores: readonly ValueStore[], args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void {
    const { buffers } = stores[0] as BufferStore
    const { update } = this.#aggregate
    const values: Value[] = new Array(args.length)
    for (let i = 0; i < count; i++) {
      for (let a = 0; a < args.length; a++) values[a] = readValue(args[a]!, rows[i]!)
      update(buffers[ids[i]!]!, values)
    }
  }
  merge(stores: readonly ValueStore[], from: readonly ValueStore[], ids: Int32Array, count: number): void {
    const { buffers } = stores[0] as BufferStore
    const added = (from[0] as BufferStore).buffers
    for (let i = 0; i < count; i++) this.#aggregate.merge(buffers[ids[i]!]!, added[i]!)
  }
  finish(stores: readonly ValueStore[], ids: Int32Array, count: number): Column {
    const { buffers } = stores[0] as BufferStore
    const builder = new ColumnBuilder(this.#returns, count)
    for (let i = 0; i < count; i++) builder.append(this.#aggregate.finish(buffers[ids[i]!]!))
    return builder.finish()
  }
}
