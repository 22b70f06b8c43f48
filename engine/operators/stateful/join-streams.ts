import { BATCH_ROWS_MAX, Batch } from '../../columnar/batch.ts'
import { Column } from '../../columnar/column.ts'
import { ColumnBuilder } from '../../columnar/column-builder.ts'
import { takeColumn } from '../../columnar/take.ts'
import { compilePredicate, type Predicate } from '../../evaluate/compile.ts'
import { ordinalsOf } from '../../evaluate/row-reader.ts'
import { isNullable, typeOf } from '../../expr/expression.ts'
import { type StreamJoinNode, watermarkAt } from '../../incremental/incremental-plan.ts'
import { MultimapKeys } from '../../state/multimap-keys.ts'
import { END } from '../../state/multimap-table.ts'
import type { StateTable } from '../../state/state-table.ts'
import { field, type Schema, VOID } from '../../types/data-type.ts'
import type { BuildOptions } from '../build-options.ts'
import { identityRows } from '../identity-rows.ts'
import { ownedCopy } from '../kept-rows.ts'
import type { Emit, Epoch, HeldBack, Operator, StatefulReport } from '../operator.ts'
import { GroupKeys } from './group-keys.ts'
import { type JoinRows, JoinSide, type SideName } from './join-streams-side.ts'

const SIDES = ['left', 'right'] as const

/**
 * Symmetric hash join of two streams (spark.md 3.3 to 3.6).
 *
 * in     port 0: left, port 1: right. Of an epoch all left rows come first, in a semi join all right rows; rows of the other side that
 *        are there earlier are copied and wait. (Order and counts are those of Spark 4.3, asked epoch by epoch.)
 * out    left columns, then right (left only for semi); pairs as they are found, in the order of the rows that find them, partners in order of
 *        arrival; rows of preserved sides without partner when the watermark has passed them, at the end of the epoch
 * state  left, right: rows by key. A semi join forgets a left row at its first match; a right row that the watermark has passed is not
 *        stored unless it must still surface without partner
 * late   rows at or before the late watermark by their own side's event time are dropped; NULL is never late
 * NULL   keys match nothing but under `<=>`, and in a full join each other, as in Spark
 */
export class StreamJoin implements Operator {
  readonly name = 'symmetricHashJoin'
  readonly output: Schema
  readonly tables: readonly StateTable[]
  readonly #node: StreamJoinNode
  readonly #keys: MultimapKeys
  readonly #sides: Readonly<Record<SideName, JoinSide>>
  readonly #condition: Predicate | undefined
  readonly #conditionColumns: ReadonlySet<number>
  readonly #pairSchema: Schema
  /** Columns of the output that somebody reads; undefined: all. */
  readonly #wanted: ReadonlySet<number> | undefined
  readonly #none: Readonly<Record<SideName, readonly Column[]>>
  readonly #probing = new Int32Array(BATCH_ROWS_MAX)
  readonly #stored = new Int32Array(BATCH_ROWS_MAX)
  readonly #batchRows = new Int32Array(BATCH_ROWS_MAX)
  readonly #noRows = new Int32Array(BATCH_ROWS_MAX).fill(END)
  #matched = new Uint8Array(0)
  #ids = new Int32Array(0)
  #storedIds = new Int32Array(0)
  #epoch!: Epoch
  #lateMs = 0
  #evictMs = 0
  #waiting: Batch[] = []
  #firstEnded = false
  #secondEnded = false
  /** Whose rows of an epoch come before those of the other port. */
  readonly #firstPort: number
  #updated = 0
  #removed = 0

