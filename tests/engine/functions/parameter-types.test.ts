import { describe, expect, test } from 'vitest'
import { conditionOf } from './error-of.ts'
import { QueryRows } from './query-rows.ts'

function timeSession(): QueryRows {
  const session = new QueryRows()
  session.run('SET spark.sql.timeType.enabled = true')
  return session
}

describe('what functions take as arguments', () => {
  test.each([
    "SELECT parse_url(1.5, 'HOST')",
    "SELECT mask(12, 'Q')",
    "SELECT if('true', 1, 2)",
    "SELECT assert_true('true')",
    "SELECT soundex(X'41')",
    "SELECT to_date('2020-01-01', array(5))",
    "SELECT to_unix_timestamp('2020-01-01', 5)",
    "SELECT to_time(10, 'HH')",
    "SELECT make_timestamp(DATE '2020-01-01', '10:00:00')",
    "SELECT format_number('5', 2)",
    "SELECT approx_percentile(a, 0.5, '100') FROM VALUES (1) AS t(a)",
    "SELECT bitmap_and_agg('a')",
  ])('some take one type and cast nothing to it: %s', (sql) => {
    expect(conditionOf(sql, timeSession())).toBe('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE')
  })
  test('a TIME counts as storable in a DATE, but has no cast to it', () => {
    expect(conditionOf("SELECT add_months(TIME '10:00:00', 1)", timeSession())).toBe('DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION')
  })
  test('AND and OR bring both sides to a common type before they ask for BOOLEAN', () => {
    expect(conditionOf("SELECT 'x' AND 1")).toBe('DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE')
    expect(conditionOf("SELECT DATE '2020-01-01' AND 1")).toBe('DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES')
  })
  test.each([
    ["SELECT ceil(1.5, 'a')", 'NON_FOLDABLE_ARGUMENT'],
    ['SELECT floor(1.5, a) FROM VALUES (1) AS t(a)', 'NON_FOLDABLE_ARGUMENT'],
    ["SELECT date_part(5, DATE '2020-01-01')", 'NON_FOLDABLE_ARGUMENT'],
    ["SELECT max_by(a, b, 'x') FROM VALUES (1, 2) AS t(a, b)", 'CAST_INVALID_INPUT'],
    ["SELECT percentile(a, 'x') FROM VALUES (1) AS t(a)", 'CAST_INVALID_INPUT'],
    ['SELECT count(a) IGNORE NULLS FROM VALUES (1) AS t(a)', 'INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX'],
    ["SELECT first(a, 'true') FROM VALUES (1) AS t(a)", '_LEGACY_ERROR_TEMP_1210'],
    ["SELECT array_remove('a', 1)", 'DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES'],
  ])('%s: %s', (sql, condition) => {
    expect(conditionOf(sql)).toBe(condition)
  })
})

describe('decode with search values', () => {
  test('each search value is compared in its own common type, and only the result that is chosen is cast', () => {
    const session = new QueryRows()
    expect(session.cells("SELECT decode(2, 1, 'text', 2, 5L)")).toEqual([['5']])
    expect(session.cells("SELECT decode(NULL, '2024-01-01', 'a', NULL, 'b', 4, 'c')")).toEqual([['b']])
    expect(conditionOf("SELECT decode(1, 1, 'text', 2, 5L)")).toBe('CAST_INVALID_INPUT')
    expect(conditionOf("SELECT decode(1, DATE '2020-01-01', 'a', 'b')")).toBe('DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES')
  })
})

test('a group of regexp_extract is checked where something matches', () => {
  const session = new QueryRows()
  expect(session.cells("SELECT regexp_extract('abc', 'x', 3), regexp_extract_all('abc', 'x', 3)")).toEqual([['', '[]']])
  expect(conditionOf("SELECT regexp_extract('abc', 'b', 3)")).toBe('INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX')
})

test('a cast to CHAR(n) or VARCHAR(n) is one to STRING', () => {
  const { schema } = new QueryRows().run("SELECT CAST('abc' AS CHAR(2)), CAST(array('a') AS ARRAY<VARCHAR(5)>)")
  expect(schema.map((f) => `${f.name}: ${f.type}`)).toEqual(['CAST(abc AS STRING): string', 'array(a): array<string>'])
})

test('array_contains and map_contains_key widen decimals; the functions that return an array do not', () => {
  const session = new QueryRows()
  expect(session.cells('SELECT array_contains(array(1, 2), 1.5), map_contains_key(map(1, 2), 1.0)')).toEqual([['false', 'true']])
  expect(conditionOf('SELECT array_append(array(1), 2.5)')).toBe('DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES')
})

test('sets have one zero, and leave NULLs out', () => {
  const session = new QueryRows()
  expect(
    session.cells('SELECT collect_union(a), collect_set(b) FROM VALUES (array(2, NULL), 0D), (array(1, 2), -0D) AS t(a, b)'),
  ).toEqual([['[1,2]', '[0.0]']])
})

describe('between as a function', () => {
  test('compares each side in its own common type', () => {
    const session = new QueryRows()
    expect(session.cells("SELECT between(1, '0', 5L), between(6, 1, NULL), between(NULL, 1, 2), between(0, 1, NULL)")).toEqual([
      ['true', null, null, 'false'],
    ])
    expect(conditionOf("SELECT between(1, 0, DATE '2020-01-01')")).toBe('DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES')
  })
})

describe('character sets', () => {
  test('one that is not in the list, or a character that a set lacks, is an error', () => {
    expect(conditionOf("SELECT encode('a', 'windows-1252')")).toBe('INVALID_PARAMETER_VALUE.CHARSET')
    expect(conditionOf("SELECT encode('é', 'US-ASCII')")).toBe('MALFORMED_CHARACTER_CODING')
  })
  test('spark.sql.legacy.javaCharsets admits those of the platform, spark.sql.legacy.codingErrorAction replaces instead', () => {
    const session = new QueryRows()
    session.run('SET spark.sql.legacy.javaCharsets = true')
    expect(
      session.cells("SELECT hex(encode('é€', 'windows-1252')), hex(encode('日本', 'Shift_JIS')), decode(X'80E9', 'cp1252')"),
    ).toEqual([['E980', '93FA967B', '€é']])
    expect(conditionOf("SELECT encode('日', 'latin1')", session)).toBe('MALFORMED_CHARACTER_CODING')
    session.run('SET spark.sql.legacy.codingErrorAction = true')
    expect(session.cells("SELECT hex(encode('日x', 'latin1')), decode(X'FF', 'US-ASCII'), decode(X'41E9', 'UTF-8')")).toEqual([
      ['3F78', '\ufffd', 'A\ufffd'],
    ])
  })
})
