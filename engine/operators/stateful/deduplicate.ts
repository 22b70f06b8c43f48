import type { Batch } from '../../columnar/batch.ts'
import type { Column } from '../../columnar/column.ts'
import { int32View, takeBatch } from '../../columnar/take.ts'
import { type DeduplicateNode, watermarkAt } from '../../incremental/incremental-plan.ts'
import { ExpiringTable } from '../../state/expiring-table.ts'
import { ceilMillis, NEVER_DUE, SegmentedTable } from '../../state/segmented-table.ts'
import type { StateTable } from '../../state/state-table.ts'
import type { Schema } from '../../types/data-type.ts'
import type { BuildOptions } from '../build-options.ts'
import { identityRows } from '../identity-rows.ts'
import type { Emit, Epoch, Operator, StatefulReport } from '../operator.ts'
import { RowGrouper } from '../row-grouper.ts'
import { GroupKeys } from './group-keys.ts'

/**
 * The first row of each key passes, in input order (spark.md 4).
 *
 * state  keys: key columns → nothing, in segments by event time when that is one of the keys; or, within the watermark, key columns →
 *        the time the key is forgotten: first row's event time + delay (a NULL time counts as 1970, as in Spark), never put off by later rows
 * late   rows at or before the late watermark are dropped, whether the event time is a key or not; NULL is never late
 */
export class Deduplicate implements Operator {
  readonly name: string
  readonly output: Schema
  readonly tables: readonly StateTable[]
  readonly #node: DeduplicateNode
  readonly #options: BuildOptions
  readonly #keys: GroupKeys
  readonly #table: SegmentedTable
  readonly #expiring: ExpiringTable
  readonly #timeKey: number
  readonly #grouper = new RowGrouper()
  #dueMs = new Float64Array(0)
  #buckets = new Float64Array(0)
  #ids = new Int32Array(0)
  #isNew = new Uint8Array(0)
  #epoch!: Epoch
  #lateMs = 0
  #evictMs = 0
  #updated = 0
  #removed = 0
  #late = 0
  #duplicates = 0

