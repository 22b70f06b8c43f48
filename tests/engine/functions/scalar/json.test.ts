import { describe, expect, it } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

const shown = (expression: string): string => new QueryRows().shown(`SELECT ${expression}`)

describe('from_json', () => {
  it.each([
    [`from_json('', 'a INT')`, 'NULL'],
    [`from_json('x', 'a INT')`, '{NULL}'],
    [`from_json('{"a":"x","b":"y"}', 'a INT, b STRING')`, '{NULL, y}'],
    [`from_json('{"a":"y"}', 'a INT, _corrupt_record STRING')`, '{NULL, {"a":"y"}}'],
    [`from_json('{"a":"y"}', 'a INT, c STRING', map('columnNameOfCorruptRecord', 'c'))`, '{NULL, {"a":"y"}}'],
    [`from_json('[1, 2, null]', 'array<int>')`, '[1, 2, NULL]'],
    [`from_json('{"x":"bad","y":2}', 'array<struct<x:int,y:int>>')`, '[{NULL, 2}]'],
    [`from_json('{"a":1, "b":2}', 'map<string, int>')`, '{a -> 1, b -> 2}'],
    [`from_json('{"c1":[1]}', schema_of_json('{"c1":[0]}'))`, '{[1]}'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))
  it.each([
    [`from_json('{"a":1}', 1)`, 'INVALID_SCHEMA.NON_STRING_LITERAL'],
    [`from_json('{"a":1}', 'a')`, 'UNSUPPORTED_DATATYPE'],
    [`from_json('{"a":1}', 'a Unknown')`, 'PARSE_SYNTAX_ERROR'],
    [`from_json('{"a":1}', '')`, 'PARSE_EMPTY_STATEMENT'],
    [`from_json('{"a":1}', 'INT')`, 'DATATYPE_MISMATCH.INVALID_JSON_SCHEMA'],
    [`from_json('{"a":1}', 'map<int, int>')`, 'DATATYPE_MISMATCH.INVALID_JSON_MAP_KEY_TYPE'],
    [`from_json('{"a":1}', 'a INT, _corrupt_record INT')`, 'INVALID_CORRUPT_RECORD_TYPE'],
    [`from_json('{"a":1}', 'a INT', map('mode', 'DROPMALFORMED'))`, 'PARSE_MODE_UNSUPPORTED'],
    [`from_json('{"a":1}', 'a INT', map('mode', 1))`, 'INVALID_OPTIONS.NON_STRING_TYPE'],
    [`from_json('{"a":1}', 'a INT', named_struct('mode', 'x'))`, 'INVALID_OPTIONS.NON_MAP_FUNCTION'],
    [`from_json('x', 'a INT', map('mode', 'FAILFAST'))`, 'MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION'],
    [`from_json(1, 'a INT')`, 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
  ])('%s fails with %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))
  it('names its column after the text alone', () => {
    const names = (sql: string) => new QueryRows().run(sql).schema.map((f) => f.name)
    expect(names(`SELECT from_json('{}', 'a INT', map('mode', 'FAILFAST')), from_json('{}', 'map<string, int>')`)).toEqual([
      'from_json({})',
      'entries',
    ])
  })
})

describe('to_json', () => {
  it.each([
    [`to_json(struct(1 AS a, NULL AS b, array(1, NULL) AS c))`, '{"a":1,"c":[1,null]}'],
    [`to_json(struct(NULL AS a), map('ignoreNullFields', 'false'))`, '{"a":null}'],
    [
      `to_json(struct(INTERVAL '1' DAY AS i, INTERVAL '1-2' YEAR TO MONTH AS j))`,
      `{"i":"INTERVAL '1' DAY","j":"INTERVAL '1-2' YEAR TO MONTH"}`,
    ],
    // Keys are written as they are stored.
    [`to_json(map(DATE '2020-01-01', 1))`, '{"18262":1}'],
    [`to_json(map(struct('a', DATE '2020-01-01', NULL), 1))`, '{"[a,18262,null]":1}'],
    [`to_json(named_struct('b', 1, 'a', map('z', 1, 'y', 2)), map('sortKeys', 'true'))`, '{"a":{"y":2,"z":1},"b":1}'],
    [`to_json(named_struct('a', 1, 'a', array()), map('pretty', 'true'))`, '{\n  "a" : 1,\n  "a" : [ ]\n}'],
    [`to_json(struct(DATE '2020-01-02' AS d), map('dateFormat', 'dd/MM/yyyy'))`, '{"d":"02/01/2020"}'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))
  it('refuses what is no struct, array or map', () => {
    expect(conditionOf('SELECT to_json(1)')).toBe('DATATYPE_MISMATCH.INVALID_JSON_SCHEMA')
  })
})

describe('get_json_object', () => {
  it.each([
    ['{"a":{"b":1.50}}', '$.a', '{"b":1.5}'],
    ['{"a b":1}', "$['a b']", '1'],
    ['{"a":null}', '$.a', 'NULL'],
    ['{"a":1,"a":2}', '$.a', '1'],
    ['"x"', '$', 'x'],
    ['[1,2]', '$[1]', '2'],
    ['[1,2]', '$[2]', 'NULL'],
    // One match stands alone, several in an array; an index before it keeps the array.
    ['{"a":[{"c":1}]}', '$.a[*].c', '1'],
    ['{"a":[{"c":1},{"c":2}]}', '$.a[*].c', '[1,2]'],
    ['{"a":["x"]}', '$.a[*]', '"x"'],
    ['[[1]]', '$[0][*]', '[1]'],
    ['[[1,2],[3]]', '$[*][*]', '[1,2,3]'],
    ['[[1],[3]]', '$[*][0]', '[1,3]'],
    ['{"a":1}', '$.*', 'NULL'],
    ['{"a":1}', 'a', 'NULL'],
    ['{"a":1}', '$. a', '1'],
    ['[1]', '$[ 0 ]', 'NULL'],
    ['{"a":1', '$.a', 'NULL'],
    ['{"a":1} x', '$.a', '1'],
    // Half a surrogate pair: an escape inside what is printed, and no text of its own.
    [String.raw`{"a":{"b":"\\ud83d"}}`, '$.a', String.raw`{"b":"\uD83D"}`],
    [String.raw`{"a":"x\\ud83dy"}`, '$.a', 'NULL'],
    [String.raw`{"a":["\\ud83d", 1]}`, '$.a[*]', 'NULL'],
    ['{"a":0.0010}', '$.a', '0.001'],
    ['12]', '$', 'NULL'],
  ])('of %s, %s is %s', (json, path, text) => {
    expect(new QueryRows().shown(`SELECT get_json_object('${json}', "${path}")`)).toBe(text)
  })
})

describe('json_array_length, json_object_keys, schema_of_json', () => {
  it.each([
    [`json_array_length('[1,2')`, 'NULL'],
    [`json_array_length('{}')`, 'NULL'],
    [`json_object_keys('{"a":1,"b":2')`, 'NULL'],
    [`json_object_keys('{"a":{"c":1},"b":[]}')`, '[a, b]'],
    [String.raw`json_object_keys('{"\\ud83d":1}')`, '[?]'],
    [
      `schema_of_json('{"a":1.5,"b c":[null],"1a":12345678901234567890}')`,
      'STRUCT<`1a`: DECIMAL(20,0), a: DOUBLE, `b c`: ARRAY<STRING>>',
    ],
    [`schema_of_json('null')`, 'STRING'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))
  it.each([
    ['schema_of_json(NULL)', 'DATATYPE_MISMATCH.UNEXPECTED_NULL'],
    ["schema_of_json('x')", 'MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION'],
    ['json_array_length(2)', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
  ])('%s fails with %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))
})
