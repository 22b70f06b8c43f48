import { expect, test } from 'vitest'
import { EngineError } from '../../../../engine/errors/engine-error.ts'
import { conversionFunctions } from '../../../../engine/functions/scalar/conversion.ts'
import { QueryRows } from '../query-rows.ts'

const rows = new QueryRows('UTC')
const select = (expression: string) => rows.shown(`SELECT ${expression}`)
function condition(expression: string): string {
  try {
    return select(expression)
  } catch (error) {
    if (error instanceof EngineError) return error.condition
    throw error
  }
}

test('every example answers as written', () => {
  for (const record of conversionFunctions) {
    for (const [sql, expected] of record.examples) expect([sql, rows.shown(sql)]).toEqual([sql, expected])
  }
})

test.each([
  ["to_char(454, '000D00')", '454.00'],
  ["to_char(12454, '99G999')", '12,454'],
  ["to_char(5, '9,999')", '    5'],
  ["to_char(5, '0,999')", '0,  5'],
  ["to_char(0, '99')", '  '],
  ["to_char(0.5, '9.9MI')", '0.5 '],
  ["to_char(-5, '9')", '5'],
  ["to_char(-5, '99PR')", ' <5>'],
  ["to_char(5, '99PR')", ' 5  '],
  ["to_char(-5, 'S$99')", '-$ 5'],
  ["to_char(12345, '999')", '###'],
  ["to_char(5.678, '9.9')", '#.#'],
])('%s is %j', (call, expected) => {
  expect(select(call)).toBe(expected)
})

test.each([
  ["to_number('12,454.8-', '99,999.9MI')", '-12454.8'],
  ["to_number('234', '9,999')", '234'],
  ["to_number(' 5', '99')", '5'],
  ["to_number('<5>', '99PR')", '-5'],
  ["to_number('12', '99.99')", '12.00'],
  ["try_to_number('$5', '$99')", '5'],
])('%s is %s', (call, expected) => {
  expect(select(call)).toBe(expected)
})

test.each([
  ["to_number('5', '00')", 'INVALID_FORMAT.MISMATCH_INPUT'],
  ["to_number('1234', '9,999')", 'INVALID_FORMAT.MISMATCH_INPUT'],
  ["to_number('5', '')", 'INVALID_FORMAT.EMPTY'],
  ["to_number('5', 'foo')", 'INVALID_FORMAT.WRONG_NUM_DIGIT'],
  ["to_number('5', '9.9.9')", 'INVALID_FORMAT.WRONG_NUM_TOKEN'],
  ["to_number('5', '9,,9')", 'INVALID_FORMAT.CONT_THOUSANDS_SEPS'],
  ["to_number('5', '9$')", 'INVALID_FORMAT.CUR_MUST_BEFORE_DIGIT'],
  ["to_number('5', '9D9G9')", 'INVALID_FORMAT.THOUSANDS_SEPS_MUST_BEFORE_DEC'],
  ["to_number('5', '9S9')", 'INVALID_FORMAT.UNEXPECTED_TOKEN'],
  ["to_char(X'61', 'foo')", 'INVALID_PARAMETER_VALUE.BINARY_FORMAT'],
  ["to_binary('GG')", 'CONVERSION_INVALID_INPUT'],
  ["to_binary('abcd=', 'base64')", 'CONVERSION_INVALID_INPUT'],
  ["to_binary('abc', 'foo')", 'DATATYPE_MISMATCH.INVALID_ARG_VALUE'],
  ["int(DATE '2020-01-01')", 'DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION'],
])('%s is refused with %s', (call, expected) => {
  expect(condition(call)).toBe(expected)
})
