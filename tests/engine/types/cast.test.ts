import { expect, test } from 'vitest'
import { ExecutionError } from '../../../engine/errors/engine-error.ts'
import { castFunction } from '../../../engine/types/cast.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  CALENDAR_INTERVAL,
  charType,
  DATE,
  DAY_TIME,
  type DataType,
  DOUBLE,
  dayTimeType,
  decimalType,
  FLOAT,
  field,
  INT,
  STRING,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
  timeType,
  YEAR_MONTH,
  yearMonthType,
} from '../../../engine/types/data-type.ts'
import { valueToText } from '../../../engine/types/text.ts'
import { parseTimestamp } from '../../../engine/types/timestamp.ts'
import { MapValue, type Value } from '../../../engine/types/value.ts'
import { zoneOf } from '../../../engine/types/zone.ts'

const timeZone = 'America/Los_Angeles'
const zone = zoneOf(timeZone)

/** The result as CAST AS STRING prints it, NULL, or the error's condition. */
function cast(value: Value, from: DataType, to: DataType, mode: { ansi?: boolean; tolerant?: boolean } = {}): string {
  try {
    const result = castFunction(from, to, { timeZone, ansi: mode.ansi ?? true, tolerant: mode.tolerant ?? false })(value)
    return result === null ? 'NULL' : valueToText(result, to, timeZone)
  } catch (error) {
    if (error instanceof ExecutionError) return error.condition
    throw error
  }
}
const timestamp = (text: string) => parseTimestamp(text, zone)!

test('text becomes a whole number if it is one, blanks aside', () => {
  expect(cast(' 1\t', STRING, TINYINT)).toBe('1')
  expect(cast('+5', STRING, INT)).toBe('5')
  expect(cast('-0', STRING, INT)).toBe('0')
  expect(cast('9223372036854775807', STRING, BIGINT)).toBe('9223372036854775807')
  for (const text of ['', '+', '1.5', '1L', 'abc', '٣', '2147483648']) {
    expect([text, cast(text, STRING, INT)]).toEqual([text, 'CAST_INVALID_INPUT'])
  }
  expect(cast('9223372036854775808', STRING, BIGINT)).toBe('CAST_INVALID_INPUT')
})

test('text becomes a floating-point number as Java reads it', () => {
  expect(cast(' 1e3 ', STRING, DOUBLE)).toBe('1000.0')
  expect(cast('1d', STRING, DOUBLE)).toBe('1.0')
  expect(cast('0x1p3', STRING, DOUBLE)).toBe('8.0')
  expect(cast('-inf', STRING, FLOAT)).toBe('-Infinity')
  expect(cast('nAn', STRING, DOUBLE)).toBe('NaN')
  expect(cast('3.5e38', STRING, FLOAT)).toBe('Infinity')
  expect(cast('1L', STRING, DOUBLE)).toBe('CAST_INVALID_INPUT')
  expect(cast('+nan', STRING, DOUBLE)).toBe('CAST_INVALID_INPUT')
})

test('text becomes a decimal rounded half up, or an error by what is wrong', () => {
  expect(cast('1.005', STRING, decimalType(10, 2))).toBe('1.01')
  expect(cast('1e3', STRING, decimalType(10, 2))).toBe('1000.00')
  expect(cast('1e-50', STRING, decimalType(10, 2))).toBe('0.00')
  expect(cast('123.45', STRING, decimalType(4, 2))).toBe('NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION')
  expect(cast('1e50', STRING, decimalType(10, 2))).toBe('NUMERIC_OUT_OF_SUPPORTED_RANGE')
  expect(cast('xyz', STRING, decimalType(4, 2))).toBe('CAST_INVALID_INPUT')
})

test('text becomes a boolean by a short list of words', () => {
  for (const text of ['t', ' TRUE ', 'y', 'Yes', '1']) expect(cast(text, STRING, BOOLEAN)).toBe('true')
  for (const text of ['f', 'false', 'N', 'no', '0']) expect(cast(text, STRING, BOOLEAN)).toBe('false')
  expect(cast('on', STRING, BOOLEAN)).toBe('CAST_INVALID_INPUT')
})

test('a number is cut towards zero, and must fit', () => {
  expect(cast(-1.9, DOUBLE, INT)).toBe('-1')
  expect(cast(127.9, DOUBLE, TINYINT)).toBe('127')
  expect(cast(2147483648, DOUBLE, INT)).toBe('CAST_OVERFLOW')
  expect(cast(2 ** 63, DOUBLE, BIGINT)).toBe('9223372036854775807')
  expect(cast(Number.NaN, DOUBLE, BIGINT)).toBe('CAST_OVERFLOW')
  expect(cast(300, INT, TINYINT)).toBe('CAST_OVERFLOW')
  expect(cast(1279n, decimalType(4, 1), TINYINT)).toBe('127')
  expect(cast(Number.NaN, DOUBLE, decimalType(10, 2))).toBe('NULL')
  expect(cast(Math.fround(0.1), FLOAT, decimalType(20, 18))).toBe('0.100000001490116120')
})

test('an overflow names the value as a literal and both types', () => {
  const overflow = castFunction(BIGINT, INT, { timeZone, ansi: true, tolerant: false })
  expect(() => overflow(2147483648n)).toThrow(
    expect.objectContaining({
      condition: 'CAST_OVERFLOW',
      parameters: expect.objectContaining({ value: '2147483648L', sourceType: '"BIGINT"', targetType: '"INT"' }),
    }),
  )
})

