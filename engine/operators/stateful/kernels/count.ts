import type { Column } from '../../../columnar/column.ts'
import type { Memory } from '../../../columnar/memory.ts'
import { FixedStore, type ValueStore } from '../../../state/value-store.ts'
import { BIGINT } from '../../../types/data-type.ts'
import type { Accumulator } from './accumulator.ts'

/** count(*), count(a, b …): rows where no argument is NULL. Never NULL itself. */
export class CountAccumulator implements Accumulator {
  readonly state = [BIGINT]

  createStores(): ValueStore[] {
    return [new FixedStore(BIGINT)]
  }
  init(stores: readonly ValueStore[], from: number, to: number): void {
    const { values, valid } = stores[0] as FixedStore
    ;(values as BigInt64Array).fill(0n, from, to)
    valid.fill(1, from, to)
  }
  update(stores: readonly ValueStore[], args: readonly Column[], rows: Int32Array, ids: Int32Array, count: number): void {
    const counts = (stores[0] as FixedStore).values as BigInt64Array
    const nullable = args.filter((a) => a.validity !== null || a.type.kind === 'void')
    if (nullable.length === 0) countAll(counts, ids, count)
    else if (nullable.length === 1 && nullable[0]!.validity !== null) {
      countValid(counts, nullable[0]!.validity!, rows, ids, count)
    } else {
      for (let i = 0; i < count; i++) {
        const row = rows[i]!
        let present = true
        for (const column of nullable) if (column.isNull(row)) present = false
        if (present) counts[ids[i]!]! += 1n
      }
    }
  }
  merge(stores: readonly ValueStore[], from: readonly ValueStore[], ids: Int32Array, count: number): void {
    const counts = (stores[0] as FixedStore).values as BigInt64Array
    const added = (from[0] as FixedStore).values as BigInt64Array
    for (let i = 0; i < count; i++) counts[ids[i]!]! += added[i]!
  }
  finish(stores: readonly ValueStore[], ids: Int32Array, count: number, memory: Memory): Column {
    return stores[0]!.take(ids, count, memory)[0]!
  }
}

function countAll(counts: BigInt64Array, ids: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) counts[ids[i]!]! += 1n
}
function countValid(counts: BigInt64Array, validity: Uint8Array, rows: Int32Array, ids: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (((validity[row >> 3]! >> (row & 7)) & 1) === 1) counts[ids[i]!]! += 1n
  }
}
