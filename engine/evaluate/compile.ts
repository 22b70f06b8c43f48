import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import type { Row, Value } from '../types/value.ts'

/** Row numbers that passed a filter, ascending, in `rows[0 … count)`. Valid until the arena is released. */
export interface Selection {
  readonly rows: Int32Array
  readonly count: number
}

/**
 * Compiled expressions over one input schema. Expressions hold `bound` references only.
 * `evaluate` computes every expression for the rows of the batch (of the selection when there is one: output row i is input row selection.rows[i]).
 * Plain references without a selection give the input column itself, without a copy. Memory comes from the arena.
 */
export interface Projection {
  evaluate(batch: Batch, selection: Selection | null, arena: Arena): Column[]
}
/** Rows for which the predicate is TRUE; null when all of them are. */
export interface Predicate {
  select(batch: Batch, selection: Selection | null, arena: Arena): Selection | null
}
/** The interpreter's form of an expression: one row of plain values. */
export type RowFunction = (row: Row) => Value
