import { Batch } from '../columnar/batch.ts'
import { int32View } from '../columnar/take.ts'
import type { WatermarkNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import type { Emit, Operator } from './operator.ts'
import type { EventTimeStatistics } from './pipeline.ts'

/**
 * Passes rows on and keeps the epoch's statistics of their event times (spark.md 2.5), in milliseconds, rounded down. It sees rows that
 * are dropped as late further up. NULL times are left out (Spark counts them as 1970 in the mean and the minimum).
 */
export class Watermark implements Operator {
  readonly name = 'watermark'
  readonly output: Schema
  readonly tables = []
  readonly #node: WatermarkNode
  #count = 0
  #maxMs = 0
  #minMs = 0
  #sumMs = 0

  constructor(node: WatermarkNode) {
    this.#node = node
    this.output = node.output
  }
  get statistics(): EventTimeStatistics {
    return { delayMs: this.#node.delayMs, count: this.#count, maxMs: this.#maxMs, minMs: this.#minMs, sumMs: this.#sumMs }
  }
  begin(): void {
    this.#count = 0
    this.#maxMs = Number.NEGATIVE_INFINITY
    this.#minMs = Number.POSITIVE_INFINITY
    this.#sumMs = 0
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const { ordinal, form } = this.#node.eventTime
    const column = batch.columns[ordinal]!
    const time = form === 'window' ? column.children[1]! : column
    const lanes = int32View(time.values!)
    const { validity } = time
    let count = 0
    let sum = 0
    let max = this.#maxMs
    let min = this.#minMs
    for (let row = 0; row < batch.rowCount; row++) {
      if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) continue
      const ms = floorMillis(lanes[2 * row]!, lanes[2 * row + 1]!)
      count++
      sum += ms
      if (ms > max) max = ms
      if (ms < min) min = ms
    }
    this.#count += count
    this.#sumMs += sum
    this.#maxMs = max
    this.#minMs = min
    emit(new Batch(this.output, batch.rowCount, batch.columns, batch.partition, batch.weights))
  }
  endPort(): void {}
}

/** Microseconds in two lanes to milliseconds, rounded down. */
function floorMillis(low: number, high: number): number {
  const micros = high * 4294967296 + (low >>> 0)
  // Up to here (the year 2096) a quotient by 1000 is exact enough to be rounded down; beyond, only a bigint is.
  if (Math.abs(micros) < 4e15) return Math.floor(micros / 1000)
  const exact = (BigInt(high) << 32n) + BigInt(low >>> 0)
  const quotient = exact / 1000n
  return Number(exact < 0n && exact % 1000n !== 0n ? quotient - 1n : quotient)
}
