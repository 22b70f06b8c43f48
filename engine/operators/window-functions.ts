import { Batch } from '../columnar/batch.ts'
import { type Column, readValue } from '../columnar/column.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { InternalError } from '../errors/engine-error.ts'
import { compileProjection, type Projection } from '../evaluate/compile.ts'
import { typeOf, type WindowCall } from '../expr/expression.ts'
import type { WindowFunctionsNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'
import type { BuildOptions } from './build-options.ts'
import { emitRows, KeptRows } from './kept-rows.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import { RowOrder } from './row-order.ts'
import { type PartitionFunction, partitionFunction } from './window-calls.ts'
import { type FrameOf, frameOf } from './window-frame.ts'

interface PreparedCall {
  readonly evaluate: PartitionFunction
  readonly frame: FrameOf
  readonly arguments: Projection
  readonly call: WindowCall
}

/** A partition as window functions see it: sorted rows, `peers[i]` the first row that sorts equal to row i, in [start, end). */
export interface Partition {
  readonly start: number
  readonly end: number
  readonly peerStart: Int32Array
  readonly peerEnd: Int32Array
}

/**
 * OVER calls of one specification over static rows: held, sorted by partition (NULLs first) and order, then each call computed a partition
 * at a time. Output in that order.
 */
export class WindowFunctions implements Operator {
  readonly name = 'window_functions'
  readonly output: Schema
  readonly tables = []
  readonly #kept: KeptRows
  readonly #sort: RowOrder
  readonly #partitionOrder: RowOrder
  readonly #calls: readonly PreparedCall[]
  #epoch!: Epoch

  constructor(node: WindowFunctionsNode, options: BuildOptions) {
    this.output = node.output
    this.#kept = new KeptRows(node.input.output)
    const partitions = node.partitionBy.map((child) => ({
      kind: 'order' as const,
      child,
      descending: false,
      nullsFirst: true,
    }))
    this.#sort = new RowOrder([...partitions, ...node.orderBy], options)
    this.#partitionOrder = new RowOrder(partitions, options)
    this.#calls = node.calls.map((call) => {
      if (call.kind !== 'over') throw new InternalError(`${call.kind} is no window call`)
      const { args, filter, evaluate } = partitionFunction(call, options)
      const order = node.orderBy[0]
      const expressions = [...args, ...(filter ? [filter] : []), ...(order ? [order.child] : [])]
      return {
        evaluate,
        frame: frameOf(call, node.orderBy, options),
        arguments: compileProjection(expressions, options),
        call,
      }
    })
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#kept.clear()
  }
  process(_port: number, batch: Batch): void {
    this.#kept.add(batch)
  }
  endPort(_port: number, emit: Emit): void {
    const { arena } = this.#epoch
    const unsorted = this.#kept.all()
    const sorted = this.#sort.sorted(unsorted, arena)
    const chunks: Batch[] = []
    emitRows(unsorted, sorted, sorted.length, unsorted.schema, (batch) => chunks.push(batch))
    const rows = new KeptRows(unsorted.schema)
    for (const chunk of chunks) rows.add(chunk)
    const all = rows.all()
    const partitions = this.#partitions(all)
    const columns = this.#calls.map((call) => this.#evaluate(call, all, partitions))
    const result = new Batch(this.output, all.rowCount, [...all.columns, ...columns])
    const identity = Int32Array.from({ length: all.rowCount }, (_, row) => row)
    emitRows(result, identity, all.rowCount, this.output, emit)
    this.#kept.clear()
  }

  #partitions(all: Batch): Partition[] {
    const { arena } = this.#epoch
    const partitionKeys = this.#partitionOrder.keys(all, arena)
    const sortKeys = this.#sort.keys(all, arena)
    const peerStart = new Int32Array(all.rowCount)
    const peerEnd = new Int32Array(all.rowCount)
    for (let row = 0; row < all.rowCount; row++) {
      const isPeer = row > 0 && this.#sort.compare(sortKeys, row - 1, row) === 0
      peerStart[row] = isPeer ? peerStart[row - 1]! : row
    }
    for (let row = all.rowCount - 1; row >= 0; row--) {
      const isPeer = row + 1 < all.rowCount && peerStart[row + 1] === peerStart[row]
      peerEnd[row] = isPeer ? peerEnd[row + 1]! : row + 1
    }
    const partitions: Partition[] = []
    let start = 0
    for (let row = 1; row <= all.rowCount; row++) {
      if (row < all.rowCount && this.#partitionOrder.compare(partitionKeys, row - 1, row) === 0) continue
      partitions.push({ start, end: row, peerStart, peerEnd })
      start = row
    }
    return partitions.filter((p) => p.end > p.start)
  }

  #evaluate(call: PreparedCall, all: Batch, partitions: readonly Partition[]): Column {
    const columns = call.arguments.evaluate(all, null, this.#epoch.arena)
    const builder = new ColumnBuilder(typeOf(call.call), all.rowCount)
    const orderKey = columns.at(-1)
    const values: (row: number, argument: number) => Value = (row, argument) => readValue(columns[argument]!, row)
    const order = (row: number): Value => (orderKey === undefined ? null : readValue(orderKey, row))
    for (const partition of partitions) {
      for (const value of call.evaluate(partition, values, (row) => call.frame(partition, row, order))) builder.append(value)
    }
    return builder.finish()
  }
}
