import { call, type Expression, literal } from '../expr/expression.ts'
import { INT } from '../types/data-type.ts'
import { Column, type ColumnValue, col, columnOf, expressionOf } from './column.ts'
import { literalOf } from './literal-values.ts'
import { sqlFrontend } from './sql-texts.ts'

/**
 * Typed wrappers over the registry, under Spark's names. An argument that Spark takes as a column takes a column name or a Column; one that Spark
 * takes as a value (a pattern, a length, a format) takes a plain value, and a Column where it must be computed. Any registered function is
 * reached by `callFunction(name, …)`.
 */
export type ColumnOrName = string | Column

/** A literal column. */
export function lit<T extends string | number | bigint | boolean | Date | Uint8Array | null>(value: T): Column<T> {
  return new Column(literalOf(value))
}
/** An expression written in SQL, with its alias if it has one. */
export function expr<T = unknown>(text: string): Column<T> {
  return new Column(sqlFrontend().parseExpression(text))
}
/** Calls any function of the registry: strings are column names. */
export function callFunction<T = unknown>(name: string, ...args: readonly ColumnOrName[]): Column<T> {
  return new Column(call(name.toLowerCase(), args.map(argument)))
}
export { col, col as column }

const argument = (value: ColumnOrName): Expression => columnOf(value).expression

function nullary<T>(name: string): () => Column<T> {
  return () => new Column(call(name, []))
}
function unary<T>(name: string): (value: ColumnOrName) => Column<T> {
  return (value) => new Column(call(name, [argument(value)]))
}
function binary<T>(name: string): (left: ColumnOrName, right: ColumnOrName) => Column<T> {
  return (left, right) => new Column(call(name, [argument(left), argument(right)]))
}
function variadic<T>(name: string): (...values: readonly ColumnOrName[]) => Column<T> {
  return (...values) => new Column(call(name, values.map(argument)))
}
/** The first argument is a column, the rest plain values (or Columns). */
function withValues<T, Values extends readonly (ColumnValue | undefined)[]>(
  name: string,
): (value: ColumnOrName, ...values: Values) => Column<T> {
  return (value, ...values) =>
    new Column(call(name, [argument(value), ...values.filter((v) => v !== undefined).map(expressionOf)]))
}

// Aggregates
export function count(value: ColumnOrName): Column<bigint, string> {
  return new Column(value === '*' ? call('count', [literal(1, INT)]) : call('count', [argument(value)]))
}
export function countDistinct(first: ColumnOrName, ...rest: readonly ColumnOrName[]): Column<bigint> {
  return new Column({ ...call('count', [first, ...rest].map(argument)), distinct: true })
}
export const count_distinct = countDistinct
export const sum = unary<bigint | number | string | null>('sum')
export const avg = unary<number | string | null>('avg')
export const mean = avg
export const min = unary('min')
export const max = unary('max')
export const max_by = binary('max_by')
export const min_by = binary('min_by')
export const collect_list = unary<unknown[]>('collect_list')
export const collect_set = unary<unknown[]>('collect_set')
export const stddev = unary<number | null>('stddev')
export const stddev_samp = unary<number | null>('stddev_samp')
export const stddev_pop = unary<number | null>('stddev_pop')
export const variance = unary<number | null>('variance')
export const var_samp = unary<number | null>('var_samp')
export const var_pop = unary<number | null>('var_pop')
export const bool_and = unary<boolean | null>('bool_and')
export const bool_or = unary<boolean | null>('bool_or')
export const count_if = unary<bigint>('count_if')
export const any_value = unary('any_value')
export const median = unary<number | null>('median')
export const mode = unary('mode')
export function approx_count_distinct(value: ColumnOrName, relativeError?: number): Column<bigint> {
  return new Column(
    call('approx_count_distinct', relativeError === undefined ? [argument(value)] : [argument(value), literalOf(relativeError)]),
  )
}
/** The first value of the group; `ignoreNulls`: the first that is not NULL. */
export function first(value: ColumnOrName, ignoreNulls = false): Column {
  return new Column({ ...call('first', [argument(value)]), ...(ignoreNulls && { ignoreNulls: true }) })
}
export function last(value: ColumnOrName, ignoreNulls = false): Column {
  return new Column({ ...call('last', [argument(value)]), ...(ignoreNulls && { ignoreNulls: true }) })
}

