import type { DataType } from './data-type.ts'
import { formatDate } from './date.ts'
import { formatDecimal } from './decimal.ts'
import { formatCalendarInterval, formatDayTime, formatYearMonth, hiveDayTime, hiveYearMonth } from './interval.ts'
import { hexText } from './literal.ts'
import { formatDouble, formatFloat } from './number-text.ts'
import { formatTime } from './time.ts'
import { formatTimestamp, formatTimestampNtz } from './timestamp.ts'
import type { CalendarInterval, MapValue, Value } from './value.ts'
import { type Zone, zoneOf } from './zone.ts'

/** Three text forms of values: of CAST, of show(), of Hive clients. They differ in NULL, binary, intervals and brackets. */
type Style = 'cast' | 'pretty' | 'hive'
type Print = (value: never) => string

/** CAST(value AS STRING) of a value that is not NULL. */
export function valueToText(value: Value, type: DataType, timeZone: string): string {
  return printer(type, zoneOf(timeZone), 'cast')(value as never)
}
/** As show() and the console sink print a value: NULL for null, also inside; binary as `[61 62]`. */
export function prettyText(value: Value, type: DataType, timeZone: string): string {
  return value === null ? 'NULL' : printer(type, zoneOf(timeZone), 'pretty')(value as never)
}
/** Spark's HiveResult form: `[1,null]`, `{"a":1}`, intervals without their literal. Null is the text NULL at the top. */
export function hiveText(value: Value, type: DataType, timeZone: string): string {
  return value === null ? 'NULL' : printer(type, zoneOf(timeZone), 'hive')(value as never)
}
/** CAST to STRING, prepared once for many values. */
export function textPrinter(type: DataType, zone: Zone): (value: Value) => string {
  return printer(type, zone, 'cast') as (value: Value) => string
}

const decoder = new TextDecoder()

function printer(type: DataType, zone: Zone, style: Style): Print {
  switch (type.kind) {
    case 'float':
      return formatFloat
    case 'double':
      return formatDouble
    case 'decimal':
      return (value: bigint) => formatDecimal(value, type.scale)
    case 'binary':
      return style === 'pretty' ? discreteHex : (value: Uint8Array) => decoder.decode(value)
    case 'date':
      return formatDate
    case 'time':
      return formatTime
    case 'timestamp':
      return (value: bigint) => formatTimestamp(value, zone)
    case 'timestamp_ntz':
      return formatTimestampNtz
    case 'interval_year_month':
      return style === 'hive' ? (value: number) => hiveYearMonth(value, type) : (value: number) => formatYearMonth(value, type)
    case 'interval_day_time':
      return style === 'hive' ? (value: bigint) => hiveDayTime(value, type) : (value: bigint) => formatDayTime(value, type)
    case 'interval':
      return formatCalendarInterval as (value: CalendarInterval) => string
    case 'array': {
      const element = nested(type.element, zone, style)
      const comma = style === 'hive' ? ',' : ', '
      return (value: readonly Value[]) => `[${value.map(element).join(comma)}]`
    }
    case 'map': {
      const key = nested(type.key, zone, style)
      const entry = nested(type.value, zone, style)
      if (style === 'hive')
        return (value: MapValue) =>
          `{${value.entries
            .map(([k, v]) => `${key(k)}:${entry(v)}`)
            .sort()
            .join(',')}}`
      return (value: MapValue) => `{${value.entries.map(([k, v]) => `${key(k)} -> ${entry(v)}`).join(', ')}}`
    }
    case 'struct': {
      const fields = type.fields.map((f) => nested(f.type, zone, style))
      if (style === 'hive') {
        const names = type.fields.map((f) => `"${f.name}":`)
        return (value: readonly Value[]) => `{${fields.map((print, i) => names[i]! + print(value[i]!)).join(',')}}`
      }
      return (value: readonly Value[]) => `{${fields.map((print, i) => print(value[i]!)).join(', ')}}`
    }
    default:
      return String
  }
}

function nested(type: DataType, zone: Zone, style: Style): (value: Value) => string {
  const print = printer(type, zone, style) as (value: Value) => string
  const nothing = style === 'pretty' ? 'NULL' : 'null'
  if (style === 'hive' && type.kind === 'string') return (value) => (value === null ? nothing : `"${value}"`)
  return (value) => (value === null ? nothing : print(value))
}

function discreteHex(value: Uint8Array): string {
  return `[${hexText(value).replace(/..(?=.)/g, '$& ')}]`
}
