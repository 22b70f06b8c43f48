import { expect, test } from 'vitest'
import {
  civilFromDays,
  daysFromCivil,
  formatDate,
  formatTimestamp,
  parseDate,
  parseTimestamp,
  parseTimestampInto,
  parseTimestampNtz,
} from '../../../engine/types/timestamp.ts'
import { findZone, zoneOf } from '../../../engine/types/zone.ts'

const zone = zoneOf('America/Los_Angeles')
const readTimestamp = (text: string) => {
  const micros = parseTimestamp(text, zone)
  return micros === undefined ? undefined : formatTimestamp(micros, zone)
}

test('civil dates and days since 1970 convert both ways over 12,000 years', () => {
  expect(daysFromCivil(1970, 1, 1)).toBe(0)
  expect(daysFromCivil(2000, 2, 29)).toBe(11016)
  for (let days = -5_000_000; days < 2_000_000; days += 997) {
    const { year, month, day } = civilFromDays(days)
    expect(daysFromCivil(year, month, day)).toBe(days)
  }
})

test.each([
  ['2015', '2015-01-01 00:00:00'],
  ['2015-3', '2015-03-01 00:00:00'],
  ['2015-03-18 12', '2015-03-18 12:00:00'],
  ['2015-03-18T12:03', '2015-03-18 12:03:00'],
  [' 2015-03-18 12:03:17 ', '2015-03-18 12:03:17'],
  ['2015-03-18 12:03:17.', '2015-03-18 12:03:17'],
  ['2015-03-18 12:03:17.5', '2015-03-18 12:03:17.5'],
  ['2015-03-18 12:03:17.123456789', '2015-03-18 12:03:17.123456'],
  ['2015-03-18 12:03:17Z', '2015-03-18 05:03:17'],
  ['2015-03-18 12:03:17+1:0', '2015-03-18 04:03:17'],
  ['2015-03-18 12:03:17 Europe/Berlin', '2015-03-18 04:03:17'],
  ['2015-03-18 12:03:17 PST', '2015-03-18 12:03:17'],
  ['2015-03-18 12:03:17 EST', '2015-03-18 10:03:17'],
  ['+12345-03-18 12:03:17', '+12345-03-18 12:03:17'],
  ['-0001-03-18 12:03:17', '-0001-03-18 12:03:17'],
])('timestamp text %j reads as %s', (text, expected) => {
  expect(readTimestamp(text)).toBe(expected)
})

test.each([
  '',
  'x',
  '2015-03-18T',
  '2015-13-01',
  '2015-02-29',
  '2015-03-18 24:00:00',
  '2015-03-18 12:03 UTC',
  '2015-03-18 12:03:17 europe/berlin',
  '2015-03-18 12:03:1x',
  '201x-03-18 12:03:17',
  '2015-xx-18 12:03:17',
  '294248-01-01 12:00:00',
  '12:30',
])('timestamp text %j is refused', (text) => {
  expect(readTimestamp(text)).toBeUndefined()
})

test('a time alone is a time of the current date', () => {
  expect(formatTimestamp(parseTimestamp('12:30', zone, 18262)!, zone)).toBe('2020-01-01 12:30:00')
})

test('a local timestamp ignores a zone and refuses a time alone', () => {
  expect(parseTimestampNtz('1970-01-01 00:00:01+02:00')).toBe(1_000_000n)
  expect(parseTimestampNtz('12:30')).toBeUndefined()
})

test('decoders get seconds and microseconds as numbers', () => {
  const into = new Float64Array(2)
  expect(parseTimestampInto('1970-01-01 00:00:01.25', zone, into)).toBe(true)
  expect([...into]).toEqual([28_801, 250_000])
})

test.each([
  ['2015 ', '2015-01-01'],
  [' 2015-3-8 ', '2015-03-08'],
  ['2015-03-18 xyz', '2015-03-18'],
  ['2015-03-18Txyz', '2015-03-18'],
  ['-2015-3-8', '-2015-03-08'],
  ['0000-01-01', '0000-01-01'],
  ['1234567-01-01', '+1234567-01-01'],
])('date text %j reads as %s', (text, expected) => {
  expect(formatDate(parseDate(text)!)).toBe(expected)
})

test.each(['', '15', '2015-', '2015-3-8x', '2015-02-30', '5881581-07-12'])('date text %j is refused', (text) => {
  expect(parseDate(text)).toBeUndefined()
})

test('a local time in a gap moves forward, one that occurs twice is the earlier instant', () => {
  expect(readTimestamp('2015-03-08 02:30:00')).toBe('2015-03-08 03:30:00')
  expect(parseTimestamp('2015-11-01 01:30:00', zone)).toBe(1_446_366_600_000_000n)
})

test('offsets before the first transition and far in the future are those of java.time', () => {
  expect(parseTimestamp('1800-01-01 00:00:00', zone)).toBe(-5_364_634_022_000_000n)
  expect(parseTimestamp('1883-11-18 12:00:00', zone)).toBe(-2_717_640_422_000_000n)
  expect(parseTimestamp('2500-07-01 12:00:00', zone)).toBe(16_740_932_400_000_000n)
  expect(parseTimestamp('99999-07-01 12:00:00', zone)).toBe(3_093_512_151_600_000_000n)
})

test('zone ids are those of java.time, in their case', () => {
  const offset = (id: string) => findZone(id)?.offsetSecondsAt(1_700_000_000)
  expect(['UTC', 'Z', 'GMT+2', 'UTC-03:30', '+01:00', '-8', '+1:30', '+053015'].map(offset)).toEqual([
    0, 0, 7200, -12_600, 3600, -28_800, 5400, 19_815,
  ])
  expect(['Asia/Kolkata', 'US/Pacific', 'Etc/GMT+5', 'EST5EDT'].map(offset)).toEqual([19_800, -28_800, -18_000, -18_000])
  expect(['us/pacific', 'Mars/Base', '+19:00', 'UTC+', ''].map(offset)).toEqual(Array(5).fill(undefined))
  expect(() => zoneOf('Mars/Base')).toThrow(expect.objectContaining({ condition: 'INVALID_TIMEZONE' }))
})
