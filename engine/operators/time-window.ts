import { Batch } from '../columnar/batch.ts'
import { Column } from '../columnar/column.ts'
import { ColumnBuilder } from '../columnar/column-builder.ts'
import { takeBatch } from '../columnar/take.ts'
import { InternalError } from '../errors/engine-error.ts'
import { interpret } from '../evaluate/interpret.ts'
import { RowReader } from '../evaluate/row-reader.ts'
import type { SessionWindowNode, TimeWindowNode } from '../incremental/incremental-plan.ts'
import type { Schema, StructType } from '../types/data-type.ts'
import type { CalendarInterval, Value } from '../types/value.ts'
import type { BuildOptions } from './build-options.ts'
import type { Emit, Epoch, Operator } from './operator.ts'
import { RowPreparation } from './row-preparation.ts'
import { WindowGrid } from './window-grid.ts'

/** Windows as a column, where no aggregate has taken them in: one row a window, in the grid's order; none for a NULL time. */
export class TimeWindow implements Operator {
  readonly name = 'time_window'
  readonly output: Schema
  readonly tables = []
  readonly preparation: RowPreparation
  readonly #grid: WindowGrid
  #epoch!: Epoch

  constructor(node: TimeWindowNode, options: BuildOptions) {
    this.output = node.output
    this.#grid = new WindowGrid(node.window)
    this.preparation = new RowPreparation(node.input, [node.window.time], options)
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const { arena } = this.#epoch
    const prepared = this.preparation.prepare(batch, arena)
    if (prepared === null) return
    const grid = this.#grid
    const { count, selection } = prepared
    const time = prepared.columns[0]!
    const panes = arena.float64(count)
    grid.panes(time, count, panes)
    const rows = arena.int32(count * grid.perPane)
    const starts = arena.int64(count * grid.perPane)
    const ends = arena.int64(count * grid.perPane)
    const one = Int32Array.of(0)
    const kept = new Int32Array(1)
    let out = 0
    for (let row = 0; row < count; row++) {
      const pane = panes[row]!
      if (Number.isNaN(pane)) continue
      one[0] = row
      const windows = grid.windowsIn(pane)
      for (let back = 0; back < windows; back++) {
        if (back > 0 && back === grid.perPane - 1 && grid.inOldest(time, pane, one, kept) === 0) continue
        rows[out] = selection === null ? row : selection.rows[row]!
        const number = grid.window(pane, back)
        starts[out] = grid.startMicros(number)
        ends[out++] = grid.endMicros(number)
      }
    }
    if (out === 0) return
    const taken = takeBatch(batch, rows, out, arena)
    const type = this.output.at(-1)!.type as StructType
    const bounds = [starts, ends].map((values, i) => new Column(type.fields[i]!.type, out, null, values))
    const window = new Column(type, out, null, null, null, null, bounds)
    emit(new Batch(this.output, out, [...taken.columns, window], batch.partition))
  }
  endPort(): void {}
}

/** [time, time + gap) as a column; rows with a NULL time or an empty session are dropped. */
export class SessionWindow implements Operator {
  readonly name = 'session_window'
  readonly output: Schema
  readonly tables = []
  readonly #time: (row: readonly Value[]) => Value
  readonly #gap: (row: readonly Value[]) => Value
  readonly #reader: RowReader
  #epoch!: Epoch

  constructor(node: SessionWindowNode, options: BuildOptions) {
    this.output = node.output
    this.#time = interpret(node.time, options.functions, options.context)
    this.#gap = interpret(node.gap, options.functions, options.context)
    this.#reader = new RowReader(node.input.output.map((_, i) => i))
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const rows = this.#epoch.arena.int32(batch.rowCount)
    const windows = new ColumnBuilder(this.output.at(-1)!.type, batch.rowCount)
    let kept = 0
    for (let row = 0; row < batch.rowCount; row++) {
      const values = this.#reader.read(batch, row)
      const start = this.#time(values) as bigint | null
      const gap = gapMicros(this.#gap(values))
      if (start === null || gap === null || gap <= 0n) continue
      rows[kept++] = row
      windows.append([start, start + gap])
    }
    if (kept === 0) return
    const taken = takeBatch(batch, rows, kept, this.#epoch.arena)
    emit(new Batch(this.output, kept, [...taken.columns, windows.finish()], batch.partition))
  }
  endPort(): void {}
}

/** A gap in microseconds: a day is 24 hours; months have no fixed length and are refused by analysis. */
function gapMicros(gap: Value): bigint | null {
  if (gap === null || typeof gap === 'bigint') return gap
  const { months, days, microseconds } = gap as CalendarInterval
  if (months !== 0) throw new InternalError('a session gap with months passed analysis')
  return BigInt(days) * 86_400_000_000n + microseconds
}
