import { BATCH_ROWS_MAX, Batch } from '../columnar/batch.ts'
import { Column } from '../columnar/column.ts'
import { takeColumn } from '../columnar/take.ts'
import { compilePredicate, compileProjection, type Predicate, type Projection } from '../evaluate/compile.ts'
import { typeOf } from '../expr/expression.ts'
import type { StaticJoinNode } from '../incremental/incremental-plan.ts'
import { HashTable } from '../state/hash-table.ts'
import { KeyEncoder } from '../state/key-encoder.ts'
import { field, type Schema, VOID } from '../types/data-type.ts'
import type { BuildOptions } from './build-options.ts'
import { identityRows } from './identity-rows.ts'
import { KeptRows, ownedCopy } from './kept-rows.ts'
import type { Emit, Epoch, Operator } from './operator.ts'

/** No build row follows. */
const END = -1

/**
 * Joins rows that flow (probe) with a side that was read whole (build), by hash of the equality keys and then the rest of the condition.
 *
 * in     port 0: left, port 1: right. The build side should end first; probe rows that come earlier are copied and wait
 * out    left columns, then right (left only for semi and anti); probe rows in order, their partners in the order of the build side;
 *        rows of a preserved build side without partner at the end of the input
 * state  none: the build side is read anew in each epoch
 * NULL   keys match nothing, unless compared with <=>
 */
export class StaticJoin implements Operator {
  readonly name = 'static_join'
  readonly output: Schema
  readonly tables = []
  readonly #node: StaticJoinNode
  readonly #buildPort: number
  readonly #buildKeys: Projection
  readonly #probeKeys: Projection
  readonly #condition: Predicate | undefined
  readonly #pairSchema: Schema
  /** Columns of the output that somebody reads; undefined: all. */
  readonly #wanted: ReadonlySet<number> | undefined
  readonly #keepsProbe: boolean
  readonly #keepsBuild: boolean
  readonly #kept: KeptRows
  #epoch!: Epoch
  #build!: Batch
  #isBuilt = false
  #openPorts = 2
  #waiting: Batch[] = []
  #encoder!: KeyEncoder
  #table!: HashTable
  /** First build row of each key, and of each build row the next with its key: chains in input order. */
  #head = new Int32Array(0)
  #next = new Int32Array(0)
  #buildMatched = new Uint8Array(0)

