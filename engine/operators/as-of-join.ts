import { Batch } from '../columnar/batch.ts'
import type { Column } from '../columnar/column.ts'
import { type CompareRows, compareRows } from '../columnar/compare.ts'
import { takeColumn } from '../columnar/take.ts'
import { compilePredicate, compileProjection, type Predicate, type Projection } from '../evaluate/compile.ts'
import { typeOf } from '../expr/expression.ts'
import type { AsOfJoinNode } from '../incremental/incremental-plan.ts'
import { HashTable } from '../state/hash-table.ts'
import { KeyEncoder } from '../state/key-encoder.ts'
import { field, type Schema } from '../types/data-type.ts'
import type { BuildOptions } from './build-options.ts'
import { identityRows } from './identity-rows.ts'
import { KeptRows } from './kept-rows.ts'
import type { Emit, Epoch, Operator } from './operator.ts'

/**
 * Each left row with the closest right row of its key: with `>=` and `>` the greatest right value that is not beyond, with `<=` and `<` the
 * least. Right rows are sorted once an epoch, each left row is then a binary search. Rows with a NULL on either side of the match join nothing.
 * Of equal right values the first in input order is taken. Left rows are held until both sides have ended.
 */
export class AsOfJoin implements Operator {
  readonly name = 'as_of_join'
  readonly output: Schema
  readonly tables = []
  readonly #node: AsOfJoinNode
  readonly #left: KeptRows
  readonly #right: KeptRows
  readonly #leftKeys: Projection
  readonly #rightKeys: Projection
  readonly #condition: Predicate | undefined
  readonly #compare: CompareRows
  #epoch!: Epoch
  #open = 2

  constructor(node: AsOfJoinNode, options: BuildOptions) {
    this.#node = node
    this.output = node.output
    this.#left = new KeptRows(node.left.output)
    this.#right = new KeptRows(node.right.output)
    this.#leftKeys = compileProjection([...node.keys.map((k) => k.left), node.match.left], options)
    this.#rightKeys = compileProjection([...node.keys.map((k) => k.right), node.match.right], options)
    this.#condition = node.condition && compilePredicate(node.condition, options)
    this.#compare = compareRows(typeOf(node.match.left))
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#open = 2
    this.#left.clear()
    this.#right.clear()
  }
  process(port: number, batch: Batch): void {
    if (port === 0) this.#left.add(batch)
    else this.#right.add(batch)
  }
  endPort(_port: number, emit: Emit): void {
    if (--this.#open > 0) return
    const { arena } = this.#epoch
    const { keys, match, type } = this.#node
    const left = this.#left.all()
    const right = this.#right.all()
    const leftColumns = this.#leftKeys.evaluate(left, null, arena)
    const rightColumns = this.#rightKeys.evaluate(right, null, arena)
    const leftTime = leftColumns.at(-1)!
    const rightTime = rightColumns.at(-1)!
    const encoder = new KeyEncoder(keys.map((k, i) => field(`${i}`, typeOf(k.left), true)))
    const table = new HashTable(encoder.lanes)
    const groups: number[][] = []
    const rightIds = idsOf(rightColumns.slice(0, -1), right.rowCount, encoder, table, false)
    for (let row = 0; row < right.rowCount; row++) {
      if (rightTime.isNull(row) || this.#hasNullKey(rightColumns, row)) continue
      ;(groups[rightIds[row]!] ??= []).push(row)
    }
    for (const rows of groups) rows?.sort((i, j) => this.#compare(rightTime, i, rightTime, j) || i - j)
    const leftIds = idsOf(leftColumns.slice(0, -1), left.rowCount, encoder, table, true)
    const leftRows = new Int32Array(left.rowCount)
    const partners = new Int32Array(left.rowCount)
    let count = 0
    for (let row = 0; row < left.rowCount; row++) {
      const group =
        leftIds[row]! < 0 || leftTime.isNull(row) || this.#hasNullKey(leftColumns, row) ? undefined : groups[leftIds[row]!]
      const partner = group === undefined ? -1 : this.#closest(group, leftTime, row, rightTime, match.operator, left, right)
      if (partner < 0 && type === 'inner') continue
      leftRows[count] = row
      partners[count++] = partner
    }
    if (count > 0) emit(this.#pairs(left, right, leftRows, partners, count, this.output))
    this.#left.clear()
    this.#right.clear()
  }

  #hasNullKey(columns: readonly Column[], row: number): boolean {
    return this.#node.keys.some((key, k) => !key.nullSafe && columns[k]!.isNull(row))
  }

  /** The nearest row that holds the condition too. */
  #closest(
    rows: readonly number[],
    leftTime: Column,
    leftRow: number,
    rightTime: Column,
    operator: '>=' | '>' | '<=' | '<',
    left: Batch,
    right: Batch,
  ): number {
    const backwards = operator === '>=' || operator === '>'
    // The first of `rows` that is beyond the left value: (strictly) greater.
    const strict = operator === '>=' || operator === '<'
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      const order = this.#compare(rightTime, rows[middle]!, leftTime, leftRow)
      if (strict ? order > 0 : order >= 0) high = middle
      else low = middle + 1
    }
    for (let at = backwards ? low - 1 : low; at >= 0 && at < rows.length; at += backwards ? -1 : 1) {
      let candidate = at
      if (backwards)
        while (candidate > 0 && this.#compare(rightTime, rows[candidate - 1]!, rightTime, rows[at]!) === 0) candidate--
      if (this.#holds(left, leftRow, right, rows[candidate]!)) return rows[candidate]!
    }
    return -1
  }

  #holds(left: Batch, leftRow: number, right: Batch, rightRow: number): boolean {
    if (this.#condition === undefined) return true
    const schema = [...this.#node.left.output, ...this.#node.right.output]
    const pair = this.#pairs(left, right, Int32Array.of(leftRow), Int32Array.of(rightRow), 1, schema)
    const passed = this.#condition.select(pair, null, this.#epoch.arena)
    return passed === null || passed.count === 1
  }

  #pairs(left: Batch, right: Batch, leftRows: Int32Array, rightRows: Int32Array, count: number, schema: Schema): Batch {
    const { arena } = this.#epoch
    return new Batch(schema, count, [
      ...left.columns.map((column) => takeColumn(column, leftRows, count, arena)),
      ...right.columns.map((column) => takeColumn(column, rightRows, count, arena)),
    ])
  }
}

function idsOf(keys: readonly Column[], count: number, encoder: KeyEncoder, table: HashTable, look: boolean): Int32Array {
  const ids = new Int32Array(count)
  const words = encoder.encode(keys, count, look)
  if (look) table.find(words, identityRows(count), count, ids)
  else table.findOrAdd(words, identityRows(count), count, ids)
  return ids
}