  constructor(node: StreamJoinNode, options: BuildOptions, wanted: ReadonlySet<number> | undefined) {
    this.#node = node
    this.#wanted = wanted
    this.#firstPort = node.type === 'left_semi' ? 1 : 0
    this.output = node.output
    const keySchema = node.keys.map(({ left, right }, i) => field(`key${i}`, typeOf(left), isNullable(left) || isNullable(right)))
    const groupKeys = new GroupKeys(keySchema)
    this.#keys = new MultimapKeys(groupKeys.encoder)
    this.#sides = {
      left: new JoinSide('left', node, this.#keys, groupKeys, options),
      right: new JoinSide('right', node, this.#keys, groupKeys, options),
    }
    this.tables = [this.#sides.left.table, this.#sides.right.table]
    this.#condition = node.condition && compilePredicate(node.condition, options)
    this.#conditionColumns = new Set(node.condition && ordinalsOf(node.condition))
    this.#pairSchema = [...node.left.output, ...node.right.output]
    const empty = (schema: Schema): Column[] => schema.map((f) => new ColumnBuilder(f.type, 0).finish())
    this.#none = { left: empty(node.left.output), right: empty(node.right.output) }
  }

  begin(epoch: Epoch): void {
    this.#epoch = epoch
    const { inputWatermark } = this.#node.state
    this.#lateMs = watermarkAt(inputWatermark, epoch.lateWatermarkMs)
    this.#evictMs = watermarkAt(inputWatermark, epoch.watermarkMs)
    this.#waiting = []
    this.#firstEnded = false
    this.#secondEnded = false
    this.#updated = 0
    this.#removed = 0
    this.#sides.left.late = 0
    this.#sides.right.late = 0
  }

  process(port: number, batch: Batch, emit: Emit): void {
    if (port === this.#firstPort) this.#join(SIDES[port]!, batch, emit)
    else if (this.#firstEnded) this.#join(SIDES[port]!, batch, emit)
    else this.#waiting.push(ownedCopy(batch))
  }

  endPort(port: number, emit: Emit): void {
    if (port === this.#firstPort) {
      this.#firstEnded = true
      for (const batch of this.#waiting) this.#join(SIDES[1 - port]!, batch, emit)
      this.#waiting = []
    } else this.#secondEnded = true
    if (this.#firstEnded && this.#secondEnded) this.#finish(emit)
  }

  /** Rows of preserved sides that have no partner yet. */
  heldBack(): HeldBack | undefined {
    const held = [this.#sides.left, this.#sides.right].flatMap((side) => {
      if (!side.isPreserved || side.evictOffsetMs === undefined) return []
      const due = side.table.unmatchedDue()
      if (due === undefined) return []
      return [{ firstMs: due.firstMs - side.evictOffsetMs, lastMs: due.lastMs - side.evictOffsetMs, count: due.count }]
    })
    if (held.length === 0) return undefined
    return {
      firstMs: Math.min(...held.map((side) => side.firstMs)),
      lastMs: Math.max(...held.map((side) => side.lastMs)),
      count: held.reduce((sum, side) => sum + side.count, 0),
    }
  }

  /** Asks whenever the watermark has moved and some side forgets by it, as Spark does, not only when something is due. */
  wantsEpochAt(watermarkMs: number, lastWatermarkMs: number): boolean {
    const { state, leftSide, rightSide } = this.#node
    if (leftSide.evictOffsetMs === undefined && rightSide.evictOffsetMs === undefined) return false
    return watermarkAt(state.inputWatermark, watermarkMs) > watermarkAt(state.inputWatermark, lastWatermarkMs)
  }

  get report(): StatefulReport {
    const { left, right } = this.#sides
    return {
      operatorName: this.name,
      numRowsTotal: left.table.rows + right.table.rows,
      numRowsUpdated: this.#updated,
      numRowsRemoved: this.#removed,
      numRowsDroppedByWatermark: left.late + right.late,
      memoryUsedBytes: left.table.bytes + right.table.bytes + this.#keys.bytes,
      customMetrics: {},
    }
  }

  #join(name: SideName, batch: Batch, emit: Emit): void {
    const side = this.#sides[name]
    const joining = side.prepare(batch, this.#lateMs, this.#epoch, (rows, count) =>
      this.#emitAlone(name, batch.columns, rows, count, emit),
    )
    if (joining === null) return
    const { count } = joining
    if (this.#ids.length < count) {
      this.#ids = new Int32Array(count)
      this.#storedIds = new Int32Array(count)
      this.#matched = new Uint8Array(count)
    }
    this.#keys.findOrAdd(joining.words, identityRows(count), count, this.#ids)
    this.#matched.fill(0, 0, count)
    this.#probe(name, joining, emit)
    this.#store(name, joining)
    this.#keys.release(this.#ids, count)
  }

  /** Finds the partners of the rows among the stored rows of the other side; #matched[i] becomes 1 where rows[i] has one. */
  #probe(name: SideName, joining: JoinRows, emit: Emit): void {
    const table = this.#sides[name === 'left' ? 'right' : 'left'].table
    const { count } = joining
    const ids = this.#ids
    const heads = table.heads
    const nexts = table.nexts
    const probing = this.#probing
    const stored = this.#stored
    // A left row of a semi join is put out once, whatever the number of its partners.
    const isSemi = this.#node.type === 'left_semi'
    const firstIsEnough = isSemi && name === 'left' && this.#condition === undefined
    let pairs = 0
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      let row = id < heads.length ? heads[id]! : END
      while (row !== END) {
        probing[pairs] = i
        stored[pairs++] = row
        if (pairs === BATCH_ROWS_MAX) {
          this.#pairsFound(name, joining, pairs, emit)
          pairs = 0
        }
        row = firstIsEnough ? END : nexts[row]!
      }
    }
    if (pairs > 0) this.#pairsFound(name, joining, pairs, emit)
    if (isSemi && name === 'left') this.#emitMatched(joining, emit)
  }

  #pairsFound(name: SideName, joining: JoinRows, found: number, emit: Emit): void {
    const { arena } = this.#epoch
    const probing = this.#probing
    const stored = this.#stored
    const batchRows = this.#batchRows
    for (let i = 0; i < found; i++) batchRows[i] = joining.rows[probing[i]!]!
    const other = this.#sides[name === 'left' ? 'right' : 'left']
    let count = found
    if (this.#condition !== undefined) {
      const columns = this.#pairColumns(name, joining.batch.columns, other.table.columns, found, this.#conditionColumns)
      const passed = this.#condition.select(new Batch(this.#pairSchema, found, columns), null, arena)
      if (passed !== null) {
        count = passed.count
        for (let i = 0; i < count; i++) {
          const from = passed.rows[i]!
          probing[i] = probing[from]!
          stored[i] = stored[from]!
          batchRows[i] = batchRows[from]!
        }
      }
    }
    if (count === 0) return
    for (let i = 0; i < count; i++) this.#matched[probing[i]!] = 1
    if (this.#node.type === 'left_semi') {
      if (name === 'right') this.#emitStoredOnce(count, emit)
      return
    }
    if (other.isPreserved) for (let i = 0; i < count; i++) other.table.match(stored[i]!)
    const columns = this.#pairColumns(name, joining.batch.columns, other.table.columns, count, this.#wanted)
    emit(new Batch(this.output, count, columns, joining.batch.partition))
  }

  /** Pairs of rows of a batch of the named side and stored rows of the other, left columns first. */
  #pairColumns(
    name: SideName,
    batch: readonly Column[],
    stored: readonly Column[],
    count: number,
    wanted: ReadonlySet<number> | undefined,
  ): Column[] {
    const isLeft = name === 'left'
    const leftWidth = this.#node.left.output.length
    const own = this.#take(batch, this.#batchRows, count, isLeft ? 0 : leftWidth, wanted)
    const others = this.#take(stored, this.#stored, count, isLeft ? leftWidth : 0, wanted)
    return isLeft ? [...own, ...others] : [...others, ...own]
  }

