import { expect, test } from 'vitest'
import { EngineError } from '../../../engine/errors/engine-error.ts'
import { compileDatePattern } from '../../../engine/types/pattern.ts'
import { formatTimestamp, parseTimestamp } from '../../../engine/types/timestamp.ts'
import { zoneOf } from '../../../engine/types/zone.ts'

const zone = zoneOf('America/Los_Angeles')
const format = (pattern: string, text: string, id = 'America/Los_Angeles') =>
  compileDatePattern(pattern, zoneOf(id)).format(parseTimestamp(text, zoneOf(id))!)
function parse(pattern: string, text: string): string | undefined {
  const micros = compileDatePattern(pattern, zone).parse(text)
  return micros === undefined ? undefined : formatTimestamp(micros, zone)
}
function refusal(pattern: string, direction: 'format' | 'parse'): string {
  try {
    const compiled = compileDatePattern(pattern, zone)
    if (direction === 'format') compiled.format(0n)
    else compiled.parse('')
    return 'accepted'
  } catch (error) {
    if (error instanceof EngineError) return error.condition
    throw error
  }
}

test('every letter that formats, as Spark 4.3 prints it', () => {
  const pattern =
    "G GGGG y yy yyyy M MM MMM MMMM L LLLL d dd D DDD E EEEE F a h hh H k K m s S SSS VV z zzzz O OOOO X XXX x Z ZZZZ ZZZZZ Q QQQ QQQQ q v vvvv 'it''s'"
  expect(format(pattern, '2018-07-07 00:03:04.056')).toBe(
    "AD Anno Domini 2018 18 2018 7 07 Jul July 7 July 7 07 188 188 Sat Saturday 7 AM 12 12 0 24 0 3 4 0 056 America/Los_Angeles PDT Pacific Daylight Time GMT-7 GMT-07:00 -07 -07:00 -07 -0700 GMT-07:00 -07:00 3 Q3 3rd quarter 3 PT Pacific Time it's",
  )
})

test('zones of other places print their names and offsets', () => {
  expect(format('z zzzz v vvvv O XXX', '2018-07-07 00:03:04', 'Europe/Berlin')).toBe(
    'CEST Central European Summer Time CET Central European Time GMT+2 +02:00',
  )
  expect(format('z O XXX X', '2018-07-07 00:03:04', 'Asia/Kolkata')).toBe('IST GMT+5:30 +05:30 +0530')
  expect(format('z O XXX VV', '2018-07-07 00:03:04', '+02:00')).toBe('+02:00 GMT+2 +02:00 +02:00')
  expect(format('z zzzz O XXX VV', '2018-07-07 00:03:04', 'UTC')).toBe('UTC Coordinated Universal Time GMT Z UTC')
})

test('years before 1 and past 9999', () => {
  expect(format('G y yy yyyy yyyyy', '-0044-03-15 00:00:00')).toBe('BC 45 45 0045 00045')
  expect(format('y yyyy yyyyyy yy', '12345-03-15 00:00:00')).toBe('12345 +12345 012345 45')
})

test.each([
  ['yyyy-MM-dd HH:mm:ss.SSS', '2020-01-27 20:06:11.84', '2020-01-27 20:06:11.84'],
  ['yyyyMMddHHmmss', '20200127200611', '2020-01-27 20:06:11'],
  ['dd MMM yyyy hh:mm a', '05 jan 2020 12:30 pm', '2020-01-05 12:30:00'],
  ['yyyy-MM-dd HH:mm[:ss.SSS]', '2020-01-27 20:06', '2020-01-27 20:06:00'],
  ["yyyy-MM-dd'T'HH:mm:ssXXX", '2020-01-27T20:06:11+02:00', '2020-01-27 10:06:11'],
  ['yyyy-MM-dd VV', '2020-01-27 Europe/Berlin', '2020-01-26 15:00:00'],
  ['yyyy-MM-dd z', '2020-01-27 EST', '2020-01-26 21:00:00'],
  ['y', '009999', '9999-01-01 00:00:00'],
  ['yy', '99', '2099-01-01 00:00:00'],
  ['dd', '16', '1970-01-16 00:00:00'],
  ['yyyy-DDD', '2020-365', '2020-12-30 00:00:00'],
])('pattern %j reads %j as %s', (pattern, text, expected) => {
  expect(parse(pattern, text)).toBe(expected)
})

test.each([
  ['yy', '1'],
  ['yy', '123'],
  ['yyyy', '12345'],
  ['MM-dd', '02-29'],
  ['D', '366'],
  ['dd-DDD', '30-365'],
  ['yyyy-MM-dd', '2020-1-27'],
  ['yyyy-MM-dd HH:mm', '2020-01-27 25:00'],
  ['HH a', '13 AM'],
  ['yyyyMMddHHmmssSSS', '20200127200611123'],
])('pattern %j refuses %j', (pattern, text) => {
  expect(parse(pattern, text)).toBeUndefined()
})

test('patterns that are refused carry the condition Spark gives them', () => {
  const old = 'INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION'
  for (const pattern of ['GGGGG', 'yyyyyyy', 'MMMMM', 'FF', 'ddd', 'aa', 'Y', 'u']) expect(refusal(pattern, 'format')).toBe(old)
  for (const pattern of ['E', 'F']) expect(refusal(pattern, 'parse')).toBe(old)
  expect(refusal('e', 'format')).toBe('INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN')
  expect(refusal('qqqqq', 'format')).toBe('INVALID_DATETIME_PATTERN.LENGTH')
  expect(refusal('n', 'format')).toBe('INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER')
  expect(refusal('Q', 'parse')).toBe('INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER')
  for (const pattern of ['V', 'XXXXXX', 'OO', 'C']) {
    expect(refusal(pattern, 'format')).toBe('INVALID_DATETIME_PATTERN.WITH_SUGGESTION')
  }
})
