import {
  type ArrayType,
  arrayType,
  BIGINT,
  type DataType,
  type DayTimeUnit,
  DOUBLE,
  dayTimeType,
  field,
  isIntegral,
  isNumeric,
  type MapType,
  mapType,
  STRING,
  type StructType,
  sameType,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  timeType,
  yearMonthType,
} from './data-type.ts'
import { decimalFor, decimalHolds, widerDecimal } from './decimal.ts'

/**
 * Type coercion under ANSI rules; `ansi` false: those of ANSI off (Spark's TypeCoercion). Source: Spark's AnsiTypeCoercion and Cast.canAnsiCast; the tables of tests/engine/types/coercion.test.ts
 * were asked from Spark 4.3 pair by pair.
 */

/**
 * The least common type: what UNION, CASE, coalesce, array() and comparison bring both sides to. Undefined when there is none.
 * A string gives way to the other side: with an integral type both become BIGINT, with other numbers DOUBLE, else the other type.
 * ANSI off: the other side becomes a string, but for BOOLEAN and BINARY, which then have no common type with it.
 */
export function widerType(a: DataType, b: DataType, ansi = true): DataType | undefined {
  if (a.kind === 'void') return withoutLength(b)
  if (b.kind === 'void') return withoutLength(a)
  if (a.kind === 'string' && b.kind === 'string') return sameType(a, b) && a.length === undefined ? a : STRING
  if (a.kind === 'string') return ansi ? widerThanString(b) : promotedToString(b)
  if (b.kind === 'string') return ansi ? widerThanString(a) : promotedToString(a)
  if (sameType(a, b, true)) return a
  if (isNumeric(a) && isNumeric(b)) return widerNumber(a, b, ansi)
  if (a.kind !== b.kind) return widerTime(a, b)
  switch (a.kind) {
    case 'time':
      return timeType(Math.max(a.precision, (b as typeof a).precision))
    case 'interval_year_month': {
      const other = b as typeof a
      return yearMonthType(
        a.start === 'year' || other.start === 'year' ? 'year' : 'month',
        a.end === 'month' || other.end === 'month' ? 'month' : 'year',
      )
    }
    case 'interval_day_time': {
      const other = b as typeof a
      const rank = (unit: DayTimeUnit) => DAY_TIME_UNITS.indexOf(unit)
      return dayTimeType(
        DAY_TIME_UNITS[Math.min(rank(a.start), rank(other.start))]!,
        DAY_TIME_UNITS[Math.max(rank(a.end), rank(other.end))]!,
      )
    }
    case 'array':
      return widerArray(a, b as ArrayType, ansi)
    case 'map':
      return widerMap(a, b as MapType, ansi)
    case 'struct':
      return widerStruct(a, b as StructType, ansi)
    default:
      return a
  }
}

/** The least common type of several; VOID for none. */
export function widestType(types: readonly DataType[], ansi = true): DataType | undefined {
  // Strings last: '1' with INT and DATE must fail the same way whatever the order.
  const ordered = [...types.filter((t) => t.kind !== 'string'), ...types.filter((t) => t.kind === 'string')]
  let result: DataType | undefined = ordered[0]
  for (let i = 1; i < ordered.length && result !== undefined; i++) result = widerType(result, ordered[i]!, ansi)
  return result
}

