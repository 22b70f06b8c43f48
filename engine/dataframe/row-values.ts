import { unreachable } from '../errors/assert.ts'
import { EngineError, ExecutionError, UsageError } from '../errors/engine-error.ts'
import { castFunction } from '../types/cast.ts'
import { type DataType, type Schema, STRING, simpleString } from '../types/data-type.ts'
import { formatDate } from '../types/date.ts'
import { formatDecimal } from '../types/decimal.ts'
import { formatTimestamp } from '../types/timestamp.ts'
import { type CalendarInterval as EngineInterval, MapValue, type Row, type Value } from '../types/value.ts'
import { UTC } from '../types/zone.ts'
import { CalendarInterval, DayTimeInterval, YearMonthInterval } from './interval-objects.ts'
import { Timestamp } from './timestamp.ts'

/** How BIGINT reaches the user: `bigint` (default), or numbers, with an error that names the column beyond 2^53. */
export type BigIntRepresentation = 'bigint' | 'number'

/**
 * Plain engine values to what users see, and back: the table in docs/typescript.md (BIGINT bigint, DECIMAL text, DATE text, TIMESTAMP a
 * `Timestamp`, ARRAY array, MAP Map, STRUCT object). Off the hot path by nature: it runs where a user's closure or loop asks for rows.
 */
export function rowReader(schema: Schema, bigint: BigIntRepresentation): (row: Row) => Record<string, unknown> {
  const readers = schema.map((f) => valueReader(f.type, f.name, bigint))
  const names = schema.map((f) => f.name)
  return (row) => {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) object[names[i]!] = readers[i]!(row[i]!)
    return object
  }
}

type Reader = (value: Value) => unknown

function valueReader(type: DataType, column: string, bigint: BigIntRepresentation): Reader {
  switch (type.kind) {
    case 'void':
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'float':
    case 'double':
    case 'string':
    case 'binary':
      return (value) => value
    case 'bigint':
      return bigint === 'bigint' ? (value) => value : (value) => (value === null ? null : safeNumber(value as bigint, column))
    case 'decimal':
      return (value) => (value === null ? null : formatDecimal(value as bigint, type.scale))
    case 'date':
      return (value) => (value === null ? null : formatDate(value as number))
    case 'time': {
      const toText = castFunction(type, STRING, { timeZone: 'UTC', ansi: true, tolerant: false })
      return (value) => (value === null ? null : toText(value))
    }
    case 'timestamp':
      return (value) => (value === null ? null : new Timestamp(value as bigint))
    case 'timestamp_ntz':
      return (value) => (value === null ? null : formatTimestamp(value as bigint, UTC))
    case 'interval_year_month':
      return (value) => (value === null ? null : new YearMonthInterval(value as number))
    case 'interval_day_time':
      return (value) => (value === null ? null : new DayTimeInterval(value as bigint))
    case 'interval':
      return (value) => {
        if (value === null) return null
        const { months, days, microseconds } = value as EngineInterval
        return new CalendarInterval(months, days, microseconds)
      }
    case 'array': {
      const element = valueReader(type.element, column, bigint)
      return (value) => (value === null ? null : (value as readonly Value[]).map(element))
    }
    case 'map': {
      const key = valueReader(type.key, column, bigint)
      const item = valueReader(type.value, column, bigint)
      return (value) => (value === null ? null : new Map((value as MapValue).entries.map(([k, v]) => [key(k), item(v)])))
    }
    case 'struct': {
      const read = rowReader(type.fields, bigint)
      return (value) => (value === null ? null : read(value as Row))
    }
    default:
      return unreachable(type)
  }
}

function safeNumber(value: bigint, column: string): number {
  if (value > 9007199254740991n || value < -9007199254740991n) {
    throw new ExecutionError('BIGINT_BEYOND_NUMBER', {
      message: `the value ${value} of column "${column}" is beyond 2^53 and cannot be a number`,
      hint: "Create the session without { bigint: 'number' }, or cast the column to a string.",
    })
  }
  return Number(value)
}

