import type { Batch } from '../columnar/batch.ts'
import type { SortNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { BuildOptions } from './build-options.ts'
import { emitRows, KeptRows } from './kept-rows.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import { RowOrder } from './row-order.ts'

/** All rows of the epoch in order, at the end of the input. Holds them in memory. */
export class Sort implements Operator {
  readonly name = 'sort'
  readonly output: Schema
  readonly tables = []
  readonly #kept: KeptRows
  readonly #order: RowOrder
  #epoch!: Epoch

  constructor(node: SortNode, options: BuildOptions) {
    this.output = node.output
    this.#kept = new KeptRows(node.input.output)
    this.#order = new RowOrder(node.orders, options)
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#kept.clear()
  }
  process(_port: number, batch: Batch): void {
    this.#kept.add(batch)
  }
  endPort(_port: number, emit: Emit): void {
    const all = this.#kept.all()
    const rows = this.#order.sorted(all, this.#epoch.arena)
    emitRows(all, rows, rows.length, this.output, emit)
    this.#kept.clear()
  }
}