  constructor(node: StaticJoinNode, options: BuildOptions, wanted: ReadonlySet<number> | undefined) {
    this.#node = node
    this.#wanted = wanted
    this.output = node.output
    const buildSide = node.build
    const probeSide = buildSide === 'left' ? 'right' : 'left'
    this.#buildPort = buildSide === 'left' ? 0 : 1
    this.#kept = new KeptRows(node[buildSide].output)
    const keysOf = (side: 'left' | 'right'): Projection =>
      compileProjection(
        node.keys.map((k) => k[side]),
        options,
      )
    this.#buildKeys = keysOf(buildSide)
    this.#probeKeys = keysOf(probeSide)
    this.#condition = node.condition && compilePredicate(node.condition, options)
    this.#pairSchema = [...node.left.output, ...node.right.output]
    this.#keepsProbe = node.type === 'full' || node.type === probeSide
    this.#keepsBuild = node.type === 'full' || node.type === buildSide
  }

  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#kept.clear()
    this.#isBuilt = false
    this.#openPorts = 2
    this.#waiting = []
  }

  process(port: number, batch: Batch, emit: Emit): void {
    if (port === this.#buildPort) this.#kept.add(batch)
    else if (this.#isBuilt) this.#probe(batch, emit)
    else this.#waiting.push(ownedCopy(batch))
  }

  endPort(port: number, emit: Emit): void {
    this.#openPorts--
    if (port === this.#buildPort) {
      this.#buildTable()
      for (const batch of this.#waiting) this.#probe(batch, emit)
      this.#waiting = []
    }
    if (this.#openPorts > 0) return

    if (this.#keepsBuild) this.#emitUnmatchedBuild(emit)
    this.#kept.clear()
  }

  #buildTable(): void {
    this.#isBuilt = true
    const build = this.#kept.all()
    this.#build = build
    this.#encoder = new KeyEncoder(this.#node.keys.map((k, i) => field(`${i}`, typeOf(k.left), true)))
    this.#table = new HashTable(this.#encoder.lanes, Math.min(build.rowCount, 1 << 20))
    this.#next = new Int32Array(build.rowCount).fill(END)
    this.#buildMatched = new Uint8Array(this.#keepsBuild ? build.rowCount : 0)
    const keys = this.#buildKeys.evaluate(build, null, this.#epoch.arena)
    const rows = this.#rowsWithKeys(keys, build.rowCount)
    const ids = new Int32Array(rows.length)
    this.#table.findOrAdd(this.#encoder.encode(keys, build.rowCount), rows, rows.length, ids)
    this.#head = new Int32Array(this.#table.count).fill(END)
    const tail = new Int32Array(this.#table.count)
    for (let i = 0; i < rows.length; i++) {
      const id = ids[i]!
      const row = rows[i]!
      if (this.#head[id] === END) this.#head[id] = row
      else this.#next[tail[id]!] = row
      tail[id] = row
    }
  }

  /** Rows without a NULL in a key that NULL cannot match. */
  #rowsWithKeys(keys: readonly Column[], count: number): Int32Array {
    const strict = keys.filter((k, i) => !this.#node.keys[i]!.nullSafe && (k.validity !== null || k.type.kind === 'void'))
    if (strict.length === 0) return identityRows(count).subarray(0, count)
    const rows = new Int32Array(count)
    let kept = 0
    for (let row = 0; row < count; row++) {
      rows[kept] = row
      if (strict.every((k) => !k.isNull(row))) kept++
    }
    return rows.subarray(0, kept)
  }

  #probe(batch: Batch, emit: Emit): void {
    const { arena } = this.#epoch
    const { rowCount } = batch
    const keys = this.#probeKeys.evaluate(batch, null, arena)
    const rows = this.#rowsWithKeys(keys, rowCount)
    const found = arena.int32(rows.length)
    this.#table.find(this.#encoder.encode(keys, rowCount, true), rows, rows.length, found)
    const first = arena.int32(rowCount).fill(END)
    for (let i = 0; i < rows.length; i++) if (found[i]! >= 0) first[rows[i]!] = this.#head[found[i]!]!
    switch (this.#node.type) {
      case 'left_semi':
      case 'left_anti':
        this.#emitExisting(batch, first, emit)
        return
      default:
        this.#emitPairs(batch, first, emit)
    }
  }

  #emitPairs(batch: Batch, first: Int32Array, emit: Emit): void {
    const { arena } = this.#epoch
    const probeRows = arena.int32(BATCH_ROWS_MAX)
    const buildRows = arena.int32(BATCH_ROWS_MAX)
    // With a condition a partner is known only behind it; without one an unmatched row stays in its place.
    const inPlace = this.#keepsProbe && this.#condition === undefined
    const matched = this.#keepsProbe && !inPlace ? new Uint8Array(batch.rowCount) : null
    let count = 0
    const flush = (): void => {
      if (count > 0) this.#emitSome(batch, probeRows, buildRows, count, matched, emit)
      count = 0
    }
    for (let row = 0; row < batch.rowCount; row++) {
      let partner = first[row]!
      if (partner === END && !inPlace) continue
      do {
        probeRows[count] = row
        buildRows[count++] = partner
        if (count === BATCH_ROWS_MAX) flush()
        partner = partner === END ? END : this.#next[partner]!
      } while (partner !== END)
    }
    flush()
    if (matched === null) return
    for (let row = 0; row < batch.rowCount; row++) {
      if (matched[row] === 1) continue
      probeRows[count] = row
      buildRows[count++] = END
      if (count === BATCH_ROWS_MAX) {
        emit(this.#pairs(batch, probeRows, buildRows, count, this.output))
        count = 0
      }
    }
    if (count > 0) emit(this.#pairs(batch, probeRows, buildRows, count, this.output))
  }

  #emitSome(
    batch: Batch,
    probeRows: Int32Array,
    buildRows: Int32Array,
    count: number,
    matched: Uint8Array | null,
    emit: Emit,
  ): void {
    const { arena } = this.#epoch
    let kept = count
    if (this.#condition !== undefined) {
      const passed = this.#condition.select(this.#pairs(batch, probeRows, buildRows, count, this.#pairSchema), null, arena)
      if (passed !== null) {
        kept = passed.count
        for (let i = 0; i < kept; i++) {
          probeRows[i] = probeRows[passed.rows[i]!]!
          buildRows[i] = buildRows[passed.rows[i]!]!
        }
      }
    }
    if (matched !== null) for (let i = 0; i < kept; i++) matched[probeRows[i]!] = 1
    if (this.#keepsBuild) for (let i = 0; i < kept; i++) if (buildRows[i]! >= 0) this.#buildMatched[buildRows[i]!] = 1
    if (kept > 0) emit(this.#pairs(batch, probeRows, buildRows, kept, this.output))
  }

  /** Semi and anti: the build side is the right one. */
  #emitExisting(batch: Batch, first: Int32Array, emit: Emit): void {
    const { arena } = this.#epoch
    const wanted = this.#node.type === 'left_semi' ? 1 : 0
    const exists = new Uint8Array(batch.rowCount)
    if (this.#condition === undefined) for (let row = 0; row < batch.rowCount; row++) exists[row] = first[row] === END ? 0 : 1
    else {
      const probeRows = arena.int32(BATCH_ROWS_MAX)
      const buildRows = arena.int32(BATCH_ROWS_MAX)
      let count = 0
      const flush = (): void => {
        if (count === 0) return
        const passed = this.#condition!.select(this.#pairs(batch, probeRows, buildRows, count, this.#pairSchema), null, arena)
        const kept = passed === null ? count : passed.count
        for (let i = 0; i < kept; i++) exists[probeRows[passed === null ? i : passed.rows[i]!]!] = 1
        count = 0
      }
      for (let row = 0; row < batch.rowCount; row++) {
        for (let partner = first[row]!; partner !== END; partner = this.#next[partner]!) {
          probeRows[count] = row
          buildRows[count++] = partner
          if (count === BATCH_ROWS_MAX) flush()
        }
      }
      flush()
    }
    const rows = arena.int32(batch.rowCount)
    let kept = 0
    for (let row = 0; row < batch.rowCount; row++) if (exists[row] === wanted) rows[kept++] = row
    if (kept === 0) return
    const columns = batch.columns.map((column) => takeColumn(column, rows, kept, arena))
    emit(new Batch(this.output, kept, columns, batch.partition))
  }

  #emitUnmatchedBuild(emit: Emit): void {
    const { arena } = this.#epoch
    const probeSide = this.#node.build === 'left' ? this.#node.right : this.#node.left
    const none = new KeptRows(probeSide.output).all()
    const probeRows = arena.int32(BATCH_ROWS_MAX).fill(END)
    const buildRows = arena.int32(BATCH_ROWS_MAX)
    let count = 0
    for (let row = 0; row < this.#build.rowCount; row++) {
      if (this.#buildMatched[row] === 1) continue
      buildRows[count++] = row
      if (count < BATCH_ROWS_MAX) continue
      emit(this.#pairs(none, probeRows, buildRows, count, this.output))
      count = 0
    }
    if (count > 0) emit(this.#pairs(none, probeRows, buildRows, count, this.output))
  }

  #pairs(probe: Batch, probeRows: Int32Array, buildRows: Int32Array, count: number, schema: Schema): Batch {
    const { arena } = this.#epoch
    // A condition may read any column; what is put out is left empty where nobody reads it.
    const wanted = schema === this.output ? this.#wanted : undefined
    const isBuildLeft = this.#node.build === 'left'
    const take = (columns: readonly Column[], rows: Int32Array, from: number): Column[] =>
      columns.map((column, c) =>
        wanted === undefined || wanted.has(from + c)
          ? takeColumn(column, rows, count, arena)
          : new Column(VOID, count, null, null),
      )
    const probed = take(probe.columns, probeRows, isBuildLeft ? this.#build.columns.length : 0)
    const built = take(this.#build.columns, buildRows, isBuildLeft ? 0 : probe.columns.length)
    const columns = isBuildLeft ? [...built, ...probed] : [...probed, ...built]
    return new Batch(schema, count, columns, probe.partition)
  }
}
