import { expect, test } from 'vitest'
import { EngineError } from '../../../../engine/errors/engine-error.ts'
import { datetimeFunctions } from '../../../../engine/functions/scalar/datetime.ts'
import { QueryRows } from '../query-rows.ts'

const losAngeles = new QueryRows()
losAngeles.run('SET spark.sql.timeType.enabled = true')
/** The columns of the one row of SELECT …, joined by |. */
const select = (expressions: string) => losAngeles.shown(`SELECT ${expressions}`).replaceAll('\t', '|')
function condition(expressions: string): string {
  try {
    return select(expressions)
  } catch (error) {
    if (error instanceof EngineError) return error.condition
    throw error
  }
}

test('every example answers as written', () => {
  const utc = new QueryRows('UTC')
  utc.run('SET spark.sql.timeType.enabled = true')
  for (const record of datetimeFunctions) {
    for (const [sql, expected] of record.examples) expect([sql, utc.shown(sql)]).toEqual([sql, expected])
  }
})

test('TIME functions need the session to turn TIME on', () => {
  const plain = new QueryRows()
  expect(() => plain.run('SELECT make_time(1, 2, 3)')).toThrow(expect.objectContaining({ condition: 'UNSUPPORTED_TIME_TYPE' }))
  expect(() => plain.run("SELECT hour(TIME '12:00:00')")).toThrow(expect.objectContaining({ condition: 'UNSUPPORTED_TIME_TYPE' }))
})

