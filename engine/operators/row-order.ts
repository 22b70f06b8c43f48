import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { type CompareRows, compareRows } from '../columnar/compare.ts'
import { compileProjection, type Projection } from '../evaluate/compile.ts'
import { type SortOrder, typeOf } from '../expr/expression.ts'
import type { BuildOptions } from './build-options.ts'

/** ORDER BY over the rows of a batch: sort keys are computed once a row, then row numbers are sorted. Stable. */
export class RowOrder {
  readonly #orders: readonly SortOrder[]
  readonly #compare: readonly CompareRows[]
  readonly #projection: Projection

  constructor(orders: readonly SortOrder[], options: BuildOptions) {
    this.#orders = orders
    this.#compare = orders.map((o) => compareRows(typeOf(o.child)))
    this.#projection = compileProjection(
      orders.map((o) => o.child),
      options,
    )
  }
  keys(batch: Batch, arena: Arena): readonly Column[] {
    return this.#projection.evaluate(batch, null, arena)
  }
  compare(keys: readonly Column[], i: number, j: number): number {
    for (let o = 0; o < this.#orders.length; o++) {
      const { descending, nullsFirst } = this.#orders[o]!
      const key = keys[o]!
      const iNull = key.isNull(i)
      const jNull = key.isNull(j)
      if (iNull || jNull) {
        if (iNull && jNull) continue
        return iNull === nullsFirst ? -1 : 1
      }
      const order = this.#compare[o]!(key, i, key, j)
      if (order !== 0) return descending ? -order : order
    }
    return 0
  }
  /** All row numbers in order. */
  sorted(batch: Batch, arena: Arena): Int32Array {
    const keys = this.keys(batch, arena)
    const rows = Int32Array.from({ length: batch.rowCount }, (_, row) => row)
    return rows.sort((i, j) => this.compare(keys, i, j) || i - j)
  }
}
