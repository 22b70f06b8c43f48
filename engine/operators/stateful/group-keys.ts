import { Column } from '../../columnar/column.ts'
import type { Memory } from '../../columnar/memory.ts'
import { KeyEncoder } from '../../state/key-encoder.ts'
import { type DataType, type Field, field, type Schema, type StructType } from '../../types/data-type.ts'

/**
 * The key columns of an operator and what its table keeps of them. Window structs, which are never NULL, are kept as their fields, so
 * that they are hashed as numbers and their ends can be told apart by time.
 */
export class GroupKeys {
  readonly encoder: KeyEncoder
  readonly #schema: Schema

  constructor(schema: Schema) {
    this.#schema = schema
    this.encoder = new KeyEncoder(schema.flatMap((f) => (isFlat(f) ? flatFields(f) : [f])))
  }

  /** The columns as the encoder takes them. */
  flatten(columns: readonly Column[]): Column[] {
    return columns.flatMap((column, i) => (isFlat(this.#schema[i]!) ? [...column.children] : [column]))
  }
  /** First lane of a key column's time: its own, or its end if it is a window. */
  timeLane(key: number): number {
    return this.encoder.laneOf[this.#timeColumn(key)]!
  }
  /** The time itself, of columns as `flatten` gives them. */
  time(flattened: readonly Column[], key: number): Column {
    return flattened[this.#timeColumn(key)]!
  }

  decode(keys: Int32Array, ids: Int32Array, count: number, memory: Memory): Column[] {
    const flat = this.encoder.decode(keys, ids, count, memory)
    let at = 0
    return this.#schema.map((f) => {
      if (!isFlat(f)) return flat[at++]!
      const children = (f.type as StructType).fields.map(() => flat[at++]!)
      return new Column(f.type, count, null, null, null, null, children)
    })
  }

  #timeColumn(key: number): number {
    let at = 0
    for (const f of this.#schema.slice(0, key)) at += isFlat(f) ? flatFields(f).length : 1
    return isFlat(this.#schema[key]!) ? at + 1 : at
  }
}

function isFlat(f: Field): boolean {
  return !f.nullable && isWindow(f.type)
}
function isWindow(type: DataType): boolean {
  return (
    type.kind === 'struct' &&
    type.fields.length === 2 &&
    type.fields.every((f) => f.type.kind === 'timestamp' || f.type.kind === 'timestamp_ntz')
  )
}
function flatFields(f: Field): Field[] {
  return (f.type as StructType).fields.map((inner) => field(`${f.name}.${inner.name}`, inner.type, inner.nullable))
}