test('timestamps and numbers convert by seconds, rounded down', () => {
  const value = timestamp('1969-12-31 15:59:58.5')
  expect(cast(value, TIMESTAMP, INT)).toBe('-2')
  expect(cast(value, TIMESTAMP, DOUBLE)).toBe('-1.5')
  expect(cast(value, TIMESTAMP, decimalType(10, 3))).toBe('-1.500')
  expect(cast(timestamp('2300-01-01'), TIMESTAMP, INT)).toBe('CAST_OVERFLOW')
  expect(cast(-1.5, DOUBLE, TIMESTAMP)).toBe('1969-12-31 15:59:58.5')
  expect(cast(9223372036854775807n, BIGINT, TIMESTAMP)).toBe('+294247-01-09 20:00:54.775807')
  expect(cast(Number.POSITIVE_INFINITY, DOUBLE, TIMESTAMP)).toBe('CAST_INVALID_INPUT')
  expect(cast(1e300, DOUBLE, TIMESTAMP)).toBe('CAST_OVERFLOW')
})

test('dates and timestamps convert by the clock of the session', () => {
  expect(cast(timestamp('2020-01-01 23:30:00'), TIMESTAMP, DATE)).toBe('2020-01-01')
  expect(cast(timestamp('2020-01-01 23:30:00'), TIMESTAMP, TIMESTAMP_NTZ)).toBe('2020-01-01 23:30:00')
  expect(cast(18329, DATE, TIMESTAMP)).toBe('2020-03-08 00:00:00')
})

test('intervals and numbers convert by the last unit of the interval', () => {
  expect(cast(14, YEAR_MONTH, INT)).toBe('14')
  expect(cast(300_000_000n, dayTimeType('minute', 'minute'), INT)).toBe('5')
  expect(cast(10_005_000n, dayTimeType('second', 'second'), decimalType(4, 2))).toBe('10.01')
  expect(cast(10, INT, dayTimeType('day', 'day'))).toBe("INTERVAL '10' DAY")
  expect(cast(26n, decimalType(2, 1), yearMonthType('year', 'year'))).toBe("INTERVAL '2' YEAR")
  expect(cast(2147483647, INT, yearMonthType('year', 'year'))).toBe('CAST_OVERFLOW')
  expect(cast(26n * 3_600_000_000n + 60_000_000n, DAY_TIME, dayTimeType('day', 'hour'))).toBe("INTERVAL '1 02' DAY TO HOUR")
})

test('text becomes an interval if its fields are those of the type', () => {
  expect(cast('1 02:03:04.5', STRING, DAY_TIME)).toBe("INTERVAL '1 02:03:04.5' DAY TO SECOND")
  expect(cast("interval -'1-2' year to month", STRING, YEAR_MONTH)).toBe("INTERVAL '-1-2' YEAR TO MONTH")
  expect(cast('1 02:03', STRING, DAY_TIME)).toBe('INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE')
  expect(cast('x', STRING, YEAR_MONTH)).toBe('INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING')
  expect(cast('1-13', STRING, YEAR_MONTH)).toBe('INVALID_INTERVAL_FORMAT.INTERVAL_PARSING')
  expect(cast('1 day 2 foo', STRING, CALENDAR_INTERVAL)).toBe('NULL')
})

test('text becomes a time of day, cut to the precision', () => {
  expect(cast('12:30:00.123456789', STRING, timeType(6))).toBe('12:30:00.123456')
  expect(cast('T1:2:3', STRING, timeType(0))).toBe('01:02:03')
  expect(cast('1:30 pm', STRING, timeType(6))).toBe('13:30:00')
  expect(cast('25:00', STRING, timeType(6))).toBe('CAST_INVALID_INPUT')
})

test('nested values are cast inside; binary decodes as UTF-8; NULL inside prints null', () => {
  expect(cast([1, null], arrayType(INT), STRING)).toBe('[1, null]')
  expect(cast(new MapValue([['a', null]]), { kind: 'map', key: STRING, value: INT, valueContainsNull: true }, STRING)).toBe(
    '{a -> null}',
  )
  expect(cast(['1', '2'], arrayType(STRING), arrayType(INT))).toBe('[1, 2]')
  expect(cast(new Uint8Array([0x61, 0x62]), BINARY, STRING)).toBe('ab')
  expect(cast('abcdef', STRING, charType(3))).toBe('abcdef')
})

test('try_cast gives NULL for what cannot be cast, also inside', () => {
  expect(cast('abc', STRING, INT, { tolerant: true })).toBe('NULL')
  expect(cast(300, INT, TINYINT, { tolerant: true })).toBe('NULL')
  expect(cast(['1', 'a'], arrayType(STRING), arrayType(INT), { tolerant: true })).toBe('[1, null]')
  const source = structType([field('a', STRING), field('b', STRING)])
  expect(cast(['x', '2'], source, structType([field('a', INT), field('b', INT)]), { tolerant: true })).toBe('{null, 2}')
})

test('with ANSI off, text that is no number is NULL and integers wrap', () => {
  expect(cast('1.9', STRING, INT, { ansi: false })).toBe('1')
  expect(cast('abc', STRING, INT, { ansi: false })).toBe('NULL')
  expect(cast(300, INT, TINYINT, { ansi: false })).toBe('44')
})
