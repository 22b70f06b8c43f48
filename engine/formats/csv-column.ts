import type { Column } from '../columnar/column.ts'
import type { StructType } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import { csvLineDecoder } from './csv-lines.ts'
import type { CsvOptions } from './csv-options.ts'
import { DECODE_PADDING } from './decoder.ts'
import type { DecodeState } from './json-codegen.ts'
import { type FieldsRead, StructWriter, type TextColumnReader } from './text-column.ts'

/** Bytes of text that are decoded at a time. */
const CHUNK_BYTES = 1 << 18
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * from_csv over a column: the texts, put together as lines, through the generated decoder of files into the struct's columns. Texts it refuses,
 * and NULLs, are for `exact`. `fields` as in jsonColumnReader.
 *
 * @returns undefined where the options ask for what only the exact reader does
 */
export function csvColumnReader(
  type: StructType,
  options: CsvOptions,
  fields: FieldsRead | undefined,
): TextColumnReader | undefined {
  const corrupt = type.fields.findIndex((f) => f.name === options.columnNameOfCorruptRecord && f.type.kind === 'string')
  const all = fields === undefined || options.mode === 'failfast' || fields.has(corrupt)
  const struct = new StructWriter(type, all ? undefined : fields)
  const { writers } = struct
  const places = type.fields.map((_, i) => struct.fields.indexOf(i)).filter((_, i) => i !== corrupt)
  const decodeLines = csvLineDecoder(writers, places, struct.fields.indexOf(corrupt), false, options)
  if (decodeLines === undefined) return undefined
  const lines = new TextLines()
  const state: DecodeState = { row: 0, position: 0, misses: 0 }
  return (texts, count, memory, exact) => {
    struct.begin(memory, count)
    for (let from = 0; from < count; ) {
      const to = lines.put(texts, from, count)
      for (const writer of writers) writer.reserve(from, lines.end + DECODE_PADDING)
      for (let row = from; row < to; row++) {
        decodeLines(lines.bytes, lines.view, lines.startOf(row - from), lines.end, row, to, state)
        row = state.row
        if (row < to) struct.set(row, texts.isNull(row) ? null : (exact(row) as Row | null))
      }
      from = to
    }
    return struct.finish()
  }
}

/** Texts of a column as lines. Those that are NULL or have a line break of their own are empty lines, which no decoder takes. */
class TextLines {
  bytes = Buffer.alloc(CHUNK_BYTES + DECODE_PADDING)
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  end = 0
  #starts = new Int32Array(1024)

  /** Where the i-th line that was put begins. */
  startOf(i: number): number {
    return this.#starts[i]!
  }

  /** Puts the texts from row `from` on, until there are enough; gives the row behind them. */
  put(texts: Column, from: number, count: number): number {
    const offsets = texts.offsets!
    let to = from + 1
    while (to < count && offsets[to + 1]! - offsets[from]! <= CHUNK_BYTES) to++
    const source = texts.bytes!
    const length = offsets[to]! - offsets[from]! + (to - from)
    if (this.bytes.length < length + DECODE_PADDING) {
      this.bytes = Buffer.alloc(2 * (length + DECODE_PADDING))
      this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
    }
    if (this.#starts.length < to - from) this.#starts = new Int32Array(2 * (to - from))
    const { bytes } = this
    let o = 0
    for (let row = from; row < to; row++) {
      const start = o
      this.#starts[row - from] = start
      if (!texts.isNull(row)) {
        const end = offsets[row + 1]!
        for (let p = offsets[row]!; p < end; p++) {
          const c = source[p]!
          bytes[o++] = c
          if (c === LINE_FEED || c === CARRIAGE_RETURN) {
            o = start
            break
          }
        }
      }
      bytes[o++] = LINE_FEED
    }
    this.end = o
    return to
  }
}
