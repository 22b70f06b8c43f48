import { Column } from '../columnar/column.ts'
import type { Memory } from '../columnar/memory.ts'
import { type DataType, field, type StructType, structType, VOID } from '../types/data-type.ts'
import type { Row, Value } from '../types/value.ts'
import { ColumnWriter } from './column-writer.ts'

/** A column of texts to a column of values; `exact` gives the value of a row that is not plain. */
export type TextColumnReader = (texts: Column, count: number, memory: Memory, exact: (row: number) => Value) => Column

/** What is read of a struct: by position of the field, what is read of it; undefined: all. */
export type FieldsRead = ReadonlyMap<number, FieldsRead | undefined>

/** The type with VOID in the places of fields that are not read. */
export function onlyRead(type: DataType, read: FieldsRead | undefined): DataType {
  if (read === undefined || type.kind !== 'struct') return type
  return structType(type.fields.map((f, i) => field(f.name, read.has(i) ? onlyRead(f.type, read.get(i)) : VOID, f.nullable)))
}

/**
 * The struct column that texts are read into: writers for the fields that are read, in the order of the type; the others are columns of VOID,
 * and so are fields of fields that are not read. One for all batches.
 */
export class StructWriter {
  readonly #type: StructType
  /** By writer: the field's position. */
  readonly fields: readonly number[]
  readonly writers: readonly ColumnWriter[]
  #validity: Uint8Array | null = null
  #count = 0
  #memory: Memory | undefined

  /** `read`: undefined for all. */
  constructor(type: StructType, read: FieldsRead | undefined) {
    this.#type = type
    this.fields = type.fields.map((_, i) => i).filter((i) => read === undefined || read.has(i))
    this.writers = this.fields.map((i) => new ColumnWriter(onlyRead(type.fields[i]!.type, read?.get(i))))
  }

  begin(memory: Memory, count: number): void {
    this.#memory = memory
    this.#count = count
    this.#validity = null
    for (const writer of this.writers) writer.begin(memory, count)
  }

  /** Writes a row that came as a value. */
  set(row: number, value: Row | null): void {
    if (value !== null) {
      for (let n = 0; n < this.fields.length; n++) this.writers[n]!.set(row, value[this.fields[n]!]!)
      return
    }
    this.#validity ??= this.#memory!.bytes((this.#count + 7) >> 3).fill(255)
    this.#validity[row >> 3]! &= ~(1 << (row & 7))
    for (const writer of this.writers) writer.setNull(row)
  }

  finish(): Column {
    const unread = new Column(VOID, this.#count, null, null)
    const children: Column[] = this.#type.fields.map(() => unread)
    for (let n = 0; n < this.fields.length; n++) children[this.fields[n]!] = this.writers[n]!.finish(this.#count)
    return new Column(this.#type, this.#count, this.#validity, null, null, null, children)
  }
}
