import { BATCH_ROWS_MAX } from '../../engine/columnar/batch.ts'
import { isUtf8 } from '../../engine/columnar/bytes.ts'
import { Column, readValue } from '../../engine/columnar/column.ts'
import type { Memory } from '../../engine/columnar/memory.ts'
import type { ScanRequest } from '../../engine/connect/source.ts'
import { UsageError } from '../../engine/errors/engine-error.ts'
import { nearestName } from '../../engine/errors/nearest.ts'
import { ColumnWriter } from '../../engine/formats/column-writer.ts'
import { type DataType, field, INT, type Schema, STRING, sameType, sqlTypeName } from '../../engine/types/data-type.ts'
import type { Value } from '../../engine/types/value.ts'
import { copyBytes } from './client/copy-bytes.ts'
import type { RecordPositions } from './client/record-reader.ts'
import type { TopicPartition } from './partition-offsets.ts'
import { addHeaders, RECORD_SCHEMA_WITH_HEADERS, repeatedText } from './record-columns.ts'

/** Parts of a record beside its value, by the names of Spark's columns. */
export type RecordPart = 'key' | 'topic' | 'partition' | 'offset' | 'timestamp' | 'timestampType' | 'headers'

/** A column of a table of decoded values that is another part of the record. */
export interface MetadataColumn {
  readonly part: RecordPart
  readonly name: string
}

const PARTS: ReadonlyMap<string, { readonly part: RecordPart; readonly type: DataType }> = new Map(
  RECORD_SCHEMA_WITH_HEADERS.filter(({ name }) => name !== 'value').map(({ name, type }) => [
    name.toLowerCase(),
    { part: name as RecordPart, type },
  ]),
)
const ENTRY = /^\s*(\w+|`[^`]+`)(?:\s+as\s+(`(?:[^`]|``)+`|\S+))?\s*$/i
/** Flink's names of the parts that Spark calls otherwise. */
const OTHER_NAMES: Readonly<Record<string, string>> = { 'timestamp-type': 'timestamptype' }

/**
 * Reads the option `metadataColumns`: `key, offset, timestamp AS sent_at`.
 *
 * @throws UsageError INVALID_OPTION that names the part that there is not
 */
