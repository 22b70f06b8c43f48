import type { DataType } from './data-type.ts'
import { formatDate } from './date.ts'
import { formatDecimal } from './decimal.ts'
import { formatCalendarInterval, formatDayTime, formatYearMonth } from './interval.ts'
import { formatDouble, formatFloat } from './number-text.ts'
import { formatTime } from './time.ts'
import { formatTimestamp, formatTimestampNtz } from './timestamp.ts'
import type { CalendarInterval, MapValue, Value } from './value.ts'
import { UTC, type Zone } from './zone.ts'

/**
 * A literal as SQL text that reads back as the same value and type: `1S`, `2.5D`, `DATE '2026-01-01'`, `'it\'s'`.
 * The form of Spark's Literal.sql, which its messages use.
 */
export function sqlLiteral(value: Value, type: DataType, zone: Zone = UTC): string {
  if (value === null) return type.kind === 'void' ? 'NULL' : `CAST(NULL AS ${String(type).toUpperCase()})`
  switch (type.kind) {
    case 'tinyint':
      return `${value}Y`
    case 'smallint':
      return `${value}S`
    case 'bigint':
      return `${value}L`
    case 'float':
      return floatingLiteral(value as number, formatFloat(value as number), '', 'FLOAT')
    case 'double':
      return floatingLiteral(value as number, formatDouble(value as number), 'D', 'DOUBLE')
    case 'decimal':
      return `${formatDecimal(value as bigint, type.scale)}BD`
    case 'string':
      return quoted(value as string)
    case 'binary':
      return `X'${hexText(value as Uint8Array)}'`
    case 'date':
      return `DATE '${formatDate(value as number)}'`
    case 'time':
      return `TIME '${formatTime(value as bigint)}'`
    case 'timestamp':
      return `TIMESTAMP '${formatTimestamp(value as bigint, zone)}'`
    case 'timestamp_ntz':
      return `TIMESTAMP_NTZ '${formatTimestampNtz(value as bigint)}'`
    case 'interval_year_month':
      return formatYearMonth(value as number, type)
    case 'interval_day_time':
      return formatDayTime(value as bigint, type)
    case 'interval':
      return `INTERVAL '${formatCalendarInterval(value as CalendarInterval)}'`
    case 'array':
      return `ARRAY(${(value as readonly Value[]).map((element) => sqlLiteral(element, type.element, zone)).join(', ')})`
    case 'map': {
      const { entries } = value as MapValue
      const keys = entries.map(([key]) => sqlLiteral(key, type.key, zone)).join(', ')
      const values = entries.map(([, entry]) => sqlLiteral(entry, type.value, zone)).join(', ')
      return `MAP_FROM_ARRAYS(ARRAY(${keys}), ARRAY(${values}))`
    }
    case 'struct':
      return `NAMED_STRUCT(${type.fields
        .map((f, i) => `${quoted(f.name)}, ${sqlLiteral((value as readonly Value[])[i]!, f.type, zone)}`)
        .join(', ')})`
    default:
      return String(value)
  }
}

/**
 * A literal as generated column names show it (Spark's usePrettyExpression): strings, numbers and dates bare,
 * times and intervals as in SQL.
 */
export function prettyLiteral(value: Value, type: DataType, zone: Zone = UTC): string {
  if (value === null) return 'NULL'
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'boolean':
    case 'string':
      return String(value)
    case 'float':
      return formatFloat(value as number)
    case 'double':
      return formatDouble(value as number)
    case 'decimal':
      return scientificDecimal(value as bigint, type.scale)
    default:
      return sqlLiteral(value, type, zone)
  }
}

/** As java.math.BigDecimal prints: with an exponent once six zeros follow the point. */
function scientificDecimal(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled)
  const exponent = digits.length - 1 - scale
  if (exponent >= -6) return formatDecimal(unscaled, scale)
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${unscaled < 0n ? '-' : ''}${digits[0]}${fraction}E${exponent}`
}

function floatingLiteral(value: number, text: string, suffix: string, name: string): string {
  if (Number.isNaN(value)) return `CAST('NaN' AS ${name})`
  if (!Number.isFinite(value)) return `CAST('${value < 0 ? '-' : ''}Infinity' AS ${name})`
  return suffix === '' ? `CAST(${text} AS ${name})` : text + suffix
}

function quoted(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
}

export function hexText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase()
}
