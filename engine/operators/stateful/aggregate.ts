import type { Arena } from '../../columnar/arena.ts'
import { Batch } from '../../columnar/batch.ts'
import type { Column } from '../../columnar/column.ts'
import { int32View, takeBatch } from '../../columnar/take.ts'
import { compileProjection, type Projection } from '../../evaluate/compile.ts'
import { type AggregateNode, watermarkAt } from '../../incremental/incremental-plan.ts'
import { GroupedTable } from '../../state/grouped-table.ts'
import { HashTable } from '../../state/hash-table.ts'
import { ceilMillis, NEVER_DUE, SegmentedTable } from '../../state/segmented-table.ts'
import type { StateTable } from '../../state/state-table.ts'
import type { Schema } from '../../types/data-type.ts'
import type { BuildOptions } from '../build-options.ts'
import { identityRows } from '../identity-rows.ts'
import type { Emit, Epoch, HeldBack, Operator, StatefulReport } from '../operator.ts'
import { RowGrouper } from '../row-grouper.ts'
import { type PreparedRows, RowPreparation } from '../row-preparation.ts'
import { WindowGrid } from '../window-grid.ts'
import { AggregateCalls, windowColumn } from './aggregate-calls.ts'
import { GroupKeys } from './group-keys.ts'
import { LateGroups } from './late-groups.ts'

/** Fewer rows than this are not worth grouping first. */
const PARTIAL_ROWS_MIN = 256
/** Slices that are not grouped first after one that had few equal keys. */
const PARTIAL_PAUSE = 15

/** Groups that are put out at once. */
const OUTPUT_ROWS = 16384

/**
 * Grouped aggregation.
 *
 * in     port 0, filters below taken in
 * out    by the plan's emission: groups the watermark has passed, groups that changed, or all; at the end of the input, segments in
 *        order of time, groups in order of first appearance (of first change in the epoch for 'changed')
 * state  groups: grouping columns → buffers of the aggregates, in segments by window or by the event time among the keys
 * late   a group whose time (a window's end) is at or before the late watermark takes no rows; counted as groups. Of the sliding windows
 *        of a row the closed ones are dropped and the open ones counted
 * law    append: the union of outputs does not depend on how the input is cut into epochs
 *
 * Where windows overlap, the rows of a pane are grouped once for themselves and the groups are merged into each of the windows, as long
 * as keys repeat enough for it to pay (bench/micro/aggregate.ts: q5 in less than half the time).
 *
 * A batch costs one pass to encode and hash the keys, one pass a segment to find the groups, and one kernel an aggregate.
 */
export class Aggregate implements Operator {
  readonly name: string
  readonly output: Schema
  readonly tables: readonly StateTable[]
  readonly preparation: RowPreparation
  readonly #node: AggregateNode
  readonly #options: BuildOptions
  readonly #keys: GroupKeys
  readonly #calls: AggregateCalls
  readonly #table: SegmentedTable
  readonly #grid: WindowGrid | undefined
  readonly #timeKey: number | undefined
  readonly #results: Projection
  readonly #resultInput: Schema
  readonly #late: LateGroups
  readonly #grouper = new RowGrouper()
  #segmentKeys = new Float64Array(0)
  #ids = new Int32Array(0)
  #sliceRows = new Int32Array(0)
  #epoch!: Epoch
  #lateMs = 0
  #evictMs = 0
  readonly #partial: GroupedTable | undefined
  #firstRows = new Int32Array(0)
  #partialPause = 0
  #updated = 0
  #removed = 0

