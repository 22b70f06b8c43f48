import type { Column } from '../columnar/column.ts'
import type { Memory } from '../columnar/memory.ts'
import type { Value } from '../types/value.ts'

export type { FieldsRead } from '../formats/text-column.ts'

/**
 * A scalar function over whole columns: its speed, where a value a row would cost too much. The interpreter stays its meaning: rows that are not
 * plain are asked of `exact`.
 *
 * args   the arguments that are no constants, in order, `count` rows each. A BINARY column may stand for its CAST to STRING: what is not UTF-8
 *        in it is for `exact`
 * exact  the call's value for a row, by the interpreter. An error it throws makes the batch be evaluated without kernels, row by row and only
 *        where a value is asked for
 * out    `count` rows in `memory`; may share arrays with the arguments
 */
export type ColumnKernel = (args: readonly Column[], count: number, memory: Memory, exact: (row: number) => Value) => Column

/** A generator that makes one row of each, over whole columns: as ColumnKernel, with a column for each that it makes. */
export type GeneratorKernel = (
  args: readonly Column[],
  count: number,
  memory: Memory,
  exact: (row: number) => readonly Value[],
) => readonly Column[]