  constructor(node: DeduplicateNode, options: BuildOptions) {
    this.#node = node
    this.#options = options
    this.output = node.output
    this.name = node.form === 'within_watermark' ? 'dedupeWithinWatermark' : 'dedupe'
    this.#keys = new GroupKeys(node.keys.map((k) => node.output[k]!))
    this.#timeKey = node.eventTime === undefined ? -1 : node.keys.indexOf(node.eventTime.ordinal)
    this.#table = new SegmentedTable({
      name: 'keys',
      keys: this.#keys.encoder,
      stores: () => [],
      values: '',
      version: 1,
      dueMs: (bucket) => bucket,
      ...(node.form === 'by_event_time' && { timeLane: this.#keys.timeLane(this.#timeKey) }),
    })
    this.#expiring = new ExpiringTable('keys', this.#keys.encoder)
    const table = node.form === 'within_watermark' ? this.#expiring : this.#table
    this.tables = node.state === undefined ? [] : [table]
  }

  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#updated = 0
    this.#removed = 0
    this.#late = 0
    this.#duplicates = 0
    const { state } = this.#node
    if (state === undefined) {
      this.#table.clear()
      return
    }
    this.#lateMs = watermarkAt(state.inputWatermark, epoch.lateWatermarkMs)
    this.#evictMs = watermarkAt(state.inputWatermark, epoch.watermarkMs)
    this.#table.beginEpoch()
  }

  process(_port: number, batch: Batch, emit: Emit): void {
    const { arena } = this.#epoch
    const { rowCount } = batch
    this.#reserve(rowCount)
    const words = this.#keys.encoder.encode(this.#keys.flatten(this.#node.keys.map((k) => batch.columns[k]!)), rowCount)
    const accepted = this.#dropLate(batch)
    const [rows, count] = accepted === null ? [identityRows(rowCount), rowCount] : [accepted, accepted.length]
    if (count === 0) return
    const isNew = this.#isNew
    isNew.fill(0, 0, rowCount)
    if (this.#node.form === 'within_watermark') this.#addExpiring(words, rows, count)
    else if (this.#node.form === 'by_event_time') {
      for (let i = 0; i < count; i++) {
        const due = this.#dueMs[rows[i]!]!
        this.#buckets[i] = due === NEVER_DUE ? NEVER_DUE : this.#table.bucketOf(due)
      }
      for (const slice of this.#grouper.group(this.#buckets, count)) {
        const some = this.#grouper.rows.subarray(slice.start, slice.end)
        // From places in `rows` to rows.
        if (accepted !== null) for (let i = 0; i < some.length; i++) some[i] = rows[some[i]!]!
        this.#addKeys(slice.key, words, some, some.length)
      }
    } else this.#addKeys(NEVER_DUE, words, rows, count)

    const passed = arena.int32(count)
    let kept = 0
    for (let i = 0; i < count; i++) if (isNew[rows[i]!] === 1) passed[kept++] = rows[i]!
    this.#updated += kept
    this.#duplicates += count - kept
    if (kept > 0) emit(kept === rowCount ? batch : takeBatch(batch, passed, kept, arena))
  }

  endPort(): void {
    const { form } = this.#node
    if (this.#node.state !== undefined) {
      if (form === 'within_watermark') this.#removed = this.#expiring.evict(this.#evictMs)
      else if (form === 'by_event_time') this.#removed = this.#table.evict(this.#evictMs)
    }
  }

  wantsEpochAt(watermarkMs: number, lastWatermarkMs: number): boolean {
    const { state } = this.#node
    return (
      state !== undefined && watermarkAt(state.inputWatermark, watermarkMs) > watermarkAt(state.inputWatermark, lastWatermarkMs)
    )
  }

  get report(): StatefulReport {
    const table = this.#node.form === 'within_watermark' ? this.#expiring : this.#table
    return {
      operatorName: this.name,
      numRowsTotal: table.rows,
      numRowsUpdated: this.#updated,
      numRowsRemoved: this.#removed,
      numRowsDroppedByWatermark: this.#late,
      memoryUsedBytes: table.bytes,
      customMetrics: { numDroppedDuplicateRows: this.#duplicates },
    }
  }

  /** Fills #dueMs and gives the rows that are not late; null when none is. */
  #dropLate(batch: Batch): Int32Array | null {
    const { eventTime } = this.#node
    if (eventTime === undefined) return null
    const column: Column = batch.columns[eventTime.ordinal]!
    const time = eventTime.form === 'window' ? column.children[1]! : column
    const lanes = int32View(time.values!)
    const accepted = this.#epoch.arena.int32(batch.rowCount)
    const late = this.#epoch.arena.int32(batch.rowCount)
    let count = 0
    let lateCount = 0
    for (let row = 0; row < batch.rowCount; row++) {
      const isNull = column.isNull(row) || time.isNull(row)
      const due = isNull ? NEVER_DUE : ceilMillis(lanes[2 * row]!, lanes[2 * row + 1]!)
      this.#dueMs[row] = due
      if (due <= this.#lateMs) late[lateCount++] = row
      else accepted[count++] = row
    }
    if (lateCount === 0) return null
    this.#late += lateCount
    this.#options.lateRows?.(takeBatch(batch, late, lateCount, this.#epoch.arena))
    return accepted.subarray(0, count)
  }

  #addKeys(bucket: number, words: Int32Array, rows: Int32Array, count: number): void {
    const segment = this.#table.segment(bucket)
    let next = segment.count
    segment.findOrAdd(words, rows, count, this.#ids)
    // New keys get the next ids in order: a row is the first of its key iff it has the id that is due.
    const first = next
    for (let i = 0; i < count; i++) {
      if (this.#ids[i] !== next) continue
      next++
      this.#isNew[rows[i]!] = 1
    }
    if (this.#node.state === undefined) return
    const added = this.#ids
    for (let id = first; id < next; id++) added[id - first] = id
    segment.touch(added, next - first)
  }

  #addExpiring(words: Int32Array, rows: Int32Array, count: number): void {
    const expires = this.#buckets
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      expires[row] = (this.#dueMs[row] === NEVER_DUE ? 0 : this.#dueMs[row]!) + this.#node.delayMs
    }
    const isNew = new Uint8Array(count)
    this.#expiring.add(words, rows, count, expires, isNew)
    for (let i = 0; i < count; i++) this.#isNew[rows[i]!] = isNew[i]!
  }

  #reserve(count: number): void {
    if (this.#ids.length >= count) return
    this.#ids = new Int32Array(count)
    this.#dueMs = new Float64Array(count)
    this.#buckets = new Float64Array(count)
    this.#isNew = new Uint8Array(count)
  }
}
