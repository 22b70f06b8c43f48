import type { Schema } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import { type Column, readValue } from './column.ts'
import { ColumnBuilder } from './column-builder.ts'

/** Rows a batch holds at most: 128 KiB for an 8-byte column, which stays in the second-level cache. */
export const BATCH_ROWS_MAX = 16384

/**
 * A number of rows in columns; the unit that flows through operators.
 *
 * `weights` is the change each row is: +1 insert, -1 retract; null when every row is an insert, which is all that append-only plans ever see.
 * `partition` is the number of the source partition the rows came from (0 where there is only one): counters that Spark keeps per
 * partition (late groups of a partial aggregate) need it.
 *
 * Valid until the call that received it returns, unless its maker says it is owned; receivers that keep rows copy them.
 */
export class Batch {
  readonly schema: Schema
  readonly rowCount: number
  readonly columns: readonly Column[]
  readonly weights: Int8Array | null
  readonly partition: number

  constructor(schema: Schema, rowCount: number, columns: readonly Column[], partition = 0, weights: Int8Array | null = null) {
    this.schema = schema
    this.rowCount = rowCount
    this.columns = columns
    this.partition = partition
    this.weights = weights
  }
}

/** A batch from rows of plain values, in owned memory. */
export function batchFromRows(schema: Schema, rows: readonly Row[], partition = 0): Batch {
  const columns = schema.map((f, c) => {
    const builder = new ColumnBuilder(f.type, rows.length)
    for (const row of rows) builder.append(row[c]!)
    return builder.finish()
  })
  return new Batch(schema, rows.length, columns, partition)
}

export function rowOf(batch: Batch, row: number): Row {
  return batch.columns.map((column) => readValue(column, row))
}

export function rowsOf(batch: Batch): Row[] {
  return Array.from({ length: batch.rowCount }, (_, row) => rowOf(batch, row))
}
