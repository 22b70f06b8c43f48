import { isUtf8 } from '../columnar/bytes.ts'
import type { DataType } from '../types/data-type.ts'
import type { Zone } from '../types/zone.ts'
import type { ColumnWriter } from './column-writer.ts'
import {
  cellEnd,
  isCell,
  lineBreak,
  quotedCellEnd,
  readBoolean,
  readCell,
  readDecimal,
  readDouble,
  readInteger,
  readLong,
  readQuotedCell,
} from './csv-bytes.ts'

import type { JsonLineDecoder, ValueReader } from './json-codegen.ts'
import { readDate, readTimestampText } from './time-bytes.ts'

/** As for JSON: lines of bytes into rows, up to a line that is for the exact path. */
export type CsvLineDecoder = JsonLineDecoder

export interface CsvDecoderPlan {
  /** By column of the file: which writer takes it, and what it is; undefined when it is not wanted. */
  readonly columns: readonly ({ readonly writer: number; readonly type: DataType } | undefined)[]
  /** The writer of the corrupt-record column, which is NULL here; −1 when there is none. */
  readonly corrupt: number
  /** Character codes; −1: there is none. */
  readonly separator: number
  readonly quote: number
  readonly escaping: number
  readonly comment: number
  readonly nullValue: string
  /** What stands behind the last wanted column does not matter, not even how many columns there are. */
  readonly skipsRest: boolean
  readonly zone: Zone
  /** The type's values have their default form; else `readers` read them. */
  readonly isStandard: (type: DataType) => boolean
}

/** Generates the decoder of lines: one cell after the other, each read as what its column is. */
export function generateCsvDecoder(
  plan: CsvDecoderPlan,
  writers: readonly ColumnWriter[],
  readers: readonly ValueReader[],
): CsvLineDecoder {
  const source = decoderCode(plan)
  let factory = factories.get(source)
  if (factory === undefined) {
    factory = new Function('L', 'W', 'R', 'zone', 'N', source) as Factory
    if (factories.size >= FACTORIES_MAX) factories.delete(factories.keys().next().value!)
    factories.set(source, factory)
  }
  return factory(library, writers, readers, plan.zone, new TextEncoder().encode(plan.nullValue))
}

type Factory = (
  library: object,
  writers: readonly ColumnWriter[],
  readers: readonly ValueReader[],
  zone: Zone,
  nullValue: Uint8Array,
) => CsvLineDecoder

/** Generated code by its text: queries over the same columns share it, and with it what the compiler has learned. */
const factories = new Map<string, Factory>()
const FACTORIES_MAX = 200

const library = {
  cellEnd,
  isCell,
  isUtf8,
  lineBreak,
  quotedCellEnd,
  readBoolean,
  readCell,
  readDate,
  readDecimal,
  readDouble,
  readInteger,
  readLong,
  readQuotedCell,
  readTimestampText,
}

function decoderCode(plan: CsvDecoderPlan): string {
  const { columns, corrupt, separator, comment } = plan
  const last = plan.skipsRest ? columns.findLastIndex((c) => c !== undefined) : columns.length - 1
  const cells = columns.slice(0, last + 1).map((column, i) => {
    const next = i === 0 ? '' : `if (b[p] !== ${separator}) break lines\np++\n`
    return `${next}${column === undefined ? skipCode(plan) : cellCode(plan, column.writer, column.type)}`
  })
  const skipRest = last < 0 ? 'p = L.lineBreak(b, v, p)' : `if (b[p] === ${separator}) p = L.lineBreak(b, v, p)`
  return `'use strict'
return function decode(b, v, p, end, row, rowsMax, state) {
  ${plan.columns.map((c) => (c === undefined ? '' : `const w${c.writer} = W[${c.writer}]`)).join('\n')}
  let rowStart = p
  lines: {
    while (row < rowsMax && p < end) {
      rowStart = p
      if (b[p] <= 0x20${comment < 0 ? '' : ` || b[p] === ${comment}`}) break lines
      ${cells.join('\n')}
      ${last < columns.length - 1 ? skipRest : ''}
      if (b[p] === 13) p++
      if (b[p] !== 10) break lines
      p++
      ${corrupt < 0 ? '' : `W[${corrupt}].setNull(row)`}
      row++
    }
    rowStart = p
  }
  state.row = row
  state.position = rowStart
  state.misses = 0
}`
}