  constructor(node: AggregateNode, options: BuildOptions) {
    this.#node = node
    this.#options = options
    this.name = node.state === undefined ? 'aggregate' : 'stateStoreSave'
    this.output = node.output
    const { window, eventTime } = node
    const keyed = node.grouping.filter((_, i) => i !== window?.ordinal)
    this.#keys = new GroupKeys(node.groupingOutput.filter((_, i) => i !== window?.ordinal))
    this.#calls = new AggregateCalls(node.aggregates, options)
    const time = window === undefined ? [] : [window.time]
    this.preparation = new RowPreparation(node.input, [...keyed, ...time, ...this.#calls.expressions], options)
    this.#grid = window && new WindowGrid(window)
    // The position of the event time among the keys that are kept; a fused window is none of them.
    this.#timeKey =
      eventTime === undefined || eventTime.ordinal === window?.ordinal
        ? undefined
        : eventTime.ordinal - (window !== undefined && window.ordinal < eventTime.ordinal ? 1 : 0)
    this.#table = new SegmentedTable({
      name: 'groups',
      keys: this.#keys.encoder,
      stores: () => this.#calls.createStores(),
      values: this.#calls.text,
      version: 1,
      dueMs: this.#grid ? (w) => this.#grid!.dueMs(w) : (bucket) => bucket,
      ...(this.#timeKey !== undefined && this.#grid === undefined && { timeLane: this.#keys.timeLane(this.#timeKey) }),
    })
    this.tables = node.state === undefined ? [] : [this.#table]
    const overlaps = this.#grid !== undefined && this.#grid.perPane > 1
    if (overlaps && this.#calls.mergeable) {
      this.#partial = new GroupedTable(NEVER_DUE, new HashTable(this.#keys.encoder.lanes), this.#calls.createStores())
    }
    this.#late = new LateGroups(this.#keys.encoder.lanes)
    this.#resultInput = [...node.groupingOutput, ...node.aggregates.map((a) => a.output)]
    this.#results = compileProjection(node.results, options)
  }

  /** Whoever wants the late rows wants them whole. */
  get reads(): ReadonlySet<number> | undefined {
    return this.#options.lateRows === undefined ? this.preparation.reads : undefined
  }

  begin(epoch: Epoch): void {
    this.#epoch = epoch
    const { state } = this.#node
    if (state === undefined) {
      this.#table.clear()
      this.#calls.clear()
      return
    }
    this.#lateMs = watermarkAt(state.inputWatermark, epoch.lateWatermarkMs)
    this.#evictMs = watermarkAt(state.inputWatermark, epoch.watermarkMs)
    this.#table.beginEpoch()
    this.#late.clear()
  }

  process(_port: number, batch: Batch): void {
    const prepared = this.preparation.prepare(batch, this.#epoch.arena)
    if (prepared === null) return
    const { count, columns } = prepared
    const keyCount = this.#node.grouping.length - (this.#grid === undefined ? 0 : 1)
    const keyColumns = this.#keys.flatten(columns.slice(0, keyCount))
    const args = columns.slice(this.#grid === undefined ? keyCount : keyCount + 1)
    const words = this.#keys.encoder.encode(keyColumns, count)
    if (this.#ids.length < count) {
      this.#ids = new Int32Array(count)
      this.#sliceRows = new Int32Array(count)
      this.#firstRows = new Int32Array(count)
      this.#segmentKeys = new Float64Array(count)
    }
    if (this.#grid !== undefined) this.#processWindows(prepared, columns[keyCount]!, words, args)
    else if (this.#timeKey !== undefined) this.#processTimes(prepared, this.#keys.time(keyColumns, this.#timeKey), words, args)
    else this.#addRows(this.#table.segment(NEVER_DUE), args, words, identityRows(count), count)
  }

  endPort(_port: number, emit: Emit): void {
    const { grouping, emission, eventTime, state } = this.#node
    if (grouping.length === 0) this.#ensureGlobalGroup()
    this.#updated = 0
    if (state !== undefined) for (const segment of this.#table.segments()) this.#updated += segment.changed.count
    if (emission === 'evicted') {
      for (const segment of this.#table.due(this.#evictMs)) this.#emitAll(segment, emit)
    } else {
      for (const segment of this.#table.segments()) {
        if (emission === 'all') this.#emitAll(segment, emit)
        else this.#emit(segment, segment.changed.ids, segment.changed.count, emit)
      }
    }
    this.#removed = emission !== 'all' && eventTime !== undefined ? this.#table.evict(this.#evictMs) : 0
  }

  /** Asks whenever the watermark has moved, as Spark does, not only when something is due. */
  wantsEpochAt(watermarkMs: number, lastWatermarkMs: number): boolean {
    const { state, emission } = this.#node
    if (state === undefined || emission === 'all') return false
    return watermarkAt(state.inputWatermark, watermarkMs) > watermarkAt(state.inputWatermark, lastWatermarkMs)
  }

  heldBack(): HeldBack | undefined {
    const { emission, eventTime, state } = this.#node
    if (state === undefined || emission !== 'evicted' || eventTime === undefined) return undefined
    const grid = this.#grid
    const open = this.#table.dues().map(({ key, dueMs, groups }) => ({
      startMs: grid && Number(grid.startMicros(key) / 1000n),
      endMs: dueMs,
      groups,
    }))
    if (open.length === 0) return undefined
    const count = open.reduce((sum, { groups }) => sum + groups, 0)
    return { firstMs: open[0]!.endMs, lastMs: open.at(-1)!.endMs, count, open }
  }

  get report(): StatefulReport {
    return {
      operatorName: this.name,
      numRowsTotal: this.#table.rows,
      numRowsUpdated: this.#updated,
      numRowsRemoved: this.#removed,
      numRowsDroppedByWatermark: this.#late.count,
      memoryUsedBytes: this.#table.bytes,
      customMetrics: {},
    }
  }

  get #dropsLate(): boolean {
    return this.#node.emission !== 'all' && this.#node.eventTime !== undefined
  }

  #processWindows(prepared: PreparedRows, time: Column, words: Int32Array, args: readonly Column[]): void {
    const grid = this.#grid!
    const dropsLate = this.#dropsLate && this.#timeKey === undefined
    grid.panes(time, prepared.count, this.#segmentKeys)
    for (const slice of this.#grouper.group(this.#segmentKeys, prepared.count)) {
      const all = this.#grouper.rows.subarray(slice.start, slice.end)
      const groups = this.#groupFirst(args, words, all)
      let open = 0
      const windows = grid.windowsIn(slice.key)
      for (let back = 0; back < windows; back++) {
        const window = grid.window(slice.key, back)
        const isPart = back > 0 && back === grid.perPane - 1 && !grid.oldestIsWhole
        const rows = isPart ? this.#sliceRows : groups === 0 ? all : this.#firstRows
        const count = isPart ? grid.inOldest(time, slice.key, all, rows) : groups === 0 ? all.length : groups
        if (dropsLate && grid.dueMs(window) <= this.#lateMs) {
          if (count > 0) this.#late.add(window, words, rows, count)
          continue
        }
        open++
        const segment = this.#table.segment(window)
        if (groups === 0 || isPart) this.#addRows(segment, args, words, rows, count)
        else {
          this.#findGroups(segment, words, rows, count)
          this.#calls.merge(segment, this.#partial!, this.#ids)
        }
      }
      if (open === 0) this.#reportLate(prepared, all, all.length)
    }
  }

  #processTimes(prepared: PreparedRows, time: Column, words: Int32Array, args: readonly Column[]): void {
    const { count } = prepared
    const lanes = int32View(time.values!)
    const keys = this.#segmentKeys
    const dropsLate = this.#dropsLate
    const late = this.#sliceRows
    let lateCount = 0
    for (let row = 0; row < count; row++) {
      if (time.isNull(row)) {
        keys[row] = NEVER_DUE
        continue
      }
      const dueMs = ceilMillis(lanes[2 * row]!, lanes[2 * row + 1]!)
      if (dropsLate && dueMs <= this.#lateMs) {
        late[lateCount++] = row
        keys[row] = Number.NaN
      } else keys[row] = this.#table.bucketOf(dueMs)
    }
    if (lateCount > 0) {
      this.#late.add(0, words, late, lateCount)
      this.#reportLate(prepared, late, lateCount)
    }
    for (const slice of this.#grouper.group(keys, count)) {
      const rows = this.#grouper.rows.subarray(slice.start, slice.end)
      this.#addRows(this.#table.segment(slice.key), args, words, rows, rows.length)
    }
  }

  /** Groups rows in the partial table and notes the first row of each group; 0 where that is not done. */
  #groupFirst(args: readonly Column[], words: Int32Array, rows: Int32Array): number {
    const partial = this.#partial
    if (partial === undefined || rows.length < PARTIAL_ROWS_MIN || this.#partialPause-- > 0) return 0
    const ids = this.#ids
    partial.groups.reset()
    partial.findOrAdd(words, rows, rows.length, ids)
    const groups = partial.count
    if (2 * groups > rows.length) {
      this.#partialPause = PARTIAL_PAUSE
      return 0
    }
    this.#partialPause = 0
    let next = 0
    for (let i = 0; i < rows.length; i++) if (ids[i] === next) this.#firstRows[next++] = rows[i]!
    this.#calls.init(partial, 0, groups)
    this.#calls.update(partial, args, rows, ids, rows.length)
    return groups
  }

  #addRows(segment: GroupedTable, args: readonly Column[], words: Int32Array, rows: Int32Array, count: number): void {
    if (count === 0) return
    this.#findGroups(segment, words, rows, count)
    this.#calls.update(segment, args, rows, this.#ids, count)
  }

  /** #ids[i] becomes the group of row rows[i]. */
  #findGroups(segment: GroupedTable, words: Int32Array, rows: Int32Array, count: number): void {
    const before = segment.count
    segment.findOrAdd(words, rows, count, this.#ids)
    if (segment.count > before) this.#calls.init(segment, before, segment.count)
    if (this.#node.state !== undefined) segment.touch(this.#ids, count)
  }

  /** A global aggregate has its one group from the first epoch on, and gives it in every epoch (spark.md 1.9). */
  #ensureGlobalGroup(): void {
    const segment = this.#table.segment(NEVER_DUE)
    const id = new Int32Array(1)
    const before = segment.count
    segment.findOrAdd(new Int32Array(4), id, 1, id)
    if (segment.count > before) this.#calls.init(segment, before, segment.count)
    segment.touch(id, 1)
  }

  #reportLate(prepared: PreparedRows, rows: Int32Array, count: number): void {
    const { lateRows } = this.#options
    if (lateRows === undefined) return
    const { selection, batch } = prepared
    const inputRows = selection === null ? rows : rows.subarray(0, count).map((row) => selection.rows[row]!)
    lateRows(takeBatch(batch, inputRows, count, this.#epoch.arena))
  }

  #emitAll(segment: GroupedTable, emit: Emit): void {
    this.#emit(segment, identityRows(segment.count), segment.count, emit)
  }

  #emit(segment: GroupedTable, ids: Int32Array, count: number, emit: Emit): void {
    const { arena } = this.#epoch
    for (let from = 0; from < count; from += OUTPUT_ROWS) {
      const some = ids.subarray(from, Math.min(count, from + OUTPUT_ROWS))
      const keys = this.#keys.decode(segment.groups.keys, some, some.length, arena)
      const columns = [
        ...this.#withWindow(segment, keys, some.length, arena),
        ...this.#calls.finish(segment, some, some.length, arena),
      ]
      const groups = new Batch(this.#resultInput, some.length, columns)
      emit(new Batch(this.output, some.length, this.#results.evaluate(groups, null, arena)))
    }
  }

  #withWindow(segment: GroupedTable, keys: Column[], count: number, arena: Arena): Column[] {
    const { window, groupingOutput } = this.#node
    if (window === undefined) return keys
    const type = groupingOutput[window.ordinal]!.type
    const column = windowColumn(type, this.#grid!.startMicros(segment.key), this.#grid!.endMicros(segment.key), count, arena)
    return [...keys.slice(0, window.ordinal), column, ...keys.slice(window.ordinal)]
  }
}