export function metadataColumns(text: string): MetadataColumn[] {
  const columns = text.split(/,(?=(?:[^`]*`[^`]*`)*[^`]*$)/).map((entry): MetadataColumn => {
    const [, part, name] = ENTRY.exec(entry) ?? []
    const wanted = unquoted(part ?? entry.trim())
    const found = PARTS.get(OTHER_NAMES[wanted] ?? wanted.toLowerCase())
    if (found !== undefined) return { part: found.part, name: name === undefined ? found.part : unquoted(name) }
    const known = [...PARTS.values()].map(({ part: one }) => one)
    const nearest = nearestName(wanted, known)
    throw new UsageError('INVALID_OPTION', {
      message: `a record of Kafka has no "${wanted}" that could be a column`,
      detail: `It has ${known.join(', ')}.`,
      hint:
        nearest === undefined
          ? 'Write for example metadataColumns "key, offset, timestamp AS sent_at".'
          : `Did you mean "${nearest}"?`,
      parameters: { option: 'metadataColumns', value: text },
    })
  })
  const repeated = columns.find(({ name }, i) => columns.findIndex((c) => sameName(c.name, name)) < i)
  if (repeated === undefined) return columns
  throw new UsageError('INVALID_OPTION', {
    message: `option "metadataColumns" names the column "${repeated.name}" twice`,
    parameters: { option: 'metadataColumns', value: text },
  })
}

function unquoted(name: string): string {
  return name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name
}
function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

/**
 * The table's columns: those of the value, with the metadata columns where they were declared, or behind.
 *
 * @param declared  the user gave the columns: a metadata column of one's name is that column
 * @throws UsageError for a declared one of the wrong type, or one that is called as a column of the value is
 */
export function tableColumns(value: Schema, metadata: readonly MetadataColumn[], declared: boolean): Schema {
  const added = metadata.flatMap(({ part, name }) => {
    const { type } = PARTS.get(part.toLowerCase())!
    const there = value.find((f) => sameName(f.name, name))
    if (there === undefined) return [field(name, type)]
    if (!declared) {
      throw new UsageError('INVALID_OPTION', {
        message: `the value has a column "${there.name}" too`,
        hint: `Name the metadata column otherwise: metadataColumns "${part} AS record_${part}".`,
        parameters: { option: 'metadataColumns' },
      })
    }
    if (!sameType(there.type, type) && !(part === 'key' && sameType(there.type, STRING))) {
      throw new UsageError('INVALID_OPTION', {
        message: `column "${there.name}" is the ${part} of records, which is ${sqlTypeName(type)}, not ${sqlTypeName(there.type)}`,
        hint: part === 'key' ? 'Declare it BINARY or STRING.' : `Declare it ${sqlTypeName(type)}, and cast it in the query.`,
        parameters: { option: 'metadataColumns' },
      })
    }
    return []
  })
  return [...value, ...added]
}

/** Which columns of a table are decoded from values, and where the columns of a scan come from. */
export interface ColumnLayout {
  /** The table's columns without the metadata columns. */
  readonly value: Schema
  /** Positions in `value` that the scan wants. */
  readonly wanted: readonly number[]
  readonly metadata: readonly { readonly part: RecordPart; readonly type: DataType }[]
  /** For each column of the scan, its position in `wanted`, or −1 − its position in `metadata`. */
  readonly places: readonly number[]
}

/** Whether a column is a metadata column. */
export function metadataNames(metadata: readonly MetadataColumn[]): (name: string) => boolean {
  const names = new Set(metadata.map(({ name }) => name.toLowerCase()))
  return (name) => names.has(name.toLowerCase())
}

export function columnLayout(table: Schema, metadata: readonly MetadataColumn[], scan: ScanRequest): ColumnLayout {
  const partOf = (name: string) => metadata.find((column) => sameName(column.name, name))?.part
  const parts = table.map((f) => partOf(f.name))
  const valueAt = table.map((_, i) => parts.slice(0, i).filter((part) => part === undefined).length)
  const wanted: number[] = []
  const wantedParts: { part: RecordPart; type: DataType }[] = []
  const places = scan.columns.map((column) => {
    const part = parts[column]
    return part === undefined ? wanted.push(valueAt[column]!) - 1 : -wantedParts.push({ part, type: table[column]!.type })
  })
  return { value: table.filter((_, i) => parts[i] === undefined), wanted, metadata: wantedParts, places }
}

/** Columns of a batch in the scan's order. */
export function inPlace(layout: ColumnLayout, value: readonly Column[], metadata: readonly Column[]): Column[] {
  return layout.places.map((place) => (place >= 0 ? value[place]! : metadata[-1 - place]!))
}

const TWO_32 = 4294967296

/** Collects the metadata columns of a batch while its values are decoded. Rows of a batch are of one partition. */
export class MetadataColumns {
  readonly #parts: readonly RecordPart[]
  readonly #writers: readonly ColumnWriter[]
  readonly #memory: Memory
  #partition: TopicPartition = { topic: '', partition: 0 }
  #rows = 0
  #begun = false
  /** Rows that the decoder holds back for the next batch: columns by row. */
  #left: readonly (readonly Value[])[] = []

  constructor(layout: ColumnLayout, memory: Memory) {
    this.#parts = layout.metadata.map(({ part }) => part)
    this.#writers = layout.metadata.map(({ type }) => new ColumnWriter(type))
    this.#memory = memory
  }

  startPartition(partition: TopicPartition): void {
    this.#partition = partition
  }

  /** A row for each of sources[from, to): the number of its record. */
  add(records: RecordPositions, sources: Int32Array, from: number, to: number): void {
    if (to === from) return
    this.#begin()
    const start = this.#rows
    this.#rows += to - from
    for (let c = 0; c < this.#parts.length; c++) {
      const writer = this.#writers[c]!
      writer.ensureRows(this.#rows)
      this.#fill(this.#parts[c]!, writer, records, sources, from, to, start)
    }
  }

  /** The first `rows` rows; further ones are kept for the next batch. */
  take(rows: number): Column[] {
    this.#begin()
    const all = this.#writers.map((writer) => writer.finish(this.#rows))
    this.#left = Array.from({ length: this.#rows - rows }, (_, i) => all.map((column) => readValue(column, rows + i)))
    this.#rows = 0
    this.#begun = false
    return all.map((column, c) => {
      switch (this.#parts[c]) {
        case 'topic':
          return repeatedText(this.#partition.topic, rows, this.#memory)
        case 'partition':
          return new Column(INT, rows, null, this.#memory.int32(rows).fill(this.#partition.partition))
        default:
          return rows === column.length ? column : firstRows(column, rows)
      }
    })
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    for (const writer of this.#writers) writer.begin(this.#memory, BATCH_ROWS_MAX)
    const left = this.#left
    this.#left = []
    for (const values of left) {
      for (let c = 0; c < values.length; c++) this.#writers[c]!.set(this.#rows, values[c]!)
      this.#rows++
    }
  }

  #fill(
    part: RecordPart,
    writer: ColumnWriter,
    records: RecordPositions,
    sources: Int32Array,
    from: number,
    to: number,
    start: number,
  ): void {
    switch (part) {
      // Made when the batch is taken.
      case 'topic':
      case 'partition':
        fillNothing(writer, start, to - from)
        break
      case 'timestampType':
        for (let i = from; i < to; i++) writer.values![start + i - from] = records.timestampType
        break
      case 'offset':
        fillLongs(writer.halves!, records.offsets, 1, sources, from, to, start)
        break
      case 'timestamp':
        fillLongs(writer.halves!, records.timestamps, 1000, sources, from, to, start)
        break
      case 'key':
        fillKeys(writer, records, sources, from, to, start)
        break
      case 'headers':
        for (let i = from; i < to; i++) addHeaders(writer, start + i - from, records, sources[i]!, 1)
    }
  }
}

/** What is made later still has offsets that ascend. */
function fillNothing(writer: ColumnWriter, start: number, count: number): void {
  if (writer.offsets === null) return
  for (let row = start; row < start + count; row++) writer.offsets[row + 1] = writer.offsets[row]!
}

function fillLongs(
  halves: Int32Array,
  values: Float64Array,
  unit: number,
  sources: Int32Array,
  from: number,
  to: number,
  start: number,
): void {
  for (let i = from, row = start; i < to; i++, row++) {
    const value = values[sources[i]!]! * unit
    const high = Math.floor(value / TWO_32)
    halves[2 * row] = value - high * TWO_32
    halves[2 * row + 1] = high
  }
}

function fillKeys(
  writer: ColumnWriter,
  records: RecordPositions,
  sources: Int32Array,
  from: number,
  to: number,
  start: number,
): void {
  const { bytes, keyAt, keyLength } = records
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isText = writer.type.kind === 'string'
  let left = 16
  for (let i = from; i < to; i++) left += Math.max(0, keyLength[sources[i]!]!)
  writer.reserve(start, left)
  for (let i = from, row = start; i < to; i++, row++) {
    const record = sources[i]!
    const length = keyLength[record]!
    const at = keyAt[record]!
    if (length < 0) writer.setNull(row)
    else if (isText && !isUtf8(bytes, at, at + length)) {
      // U+FFFD, in the place of what is no UTF-8, is longer than that.
      writer.set(row, bytes.toString('utf8', at, at + length))
      writer.reserve(row + 1, left)
    } else {
      const target = writer.offsets![row]!
      copyBytes(bytes, view, at, length, writer.bytes!, writer.view!, target)
      writer.offsets![row + 1] = target + length
    }
  }
}

function firstRows(column: Column, rows: number): Column {
  const { type, validity, values, offsets, bytes, children } = column
  const first = values === null ? null : values.subarray(0, rows)
  const below = offsets === null ? children.map((child) => firstRows(child, rows)) : children
  return new Column(
    type,
    rows,
    validity === null ? null : validity.subarray(0, (rows + 7) >> 3),
    first as Column['values'],
    offsets === null ? null : offsets.subarray(0, rows + 1),
    bytes,
    below,
  )
}
