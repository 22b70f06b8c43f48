import { decodeText } from '../columnar/column.ts'
import type { DataType } from '../types/data-type.ts'
import { zoneOf } from '../types/zone.ts'
import type { ColumnWriter } from './column-writer.ts'
import { type CsvLineDecoder, generateCsvDecoder } from './csv-codegen.ts'
import type { CsvOptions } from './csv-options.ts'
import { csvReading } from './csv-value.ts'
import type { ValueReader } from './json-codegen.ts'

/** Spark's default: more columns in a line are an error that the exact reader finds. */
const MAX_COLUMNS = 20480

/**
 * The generated decoder of lines; undefined where the options ask for what only the exact reader does.
 *
 * @param places   by column of the file: which writer takes it; −1: none
 * @param corrupt  the writer of the corrupt-record column; −1: none
 * @param anyCount  how many columns a line has does not matter where the wanted ones are there
 */
export function csvLineDecoder(
  writers: readonly ColumnWriter[],
  places: readonly number[],
  corrupt: number,
  anyCount: boolean,
  options: CsvOptions,
): CsvLineDecoder | undefined {
  const characters = [options.sep, options.quote, options.escape, options.comment]
  if (!characters.every((c) => c === '' || (c.length === 1 && c.charCodeAt(0) < 128)) || options.sep === '') return undefined
  if (options.ignoreLeadingWhiteSpace === true || options.ignoreTrailingWhiteSpace === true) return undefined
  if (options.maxCharsPerColumn >= 0 || places.length > options.maxColumns) return undefined
  const [separator, quote, escaping, comment] = characters.map((c) => (c === '' ? -1 : c.charCodeAt(0))) as [
    number,
    number,
    number,
    number,
  ]
  const readers = writers.map((writer): ValueReader => {
    const read = csvReading(writer.type, options)
    return (bytes, start, end, row) => {
      const value = read(decodeText(bytes, start, end))
      if (value === undefined) return false
      writer.set(row, value)
      return true
    }
  })
  return generateCsvDecoder(
    {
      columns: places.map((writer) => (writer < 0 ? undefined : { writer, type: writers[writer]!.type })),
      corrupt,
      separator,
      quote,
      escaping,
      comment,
      nullValue: options.nullValue,
      skipsRest: anyCount && options.unescapedQuoteHandling !== 'RAISE_ERROR' && options.maxColumns >= MAX_COLUMNS,
      zone: zoneOf(options.timeZone),
      isStandard: (type) => formatOf(type, options) === undefined,
    },
    writers,
    readers,
  )
}

function formatOf(type: DataType, options: CsvOptions): string | undefined {
  switch (type.kind) {
    case 'date':
      return options.dateFormat
    case 'timestamp':
      return options.timestampFormat
    case 'timestamp_ntz':
      return options.timestampNtzFormat
    default:
      return undefined
  }
}
