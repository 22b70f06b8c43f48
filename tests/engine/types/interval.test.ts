import { expect, test } from 'vitest'
import { DAY_TIME, dayTimeType, YEAR_MONTH, yearMonthType } from '../../../engine/types/data-type.ts'
import {
  addIntervalToTimestamp,
  formatCalendarInterval,
  formatDayTime,
  formatYearMonth,
  hiveDayTime,
  hiveYearMonth,
  parseDayTime,
  parseIntervalText,
  parseYearMonth,
} from '../../../engine/types/interval.ts'
import { formatTimestamp, parseTimestamp } from '../../../engine/types/timestamp.ts'
import { zoneOf } from '../../../engine/types/zone.ts'

const read = (text: string) => {
  const interval = parseIntervalText(text)
  return interval && formatCalendarInterval(interval)
}

test.each([
  ['10 minutes', '10 minutes'],
  ['interval 1 day 2 hours', '1 days 2 hours'],
  ['1 DAYS 2 hours -3.5 seconds', '1 days 1 hours 59 minutes 56.5 seconds'],
  [' interval 1 week', '7 days'],
  ['-1 month +2 days', '-1 months 2 days'],
  ['1.5 second .5 seconds', '2 seconds'],
  ['14 months', '1 years 2 months'],
  ['0 days', '0 seconds'],
])('duration text %j means %s', (text, expected) => {
  expect(read(text)).toBe(expected)
})

test.each(['', 'interval', 'x', '10', '1 day 2', '1 day 2 foo', '1.5 days', '999999999999 years'])(
  'duration text %j is refused',
  (text) => {
    expect(read(text)).toBeUndefined()
  },
)

test('intervals print by their fields, and for Hive clients in full', () => {
  const micros = -93_784_500_000n
  expect(formatDayTime(micros)).toBe("INTERVAL '-1 02:03:04.5' DAY TO SECOND")
  expect(formatDayTime(micros, dayTimeType('hour', 'minute'))).toBe("INTERVAL '-26:03' HOUR TO MINUTE")
  expect(formatDayTime(5_000_000n, dayTimeType('second', 'second'))).toBe("INTERVAL '05' SECOND")
  expect(formatYearMonth(-14)).toBe("INTERVAL '-1-2' YEAR TO MONTH")
  expect(formatYearMonth(14, yearMonthType('month', 'month'))).toBe("INTERVAL '14' MONTH")
  expect(hiveDayTime(micros, DAY_TIME)).toBe('-1 02:03:04.500000000')
  expect(hiveDayTime(micros, dayTimeType('day', 'hour'))).toBe('-1 02:00:00.000000000')
  expect(hiveYearMonth(31, yearMonthType('year', 'year'))).toBe('2-0')
})

test('interval texts must have the fields of their type, within range', () => {
  expect(parseDayTime('1 02:03:04.5', DAY_TIME)).toEqual({ kind: 'value', value: 93_784_500_000n })
  expect(parseDayTime('-5.123456789', dayTimeType('second', 'second'))).toEqual({ kind: 'value', value: -5_123_456n })
  expect(parseDayTime('1 25', dayTimeType('day', 'hour')).kind).toBe('field')
  expect(parseDayTime('1 02:03', DAY_TIME).kind).toBe('malformed')
  expect(parseYearMonth("INTERVAL '-1-2' YEAR TO MONTH", YEAR_MONTH)).toEqual({ kind: 'value', value: -14 })
  expect(parseYearMonth('178956970-8', YEAR_MONTH).kind).toBe('overflow')
})

test('months and days move the clock, microseconds the instant', () => {
  const zone = zoneOf('America/Los_Angeles')
  const add = (text: string, months: number, days: number, microseconds: bigint) =>
    formatTimestamp(addIntervalToTimestamp(parseTimestamp(text, zone)!, { months, days, microseconds }, zone)!, zone)
  expect(add('2020-01-31 10:00:00', 1, 0, 0n)).toBe('2020-02-29 10:00:00')
  expect(add('2020-03-07 12:00:00', 0, 1, 0n)).toBe('2020-03-08 12:00:00')
  expect(add('2020-03-07 12:00:00', 0, 0, 86_400_000_000n)).toBe('2020-03-08 13:00:00')
})
