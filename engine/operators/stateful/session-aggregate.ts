import { Batch } from '../../columnar/batch.ts'
import { Column } from '../../columnar/column.ts'
import { takeBatch } from '../../columnar/take.ts'
import { AnalysisError, ExecutionError, InternalError } from '../../errors/engine-error.ts'
import { compileProjection, type Projection } from '../../evaluate/compile.ts'
import { constantValue } from '../../evaluate/constant.ts'
import { type Expression, typeOf } from '../../expr/expression.ts'
import { type SessionAggregateNode, watermarkAt } from '../../incremental/incremental-plan.ts'
import { KeyEncoder } from '../../state/key-encoder.ts'
import { SessionTable } from '../../state/session-table.ts'
import type { StateTable } from '../../state/state-table.ts'
import { field, type Schema, TIMESTAMP } from '../../types/data-type.ts'
import { addIntervalToTimestamp } from '../../types/interval.ts'
import type { CalendarInterval } from '../../types/value.ts'
import { type Zone, zoneOf } from '../../types/zone.ts'
import type { BuildOptions } from '../build-options.ts'
import { ownedCopy } from '../kept-rows.ts'
import type { Emit, Epoch, HeldBack, Operator, StatefulReport } from '../operator.ts'
import { type PreparedRows, RowPreparation } from '../row-preparation.ts'
import { AggregateCalls } from './aggregate-calls.ts'
import { GroupKeys } from './group-keys.ts'
import { LateGroups } from './late-groups.ts'

/** Sessions that are put out at once. */
const OUTPUT_ROWS = 16384

/**
 * Aggregation by sessions (spark.md 2.3): a row is [time, time + gap); rows of equal keys that touch or overlap are one session.
 *
 * in     port 0, filters below taken in; rows with a NULL time or an empty session belong nowhere
 * out    sessions that the watermark has passed, or all of them, at the end of the input; in no order to rely on
 * state  sessions: grouping columns → sessions → buffers of the aggregates
 * late   a row whose own session ends at or before the late watermark is dropped, whatever session it would have joined; equal rows
 *        (keys, time and gap) count once, as Spark counts behind its partial aggregation
 * law    append: the union of outputs does not depend on how the input is cut into epochs
 */
export class SessionAggregate implements Operator {
  readonly name: string
  readonly output: Schema
  readonly tables: readonly StateTable[]
  readonly preparation: RowPreparation
  readonly #node: SessionAggregateNode
  readonly #options: BuildOptions
  readonly #keys: GroupKeys
  readonly #calls: AggregateCalls
  readonly #table: SessionTable
  readonly #results: Projection
  readonly #resultInput: Schema
  /** Microseconds; undefined when it differs from row to row or by the calendar. */
  readonly #constantGap: bigint | undefined
  readonly #zone: Zone
  readonly #lateKeys: KeyEncoder
  readonly #late: LateGroups
  /** With DISTINCT, values can be had only once the sessions are known: the rows of the (single) epoch wait. */
  #waiting: Batch[] = []
  #ids = new Int32Array(0)
  #epoch!: Epoch
  #lateMs = 0
  #evictMs = 0
  #updated = 0
  #removed = 0

