import { expect, test } from 'vitest'
import { canCast, canStoreAssign, castRefusal, implicitCast, widerType } from '../../../engine/types/coercion.ts'
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
  mapType,
  SMALLINT,
  STRING,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
  VOID,
  YEAR_MONTH,
  yearMonthType,
} from '../../../engine/types/data-type.ts'

const TYPES: readonly DataType[] = [
  VOID,
  BOOLEAN,
  TINYINT,
  SMALLINT,
  INT,
  BIGINT,
  FLOAT,
  DOUBLE,
  decimalType(10, 2),
  STRING,
  BINARY,
  DATE,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  yearMonthType('year', 'year'),
  YEAR_MONTH,
  dayTimeType('day', 'day'),
  DAY_TIME,
  CALENDAR_INTERVAL,
  arrayType(INT),
  mapType(STRING, INT),
  structType([field('a', INT)]),
]

test('CAST may be written between the pairs Spark 4.3 allows', () => {
  // One row a source, one letter a target, both in the order of TYPES: y allowed, - not, c with ANSI off, f by a function; . not asked.
  const expected = [
    '.yyyyyyyyyyyyyyyyyyyyy',
    '.yyyyyyyyy--c---------',
    '.yyyyyyyyycfy-yyyy----',
    '.yyyyyyyyycfy-yyyy----',
    '.yyyyyyyyycfy-yyyy----',
    '.yyyyyyyyycfy-yyyy----',
    '.yyyyyyyyy-fy---------',
    '.yyyyyyyyy-fy---------',
    '.yyyyyyyyy-fy-yyyy----',
    '.yyyyyyyyyyyyyyyyyy---',
    '.--------yy-----------',
    '.cfffffffy-yyy--------',
    '.cyyyyyyyy-yyy--------',
    '.--------y-yyy--------',
    '.-yyyy--yy----yy------',
    '.-yyyy--yy----yy------',
    '.-yyyy--yy------yy----',
    '.-yyyy--yy------yy----',
    '.--------y--------y---',
    '.--------y---------y--',
    '.--------y----------y-',
    '.--------y-----------y',
  ]
  const letters: Readonly<Record<string, string>> = {
    CAST_WITHOUT_SUGGESTION: '-',
    CAST_WITH_CONF_SUGGESTION: 'c',
    CAST_WITH_FUNC_SUGGESTION: 'f',
  }
  const found = TYPES.map((from) =>
    TYPES.map((to) => {
      if (to === VOID) return '.'
      const refusal = castRefusal(from, to)
      expect(refusal === undefined).toBe(canCast(from, to))
      return refusal === undefined ? 'y' : letters[refusal.condition]
    }).join(''),
  )
  expect(found).toEqual(expected)
})

test('the least common type of two types is the same both ways and as in Spark 4.3', () => {
  const wider = (a: DataType, b: DataType) => String(widerType(a, b))
  const cases: readonly (readonly [DataType, DataType, string])[] = [
    [VOID, DATE, 'date'],
    [TINYINT, SMALLINT, 'smallint'],
    [INT, FLOAT, 'double'],
    [FLOAT, FLOAT, 'float'],
    [FLOAT, decimalType(10, 2), 'double'],
    [INT, decimalType(10, 2), 'decimal(12,2)'],
    [BIGINT, decimalType(10, 2), 'decimal(22,2)'],
    [decimalType(38, 10), decimalType(38, 2), 'decimal(38,2)'],
    [decimalType(38, 38), decimalType(10, 0), 'decimal(38,28)'],
    [TINYINT, STRING, 'bigint'],
    [DOUBLE, STRING, 'double'],
    [decimalType(10, 2), STRING, 'double'],
    [BOOLEAN, STRING, 'boolean'],
    [BINARY, STRING, 'binary'],
    [DATE, STRING, 'date'],
    [TIMESTAMP_NTZ, STRING, 'timestamp_ntz'],
    [charType(3), STRING, 'string'],
    [DAY_TIME, STRING, 'undefined'],
    [DATE, TIMESTAMP, 'timestamp'],
    [DATE, TIMESTAMP_NTZ, 'timestamp_ntz'],
    [TIMESTAMP, TIMESTAMP_NTZ, 'timestamp'],
    [BOOLEAN, INT, 'undefined'],
    [DATE, INT, 'undefined'],
    [yearMonthType('year', 'year'), YEAR_MONTH, 'interval year to month'],
    [dayTimeType('hour', 'hour'), dayTimeType('minute', 'second'), 'interval hour to second'],
    [YEAR_MONTH, DAY_TIME, 'undefined'],
    [arrayType(INT), arrayType(STRING), 'array<bigint>'],
    [mapType(INT, INT), mapType(STRING, STRING), 'undefined'],
    [structType([field('a', INT)]), structType([field('a', STRING)]), 'struct<a:bigint>'],
    [structType([field('a', INT)]), structType([field('b', INT)]), 'undefined'],
  ]
  for (const [a, b, expected] of cases) {
    expect([String(a), String(b), wider(a, b)]).toEqual([String(a), String(b), expected])
    expect(wider(b, a)).toBe(expected)
  }
})

test('the names of a common struct are those of the left side', () => {
  expect(String(widerType(structType([field('a', INT)]), structType([field('A', BIGINT)])))).toBe('struct<a:bigint>')
})

test('arguments are cast as INSERT would, and strings to any atomic type', () => {
  expect(implicitCast(STRING, DATE)).toBe(true)
  expect(implicitCast(STRING, arrayType(INT))).toBe(false)
  expect(implicitCast(BIGINT, INT)).toBe(true)
  expect(implicitCast(DATE, INT)).toBe(false)
  expect(canStoreAssign(STRING, INT)).toBe(false)
  expect(canStoreAssign(INT, STRING)).toBe(true)
  expect(canStoreAssign(TIMESTAMP, DATE)).toBe(true)
  expect(canStoreAssign(arrayType(INT), arrayType(BIGINT))).toBe(true)
  expect(canStoreAssign(arrayType(INT), arrayType(BIGINT, false))).toBe(false)
})

test('try_cast must not make NULL keys of a map', () => {
  expect(canCast(mapType(STRING, INT), mapType(INT, INT))).toBe(true)
  expect(canCast(mapType(STRING, INT), mapType(INT, INT), true)).toBe(false)
})
