import { Batch } from '../columnar/batch.ts'
import { takeBatch } from '../columnar/take.ts'
import type { FilterNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { BuildOptions } from './build-options.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import { RowPreparation } from './row-preparation.ts'

/** Rows for which the conditions are TRUE, below an operator that does not take filters in. */
export class Filter implements Operator {
  readonly name = 'filter'
  readonly output: Schema
  readonly tables = []
  readonly preparation: RowPreparation
  #epoch!: Epoch

  constructor(node: FilterNode, options: BuildOptions) {
    this.output = node.output
    this.preparation = new RowPreparation(node, [], options)
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const prepared = this.preparation.prepare(batch, this.#epoch.arena)
    if (prepared === null) return
    const { selection } = prepared
    const passed = selection === null ? batch : takeBatch(batch, selection.rows, selection.count, this.#epoch.arena)
    emit(new Batch(this.output, passed.rowCount, passed.columns, passed.partition, passed.weights))
  }
  endPort(): void {}
}