/** A user's object (or array in column order) as a row of engine values. Texts are taken for times and decimals; unknown keys are refused. */
export function rowWriter(schema: Schema, timeZone: string): (row: object) => Row {
  const writers = schema.map((f) => valueWriter(f.type, f.name, timeZone))
  const known = new Set(schema.map((f) => f.name))
  return (row) => {
    if (Array.isArray(row)) {
      if (row.length !== schema.length) {
        throw new UsageError('NUM_COLUMNS_MISMATCH', {
          message: `a row has ${row.length} values, the schema ${schema.length} columns`,
          hint: `The columns are ${[...known].join(', ')}.`,
        })
      }
      return row.map((value, i) => writers[i]!(value))
    }
    for (const key of Object.keys(row)) {
      if (!known.has(key))
        throw new UsageError('UNRESOLVED_COLUMN', {
          message: `a row has the key "${key}", which is not a column`,
          hint: `The columns are ${[...known].join(', ')}.`,
        })
    }
    return schema.map((f, i) => {
      const value = writers[i]!((row as Record<string, unknown>)[f.name])
      if (value === null && !f.nullable)
        throw new UsageError('NOT_NULL_CONSTRAINT_VIOLATION', {
          message: `a row has no value for column "${f.name}", which is NOT NULL`,
        })
      return value
    })
  }
}

function valueWriter(type: DataType, column: string, timeZone: string): (value: unknown) => Value {
  const refuse = (value: unknown, cause?: EngineError): never => {
    throw new UsageError('FIELD_DATA_TYPE_UNACCEPTABLE', {
      detail: cause === undefined ? undefined : `${cause.message}.`,
      cause,
      message: `column "${column}" is ${simpleString(type)} and cannot hold ${typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))}`,
    })
  }
  let fromText: ((value: Value) => Value) | undefined
  const parseText = (text: string): Value => {
    fromText ??= castFunction(STRING, type, { timeZone, ansi: true, tolerant: false })
    try {
      return fromText(text)
    } catch (error) {
      if (error instanceof EngineError) return refuse(text, error)
      throw error
    }
  }
  const convert = (value: unknown): Value => {
    switch (type.kind) {
      case 'void':
        return refuse(value)
      case 'boolean':
        return typeof value === 'boolean' ? value : refuse(value)
      case 'tinyint':
      case 'smallint':
      case 'int': {
        const bits = type.kind === 'tinyint' ? 7 : type.kind === 'smallint' ? 15 : 31
        const number = typeof value === 'bigint' ? Number(value) : value
        return typeof number === 'number' && Number.isInteger(number) && number >= -(2 ** bits) && number < 2 ** bits
          ? number
          : refuse(value)
      }
      case 'bigint':
        if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : refuse(value)
        return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : refuse(value)
      case 'float':
        return typeof value === 'number' ? Math.fround(value) : refuse(value)
      case 'double':
        return typeof value === 'number' ? value : refuse(value)
      case 'decimal':
        return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
          ? parseText(String(value))
          : refuse(value)
      case 'string':
        return typeof value === 'string' ? value : refuse(value)
      case 'binary':
        return value instanceof Uint8Array ? value : refuse(value)
      case 'date':
        return typeof value === 'string'
          ? parseText(value)
          : value instanceof Date
            ? Math.floor(value.getTime() / 86_400_000)
            : refuse(value)
      case 'timestamp':
        if (value instanceof Timestamp) return value.epochMicroseconds
        if (value instanceof Date) return Number.isNaN(value.getTime()) ? refuse(value) : BigInt(value.getTime()) * 1000n
        return typeof value === 'string' ? parseText(value) : refuse(value)
      case 'time':
      case 'timestamp_ntz':
        return typeof value === 'string' ? parseText(value) : refuse(value)
      case 'interval_year_month':
        return value instanceof YearMonthInterval ? value.months : refuse(value)
      case 'interval_day_time':
        return value instanceof DayTimeInterval ? value.micros : refuse(value)
      case 'interval':
        return value instanceof CalendarInterval
          ? { months: value.months, days: value.days, microseconds: value.micros }
          : refuse(value)
      case 'array':
        return Array.isArray(value) ? value.map(element!) : refuse(value)
      case 'map':
        if (value instanceof Map) return new MapValue([...value].map(([k, v]) => [key!(k), item!(v)]))
        return typeof value === 'object'
          ? new MapValue(Object.entries(value as object).map(([k, v]) => [key!(k), item!(v)]))
          : refuse(value)
      case 'struct':
        return typeof value === 'object' ? struct!(value as object) : refuse(value)
      default:
        return unreachable(type)
    }
  }
  const element = type.kind === 'array' ? valueWriter(type.element, column, timeZone) : undefined
  const key = type.kind === 'map' ? valueWriter(type.key, column, timeZone) : undefined
  const item = type.kind === 'map' ? valueWriter(type.value, column, timeZone) : undefined
  const struct = type.kind === 'struct' ? rowWriter(type.fields, timeZone) : undefined
  return (value) => (value === null || value === undefined ? null : convert(value))
}
