import { describe, expect, it } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

const shown = (expression: string): string => new QueryRows().shown(`SELECT ${expression}`)

describe('values', () => {
  it.each([
    ["from_csv('x', 'a INT')", '{NULL}'],
    ["from_csv('', 'a INT')", '{NULL}'],
    ["from_csv('1', 'a INT, b INT')", '{1, NULL}'],
    ["from_csv('1,2,3', 'a INT, b INT')", '{1, 2}'],
    ["from_csv('x,2', 'a INT, c STRING', map('columnNameOfCorruptRecord', 'c'))", '{NULL, x,2}'],
    ["from_csv('1;2', 'a INT, b INT', map('sep', ';'))", '{1, 2}'],
    // A text is one record: a line break is part of a value.
    ["from_csv('a\\nb,c', 'x STRING, y STRING')", '{a\nb, c}'],
    ["from_csv('1', schema_of_csv('1,abc'))", '{1, NULL}'],
    ["to_csv(struct(1, 'x,y', NULL, '', 'q\"q', ' a '))", '1,"x,y",,"","q\\"q",a'],
    ["to_csv(struct(array('a', NULL, 'b'), map('k', NULL), struct(1, 2)))", '"[a,, b]",{k ->},"{1, 2}"'],
    ['to_csv(struct(NULL))', 'NULL'],
    [
      "schema_of_csv('1,abc,2020-01-01,1.5,true,')",
      'STRUCT<_c0: INT, _c1: STRING, _c2: DATE, _c3: DOUBLE, _c4: BOOLEAN, _c5: STRING>',
    ],
    ["schema_of_csv('1|a', map('sep', '|'))", 'STRUCT<_c0: INT, _c1: STRING>'],
  ])('%s is %s', (expression, text) => expect(shown(expression)).toBe(text))
})

describe('refusals', () => {
  it.each([
    ["from_csv('1', 'array<int>')", 'INVALID_SCHEMA.NON_STRUCT_TYPE'],
    ["from_csv('1', 'a array<int>')", 'UNSUPPORTED_DATATYPE'],
    ["from_csv('1', 1)", 'INVALID_SCHEMA.NON_STRING_LITERAL'],
    ["from_csv(1, 'a INT')", 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ["from_csv('x', 'a INT', map('mode', 'DROPMALFORMED'))", 'PARSE_MODE_UNSUPPORTED'],
    ["from_csv('x', 'a INT', map('mode', 'FAILFAST'))", 'MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION'],
    ['to_csv(1)', 'DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE'],
    ['schema_of_csv(NULL)', 'DATATYPE_MISMATCH.UNEXPECTED_NULL'],
  ])('%s: %s', (expression, condition) => expect(conditionOf(`SELECT ${expression}`)).toBe(condition))
})
