import type { Batch } from '../columnar/batch.ts'
import type { SetOperationNode } from '../incremental/incremental-plan.ts'
import { HashTable } from '../state/hash-table.ts'
import { KeyEncoder } from '../state/key-encoder.ts'
import { field, type Schema } from '../types/data-type.ts'
import { identityRows } from './identity-rows.ts'
import { emitRows, KeptRows } from './kept-rows.ts'
import type { Emit, Operator } from './operator.ts'

/**
 * EXCEPT ALL and INTERSECT ALL: each right row takes one equal left row away, or keeps one; NULL equals NULL. Of equal left rows the first
 * ones are taken. Left rows are held until the right side has ended.
 */
export class SetOperation implements Operator {
  readonly name: string
  readonly output: Schema
  readonly tables = []
  readonly #node: SetOperationNode
  readonly #left: KeptRows
  #keys!: KeyEncoder
  #table!: HashTable
  /** Rows of the right side that have met no left row yet, by id. */
  #unmet: number[] = []
  #open = 2

  constructor(node: SetOperationNode) {
    this.#node = node
    this.name = `${node.operator}_all`
    this.output = node.output
    this.#left = new KeptRows(node.left.output)
  }
  begin(): void {
    this.#left.clear()
    this.#keys = new KeyEncoder(this.output.map((f) => field(f.name, f.type, true)))
    this.#table = new HashTable(this.#keys.lanes)
    this.#unmet = []
    this.#open = 2
  }
  process(port: number, batch: Batch): void {
    if (port === 0) {
      this.#left.add(batch)
      return
    }
    const ids = this.#idsOf(batch)
    for (const id of ids) this.#unmet[id] = (this.#unmet[id] ?? 0) + 1
  }
  endPort(_port: number, emit: Emit): void {
    if (--this.#open > 0) return
    const all = this.#left.all()
    const rows = new Int32Array(all.rowCount)
    let kept = 0
    const ids = this.#idsOf(all)
    for (let row = 0; row < ids.length; row++) {
      const unmet = this.#unmet[ids[row]!] ?? 0
      if (unmet > 0) this.#unmet[ids[row]!] = unmet - 1
      if (unmet > 0 === (this.#node.operator === 'intersect')) rows[kept++] = row
    }
    emitRows(all, rows, kept, this.output, emit)
    this.#left.clear()
  }

  #idsOf(batch: Batch): Int32Array {
    const ids = new Int32Array(batch.rowCount)
    this.#table.findOrAdd(this.#keys.encode(batch.columns, batch.rowCount), identityRows(batch.rowCount), batch.rowCount, ids)
    return ids
  }
}
