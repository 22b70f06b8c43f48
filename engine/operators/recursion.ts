import { Batch } from '../columnar/batch.ts'
import { ExecutionError } from '../errors/engine-error.ts'
import type { RecursionNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import { KeptRows, ownedCopy } from './kept-rows.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import type { Pipeline } from './pipeline.ts'

/**
 * WITH RECURSIVE: passes the anchor's rows on, then runs the step over the rows that came last until none come. Port 0 is the anchor, the
 * others are the tables that the step reads, held in memory and read again in every round.
 *
 * Limits are Spark's (UnionLoopExec): a round that gives rows at the level limit fails, also when a LIMIT above has enough; without such a
 * LIMIT as many rows as the row limit fail.
 */
export class Recursion implements Operator {
  readonly name = 'recursion'
  readonly output: Schema
  readonly tables = []
  readonly #node: RecursionNode
  readonly #step: Pipeline
  readonly #ports: readonly KeptRows[]
  #epoch!: Epoch
  #open = 0

  constructor(node: RecursionNode, step: Pipeline) {
    this.output = node.output
    this.#node = node
    this.#step = step
    this.#ports = [node.anchor, ...node.tables].map((input) => new KeptRows(input.output))
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#open = this.#ports.length
    for (const port of this.#ports) port.clear()
  }
  process(port: number, batch: Batch): void {
    this.#ports[port]!.add(batch)
  }
  endPort(_port: number, emit: Emit): void {
    if (--this.#open > 0) return
    this.#run(emit)
    for (const port of this.#ports) port.clear()
  }

  #run(emit: Emit): void {
    const { levelLimit, rowLimit, enoughRows } = this.#node
    let last = this.#ports[0]!.batches
    let total = 0
    for (let level = 0; ; level++) {
      const count = last.reduce((sum, batch) => sum + batch.rowCount, 0)
      if (count === 0) return
      for (const batch of last) emit(new Batch(this.output, batch.rowCount, batch.columns))
      total += count
      if (levelLimit >= 0 && level >= levelLimit) throw this.#tooDeep(levelLimit)
      if (enoughRows !== undefined && total >= enoughRows) return
      if (enoughRows === undefined && rowLimit >= 0 && total >= rowLimit) throw this.#tooMany(rowLimit)
      last = this.#round(last)
    }
  }

  /** The step over the given rows. */
  #round(last: readonly Batch[]): Batch[] {
    const made: Batch[] = []
    const step = this.#step
    step.begin(this.#epoch, (batch) => {
      if (batch.rowCount > 0) made.push(ownedCopy(batch))
    })
    for (const [scan, feed] of this.#node.feeds.entries()) {
      const batches = feed === 'last' ? last : this.#ports[feed]!.batches
      for (const batch of batches) step.push(scan, new Batch(step.scans[scan]!.schema, batch.rowCount, batch.columns))
      step.endScan(scan)
    }
    return made
  }

  #tooDeep(limit: number): ExecutionError {
    return new ExecutionError('RECURSION_LEVEL_LIMIT_EXCEEDED', {
      message: `"${this.#node.name}" still gives rows after ${limit} levels of recursion`,
      hint: `Write WITH RECURSIVE ${this.#node.name} MAX RECURSION LEVEL n AS (…), or set spark.sql.cteRecursionLevelLimit; -1 lifts it.`,
      parameters: { levelLimit: String(limit) },
    })
  }
  #tooMany(limit: number): ExecutionError {
    return new ExecutionError('RECURSION_ROW_LIMIT_EXCEEDED', {
      message: `"${this.#node.name}" gave ${limit} rows and may give more`,
      hint: 'Put a LIMIT on the query that reads it, LIMIT ALL for no limit, or set spark.sql.cteRecursionRowLimit.',
      parameters: { rowLimit: String(limit) },
    })
  }
}