const DAY_TIME_UNITS: readonly DayTimeUnit[] = ['day', 'hour', 'minute', 'second']
const NUMBER_RANK = ['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'float', 'double']

function withoutLength(type: DataType): DataType {
  return type.kind === 'string' && type.length !== undefined ? STRING : type
}

function widerThanString(type: DataType): DataType | undefined {
  if (isIntegral(type)) return BIGINT
  if (isNumeric(type)) return DOUBLE
  switch (type.kind) {
    case 'boolean':
    case 'binary':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamp_ntz':
      return type
    default:
      // Which interval a text means cannot be told; nested types are never texts.
      return undefined
  }
}

function promotedToString(type: DataType): DataType | undefined {
  return isAtomic(type) && type.kind !== 'boolean' && type.kind !== 'binary' ? STRING : undefined
}

/** The type two sides are compared in. ANSI off: a text is read as the other side's own type. */
export function commonForComparison(a: DataType, b: DataType, ansi: boolean): DataType | undefined {
  const other = a.kind === 'string' ? b : b.kind === 'string' ? a : undefined
  if (ansi || other === undefined || other.kind === 'string') return widestType([a, b], ansi)
  return isIntegral(other) ? other : widestType([a, b])
}

function widerNumber(a: DataType, b: DataType, ansi: boolean): DataType {
  if (a.kind === 'decimal' || b.kind === 'decimal') {
    if (a.kind === 'double' || b.kind === 'double' || a.kind === 'float' || b.kind === 'float') return DOUBLE
    return widerDecimal(decimalFor(a)!, decimalFor(b)!)
  }
  // FLOAT cannot hold every INT, so Spark's ANSI rules go to DOUBLE for any integral type.
  if (a.kind === 'float' && b.kind === 'float') return a
  if (ansi && (a.kind === 'float' || b.kind === 'float')) return DOUBLE
  return NUMBER_RANK.indexOf(a.kind) >= NUMBER_RANK.indexOf(b.kind) ? a : b
}

function widerTime(a: DataType, b: DataType): DataType | undefined {
  const kinds = new Set([a.kind, b.kind])
  if ([...kinds].some((kind) => kind !== 'date' && kind !== 'timestamp' && kind !== 'timestamp_ntz')) return undefined
  return kinds.has('timestamp') ? TIMESTAMP : TIMESTAMP_NTZ
}

function widerArray(a: ArrayType, b: ArrayType, ansi: boolean): DataType | undefined {
  const element = widerType(a.element, b.element, ansi)
  if (element === undefined) return undefined
  return arrayType(element, a.containsNull || b.containsNull || mayFail(a.element, element) || mayFail(b.element, element))
}

function widerMap(a: MapType, b: MapType, ansi: boolean): DataType | undefined {
  const key = widerType(a.key, b.key, ansi)
  const value = widerType(a.value, b.value, ansi)
  if (key === undefined || value === undefined) return undefined
  // A map without entries has no keys that could fail.
  if ([a.key, b.key].some((own) => own.kind !== 'void' && mayFail(own, key))) return undefined
  return mapType(key, value, a.valueContainsNull || b.valueContainsNull || mayFail(a.value, value) || mayFail(b.value, value))
}

/** Structs of the same field names (case aside), field by field; names are those of the left side. */
function widerStruct(a: StructType, b: StructType, ansi: boolean): DataType | undefined {
  if (a.fields.length !== b.fields.length) return undefined
  const fields = []
  for (const [i, left] of a.fields.entries()) {
    const right = b.fields[i]!
    if (left.name.toLowerCase() !== right.name.toLowerCase()) return undefined
    const type = widerType(left.type, right.type, ansi)
    if (type === undefined) return undefined
    fields.push(field(left.name, type, left.nullable || right.nullable || mayFail(left.type, type) || mayFail(right.type, type)))
  }
  return structType(fields)
}

/** Can the cast give NULL for a value (outside ANSI errors)? Spark's Cast.forceNullable. */
export function mayFail(from: DataType, to: DataType): boolean {
  if (sameType(from, to)) return false
  if (from.kind === 'void') return true
  if (from.kind === 'string') return to.kind !== 'binary' && to.kind !== 'string'
  if (to.kind === 'string') return false
  if (from.kind === 'timestamp') return to.kind === 'tinyint' || to.kind === 'smallint' || to.kind === 'int'
  if (from.kind === 'float' || from.kind === 'double') return to.kind === 'timestamp' || to.kind === 'decimal'
  if (to.kind === 'decimal') {
    const exact = decimalFor(from)
    return exact === undefined || !decimalHolds(to, exact)
  }
  return from.kind === 'interval' || to.kind === 'interval'
}

/** May analysis insert this cast for a function's argument? Strings become any atomic type, numbers any number, atomic types strings. */
export function implicitCast(from: DataType, to: DataType): boolean {
  if (from.kind === 'string') return isAtomic(to) && to.kind !== 'void'
  return canStoreAssign(from, to)
}

function isAtomic(type: DataType): boolean {
  return type.kind !== 'array' && type.kind !== 'map' && type.kind !== 'struct' && type.kind !== 'interval'
}

/** May INSERT write a value of this type into a column of that type (store assignment policy ANSI)? */
export function canStoreAssign(from: DataType, to: DataType): boolean {
  if (sameType(from, to, true) || from.kind === 'void') return true
  if (isNumeric(from) && isNumeric(to)) return true
  if (to.kind === 'string') return isAtomic(from) || from.kind === 'interval'
  // Times of day count among the dates here, though the cast may then be refused; digits of a second are not cut in silence.
  if (from.kind === 'time' && to.kind === 'time') return from.precision <= to.precision
  if (isDateTime(from) && isDateTime(to)) return true
  if (from.kind !== to.kind) return false
  switch (from.kind) {
    case 'array': {
      const target = to as ArrayType
      return (!from.containsNull || target.containsNull) && canStoreAssign(from.element, target.element)
    }
    case 'map': {
      const target = to as MapType
      return (
        (!from.valueContainsNull || target.valueContainsNull) &&
        canStoreAssign(from.key, target.key) &&
        canStoreAssign(from.value, target.value)
      )
    }
    case 'struct': {
      const target = (to as StructType).fields
      return (
        from.fields.length === target.length &&
        from.fields.every((f, i) => (!f.nullable || target[i]!.nullable) && canStoreAssign(f.type, target[i]!.type))
      )
    }
    default:
      return false
  }
}

function isDateTime(type: DataType): boolean {
  return isTimestampOrDate(type) || type.kind === 'time'
}
function isTimestampOrDate(type: DataType): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp_ntz'
}

