import { describe, expect, it } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

const shown = (expression: string): string => new QueryRows().shown(`SELECT ${expression}`)

describe('keys', () => {
  it.each([
    ['map(1, 2, 1, 3)', 'DUPLICATED_MAP_KEY'],
    ['map(0.0D, 1, -0.0D, 2)', 'DUPLICATED_MAP_KEY'],
    ['map(array(1), 1, array(1), 2)', 'DUPLICATED_MAP_KEY'],
    ['map_concat(map(1, 2), map(1, 3))', 'DUPLICATED_MAP_KEY'],
    ["str_to_map('a:1,a:2')", 'DUPLICATED_MAP_KEY'],
    ['map(CAST(NULL AS INT), 1)', 'NULL_MAP_KEY'],
    ['map_from_arrays(array(1, NULL), array(1, 2))', 'NULL_MAP_KEY'],
    ['map(map(1, 2), 3)', 'DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE'],
    ["map(1, 2, DATE '2020-01-01', 3)", 'DATATYPE_MISMATCH.CREATE_MAP_KEY_DIFF_TYPES'],
    ["map(1, 2, 2, DATE '2020-01-01')", 'DATATYPE_MISMATCH.CREATE_MAP_VALUE_DIFF_TYPES'],
    ['map(1)', 'WRONG_NUM_ARGS.WITHOUT_SUGGESTION'],
    ["map_concat(map(1, 2), map('a', 3))", 'DATATYPE_MISMATCH.DATA_DIFF_TYPES'],
    ['map_concat(map(1, 2), 3)', 'DATATYPE_MISMATCH.MAP_CONCAT_DIFF_TYPES'],
    ["map_contains_key(map(1, 2), '1')", 'DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES'],
    ['map_contains_key(map(1, 2), NULL)', 'DATATYPE_MISMATCH.NULL_TYPE'],
    ['map_from_entries(array(struct(1, 2, 3)))', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['map_from_arrays(array(1, 2), array(1))', 'MAP_ARRAYS_DIFFERENT_LENGTHS'],
  ])('%s fails with %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))

  it("the last of equal keys wins when the session says so, at the first one's place", () => {
    const rows = new QueryRows()
    rows.run('SET spark.sql.mapKeyDedupPolicy=LAST_WIN')
    expect(rows.shown('SELECT map(1, 2, 3, 4, 1, 5)')).toBe('{1 -> 5, 3 -> 4}')
  })
})

describe('values', () => {
  it.each([
    ['map_concat()', '{}'],
    ['map_concat(map(1, 2), map(3L, 4.5))', '{1 -> 2.0, 3 -> 4.5}'],
    ["map_from_entries(array(struct(1, 'a'), NULL))", 'NULL'],
    ["str_to_map('a=1|b', '[|]', '=')", '{a -> 1, b -> NULL}'],
    ["str_to_map('a:b:c')", '{a -> b:c}'],
    ["map('a', 1)['b']", 'NULL'],
    ['map(-0.0D, 1)', '{0.0 -> 1}'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))
})
