import { Arena } from '../../columnar/arena.ts'
import type { Batch } from '../../columnar/batch.ts'
import type { Column } from '../../columnar/column.ts'
import { int32View, takeBatch } from '../../columnar/take.ts'
import { compilePredicate, compileProjection, type Predicate, type Projection, type Selection } from '../../evaluate/compile.ts'
import type { Expression } from '../../expr/expression.ts'
import type { FunctionRegistry } from '../../functions/registry.ts'
import type { EventTime, StreamJoinNode } from '../../incremental/incremental-plan.ts'
import type { MultimapKeys } from '../../state/multimap-keys.ts'
import { MultimapTable } from '../../state/multimap-table.ts'
import { ceilMillis, NEVER_DUE } from '../../state/segmented-table.ts'
import type { Schema } from '../../types/data-type.ts'
import type { BuildOptions } from '../build-options.ts'
import { identityRows } from '../identity-rows.ts'
import type { Epoch } from '../operator.ts'
import type { GroupKeys } from './group-keys.ts'

export type SideName = 'left' | 'right'

/** Rows of a batch that take part in a join. */
export interface JoinRows {
  readonly batch: Batch
  /** Row numbers of the batch. */
  readonly rows: Int32Array
  readonly count: number
  /** Of rows[i]: encoded keys and the time at which the row may be forgotten. */
  readonly words: Int32Array
  readonly dueMs: Float64Array
}

/**
 * One side of a stream-stream join: which of its rows take part, their keys and due times, and the table of its stored rows.
 *
 * A preserved side keeps every row that is not late. Of another side the rows that can match nothing never come in, and so count neither as
 * late nor as state: those that fail a condition on the side alone, and those with NULL in a key or in a column of which the condition needs a
 * value (spark.md 3.3; Spark's optimizer adds these filters below the join).
 */
export class JoinSide {
  readonly schema: Schema
  readonly isPreserved: boolean
  readonly table: MultimapTable
  readonly evictOffsetMs: number | undefined
  late = 0
  readonly #filter: Predicate | undefined
  readonly #keys: Projection
  readonly #groupKeys: GroupKeys
  readonly #eventTime: EventTime | undefined
  readonly #keyTime: EventTime | undefined
  /** Positions of keys that NULL cannot match, and of columns that the condition rejects NULL in. */
  readonly #strictKeys: readonly number[]
  readonly #strictColumns: readonly number[]
  readonly #options: BuildOptions
  #dueMs = new Float64Array(0)