test('parts of dates, timestamps and intervals', () => {
  expect(
    select(
      "extract(WEEK FROM DATE '2020-12-31'), extract(YEAROFWEEK FROM DATE '2021-01-01'), extract(DOW_ISO FROM DATE '2020-12-31')",
    ),
  ).toBe('53|2020|4')
  expect(
    select(
      "hour(DATE '2020-01-01'), second(TIMESTAMP '2020-01-01 00:00:05.9'), extract(SECOND FROM TIMESTAMP '2020-01-01 00:00:05.9')",
    ),
  ).toBe('0|5|5.900000')
  const interval = 'make_interval(1, 2, 3, 4, 50, 6, 7.5)'
  expect(
    select(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'].map((part) => `extract(${part} FROM ${interval})`).join(', ')),
  ).toBe('1|2|27|2|6|7.500000')
  expect(condition("extract(HOUR FROM INTERVAL '1-2' YEAR TO MONTH)")).toBe('INVALID_EXTRACT_FIELD')
  expect(condition("extract(DAY FROM INTERVAL '30' HOUR)")).toBe('INVALID_EXTRACT_FIELD')
  expect(condition('year(5)')).toBe('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE')
})

test('moments move by the calendar, smaller units exactly', () => {
  const start = "TIMESTAMP '2020-03-07 02:30:00'"
  expect(select(`timestampadd(DAY, 1, ${start}), timestampadd(HOUR, 24, ${start}), timestampadd(WEEK, 1, ${start})`)).toBe(
    '2020-03-08 03:30:00|2020-03-08 03:30:00|2020-03-14 02:30:00',
  )
  expect(select("timestampadd(QUARTER, 1, TIMESTAMP_NTZ '2020-11-30 02:30:00')")).toBe('2021-02-28 02:30:00')
  expect(condition(`timestampadd(YEAR, 1000000, ${start})`)).toBe('DATETIME_OVERFLOW')
  expect(condition("date_add('2016-07-30', 1.5)")).toBe('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE')
  expect(condition("next_day('2015-01-14', 'xx')")).toBe('ILLEGAL_DAY_OF_WEEK')
})

test('differences count whole units of the local clock', () => {
  expect(
    select(`timestampdiff(MONTH, TIMESTAMP '2020-01-31 10:00:00', TIMESTAMP '2020-02-29 09:00:00'),
      timestampdiff(HOUR, TIMESTAMP '2020-03-07 12:00:00', TIMESTAMP '2020-03-08 12:00:00'),
      timestampdiff(QUARTER, DATE '2020-01-01', DATE '2019-01-02'),
      timestampdiff(MICROSECOND, DATE '2020-01-01', DATE '2020-01-02')`),
  ).toBe('0|24|-3|86400000000')
  expect(select("months_between('2020-03-31', '2020-02-29'), months_between('2020-03-31 10:00:00', '2020-02-28')")).toBe(
    '1.0|1.11021505',
  )
})

test('cutting keeps the offset where the local time occurs twice; an unknown unit gives NULL', () => {
  const second = "TIMESTAMP '2015-11-01 09:32:05Z'"
  expect(select(`unix_seconds(date_trunc('HOUR', ${second})), unix_seconds(date_trunc('DAY', ${second}))`)).toBe(
    '1446368400|1446361200',
  )
  expect(select("date_trunc('WEEK', '2015-03-05 09:32:05'), date_trunc('foo', '2015-03-05'), trunc('2015-03-05', 'hour')")).toBe(
    '2015-03-02 00:00:00|NULL|NULL',
  )
})

test('making a moment of wrong parts names the part; the try_ forms give NULL', () => {
  const bounds = 'DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION'
  for (const call of [
    'make_date(2020, 13, 1)',
    'make_date(2021, 2, 29)',
    'make_timestamp(2020, 2, 1, 24, 0, 0)',
    'make_time(1, 2, 60)',
  ]) {
    expect([call, condition(call)]).toEqual([call, bounds])
  }
  expect(condition('make_timestamp(2021, 7, 11, 6, 30, 60.007)')).toBe('INVALID_FRACTION_OF_SECOND')
  expect(condition("make_timestamp(2020, 2, 1, 2, 0, 0, 'foo')")).toBe('INVALID_TIMEZONE')
  expect(select('make_timestamp(2019, 6, 30, 23, 59, 60), try_make_timestamp(2024, 13, 1, 0, 0, 0)')).toBe(
    '2019-07-01 00:00:00|NULL',
  )
})

test('seconds since 1970', () => {
  expect(select('timestamp_seconds(1.5), timestamp_millis(-1), timestamp_micros(1)')).toBe(
    '1969-12-31 16:00:01.5|1969-12-31 15:59:59.999|1969-12-31 16:00:00.000001',
  )
  expect(condition('timestamp_seconds(1230219000123123)')).toBe('DATETIME_OVERFLOW')
  expect(condition("timestamp_seconds('5')")).toBe('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE')
})

test('text that does not match its pattern is an error, or NULL for the try_ forms', () => {
  expect(condition("to_date('2020-13-01')")).toBe('CAST_INVALID_INPUT')
  expect(condition("to_timestamp('x', 'yyyy')")).toBe('CANNOT_PARSE_TIMESTAMP')
  expect(condition("unix_timestamp('2020-01-01')")).toBe('CANNOT_PARSE_TIMESTAMP')
  expect(condition("to_time('25', 'HH')")).toBe('CANNOT_PARSE_TIME')
  expect(select("try_to_date('x'), try_to_timestamp('x', 'yyyy'), to_date('2020', NULL)")).toBe('NULL|NULL|NULL')
})

test('zones: from, to and between', () => {
  expect(
    select(`from_utc_timestamp('2020-03-08 10:00:00', 'America/Los_Angeles'), to_utc_timestamp('2020-03-08 02:30:00', 'America/Los_Angeles'),
      convert_timezone('Europe/Berlin', TIMESTAMP_NTZ '2020-01-01 00:00:00')`),
  ).toBe('2020-03-08 03:00:00|2020-03-08 10:30:00|2020-01-01 09:00:00')
})

test('buckets of whole days follow the calendar, others are exact', () => {
  expect(
    select(`time_bucket(INTERVAL '1' DAY, TIMESTAMP '2020-03-09 00:30:00'), time_bucket(INTERVAL '12' HOUR, TIMESTAMP '2020-03-08 13:30:00'),
      time_bucket(INTERVAL '7' DAY, TIMESTAMP '1960-03-08 13:30:00')`),
  ).toBe('2020-03-09 00:00:00|2020-03-08 13:00:00|1960-03-03 00:00:00')
  expect(condition("time_bucket(INTERVAL '0' DAY, TIMESTAMP '2020-03-09')")).toBe('DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE')
})
