import { HashTable } from '../../state/hash-table.ts'

/**
 * Counts the groups that an aggregate drops as late in an epoch: each distinct group once, however many rows it had and whichever source
 * partitions they came from. (Spark counts them behind its partial aggregation and shuffle.)
 */
export class LateGroups {
  readonly #lanes: number
  readonly #tables = new Map<number, HashTable>()
  #ids = new Int32Array(0)

  constructor(lanes: number) {
    this.#lanes = lanes
  }
  get count(): number {
    let count = 0
    for (const table of this.#tables.values()) count += table.count
    return count
  }
  clear(): void {
    this.#tables.clear()
  }
  add(window: number, words: Int32Array, rows: Int32Array, count: number): void {
    let table = this.#tables.get(window)
    if (table === undefined) {
      table = new HashTable(this.#lanes)
      this.#tables.set(window, table)
    }
    if (this.#ids.length < count) this.#ids = new Int32Array(count)
    table.findOrAdd(words, rows, count, this.#ids)
  }
}
