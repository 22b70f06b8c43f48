import { BATCH_ROWS_MAX, Batch } from '../columnar/batch.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { concatBatches } from '../columnar/concat.ts'
import { OWNED_MEMORY } from '../columnar/memory.ts'
import { takeBatch } from '../columnar/take.ts'
import type { Schema } from '../types/data-type.ts'
import { identityRows } from './identity-rows.ts'
import type { Emit } from './operator.ts'

/** The rows of one port of one epoch, copied, for operators that need all of them before they can put anything out. */
export class KeptRows {
  readonly schema: Schema
  #batches: Batch[] = []

  constructor(schema: Schema) {
    this.schema = schema
  }
  clear(): void {
    this.#batches = []
  }
  add(batch: Batch): void {
    if (batch.rowCount > 0) this.#batches.push(ownedCopy(batch))
  }
  get batches(): readonly Batch[] {
    return this.#batches
  }
  /** All rows in one batch, which may be longer than batches usually are. */
  all(): Batch {
    if (this.#batches.length === 0) {
      const columns = this.schema.map((f) => new ColumnBuilder(f.type, 0).finish())
      return new Batch(this.schema, 0, columns)
    }
    if (this.#batches.length > 1) this.#batches = [concatBatches(this.#batches, OWNED_MEMORY)]
    return this.#batches[0]!
  }
}

export function ownedCopy(batch: Batch): Batch {
  return takeBatch(batch, identityRows(batch.rowCount), batch.rowCount, OWNED_MEMORY)
}

/** Puts rows[0 … count) of a batch out in batches of the usual size, in memory of their own. */
export function emitRows(batch: Batch, rows: Int32Array, count: number, output: Schema, emit: Emit): void {
  for (let from = 0; from < count; from += BATCH_ROWS_MAX) {
    const some = rows.subarray(from, Math.min(count, from + BATCH_ROWS_MAX))
    const taken = takeBatch(batch, some, some.length, OWNED_MEMORY)
    emit(new Batch(output, some.length, taken.columns, batch.partition))
  }
}
