import type { Batch } from '../columnar/batch.ts'
import { readValue } from '../columnar/column.ts'
import type { Expression } from '../expr/expression.ts'
import { collect } from '../expr/walk.ts'
import type { Row, Value } from '../types/value.ts'

/** Positions of the input that an expression reads, ascending. */
export function ordinalsOf(e: Expression): number[] {
  const refs = collect(e, (node) => node.kind === 'bound')
  return [...new Set(refs.map((ref) => ref.ordinal))].sort((a, b) => a - b)
}

/** Reads the named columns of a row into one array that is used again for each row; other positions hold NULL. */
export class RowReader {
  readonly #ordinals: readonly number[]
  readonly #row: Value[]

  constructor(ordinals: readonly number[]) {
    this.#ordinals = ordinals
    this.#row = new Array<Value>((ordinals.at(-1) ?? -1) + 1).fill(null)
  }

  read(batch: Batch, row: number): Row {
    for (const ordinal of this.#ordinals) this.#row[ordinal] = readValue(batch.columns[ordinal]!, row)
    return this.#row
  }
}