  constructor(node: SessionAggregateNode, options: BuildOptions) {
    this.#node = node
    this.#options = options
    this.name = node.state === undefined ? 'session_aggregate' : 'sessionWindowStateStoreSaveExec'
    this.output = node.output
    const isKey = (_: unknown, i: number): boolean => i !== node.sessionOrdinal
    const keySchema = node.groupingOutput.filter(isKey)
    this.#keys = new GroupKeys(keySchema)
    this.#calls = new AggregateCalls(node.aggregates, options)
    const expressions = [...node.grouping.filter(isKey), node.time, node.gap, ...this.#calls.expressions]
    this.preparation = new RowPreparation(node.input, expressions, options)
    this.#constantGap = constantMicros(node.gap, options)
    const isLocal = typeOf(node.time).kind === 'timestamp_ntz'
    this.#zone = zoneOf(isLocal ? 'UTC' : options.context.timeZone)
    this.#table = new SessionTable({
      name: 'sessions',
      keys: this.#keys.encoder,
      stores: this.#calls.createStores(),
      values: this.#calls.text,
      expires: node.emission === 'evicted',
    })
    this.tables = node.state === undefined ? [] : [this.#table]
    this.#lateKeys = new KeyEncoder([
      ...this.#keys.encoder.schema,
      field('start', TIMESTAMP, false),
      field('end', TIMESTAMP, false),
    ])
    this.#late = new LateGroups(this.#lateKeys.lanes)
    this.#resultInput = [...node.groupingOutput, ...node.aggregates.map((a) => a.output)]
    this.#results = compileProjection(node.results, options)
  }

  get reads(): ReadonlySet<number> | undefined {
    // Whoever wants the late rows wants them whole.
    return this.#options.lateRows === undefined ? this.preparation.reads : undefined
  }

  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#late.clear()
    this.#waiting = []
    const { state } = this.#node
    if (state === undefined) {
      this.#table.clear()
      this.#calls.clear()
      return
    }
    if (this.#node.grouping.length === 1) throw sessionsNeedKey()
    this.#lateMs = watermarkAt(state.inputWatermark, epoch.lateWatermarkMs)
    this.#evictMs = watermarkAt(state.inputWatermark, epoch.watermarkMs)
    this.#table.beginEpoch()
  }

  process(_port: number, batch: Batch): void {
    if (this.#calls.hasDistinct) this.#waiting.push(ownedCopy(batch))
    else this.#aggregate(batch)
  }

  endPort(_port: number, emit: Emit): void {
    if (this.#calls.hasDistinct) this.#aggregateWaiting()
    const counts = this.#table.counts
    this.#updated = counts.updated
    this.#removed = counts.removed
    if (this.#node.emission === 'evicted') {
      const due = this.#table.takeDue(this.#evictMs)
      this.#emit(due.ids, due.count, emit)
      this.#table.drop(due)
      this.#removed += due.count
    } else {
      const all = this.#table.all()
      this.#emit(all, all.length, emit)
    }
  }

  heldBack(): HeldBack | undefined {
    const { emission, watermarked, state } = this.#node
    return state !== undefined && emission === 'evicted' && watermarked ? this.#table.due() : undefined
  }

  /** Asks whenever the watermark has moved, as Spark does, not only when something is due. */
  wantsEpochAt(watermarkMs: number, lastWatermarkMs: number): boolean {
    const { state, emission } = this.#node
    if (state === undefined || emission === 'all') return false
    return watermarkAt(state.inputWatermark, watermarkMs) > watermarkAt(state.inputWatermark, lastWatermarkMs)
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

  #aggregate(batch: Batch): void {
    const sessions = this.#assign(batch)
    if (sessions === null) return
    const { args, rows, count } = sessions
    const table = this.#table
    const { created, absorbed } = table
    for (let i = 0; i < created.count; ) {
      // New ids mostly follow each other.
      const from = created.ids[i]!
      let to = from + 1
      for (i++; i < created.count && created.ids[i] === to; i++) to++
      this.#calls.init(table, from, to)
    }
    this.#calls.update(table, args, rows, this.#ids, count)
    if (absorbed.count > 0) {
      this.#calls.absorb(table, absorbed.ids, table.takers(), absorbed.count)
      table.forgetAbsorbed()
    }
  }

  /** Sessions of all rows first, then the values of all rows, each in the session it ended in. */
  #aggregateWaiting(): void {
    const assigned: { readonly sessions: AssignedRows; readonly ids: Int32Array }[] = []
    for (const batch of this.#waiting) {
      const sessions = this.#assign(batch)
      if (sessions !== null) assigned.push({ sessions, ids: this.#ids.slice(0, sessions.count) })
    }
    const table = this.#table
    const { absorbed } = table
    const takers = table.takers()
    const now = new Map(Array.from(takers, (taker, i) => [absorbed.ids[i]!, taker]))
    table.forgetAbsorbed()
    for (const id of table.all()) this.#calls.init(table, id, id + 1)
    for (const { sessions, ids } of assigned) {
      const final = ids.map((id) => now.get(id) ?? id)
      this.#calls.update(table, sessions.args, sessions.rows, final, sessions.count)
    }
    this.#waiting = []
  }

  /** Gives the rows their sessions, in #ids. Null: no row has one. */
  #assign(batch: Batch): AssignedRows | null {
    const { arena } = this.#epoch
    const prepared = this.preparation.prepare(batch, arena)
    if (prepared === null) return null
    const { columns } = prepared
    const keyCount = this.#node.grouping.length - 1
    const keys = this.#keys.flatten(columns.slice(0, keyCount))
    const time = columns[keyCount]!
    const starts = time.values as BigInt64Array
    const ends = arena.int64(prepared.count)
    const rows = arena.int32(prepared.count)
    let count = this.#endsOf(time, columns[keyCount + 1]!, prepared.count, ends, rows)
    count = this.#dropLate(prepared, keys, starts, ends, rows, count)
    if (count === 0) return null
    if (this.#ids.length < prepared.count) this.#ids = new Int32Array(prepared.count)
    const words = this.#keys.encoder.encode(keys, prepared.count)
    this.#table.add(words, starts, ends, rows, count, this.#ids)
    return { args: columns.slice(keyCount + 2), rows, count }
  }

  /** Writes the ends of the rows' sessions, by row, and the rows that have one; returns their number. */
  #endsOf(time: Column, gap: Column, count: number, ends: BigInt64Array, rows: Int32Array): number {
    const starts = time.values as BigInt64Array
    const constant = this.#constantGap
    let kept = 0
    if (constant !== undefined) {
      if (constant <= 0n) return 0
      for (let row = 0; row < count; row++) {
        ends[row] = starts[row]! + constant
        rows[kept] = row
        if (time.validity === null || !time.isNull(row)) kept++
      }
      return kept
    }
    const isCalendar = gap.type.kind === 'interval'
    const [months, days, micros] = isCalendar ? gap.children.map((child) => child.values!) : [undefined, undefined, gap.values]
    for (let row = 0; row < count; row++) {
      if (time.isNull(row) || gap.isNull(row)) continue
      const start = starts[row]!
      const microseconds = micros![row] as bigint
      const end = isCalendar
        ? this.#addCalendar(start, { months: Number(months![row]), days: Number(days![row]), microseconds })
        : start + microseconds
      if (end <= start) continue
      ends[row] = end
      rows[kept++] = row
    }
    return kept
  }

  #addCalendar(start: bigint, gap: CalendarInterval): bigint {
    if (gap.months === 0 && gap.days === 0) return start + gap.microseconds
    const end = addIntervalToTimestamp(start, gap, this.#zone)
    if (end === undefined) {
      throw new ExecutionError('DATETIME_OVERFLOW', { message: 'the end of a session lies beyond the range of TIMESTAMP' })
    }
    return end
  }

  #dropLate(
    prepared: PreparedRows,
    keys: readonly Column[],
    starts: BigInt64Array,
    ends: BigInt64Array,
    rows: Int32Array,
    count: number,
  ): number {
    if (!this.#node.watermarked || this.#node.state === undefined) return count
    const { arena } = this.#epoch
    const lateMicros = BigInt(this.#lateMs) * 1000n
    const late = arena.int32(count)
    let kept = 0
    let dropped = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (ends[row]! <= lateMicros) late[dropped++] = row
      else rows[kept++] = row
    }
    if (dropped === 0) return kept
    const length = prepared.count
    const bounds = [starts, ends].map((values) => new Column(TIMESTAMP, length, null, values))
    this.#late.add(0, this.#lateKeys.encode([...keys, ...bounds], length), late, dropped)
    const { lateRows } = this.#options
    if (lateRows !== undefined) {
      const { selection, batch } = prepared
      const inputRows = selection === null ? late : late.subarray(0, dropped).map((row) => selection.rows[row]!)
      lateRows(takeBatch(batch, inputRows, dropped, arena))
    }
    return kept
  }

  #emit(ids: Int32Array, count: number, emit: Emit): void {
    const { arena } = this.#epoch
    const { sessionOrdinal } = this.#node
    const table = this.#table
    for (let from = 0; from < count; from += OUTPUT_ROWS) {
      const some = ids.subarray(from, Math.min(count, from + OUTPUT_ROWS))
      const keys = table.decodeKeys(some, some.length, (words, keyIds, n) => this.#keys.decode(words, keyIds, n, arena))
      const grouping = [...keys.slice(0, sessionOrdinal), this.#sessions(some), ...keys.slice(sessionOrdinal)]
      const columns = [...grouping, ...this.#calls.finish(table, some, some.length, arena)]
      const groups = new Batch(this.#resultInput, some.length, columns)
      emit(new Batch(this.output, some.length, this.#results.evaluate(groups, null, arena)))
    }
  }

  #sessions(ids: Int32Array): Column {
    const { type } = this.#node.groupingOutput[this.#node.sessionOrdinal]!
    if (type.kind !== 'struct') throw new InternalError('a session is a struct')
    const bounds = [this.#table.starts, this.#table.ends].map((all, i) => {
      const values = this.#epoch.arena.int64(ids.length)
      for (let row = 0; row < ids.length; row++) values[row] = all[ids[row]!]!
      return new Column(type.fields[i]!.type, ids.length, null, values)
    })
    return new Column(type, ids.length, null, null, null, null, bounds)
  }
}

interface AssignedRows {
  /** Of the aggregates; one value a prepared row. */
  readonly args: readonly Column[]
  readonly rows: Int32Array
  readonly count: number
}

function constantMicros(gap: Expression, options: BuildOptions): bigint | undefined {
  const value = constantValue(gap, options.functions, options.context)
  if (typeof value === 'bigint') return value
  if (value === undefined || value === null) return undefined
  const { months, days, microseconds } = value as CalendarInterval
  return months === 0 && days === 0 ? microseconds : undefined
}

/** As in Spark, such a query starts and its first epoch fails. */
function sessionsNeedKey(): AnalysisError {
  return new AnalysisError('_LEGACY_ERROR_TEMP_3068', {
    message: 'a session window over a stream needs another group key beside it',
    hint: 'Group by the key whose sessions you want, for example GROUP BY session_window(at, …), user.',
  })
}
