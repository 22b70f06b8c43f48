/**
 * Spark's SQL types as frozen plain data. `String(type)` is Spark's simple string (`bigint`, `struct<a:int>`), which is also
 * what DDL takes. Two types are the same iff `sameType` says so; object identity means nothing.
 */
export interface Field {
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
  readonly metadata?: FieldMetadata
}

/** What analysis knows of a column beyond its type. Kept through projection and aliasing, dropped by any other expression. */
export interface FieldMetadata {
  /** Set by a watermark: the column is the event time; its allowed delay. */
  readonly watermarkDelayMs?: number
  /** Set on the struct that window() or session_window() makes; window_time() asks for it. */
  readonly timeWindow?: 'window' | 'session_window'
}

export type Schema = readonly Field[]

interface Named {
  toString(): string
}
export type AtomicKind =
  | 'void'
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'float'
  | 'double'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
export type YearMonthUnit = 'year' | 'month'
export type DayTimeUnit = 'day' | 'hour' | 'minute' | 'second'

export type AtomicType = Named & { readonly kind: AtomicKind }
/** `length` is set for CHAR(n) (`padded`) and VARCHAR(n). */
export type StringType = Named & { readonly kind: 'string'; readonly length?: number; readonly padded?: boolean }
export type DecimalType = Named & { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
export type TimeType = Named & { readonly kind: 'time'; readonly precision: number }
export type YearMonthIntervalType = Named & {
  readonly kind: 'interval_year_month'
  readonly start: YearMonthUnit
  readonly end: YearMonthUnit
}
export type DayTimeIntervalType = Named & {
  readonly kind: 'interval_day_time'
  readonly start: DayTimeUnit
  readonly end: DayTimeUnit
}
/** Months, days and microseconds together: what duration texts such as '10 minutes' mean. Not storable in a column of a table. */
export type CalendarIntervalType = Named & { readonly kind: 'interval' }
export type ArrayType = Named & { readonly kind: 'array'; readonly element: DataType; readonly containsNull: boolean }
export type MapType = Named & {
  readonly kind: 'map'
  readonly key: DataType
  readonly value: DataType
  readonly valueContainsNull: boolean
}
export type StructType = Named & { readonly kind: 'struct'; readonly fields: readonly Field[] }

export type DataType =
  | AtomicType
  | StringType
  | DecimalType
  | TimeType
  | YearMonthIntervalType
  | DayTimeIntervalType
  | CalendarIntervalType
  | ArrayType
  | MapType
  | StructType

// Types print themselves: the printer sits on one shared prototype, so that type objects stay plain data otherwise.
const printable = {
  toString(this: DataType): string {
    return simpleString(this)
  },
}
function make<T extends DataType>(data: Omit<T, 'toString'>): T {
  return Object.freeze(Object.assign(Object.create(printable) as T, data))
}

export const VOID = make<AtomicType>({ kind: 'void' })
export const BOOLEAN = make<AtomicType>({ kind: 'boolean' })
export const TINYINT = make<AtomicType>({ kind: 'tinyint' })
export const SMALLINT = make<AtomicType>({ kind: 'smallint' })
export const INT = make<AtomicType>({ kind: 'int' })
export const BIGINT = make<AtomicType>({ kind: 'bigint' })
export const FLOAT = make<AtomicType>({ kind: 'float' })
export const DOUBLE = make<AtomicType>({ kind: 'double' })
export const STRING = make<StringType>({ kind: 'string' })
export const BINARY = make<AtomicType>({ kind: 'binary' })
export const DATE = make<AtomicType>({ kind: 'date' })
export const TIMESTAMP = make<AtomicType>({ kind: 'timestamp' })
export const TIMESTAMP_NTZ = make<AtomicType>({ kind: 'timestamp_ntz' })
export const CALENDAR_INTERVAL = make<CalendarIntervalType>({ kind: 'interval' })
export const YEAR_MONTH = make<YearMonthIntervalType>({ kind: 'interval_year_month', start: 'year', end: 'month' })
export const DAY_TIME = make<DayTimeIntervalType>({ kind: 'interval_day_time', start: 'day', end: 'second' })
export const MAX_PRECISION = 38
export const DEFAULT_DECIMAL = decimalType(10, 0)

export function decimalType(precision: number, scale: number): DecimalType {
  return make<DecimalType>({ kind: 'decimal', precision, scale })
}
export function timeType(precision: number): TimeType {
  return make<TimeType>({ kind: 'time', precision })
}
export function charType(length: number): StringType {
  return make<StringType>({ kind: 'string', length, padded: true })
}
export function varcharType(length: number): StringType {
  return make<StringType>({ kind: 'string', length, padded: false })
}
export function yearMonthType(start: YearMonthUnit, end: YearMonthUnit): YearMonthIntervalType {
  return make<YearMonthIntervalType>({ kind: 'interval_year_month', start, end })
}
export function dayTimeType(start: DayTimeUnit, end: DayTimeUnit): DayTimeIntervalType {
  return make<DayTimeIntervalType>({ kind: 'interval_day_time', start, end })
}
export function arrayType(element: DataType, containsNull = true): ArrayType {
  return make<ArrayType>({ kind: 'array', element, containsNull })
}
export function mapType(key: DataType, value: DataType, valueContainsNull = true): MapType {
  return make<MapType>({ kind: 'map', key, value, valueContainsNull })
}
export function structType(fields: readonly Field[]): StructType {
  return make<StructType>({ kind: 'struct', fields: Object.freeze([...fields]) })
}
export function field(name: string, type: DataType, nullable = true, metadata?: FieldMetadata): Field {
  return Object.freeze(metadata === undefined ? { name, type, nullable } : { name, type, nullable, metadata })
}

/** CHAR(n) and VARCHAR(n) as STRING, also inside: they bind where a table is written, nowhere else. */
export function withoutTextLength(type: DataType): DataType {
  switch (type.kind) {
    case 'string':
      return STRING
    case 'array':
      return arrayType(withoutTextLength(type.element), type.containsNull)
    case 'map':
      return mapType(withoutTextLength(type.key), withoutTextLength(type.value), type.valueContainsNull)
    case 'struct':
      return structType(type.fields.map((f) => ({ ...f, type: withoutTextLength(f.type) })))
    default:
      return type
  }
}

/** Spark's `simpleString`/`catalogString`. CHAR and VARCHAR print their length. */
export function simpleString(type: DataType): string {
  switch (type.kind) {
    case 'string':
      return type.length === undefined ? 'string' : `${type.padded ? 'char' : 'varchar'}(${type.length})`
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'time':
      return `time(${type.precision})`
    case 'interval_year_month':
    case 'interval_day_time':
      return type.start === type.end ? `interval ${type.start}` : `interval ${type.start} to ${type.end}`
    case 'array':
      return `array<${simpleString(type.element)}>`
    case 'map':
      return `map<${simpleString(type.key)},${simpleString(type.value)}>`
    case 'struct':
      return `struct<${type.fields.map((f) => `${f.name}:${simpleString(f.type)}`).join(',')}>`
    default:
      return type.kind
  }
}

/** Equal types; nullability inside arrays, maps and structs is not compared unless `strict`. Field names are. */
export function sameType(left: DataType, right: DataType, strict = false): boolean {
  if (left === right) return true
  if (left.kind !== right.kind) return false
  switch (left.kind) {
    case 'string': {
      const other = right as StringType
      return left.length === other.length && (left.padded ?? false) === (other.padded ?? false)
    }
    case 'decimal':
      return left.precision === (right as DecimalType).precision && left.scale === (right as DecimalType).scale
    case 'time':
      return left.precision === (right as TimeType).precision
    case 'interval_year_month':
    case 'interval_day_time':
      return left.start === (right as typeof left).start && left.end === (right as typeof left).end
    case 'array': {
      const other = right as ArrayType
      return sameType(left.element, other.element, strict) && (!strict || left.containsNull === other.containsNull)
    }
    case 'map': {
      const other = right as MapType
      return (
        sameType(left.key, other.key, strict) &&
        sameType(left.value, other.value, strict) &&
        (!strict || left.valueContainsNull === other.valueContainsNull)
      )
    }
    case 'struct': {
      const other = right as StructType
      return (
        left.fields.length === other.fields.length &&
        left.fields.every((f, i) => {
          const g = other.fields[i]!
          return f.name === g.name && sameType(f.type, g.type, strict) && (!strict || f.nullable === g.nullable)
        })
      )
    }
    default:
      return true
  }
}

export function isNumeric(type: DataType): boolean {
  return isIntegral(type) || type.kind === 'float' || type.kind === 'double' || type.kind === 'decimal'
}
export function isIntegral(type: DataType): boolean {
  return type.kind === 'tinyint' || type.kind === 'smallint' || type.kind === 'int' || type.kind === 'bigint'
}
export function isInterval(type: DataType): boolean {
  return type.kind === 'interval_day_time' || type.kind === 'interval_year_month' || type.kind === 'interval'
}
export function isNested(type: DataType): type is ArrayType | MapType | StructType {
  return type.kind === 'array' || type.kind === 'map' || type.kind === 'struct'
}

/** The type as Spark's messages and DDL print it: `ARRAY<INT>`, `STRUCT<a: INT NOT NULL>`. */
export function sqlTypeName(type: DataType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY<${sqlTypeName(type.element)}>`
    case 'map':
      return `MAP<${sqlTypeName(type.key)}, ${sqlTypeName(type.value)}>`
    case 'struct':
      return `STRUCT<${type.fields.map((f) => `${f.name}: ${sqlTypeName(f.type)}${f.nullable ? '' : ' NOT NULL'}`).join(', ')}>`
    default:
      return simpleString(type).toUpperCase()
  }
}