  /** What nobody reads is left empty. `first`: position of the first column in the pairs. */
  #take(
    columns: readonly Column[],
    rows: Int32Array,
    count: number,
    first: number,
    wanted: ReadonlySet<number> | undefined,
  ): Column[] {
    const { arena } = this.#epoch
    return columns.map((column, c) =>
      wanted === undefined || wanted.has(first + c)
        ? takeColumn(column, rows, count, arena)
        : new Column(VOID, count, null, null),
    )
  }

  /** Semi, left rows: those that have a partner. */
  #emitMatched(joining: JoinRows, emit: Emit): void {
    const { batch, rows, count } = joining
    const matched = this.#epoch.arena.int32(count)
    let kept = 0
    for (let i = 0; i < count; i++) if (this.#matched[i] === 1) matched[kept++] = rows[i]!
    if (kept === 0) return
    emit(new Batch(this.output, kept, this.#take(batch.columns, matched, kept, 0, this.#wanted), batch.partition))
  }

  /** Semi, right rows: the left rows that they match leave the state. */
  #emitStoredOnce(count: number, emit: Emit): void {
    const { table } = this.#sides.left
    const rows = this.#epoch.arena.int32(count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = this.#stored[i]!
      if (!table.isThere(row)) continue
      rows[kept++] = row
      table.remove(row)
      this.#removed++
    }
    if (kept > 0) emit(new Batch(this.output, kept, this.#take(table.columns, rows, kept, 0, this.#wanted)))
  }

  #store(name: SideName, joining: JoinRows): void {
    const side = this.#sides[name]
    const { batch, rows, count, dueMs } = joining
    const ids = this.#ids
    const matched = this.#matched
    const isRight = name === 'right'
    const isSemiLeft = this.#node.type === 'left_semi' && !isRight
    const passedMs = this.#evictMs + (side.evictOffsetMs ?? 0)
    const stored = this.#epoch.arena.int32(count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (isSemiLeft && matched[i] === 1) continue
      if (isRight && dueMs[i]! <= passedMs && !(side.isPreserved && matched[i] === 0)) continue
      stored[kept] = rows[i]!
      this.#storedIds[kept] = ids[i]!
      dueMs[kept] = dueMs[i]!
      matched[kept++] = matched[i]!
    }
    side.table.add(batch.columns, stored, this.#storedIds, kept, dueMs, side.isPreserved ? matched : null)
    this.#updated += kept
  }

  #finish(emit: Emit): void {
    const { left, right } = this.#sides
    for (const [name, side] of [
      ['left', left],
      ['right', right],
    ] as const) {
      if (side.evictOffsetMs !== undefined) {
        this.#removed += side.table.evict(
          this.#evictMs + side.evictOffsetMs,
          side.isPreserved ? (rows, count) => this.#emitUnmatched(name, rows, count, emit) : undefined,
        )
      }
      side.table.tidy()
    }
    this.#keys.forgetTexts()
  }

  #emitUnmatched(name: SideName, rows: Int32Array, count: number, emit: Emit): void {
    const { table } = this.#sides[name]
    const unmatched = rows.slice(0, count).filter((row) => !table.isMatched(row))
    this.#emitAlone(name, table.columns, unmatched, unmatched.length, emit)
  }

  /** Rows of one side with NULLs for the other. */
  #emitAlone(name: SideName, columns: readonly Column[], rows: Int32Array, count: number, emit: Emit): void {
    const isLeft = name === 'left'
    const leftWidth = this.#node.left.output.length
    for (let from = 0; from < count; from += BATCH_ROWS_MAX) {
      const some = rows.subarray(from, Math.min(count, from + BATCH_ROWS_MAX))
      const own = this.#take(columns, some, some.length, isLeft ? 0 : leftWidth, this.#wanted)
      const none = this.#take(
        this.#none[isLeft ? 'right' : 'left'],
        this.#noRows,
        some.length,
        isLeft ? leftWidth : 0,
        this.#wanted,
      )
      emit(new Batch(this.output, some.length, isLeft ? [...own, ...none] : [...none, ...own]))
    }
  }
}