/** May CAST (`tolerant`: try_cast, which must not make NULL map keys) be written between these types? */
export function canCast(from: DataType, to: DataType, tolerant = false): boolean {
  if (sameType(from, to) || from.kind === 'void' || to.kind === 'string') return to.kind !== 'void' || from.kind === 'void'
  switch (from.kind) {
    case 'string':
      return to.kind !== 'void' && (isAtomic(to) || to.kind === 'interval')
    case 'boolean':
      return isNumeric(to)
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'decimal':
      return isNumeric(to) || ['boolean', 'timestamp', 'interval_year_month', 'interval_day_time'].includes(to.kind)
    case 'float':
    case 'double':
      return isNumeric(to) || to.kind === 'boolean' || to.kind === 'timestamp'
    case 'date':
      return isTimestampOrDate(to)
    case 'timestamp':
      return isTimestampOrDate(to) || isNumeric(to) || to.kind === 'time'
    case 'timestamp_ntz':
      return isTimestampOrDate(to) || to.kind === 'time'
    case 'time':
      return ['time', 'decimal', 'timestamp', 'timestamp_ntz'].includes(to.kind) || isIntegral(to)
    case 'interval_year_month':
    case 'interval_day_time':
      return to.kind === from.kind || isIntegral(to) || to.kind === 'decimal'
    case 'array': {
      if (to.kind !== 'array') return false
      return canCast(from.element, to.element, tolerant) && (!from.containsNull || to.containsNull)
    }
    case 'map':
      if (to.kind !== 'map') return false
      if (tolerant && mayFail(from.key, to.key)) return false
      return (
        canCast(from.key, to.key, tolerant) &&
        canCast(from.value, to.value, tolerant) &&
        (!from.valueContainsNull || to.valueContainsNull)
      )
    case 'struct':
      if (to.kind !== 'struct' || to.fields.length !== from.fields.length) return false
      return from.fields.every((f, i) => canCast(f.type, to.fields[i]!.type, tolerant) && (!f.nullable || to.fields[i]!.nullable))
    default:
      return false
  }
}

/** Why a cast is refused: Spark's sub-condition of DATATYPE_MISMATCH, with the functions to use instead. Undefined when it is allowed. */
export function castRefusal(
  from: DataType,
  to: DataType,
  ansi = true,
  tolerant = false,
): { readonly condition: string; readonly functions?: string } | undefined {
  if (canCast(from, to, tolerant) || (!ansi && castsWithoutAnsi(from, to))) return undefined
  if (isNumeric(from) && to.kind === 'date') return { condition: 'CAST_WITH_FUNC_SUGGESTION', functions: 'DATE_FROM_UNIX_DATE' }
  if (from.kind === 'date' && isNumeric(to)) return { condition: 'CAST_WITH_FUNC_SUGGESTION', functions: 'UNIX_DATE' }
  const withoutAnsi =
    !tolerant && from.kind !== 'array' && from.kind !== 'map' && from.kind !== 'struct' && castsWithoutAnsi(from, to)
  return { condition: withoutAnsi ? 'CAST_WITH_CONF_SUGGESTION' : 'CAST_WITHOUT_SUGGESTION' }
}

/** Casts that only ANSI off allows; a date as a number or truth value is NULL. */
function castsWithoutAnsi(from: DataType, to: DataType): boolean {
  if (from.kind === 'array' && to.kind === 'array') return castRefusal(from.element, to.element, false) === undefined
  if (from.kind === 'map' && to.kind === 'map')
    return castRefusal(from.key, to.key, false) === undefined && castRefusal(from.value, to.value, false) === undefined
  if (from.kind === 'struct' && to.kind === 'struct')
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((f, i) => castRefusal(f.type, to.fields[i]!.type, false) === undefined)
    )
  return (
    ((from.kind === 'date' || from.kind === 'timestamp') && to.kind === 'boolean') ||
    (from.kind === 'date' && isNumeric(to)) ||
    (from.kind === 'boolean' && to.kind === 'timestamp') ||
    (isIntegral(from) && to.kind === 'binary')
  )
}
