import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareNumbers, compareText, compareValues, valuesEqual } from '../../../engine/types/compare.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  CALENDAR_INTERVAL,
  DATE,
  DAY_TIME,
  type DataType,
  DOUBLE,
  decimalType,
  FLOAT,
  field,
  INT,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
  VOID,
  YEAR_MONTH,
} from '../../../engine/types/data-type.ts'
import {
  addType,
  decimalToNumber,
  divideDecimals,
  divideType,
  formatDecimal,
  integralDivideType,
  multiplyType,
  parseDecimal,
  remainderType,
  rescale,
} from '../../../engine/types/decimal.ts'
import { murmur3, xxHash64 } from '../../../engine/types/hash.ts'
import { sqlLiteral } from '../../../engine/types/literal.ts'
import { formatDouble, formatFloat } from '../../../engine/types/number-text.ts'
import { hiveText, prettyText } from '../../../engine/types/text.ts'
import { MapValue, type Value } from '../../../engine/types/value.ts'

test('doubles and floats print as Java prints them', () => {
  const doubles = [1, 0.1, -0, 1e7, 9999999.999, 1e-3, 1e-4, 123456789.123, 1e22, 5e-324, Number.NaN, -1 / 0]
  expect(doubles.map(formatDouble)).toEqual([
    '1.0',
    '0.1',
    '-0.0',
    '1.0E7',
    '9999999.999',
    '0.001',
    '1.0E-4',
    '1.23456789123E8',
    '1.0E22',
    '4.9E-324',
    'NaN',
    '-Infinity',
  ])
  expect([0.1, 16777216, 1 / 3, 3.4028235e38, 3e-45].map((x) => formatFloat(Math.fround(x)))).toEqual([
    '0.1',
    '1.6777216E7',
    '0.33333334',
    '3.4028235E38',
    '2.8E-45',
  ])
})

test('a printed float reads back as the same float', () => {
  fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => Math.fround(Number(formatFloat(x))) === x))
})

test('types of decimal arithmetic', () => {
  const type = (p: number, s: number) => decimalType(p, s)
  expect(String(addType(type(10, 2), type(5, 4)))).toBe('decimal(13,4)')
  expect(String(multiplyType(type(10, 2), type(5, 4)))).toBe('decimal(16,6)')
  expect(String(divideType(type(10, 2), type(5, 4)))).toBe('decimal(20,8)')
  expect(String(remainderType(type(10, 2), type(5, 4)))).toBe('decimal(5,4)')
  expect(String(integralDivideType(type(10, 2), type(5, 4)))).toBe('decimal(12,0)')
  expect(String(multiplyType(type(38, 10), type(38, 10)))).toBe('decimal(38,6)')
  expect(String(addType(type(38, 2), type(38, 2)))).toBe('decimal(38,2)')
})

test('decimals round half away from zero', () => {
  expect(rescale(125n, 2, 1)).toBe(13n)
  expect(rescale(-125n, 2, 1)).toBe(-13n)
  expect(rescale(124n, 2, 1)).toBe(12n)
  expect(divideDecimals(1n, 0, 3n, 0, 6)).toBe(333333n)
  expect(divideDecimals(-2n, 0, 3n, 0, 2)).toBe(-67n)
})

test('decimals print and read plainly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }), fc.integer({ min: 0, max: 20 }), (unscaled, scale) => {
      const text = formatDecimal(unscaled, scale)
      expect(parseDecimal(text)).toEqual({ unscaled, scale })
      expect(decimalToNumber(unscaled, scale)).toBe(Number(text))
    }),
  )
})

test('NaN is the largest number and equal to itself; -0.0 equals 0.0', () => {
  expect(compareNumbers(Number.NaN, Number.POSITIVE_INFINITY)).toBe(1)
  expect(compareNumbers(Number.NaN, Number.NaN)).toBe(0)
  expect(valuesEqual(DOUBLE)(-0, 0)).toBe(true)
  expect(valuesEqual(DOUBLE)(Number.NaN, Number.NaN)).toBe(true)
})

