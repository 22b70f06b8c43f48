import { EngineError } from '../errors/engine-error.ts'
import type { DataType, Schema } from '../types/data-type.ts'
import { fitsPrecision, parseDecimal, rescale } from '../types/decimal.ts'
import { parseDayTime, parseIntervalText, parseYearMonth } from '../types/interval.ts'
import { parseDouble } from '../types/number-text.ts'
import type { Value } from '../types/value.ts'
import type { CsvOptions } from './csv-options.ts'
import type { RecordReading } from './json-value.ts'
import { type TextTimes, textTimes } from './text-times.ts'

/** The value of a text; undefined where the text is not of the type. */
export type CsvReading = (text: string) => Value | undefined

/**
 * What record values become: by position, as Spark's UnivocityParser converts them.
 *
 * @param schema   the file's columns without the corrupt-record column
 * @param wanted   positions in `schema` of the fields of the rows, in order
 * @param checkCount  a record with more or fewer values than `schema` is malformed; false when only some columns are read, as Spark does not
 *                 count values then
 */
export function csvRecordReader(
  schema: Schema,
  wanted: readonly number[],
  options: CsvOptions,
  checkCount: boolean,
): (values: readonly (string | undefined)[]) => RecordReading {
  const times = textTimes(options)
  const readings = wanted.map((c) => csvReading(schema[c]!.type, options, times))
  return (values) => {
    let reason =
      checkCount && values.length !== schema.length
        ? `it has ${values.length} values where ${schema.length} are wanted`
        : undefined
    const row: Value[] = wanted.map((c, i) => {
      const text = values[c]
      if (text === undefined || text === options.nullValue) return null
      let value: Value | undefined
      try {
        value = readings[i]!(text)
      } catch (error) {
        // A pattern that newer versions of Spark read otherwise is the query's fault, not the record's.
        if (!(error instanceof EngineError) || error.condition.startsWith('INCONSISTENT_BEHAVIOR')) throw error
      }
      if (value === undefined) {
        reason ??= `column "${schema[c]!.name}": "${text.slice(0, 60)}" is not ${String(schema[c]!.type)}`
        return null
      }
      return value
    })
    return { rows: [row], reason }
  }
}

/** from_csv and the decoder share it. */
export function csvReading(type: DataType, options: CsvOptions, times: TextTimes = textTimes(options)): CsvReading {
  switch (type.kind) {
    case 'tinyint':
      return integerReading(-128, 127)
    case 'smallint':
      return integerReading(-32768, 32767)
    case 'int':
      return integerReading(-2147483648, 2147483647)
    case 'bigint':
      return (text) => {
        if (!/^[+-]?\d+$/.test(text)) return undefined
        const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
        return BigInt.asIntN(64, value) === value ? value : undefined
      }
    case 'float':
      return (text) => {
        const value = special(text, options) ?? javaDouble(text)
        return value === undefined ? undefined : Math.fround(value)
      }
    case 'double':
      return (text) => special(text, options) ?? javaDouble(text)
    case 'decimal':
      return (text) => {
        const parsed = parseDecimal(text.replaceAll(',', ''))
        if (parsed === undefined || Math.abs(parsed.scale) > 10_000) return undefined
        const unscaled = rescale(parsed.unscaled, parsed.scale, type.scale)
        return fitsPrecision(unscaled, type.precision) ? unscaled : undefined
      }
    case 'boolean':
      return (text) => {
        const lower = text.toLowerCase()
        return lower === 'true' ? true : lower === 'false' ? false : undefined
      }
    case 'string':
      return (text) => text
    case 'binary':
      return (text) => new TextEncoder().encode(text)
    case 'date':
      return times.parseDate
    case 'timestamp':
      return times.parseTimestamp
    case 'timestamp_ntz':
      return times.parseTimestampNtz
    case 'time':
      return times.parseTime
    case 'interval':
      return (text) => parseIntervalText(text)
    case 'interval_year_month':
      return (text) => {
        const read = parseYearMonth(text, type)
        return read.kind === 'value' ? read.value : undefined
      }
    case 'interval_day_time':
      return (text) => {
        const read = parseDayTime(text, type)
        return read.kind === 'value' ? read.value : undefined
      }
    default:
      return () => undefined
  }
}

function integerReading(min: number, max: number): CsvReading {
  return (text) => {
    if (!/^[+-]?\d+$/.test(text)) return undefined
    const value = Number(text)
    return value < min || value > max ? undefined : value + 0
  }
}

function special(text: string, options: CsvOptions): number | undefined {
  if (text === options.nanValue) return Number.NaN
  if (text === options.negativeInf) return Number.NEGATIVE_INFINITY
  if (text === options.positiveInf) return Number.POSITIVE_INFINITY
  return undefined
}

/** Java's own grammar of doubles: unlike CAST it knows NaN and Infinity in this spelling only. */
export function javaDouble(text: string): number | undefined {
  return /[iInN]/.test(text) && !/^[+-]?(NaN|Infinity)$/.test(text) ? undefined : parseDouble(text)
}
