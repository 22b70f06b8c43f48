import { describe, expect, it } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

const shown = (expression: string): string => new QueryRows().shown(`SELECT ${expression}`)
const typeOf = (expression: string): string => String(new QueryRows().run(`SELECT ${expression}`).schema[0]!.type)

describe('types of an array and a value', () => {
  it.each([
    ['array_append(array(1), 2L)', 'array<bigint>'],
    ['array_append(array(1), CAST(2 AS DECIMAL(12, 1)))', 'array<decimal(12,1)>'],
    ['array_append(array(), 1)', 'array<int>'],
    ['array_union(array(1), array(2L))', 'array<bigint>'],
    ['array_insert(array(1S), 1, 2)', 'array<int>'],
  ])('%s is %s', (expression, type) => expect(typeOf(expression)).toBe(type))

  it.each([
    // A text meets only texts, a decimal only integers that it holds.
    ["array_contains(array(1), '1')", 'DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES'],
    ['array_append(array(1), 2.5)', 'DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES'],
    ["array_union(array(1), array('a'))", 'DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES'],
    ['array_union(array(1), 1)', 'DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES'],
    ['array_contains(array(1), NULL)', 'DATATYPE_MISMATCH.NULL_TYPE'],
    ['array_append(NULL, 1)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['array_distinct(array(map(1, 2)))', 'DATATYPE_MISMATCH.INVALID_ORDERING_TYPE'],
    ['flatten(array(1))', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['element_at(array(1), 1L)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['array_repeat(1, 2L)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['sequence(1.0, 2.0)', 'DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES'],
    ["sequence(DATE '2020-01-01', DATE '2020-01-02', 1)", 'DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES'],
  ])('%s is refused with %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))
})

describe('NULL, NaN and zeros', () => {
  it.each([
    ['array_contains(array(1, NULL), 3)', 'NULL'],
    ['array_contains(array(1, NULL), 1)', 'true'],
    ["array_contains(array(CAST('NaN' AS DOUBLE)), CAST('NaN' AS DOUBLE))", 'true'],
    ["array_distinct(array(CAST('NaN' AS DOUBLE), CAST('NaN' AS DOUBLE), 0.0D, -0.0D))", '[NaN, 0.0]'],
    ['array_except(array(1, 2, 2, NULL, NULL), array(1))', '[2, NULL]'],
    ['array_intersect(array(1, NULL, 2, 1, NULL), array(NULL, 1))', '[1, NULL]'],
    ['arrays_overlap(array(1, NULL), array(3))', 'NULL'],
    ['arrays_overlap(array(), array(NULL))', 'false'],
    ['array_append(array(1), NULL)', '[1, NULL]'],
    ['array_append(CAST(NULL AS ARRAY<INT>), 1)', 'NULL'],
    ['array_position(array(1, NULL), NULL)', 'NULL'],
    ['array_max(array(NULL))', 'NULL'],
    ['size(CAST(NULL AS MAP<INT, INT>))', 'NULL'],
    ['flatten(array(array(1), NULL))', 'NULL'],
    ['array_repeat(NULL, 2)', '[NULL, NULL]'],
    ["array_join(array('a', NULL), ',', NULL)", 'NULL'],
    ['sort_array(array(3, NULL, 1), false)', '[3, 1, NULL]'],
    ['array_sort(array(3, NULL, 1))', '[1, 3, NULL]'],
    ['arrays_zip(array(1, 2), array(3))', '[{1, 3}, {2, NULL}]'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))

  it('sets of structs and binaries compare what is inside', () => {
    expect(shown('array_distinct(array(struct(1, NULL), struct(1, NULL)))')).toBe('[{1, NULL}]')
    expect(shown("array_intersect(array(X'61', X'62'), array(X'62'))")).toBe('[[62]]')
    expect(shown("array_union(array(array('a', 'b')), array(array('ab')))")).toBe('[[a, b], [ab]]')
  })
})

it('without ANSI mode NULL has the size -1', () => {
  const rows = new QueryRows()
  rows.run('SET spark.sql.ansi.enabled=false')
  expect(rows.shown('SELECT size(NULL), array_size(NULL)')).toBe('-1\tNULL')
  rows.run('SET spark.sql.legacy.sizeOfNull=false')
  expect(rows.shown('SELECT size(NULL)')).toBe('NULL')
})

describe('positions', () => {
  it.each([
    ['array_insert(array(1, 2, 3), 5, 9)', '[1, 2, 3, NULL, 9]'],
    ['array_insert(array(1, 2, 3), -1, 9)', '[1, 2, 3, 9]'],
    ['array_insert(array(1, 2, 3), -5, 9)', '[9, NULL, 1, 2, 3]'],
    ['slice(array(1, 2, 3), -5, 1)', '[]'],
    ['get(array(1), -1)', 'NULL'],
    ['element_at(array(1, 2, 3), -1)', '3'],
    ['try_element_at(array(1), 5)', 'NULL'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))
  it.each([
    ['element_at(array(1), 0)', 'INVALID_INDEX_OF_ZERO'],
    ['array_insert(array(1), 0, 1)', 'INVALID_INDEX_OF_ZERO'],
    ['element_at(array(1, 2, 3), 5)', 'INVALID_ARRAY_INDEX_IN_ELEMENT_AT'],
    ['slice(array(1), 0, 1)', 'INVALID_PARAMETER_VALUE.START'],
    ['slice(array(1), 1, -1)', 'INVALID_PARAMETER_VALUE.LENGTH'],
    ['array_repeat(1, 2147483647)', 'COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER'],
    ['sequence(1, 2147483647)', 'COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION'],
  ])('%s fails with %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))
})

describe('arrays_zip', () => {
  it('names fields after columns, struct fields and map keys', () => {
    const { schema } = new QueryRows().run(
      "SELECT arrays_zip(s.x, m['k'], a, array(1)) FROM VALUES (named_struct('x', array(1)), map('k', array(2)), array(5)) AS t(s, m, a)",
    )
    expect(String(schema[0]!.type)).toBe('array<struct<x:int,k:int,a:int,3:int>>')
  })
})

describe('sequence', () => {
  it.each([
    ['sequence(5, 1, -2)', '[5, 3, 1]'],
    ['sequence(1, 1, 0)', '[1]'],
    [
      'sequence(-9223372036854775808L, 9223372036854775807L, 9223372036854775807L)',
      '[-9223372036854775808, -1, 9223372036854775806]',
    ],
    // A month later is the same day, or the month's last, counted from the start.
    ["sequence(DATE '2020-01-31', DATE '2020-03-31', INTERVAL 1 MONTH)", '[2020-01-31, 2020-02-29, 2020-03-31]'],
    ["sequence(DATE '2020-01-01', DATE '2020-01-05', INTERVAL 36 HOURS)", '[2020-01-01, 2020-01-02, 2020-01-04]'],
    // Days are days of the session's clock, also where one has 23 hours.
    [
      "sequence(TIMESTAMP '2020-03-07', TIMESTAMP '2020-03-09', INTERVAL 1 DAY)",
      '[2020-03-07 00:00:00, 2020-03-08 00:00:00, 2020-03-09 00:00:00]',
    ],
    ["sequence(TIMESTAMP '2020-01-02', TIMESTAMP '2020-01-01')", '[2020-01-02 00:00:00, 2020-01-01 00:00:00]'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))
  it.each([
    ['sequence(1, 5, -1)', 'ILLEGAL_SEQUENCE_BOUNDARIES'],
    ['sequence(1, 5, 0)', 'ILLEGAL_SEQUENCE_BOUNDARIES'],
    ["sequence(DATE '2020-01-01', DATE '2020-01-02', INTERVAL 12 HOURS)", 'ILLEGAL_SEQUENCE_STEP'],
  ])('%s fails with %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))
})

describe('shuffle', () => {
  it('goes on drawing from row to row', () => {
    expect(
      new QueryRows().shown('SELECT shuffle(a, 42) FROM VALUES (array(1, 2, 3, 4, 5)), (array(1, 2, 3, 4, 5)) AS t(a)'),
    ).toBe('[5, 3, 2, 1, 4]\n[4, 2, 3, 1, 5]')
  })
})