// Event time
/** Tumbling (`size`) or sliding (`size`, `slide`) windows over an event time; durations as '10 minutes'. */
export function window(
  time: ColumnOrName,
  size: string,
  slide?: string,
  start?: string,
): Column<{ start: Date; end: Date }, 'window'> {
  const durations = [size, ...(slide === undefined ? [] : [slide]), ...(start === undefined ? [] : [start])]
  if (slide === undefined && start !== undefined) durations.splice(1, 0, size)
  return new Column(call('window', [argument(time), ...durations.map(literalOf)]))
}
/** Sessions: a gap of inactivity ends one. `gap` is a duration or a Column that computes it per row. */
export function session_window(time: ColumnOrName, gap: string | Column): Column<{ start: Date; end: Date }, 'session_window'> {
  return new Column(call('session_window', [argument(time), expressionOf(gap)]))
}
/** The time of a window column: its end less one microsecond. */
export const window_time = unary<Date>('window_time')

// Conditional
export function when(condition: Column, value: ColumnValue): Column {
  return new Column({ kind: 'case', branches: [{ when: condition.expression, then: expressionOf(value) }] })
}
export const coalesce = variadic('coalesce')
export const greatest = variadic('greatest')
export const least = variadic('least')
export const ifnull = binary('ifnull')
export const nvl = binary('nvl')
export const nullif = binary('nullif')
export const isnull = unary<boolean>('isnull')
export const isnotnull = unary<boolean>('isnotnull')
export const isnan = unary<boolean>('isnan')
export function not(condition: Column): Column<boolean> {
  return condition.not()
}

// Strings
export const concat = variadic<string | null>('concat')
export function concat_ws(separator: string, ...values: readonly ColumnOrName[]): Column<string> {
  return new Column(call('concat_ws', [literalOf(separator), ...values.map(argument)]))
}
export const upper = unary<string | null>('upper')
export const lower = unary<string | null>('lower')
export const initcap = unary<string | null>('initcap')
export const trim = unary<string | null>('trim')
export const ltrim = unary<string | null>('ltrim')
export const rtrim = unary<string | null>('rtrim')
export const length = unary<number | null>('length')
export const reverse = unary('reverse')
export const ascii = unary<number | null>('ascii')
export const base64 = unary<string | null>('base64')
export const unbase64 = unary<Uint8Array | null>('unbase64')
export const hex = unary<string | null>('hex')
export const unhex = unary<Uint8Array | null>('unhex')
export const substring = withValues<string | null, readonly [position: ColumnValue, length: ColumnValue]>('substring')
export const substring_index = withValues<string | null, readonly [delimiter: ColumnValue, count: ColumnValue]>('substring_index')
export const lpad = withValues<string | null, readonly [length: ColumnValue, pad: ColumnValue]>('lpad')
export const rpad = withValues<string | null, readonly [length: ColumnValue, pad: ColumnValue]>('rpad')
export const repeat = withValues<string | null, readonly [count: ColumnValue]>('repeat')
export const instr = withValues<number | null, readonly [part: ColumnValue]>('instr')
export const translate = withValues<string | null, readonly [from: ColumnValue, to: ColumnValue]>('translate')
export const replace = withValues<string | null, readonly [search: ColumnValue, by: ColumnValue]>('replace')
export const split = withValues<string[] | null, readonly [pattern: ColumnValue, limit?: number]>('split')
export const regexp_replace = withValues<string | null, readonly [pattern: ColumnValue, by: ColumnValue]>('regexp_replace')
export const regexp_extract = withValues<string | null, readonly [pattern: ColumnValue, group: number]>('regexp_extract')
export const startswith = binary<boolean | null>('startswith')
export const endswith = binary<boolean | null>('endswith')
export const contains = binary<boolean | null>('contains')
export const encode = withValues<Uint8Array | null, readonly [charset: string]>('encode')
export const decode = withValues<string | null, readonly [charset: string]>('decode')
export function format_string(format: string, ...values: readonly ColumnOrName[]): Column<string> {
  return new Column(call('format_string', [literalOf(format), ...values.map(argument)]))
}