/** Over a cell that is not wanted. */
function skipCode({ separator, quote, escaping }: CsvDecoderPlan): string {
  const plain = `p = L.cellEnd(b, v, p, ${word(separator)})`
  return quote < 0
    ? plain
    : `if (b[p] === ${quote}) { p = L.quotedCellEnd(b, v, p + 1, ${word(quote)}, ${word(escaping < 0 ? quote : escaping)}) + 1; if (p === 0) break lines } else ${plain}`
}

function cellCode(plan: CsvDecoderPlan, writer: number, type: DataType): string {
  const { separator, quote, nullValue } = plan
  const isText = type.kind === 'string'
  const w = `w${writer}`
  const present = `if (${w}.hasNulls) ${w}.validity[row >> 3] |= 1 << (row & 7)`
  const read = isText ? `p = L.readCell(b, v, p, ${word(separator)}, ${w}, row)` : readCode(plan, writer, type)
  const readQuoted = isText
    ? `p = L.readQuotedCell(b, v, p, ${word(quote)}, ${word(plan.escaping < 0 ? quote : plan.escaping)}, ${w}, row)`
    : readCode(plan, writer, type, quote)
  const isNull = nullValue === '' ? '' : `else if (L.isCell(b, p, N, ${separator})) { ${w}.setNull(row); p += N.length }`
  // A quoted text may be the null value too.
  const quoted =
    nullValue === '' ? `p++; ${present}; ${readQuoted}; if (p < 0 || b[p] !== ${quote}) break lines; p++` : 'break lines'
  return `if (b[p] === ${separator} || b[p] === 10 || b[p] === 13) ${w}.setNull(row)
${quote < 0 ? '' : `else if (b[p] === ${quote}) { ${quoted} }`}
${isNull}
else { ${present}; ${read}; if (p < 0) break lines }`
}

/** Reads a cell that is no text; `quote`: it ends there, and at a separator or line break otherwise. */
function readCode(plan: CsvDecoderPlan, writer: number, type: DataType, quote?: number): string {
  const w = `w${writer}`
  if (plan.isStandard(type)) {
    switch (type.kind) {
      case 'bigint':
        return `p = L.readLong(b, p, ${w}, row)`
      case 'int':
        return `p = L.readInteger(b, p, ${w}, row, -2147483648, 2147483647)`
      case 'smallint':
        return `p = L.readInteger(b, p, ${w}, row, -32768, 32767)`
      case 'tinyint':
        return `p = L.readInteger(b, p, ${w}, row, -128, 127)`
      case 'float':
      case 'double':
        return `p = L.readDouble(b, p, ${w}, row)`
      case 'boolean':
        return `p = L.readBoolean(b, v, p, ${w}, row)`
      case 'decimal':
        if (type.precision > 18) break
        return `p = L.readDecimal(b, p, ${w}, row, ${type.precision}, ${type.scale})`
      case 'date':
        return `p = L.readDate(b, v, p, ${w}, row, b[p + 10]); if (p > 0) p--`
      case 'timestamp':
      case 'timestamp_ntz':
        return `p = L.readTimestampText(b, v, p, ${w}, row, ${type.kind === 'timestamp' ? 'zone' : 'undefined'})`
    }
  }
  // A value in quotes that only the exact reader takes is left to it with its line.
  if (quote !== undefined) return 'p = -1'
  return `{ const start = p; p = L.cellEnd(b, v, p, ${word(plan.separator)}); if (!L.isUtf8(b, start, p) || !R[${writer}](b, start, p, row)) break lines }`
}

/** A character in each of the four bytes of a word. */
function word(character: number): number {
  return Math.imul(character, 0x01010101)
}
