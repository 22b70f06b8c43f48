import { Column } from '../../../columnar/column.ts'
import type { Memory } from '../../../columnar/memory.ts'
import { int32View } from '../../../columnar/take.ts'
import { FixedStore, type ValueStore } from '../../../state/value-store.ts'
import { BIGINT, DOUBLE } from '../../../types/data-type.ts'
import type { Accumulator } from './accumulator.ts'

/** avg of integers and floating point: a DOUBLE sum and a count of values, as in Spark. NULL over no values. */
export class AverageAccumulator implements Accumulator {
  readonly state = [DOUBLE, BIGINT]

  createStores(): ValueStore[] {
    return [new FixedStore(DOUBLE), new FixedStore(BIGINT)]
  }
  init(stores: readonly ValueStore[], from: number, to: number): void {
    const [sum, counts] = stores as readonly [FixedStore, FixedStore]
    ;(sum.values as Float64Array).fill(0, from, to)
    ;(counts.values as BigInt64Array).fill(0n, from, to)
    sum.valid.fill(1, from, to)
    counts.valid.fill(1, from, to)
  }
  update(stores: readonly ValueStore[], args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void {
    const sums = (stores[0] as FixedStore).values as Float64Array
    const counts = (stores[1] as FixedStore).values as BigInt64Array
    const { values, validity } = args[0]!
    const longs = values instanceof BigInt64Array ? int32View(values) : null
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
      const id = ids[i]!
      // Two int32 lanes make the double that Number(bigint) would, without a bigint; beyond 2^53 both round.
      sums[id]! += longs === null ? (values![row] as number) : longs[2 * row + 1]! * 4294967296 + (longs[2 * row]! >>> 0)
      counts[id]! += 1n
    }
  }
  merge(stores: readonly ValueStore[], from: readonly ValueStore[], ids: Int32Array, count: number): void {
    const sums = (stores[0] as FixedStore).values as Float64Array
    const counts = (stores[1] as FixedStore).values as BigInt64Array
    const addedSums = (from[0] as FixedStore).values as Float64Array
    const addedCounts = (from[1] as FixedStore).values as BigInt64Array
    for (let i = 0; i < count; i++) {
      sums[ids[i]!]! += addedSums[i]!
      counts[ids[i]!]! += addedCounts[i]!
    }
  }
  finish(stores: readonly ValueStore[], ids: Int32Array, count: number, memory: Memory): Column {
    const sums = (stores[0] as FixedStore).values as Float64Array
    const counts = (stores[1] as FixedStore).values as BigInt64Array
    const out = memory.float64(count)
    const validity = memory.bytes((count + 7) >> 3).fill(0)
    for (let i = 0; i < count; i++) {
      const n = Number(counts[ids[i]!]!)
      out[i] = sums[ids[i]!]! / n
      if (n > 0) validity[i >> 3]! |= 1 << (i & 7)
    }
    return new Column(DOUBLE, count, validity, out)
  }
}