test('text sorts by its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
    }),
  )
  expect(compareText('\u{1F600}', '\uFFFD')).toBeGreaterThan(0)
})

test('NULL sorts first, arrays and structs by their elements', () => {
  const arrays: (readonly Value[] | null)[] = [[2], [1, 5], null, [1], [1, null]]
  expect(arrays.sort(compareValues(arrayType(INT)))).toEqual([null, [1], [1, null], [1, 5], [2]])
})

test('maps are equal with the same entries in any order', () => {
  const equal = valuesEqual(mapType(STRING, INT))
  expect(
    equal(
      new MapValue([
        ['a', 1],
        ['b', null],
      ]),
      new MapValue([
        ['b', null],
        ['a', 1],
      ]),
    ),
  ).toBe(true)
  expect(equal(new MapValue([['a', 1]]), new MapValue([['a', 2]]))).toBe(false)
})

test('hash() and xxhash64() of every type are those of Spark', () => {
  const row: readonly (readonly [Value, DataType])[] = [
    [1, INT],
    [2n, BIGINT],
    ['abc', STRING],
    [1.5, DOUBLE],
    [1.5, FLOAT],
    [true, BOOLEAN],
    [new Uint8Array([1, 2, 3]), BINARY],
    [18262, DATE],
    [1_577_865_600_000_000n, TIMESTAMP],
    [15n, decimalType(2, 1)],
    [150n, decimalType(30, 2)],
    [1, YEAR_MONTH],
    [86_400_000_000n, DAY_TIME],
    [null, VOID],
    [[1, 2], arrayType(INT)],
    [[1, 'x'], structType([field('a', INT), field('b', STRING)])],
  ]
  expect(row.reduce((hash, [value, type]) => murmur3(value, type, hash), 42)).toBe(1659401648)
  expect(row.reduce((hash, [value, type]) => xxHash64(value, type, hash), 42n)).toBe(9168669847332651598n)
  expect(xxHash64('0123456789abcdef0123456789abcdef0123456789', STRING, 42n)).toBe(-1423225805886817256n)
  expect(murmur3('é€😀', STRING, 42)).toBe(-1844856255)
  expect(murmur3(-15_000_000_000n, decimalType(38, 10), 42)).toBe(1831729871)
  expect(murmur3({ months: 14, days: 25, microseconds: 18_367_500_000n }, CALENDAR_INTERVAL, 42)).toBe(-504672070)
  expect(murmur3(-0, DOUBLE, 42)).toBe(murmur3(0, DOUBLE, 42))
})

test('show() and Hive clients print nested values differently', () => {
  const type = structType([field('a', arrayType(STRING)), field('b', mapType(STRING, DAY_TIME)), field('c', BINARY)])
  const value: Value = [['x', null], new MapValue([['k', 86_400_000_000n]]), new Uint8Array([0x61, 0xff])]
  expect(prettyText(value, type, 'UTC')).toBe("{[x, NULL], {k -> INTERVAL '1 00:00:00' DAY TO SECOND}, [61 FF]}")
  expect(hiveText([['x', null], new MapValue([['k', 86_400_000_000n]]), null], type, 'UTC')).toBe(
    '{"a":["x",null],"b":{"k":1 00:00:00.000000000},"c":null}',
  )
})

test('literals read back as their type', () => {
  expect(sqlLiteral(5n, BIGINT)).toBe('5L')
  expect(sqlLiteral(1.5, DOUBLE)).toBe('1.5D')
  expect(sqlLiteral(1.5, FLOAT)).toBe('CAST(1.5 AS FLOAT)')
  expect(sqlLiteral(150n, decimalType(10, 2))).toBe('1.50BD')
  expect(sqlLiteral("it's", STRING)).toBe("'it\\'s'")
  expect(sqlLiteral(null, INT)).toBe('CAST(NULL AS INT)')
  expect(sqlLiteral(18262, DATE)).toBe("DATE '2020-01-01'")
})
