import { Batch } from '../columnar/batch.ts'
import type { ExpandNode, ProjectNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { BuildOptions } from './build-options.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import { RowPreparation } from './row-preparation.ts'

/** Expressions over the rows that pass the filters below; filter and expressions run as one. */
export class Project implements Operator {
  readonly name = 'project'
  readonly output: Schema
  readonly tables = []
  readonly preparation: RowPreparation
  #epoch!: Epoch

  constructor(node: ProjectNode, options: BuildOptions) {
    this.output = node.output
    this.preparation = new RowPreparation(node.input, node.expressions, options)
  }
  get reads(): ReadonlySet<number> {
    return this.preparation.reads
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const prepared = this.preparation.prepare(batch, this.#epoch.arena)
    if (prepared !== null) emit(new Batch(this.output, prepared.count, prepared.columns, batch.partition))
  }
  endPort(): void {}
}

/** One batch a projection for each batch of input. */
export class Expand implements Operator {
  readonly name = 'expand'
  readonly output: Schema
  readonly tables = []
  readonly preparation: RowPreparation
  readonly #width: number
  #epoch!: Epoch

  constructor(node: ExpandNode, options: BuildOptions) {
    this.output = node.output
    this.#width = node.output.length
    this.preparation = new RowPreparation(node.input, node.projections.flat(), options)
  }
  get reads(): ReadonlySet<number> {
    return this.preparation.reads
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const prepared = this.preparation.prepare(batch, this.#epoch.arena)
    if (prepared === null) return
    const { columns, count } = prepared
    for (let from = 0; from < columns.length; from += this.#width) {
      emit(new Batch(this.output, count, columns.slice(from, from + this.#width), batch.partition))
    }
  }
  endPort(): void {}
}
