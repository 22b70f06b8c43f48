import { describe, expect, test } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

function answer(expression: string): string {
  const session = new QueryRows()
  const { schema } = session.run(`SELECT ${expression}`)
  return `${schema[0]!.type} ${session.cells(`SELECT ${expression}`)[0]![0]}`
}

describe('rounding', () => {
  test.each([
    ['round(2.5)', 'decimal(2,0) 3'],
    ['bround(2.5)', 'decimal(2,0) 2'],
    ['round(25, -1)', 'int 30'],
    ['bround(25, -1)', 'int 20'],
    // By the shortest text of the double, not by its exact value.
    ['round(1.005D, 2)', 'double 1.01'],
    ['round(123.456, -2)', 'decimal(4,0) 100'],
    ['ceil(-0.1)', 'decimal(1,0) 0'],
    ['ceil(2.5D)', 'bigint 3'],
    ['ceil(3.1411, 3)', 'decimal(5,3) 3.142'],
    ['floor(3.1411, -3)', 'decimal(4,0) 0'],
    ['rint(2.5)', 'double 2.0'],
  ])('%s', (expression, expected) => {
    expect(answer(expression)).toBe(expected)
  })
  test('a result that does not fit fails', () => {
    expect(conditionOf('SELECT round(127Y, -1)')).toBe('ARITHMETIC_OVERFLOW')
    expect(conditionOf('SELECT ceil(1e20)')).toBe('ARITHMETIC_OVERFLOW')
  })
})

describe('functions of one number', () => {
  test.each([
    ['ln(0)', 'double null'],
    ['log(2, 8)', 'double 3.0'],
    ['exp(1)', 'double 2.7182818284590455'],
    ['sqrt(-1)', 'double NaN'],
    ['factorial(21)', 'bigint null'],
    ["conv('-1', 10, 16)", 'string FFFFFFFFFFFFFFFF'],
    ["conv('-15', 10, -16)", 'string -F'],
    ['width_bucket(-0.9, 5.2, 0.5, 2)', 'bigint 3'],
    ['hex(-1)', 'string FFFFFFFFFFFFFFFF'],
    ['1Y << 2', 'int 4'],
    ['-1 >>> 28', 'int 15'],
  ])('%s', (expression, expected) => {
    expect(answer(expression)).toBe(expected)
  })
})

describe('random numbers are those of Spark for the same seed', () => {
  test.each([
    ['rand(1)', 'double 0.6363787615254752'],
    ['randn(0)', 'double 1.6034991609278433'],
    ['uniform(1, 10, 0)', 'int 7'],
    ['randstr(5, 0)', 'string ceV0P'],
    ['uuid(0)', 'string 269567e9-5d09-4af5-b20f-16851fc4a81a'],
  ])('%s', (expression, expected) => {
    expect(answer(expression)).toBe(expected)
  })
  test('without a seed the same epoch draws the same numbers again', () => {
    const draw = (): unknown => new QueryRows().cells('SELECT rand() FROM range(3)')
    expect(draw()).toEqual(draw())
  })
})

test('hashes are those of Spark', () => {
  expect(answer("hash('Spark', array(123), 2)")).toBe('int -1321691492')
  expect(answer("xxhash64(struct(1, 'a'))")).toBe('bigint 8205864924878002737')
  expect(conditionOf('SELECT hash(map(1, 2))')).toBe('DATATYPE_MISMATCH.HASH_MAP_TYPE')
})