// Numbers
export const abs = unary('abs')
export const ceil = unary('ceil')
export const floor = unary('floor')
export const sqrt = unary<number | null>('sqrt')
export const exp = unary<number | null>('exp')
export const ln = unary<number | null>('ln')
export const log10 = unary<number | null>('log10')
export const log2 = unary<number | null>('log2')
export const sin = unary<number | null>('sin')
export const cos = unary<number | null>('cos')
export const tan = unary<number | null>('tan')
export const signum = unary<number | null>('signum')
export const pow = binary<number | null>('power')
export const pmod = binary('pmod')
export const round = withValues<unknown, readonly [scale?: number]>('round')
export const bround = withValues<unknown, readonly [scale?: number]>('bround')

// Hashes
export const md5 = unary<string | null>('md5')
export const sha1 = unary<string | null>('sha1')
export const sha2 = withValues<string | null, readonly [bits: number]>('sha2')
export const crc32 = unary<bigint | null>('crc32')
export const hash = variadic<number>('hash')
export const xxhash64 = variadic<bigint>('xxhash64')

// Dates and times
export const current_timestamp = nullary<Date>('current_timestamp')
export const current_date = nullary<string>('current_date')
export const now = nullary<Date>('now')
export const year = unary<number | null>('year')
export const quarter = unary<number | null>('quarter')
export const month = unary<number | null>('month')
export const dayofmonth = unary<number | null>('dayofmonth')
export const dayofweek = unary<number | null>('dayofweek')
export const dayofyear = unary<number | null>('dayofyear')
export const weekofyear = unary<number | null>('weekofyear')
export const hour = unary<number | null>('hour')
export const minute = unary<number | null>('minute')
export const second = unary<number | null>('second')
export const last_day = unary<string | null>('last_day')
export const datediff = binary<number | null>('datediff')
export const months_between = binary<number | null>('months_between')
export const date_add = withValues<string | null, readonly [days: ColumnValue]>('date_add')
export const date_sub = withValues<string | null, readonly [days: ColumnValue]>('date_sub')
export const add_months = withValues<string | null, readonly [months: ColumnValue]>('add_months')
export const date_format = withValues<string | null, readonly [pattern: string]>('date_format')
export const to_date = withValues<string | null, readonly [pattern?: string]>('to_date')
export const to_timestamp = withValues<Date | null, readonly [pattern?: string]>('to_timestamp')
export const unix_timestamp = withValues<bigint | null, readonly [pattern?: string]>('unix_timestamp')
export const from_unixtime = withValues<string | null, readonly [pattern?: string]>('from_unixtime')
export const timestamp_seconds = unary<Date | null>('timestamp_seconds')
export const timestamp_millis = unary<Date | null>('timestamp_millis')
export const timestamp_micros = unary<Date | null>('timestamp_micros')
export const from_utc_timestamp = withValues<Date | null, readonly [zone: string]>('from_utc_timestamp')
export const to_utc_timestamp = withValues<Date | null, readonly [zone: string]>('to_utc_timestamp')
export function date_trunc(unit: string, time: ColumnOrName): Column<Date | null> {
  return new Column(call('date_trunc', [literalOf(unit), argument(time)]))
}
export const trunc = withValues<string | null, readonly [unit: string]>('trunc')

// Collections and JSON
export const array = variadic<unknown[]>('array')
export const struct = variadic<Record<string, unknown>>('struct')
export const map = variadic<Map<unknown, unknown>>('map')
export const size = unary<number | null>('size')
export const explode = unary('explode')
export const explode_outer = unary('explode_outer')
export const posexplode = unary('posexplode')
export const array_contains = withValues<boolean | null, readonly [value: ColumnValue]>('array_contains')
export const array_join = withValues<string | null, readonly [delimiter: string, replacement?: string]>('array_join')
export const array_distinct = unary<unknown[] | null>('array_distinct')
export const array_max = unary('array_max')
export const array_min = unary('array_min')
export const array_sort = unary<unknown[] | null>('array_sort')
export const sort_array = withValues<unknown[] | null, readonly [ascending?: boolean]>('sort_array')
export const element_at = withValues<unknown, readonly [key: ColumnValue]>('element_at')
export const flatten = unary<unknown[] | null>('flatten')
export const map_keys = unary<unknown[] | null>('map_keys')
export const map_values = unary<unknown[] | null>('map_values')
export const get_json_object = withValues<string | null, readonly [path: string]>('get_json_object')
export const from_json = withValues<unknown, readonly [schema: string]>('from_json')
export const to_json = unary<string | null>('to_json')
export const from_avro = withValues<unknown, readonly [schema: string]>('from_avro')
export const to_avro = unary<Uint8Array | null>('to_avro')
