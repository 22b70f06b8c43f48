import { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { int32View, takeBatch } from '../columnar/take.ts'
import type { WatermarkNode } from '../incremental/incremental-plan.ts'
import type { Schema } from '../types/data-type.ts'
import { WATERMARK_MAX_AHEAD } from '../types/settings.ts'
import type { BuildOptions } from './build-options.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import type { EventTimeStatistics } from './pipeline.ts'

/**
 * Passes rows on and keeps the epoch's statistics of their event times (spark.md 2.5), in milliseconds, rounded down. It sees rows that
 * are dropped as late further up. NULL times are left out (Spark counts them as 1970 in the mean and the minimum).
 *
 * With `millrace.watermark.maxAhead`, rows whose time is further ahead of the epoch's clock than that go no further: one bad clock would
 * make the rows of all others late.
 */
export class Watermark implements Operator {
  readonly name = 'watermark'
  readonly output: Schema
  readonly tables = []
  readonly #node: WatermarkNode
  readonly #options: BuildOptions
  /** Milliseconds; undefined: no bound. */
  readonly #maxAhead: number | undefined
  #epoch!: Epoch
  #ahead = 0
  #count = 0
  #maxMs = 0
  #minMs = 0
  #sumMs = 0

  constructor(node: WatermarkNode, options: BuildOptions) {
    this.#node = node
    this.#options = options
    this.#maxAhead = options.settings.durationMs(WATERMARK_MAX_AHEAD)
    this.output = node.output
  }
  get statistics(): EventTimeStatistics {
    return {
      delayMs: this.#node.delayMs,
      count: this.#count,
      maxMs: this.#maxMs,
      minMs: this.#minMs,
      sumMs: this.#sumMs,
      aheadCount: this.#ahead,
    }
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#ahead = 0
    this.#count = 0
    this.#maxMs = Number.NEGATIVE_INFINITY
    this.#minMs = Number.POSITIVE_INFINITY
    this.#sumMs = 0
  }
  process(_port: number, given: Batch, emit: Emit): void {
    const batch = this.#maxAhead === undefined ? given : this.#withoutAhead(given, this.#epoch.timestampMs + this.#maxAhead)
    const time = this.#timeOf(batch)
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

  #timeOf(batch: Batch): Column {
    const { ordinal, form } = this.#node.eventTime
    const column = batch.columns[ordinal]!
    return form === 'window' ? column.children[1]! : column
  }

  #withoutAhead(batch: Batch, latestMs: number): Batch {
    const time = this.#timeOf(batch)
    const lanes = int32View(time.values!)
    const { arena } = this.#epoch
    const rows = arena.int32(batch.rowCount)
    const ahead = arena.int32(batch.rowCount)
    let kept = 0
    let aheadCount = 0
    for (let row = 0; row < batch.rowCount; row++) {
      if (!time.isNull(row) && floorMillis(lanes[2 * row]!, lanes[2 * row + 1]!) > latestMs) ahead[aheadCount++] = row
      else rows[kept++] = row
    }
    if (aheadCount === 0) return batch
    this.#ahead += aheadCount
    this.#options.lateRows?.(takeBatch(batch, ahead, aheadCount, arena))
    return takeBatch(batch, rows, kept, arena)
  }
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
