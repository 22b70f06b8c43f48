import type { Arena } from '../columnar/arena.ts'
import type { Batch } from '../columnar/batch.ts'
import { Column } from '../columnar/column.ts'
import { type ColumnPath, columnAt } from './column-path.ts'
import type { Variant } from './row-code.ts'

/** Combinations of columns with and without NULLs that get a loop of their own; the rest shares one that tests every column. */
const PATTERNS_MAX = 4

/** The variants of one generated loop, made when a batch first needs them. */
export class Variants<Loop> {
  readonly #paths: readonly ColumnPath[]
  readonly #generate: (variant: Variant) => Loop
  readonly #loops = new Map<string, Loop>()
  readonly #patterns = new Set<string>()

  constructor(paths: readonly ColumnPath[], generate: (variant: Variant) => Loop) {
    this.#paths = paths
    this.#generate = generate
  }

  /** The loop for this batch and the columns to call it with. */
  choose(batch: Batch, selected: boolean, arena: Arena): { readonly loop: Loop; readonly columns: readonly Column[] } {
    const columns = this.#paths.map((path) => columnAt(batch, path, arena))
    let pattern = columns.map((column) => (column.validity === null ? '0' : '1')).join('')
    if (!this.#patterns.has(pattern)) {
      if (this.#patterns.size < PATTERNS_MAX) this.#patterns.add(pattern)
      else {
        pattern = '1'.repeat(columns.length)
        for (let c = 0; c < columns.length; c++) columns[c] = withValidity(columns[c]!, arena)
      }
    }
    const key = `${selected ? 's' : 'a'}${pattern}`
    let loop = this.#loops.get(key)
    if (loop === undefined) {
      loop = this.#generate({ hasNulls: (path) => pattern[path] === '1', selected })
      this.#loops.set(key, loop)
    }
    return { loop, columns }
  }
}

function withValidity(column: Column, arena: Arena): Column {
  if (column.validity !== null) return column
  const { type, length, values, offsets, bytes, children } = column
  return new Column(type, length, arena.bytes((length + 7) >> 3).fill(255), values, offsets, bytes, children)
}