  constructor(name: SideName, node: StreamJoinNode, keys: MultimapKeys, groupKeys: GroupKeys, options: BuildOptions) {
    const side = name === 'left' ? node.leftSide : node.rightSide
    this.schema = node[name].output
    this.isPreserved = node.type === 'full' || node.type === name
    this.evictOffsetMs = side.evictOffsetMs
    this.#filter = side.filter && compilePredicate(side.filter, options)
    this.#keys = compileProjection(
      node.keys.map((k) => k[name]),
      options,
    )
    this.#groupKeys = groupKeys
    this.#eventTime = side.eventTime
    this.#keyTime = node.keyEventTime
    this.#options = options
    this.#strictKeys = this.isPreserved ? [] : node.keys.flatMap((k, i) => (k.nullSafe ? [] : [i]))
    const first = name === 'left' ? 0 : node.left.output.length
    this.#strictColumns = this.isPreserved
      ? []
      : [...columnsRejectingNull(node.condition, options.functions)]
          .map((ordinal) => ordinal - first)
          .filter((ordinal) => ordinal >= 0 && ordinal < this.schema.length)
    this.table = new MultimapTable({
      name,
      keys,
      schema: this.schema,
      describe: (batch) => this.#describe(batch, null, batch.rowCount, this.#keys.evaluate(batch, null, new Arena())),
    })
  }

  /**
   * Null: no row takes part. `failed` gets rows of a preserved side that fail the condition on it alone: they match nothing and are not
   * stored.
   */
  prepare(batch: Batch, lateMs: number, epoch: Epoch, failed: (rows: Int32Array, count: number) => void): JoinRows | null {
    const { arena } = epoch
    let selection: Selection | null = null
    if (!this.isPreserved) selection = this.#dropUnmatchable(batch, epoch)
    selection = this.#dropLate(batch, selection, lateMs, epoch)
    if (this.isPreserved && this.#filter !== undefined) {
      const passed = this.#filter.select(batch, selection, arena)
      if (passed !== selection) failed(...difference(selection, batch.rowCount, passed!, arena))
      selection = passed
    }
    if (selection?.count === 0) return null
    let keys = this.#keys.evaluate(batch, selection, arena)
    const strict = this.#strictKeys.map((k) => keys[k]!).filter((key) => key.validity !== null || key.type.kind === 'void')
    if (strict.length > 0) {
      selection = withoutNulls(strict, selection, batch.rowCount, arena)
      if (selection?.count === 0) return null
      keys = this.#keys.evaluate(batch, selection, arena)
    }
    const count = selection === null ? batch.rowCount : selection.count
    const rows = selection === null ? identityRows(count) : selection.rows
    return { batch, rows, count, ...this.#describe(batch, selection, count, keys) }
  }

  #describe(
    batch: Batch,
    selection: Selection | null,
    count: number,
    keys: readonly Column[],
  ): { words: Int32Array; dueMs: Float64Array } {
    if (this.#dueMs.length < count) this.#dueMs = new Float64Array(count)
    const dueMs = this.#dueMs
    const flattened = this.#groupKeys.flatten(keys)
    if (this.evictOffsetMs === undefined) dueMs.fill(NEVER_DUE, 0, count)
    else if (this.#keyTime !== undefined) readDue(keys[this.#keyTime.ordinal]!, this.#keyTime.form, null, count, dueMs)
    else readDue(batch.columns[this.#eventTime!.ordinal]!, this.#eventTime!.form, selection, count, dueMs)
    return { words: this.#groupKeys.encoder.encode(flattened, count), dueMs }
  }

  #dropUnmatchable(batch: Batch, epoch: Epoch): Selection | null {
    const { arena } = epoch
    const selection = this.#filter === undefined ? null : this.#filter.select(batch, null, arena)
    const strict = this.#strictColumns.map((c) => batch.columns[c]!).filter((column) => column.validity !== null)
    if (strict.length === 0) return selection
    const count = selection === null ? batch.rowCount : selection.count
    const rows = arena.int32(count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = selection === null ? i : selection.rows[i]!
      rows[kept] = row
      if (!strict.some((column) => column.isNull(row))) kept++
    }
    return { rows, count: kept }
  }

  #dropLate(batch: Batch, selection: Selection | null, lateMs: number, epoch: Epoch): Selection | null {
    if (this.#eventTime === undefined) return selection
    const { arena } = epoch
    const count = selection === null ? batch.rowCount : selection.count
    const times = arena.float64(count)
    readDue(batch.columns[this.#eventTime.ordinal]!, this.#eventTime.form, selection, count, times)
    let lateCount = 0
    for (let i = 0; i < count; i++) if (times[i]! <= lateMs) lateCount++
    if (lateCount === 0) return selection
    const rows = arena.int32(count)
    const late = arena.int32(count)
    let kept = 0
    let dropped = 0
    for (let i = 0; i < count; i++) {
      const row = selection === null ? i : selection.rows[i]!
      if (times[i]! <= lateMs) late[dropped++] = row
      else rows[kept++] = row
    }
    this.late += lateCount
    this.#options.lateRows?.(takeBatch(batch, late, lateCount, arena))
    return { rows, count: kept }
  }
}

/** The time of a column (a window's end) in milliseconds, rounded up; NEVER_DUE for NULL. */
function readDue(column: Column, form: EventTime['form'], selection: Selection | null, count: number, into: Float64Array): void {
  const time = form === 'window' ? column.children[1]! : column
  const lanes = int32View(time.values!)
  const hasNulls = column.validity !== null || time.validity !== null
  for (let i = 0; i < count; i++) {
    const row = selection === null ? i : selection.rows[i]!
    const isNull = hasNulls && (column.isNull(row) || time.isNull(row))
    into[i] = isNull ? NEVER_DUE : ceilMillis(lanes[2 * row]!, lanes[2 * row + 1]!)
  }
}

/** `columns`: one value a selected row. */
function withoutNulls(columns: readonly Column[], selection: Selection | null, rowCount: number, arena: Arena): Selection {
  const count = selection === null ? rowCount : selection.count
  const rows = arena.int32(count)
  let kept = 0
  for (let i = 0; i < count; i++) {
    rows[kept] = selection === null ? i : selection.rows[i]!
    if (!columns.some((column) => column.isNull(i))) kept++
  }
  return { rows, count: kept }
}

/** The rows of `all` (null: of the batch) that are not in `some`; both ascend. */
function difference(all: Selection | null, rowCount: number, some: Selection, arena: Arena): [Int32Array, number] {
  const count = all === null ? rowCount : all.count
  const rows = arena.int32(count)
  let next = 0
  let kept = 0
  for (let i = 0; i < count; i++) {
    const row = all === null ? i : all.rows[i]!
    if (next < some.count && some.rows[next] === row) next++
    else rows[kept++] = row
  }
  return [rows, kept]
}

/** Columns that must not be NULL for the condition to be TRUE: those under calls that give NULL for NULL. */
function columnsRejectingNull(condition: Expression | undefined, functions: FunctionRegistry): Set<number> {
  const found = new Set<number>()
  const visit = (e: Expression): void => {
    if (e.kind === 'bound') found.add(e.ordinal)
    else if (e.kind === 'cast' || e.kind === 'alias') visit(e.child)
    else if (e.kind === 'call') {
      const record = functions.find(e.name)
      const propagates = record?.kind === 'scalar' && record.nulls === 'propagate'
      if (e.name === 'and' || propagates) for (const arg of e.args) visit(arg)
    }
  }
  // Below AND only the conjuncts themselves count: NULL AND FALSE is FALSE, but TRUE needs both.
  if (condition !== undefined) visit(condition)
  return found
}
