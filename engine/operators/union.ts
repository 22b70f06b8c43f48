import { Batch } from '../columnar/batch.ts'
import type { UnionNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { Emit, Operator } from './operator.ts'

/** Rows of all inputs as they come. */
export class Union implements Operator {
  readonly name = 'union'
  readonly output: Schema
  readonly tables = []

  constructor(node: UnionNode) {
    this.output = node.output
  }
  begin(): void {}
  process(_port: number, batch: Batch, emit: Emit): void {
    emit(new Batch(this.output, batch.rowCount, batch.columns, batch.partition, batch.weights))
  }
  endPort(): void {}
}
