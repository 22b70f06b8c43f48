import { describe, expect, test } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

describe('rows of a collection', () => {
  test.each([
    ["explode(map(1, 'a', 2, 'b'))", '1\ta\n2\tb'],
    ['explode(array())', ''],
    ['explode_outer(CAST(NULL AS ARRAY<INT>))', 'NULL'],
    ['posexplode_outer(array())', 'NULL\tNULL'],
    ["inline(array(struct(1, 'a'), NULL))", '1\ta\nNULL\tNULL'],
    ["stack(2, 1, 'a', 2)", '1\ta\n2\tNULL'],
    ['json_tuple(\'{"a":1.50, "b":{"c" : [1, 2]}, "a":"x"}\', \'a\', \'b\', \'z\')', 'x\t{"c":[1,2]}\tNULL'],
    ["json_tuple('{', 'a')", 'NULL'],
    [String.raw`json_tuple('{"a":"\\ud83d","b":1}', 'a', 'b')`, 'NULL\tNULL'],
    ['explode(collection => array(1, 2))', '1\n2'],
  ])('%s', (call, shown) => {
    expect(new QueryRows().shown(`SELECT ${call}`)).toBe(shown)
  })
  test('the rest of the row is repeated', () => {
    expect(new QueryRows().shown('SELECT a, explode(b) FROM VALUES (1, array(10, 20)), (2, array()) t(a, b)')).toBe(
      '1\t10\n1\t20',
    )
  })
  test.each([
    ['explode(1)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['stack(-1, 1)', 'DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE'],
    ["stack(2, 1, 'a', 'b', 2)", 'DATATYPE_MISMATCH.STACK_COLUMN_DIFF_TYPES'],
    ["json_tuple('{}')", 'WRONG_NUM_ARGS.WITHOUT_SUGGESTION'],
    ["json_tuple('{}', 1)", 'DATATYPE_MISMATCH.NON_STRING_TYPE'],
    ['explode(wrong => array(1))', 'UNRECOGNIZED_PARAMETER_NAME'],
  ])('%s is refused', (call, condition) => {
    expect(conditionOf(`SELECT ${call}`)).toBe(condition)
  })
})
