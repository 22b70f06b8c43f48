import { expect, test } from 'vitest'
import { intervalFunctions } from '../../../../engine/functions/scalar/interval.ts'
import { QueryRows } from '../query-rows.ts'

const rows = new QueryRows('UTC')

test('every example answers as written', () => {
  for (const record of intervalFunctions) {
    for (const [sql, expected] of record.examples) expect([sql, rows.shown(sql)]).toEqual([sql, expected])
  }
})

test('parts that are left out are zero, NULL makes NULL', () => {
  expect(rows.shown('SELECT make_interval(1, 2), make_dt_interval(), make_ym_interval(-1, -13), make_interval(1, NULL)')).toBe(
    "1 years 2 months\tINTERVAL '0 00:00:00' DAY TO SECOND\tINTERVAL '-2-1' YEAR TO MONTH\tNULL",
  )
})

test('an interval that overflows is an error, or NULL for try_make_interval', () => {
  expect(() => rows.shown('SELECT make_interval(2147483647)')).toThrow(
    expect.objectContaining({ condition: 'ARITHMETIC_OVERFLOW' }),
  )
  expect(() => rows.shown('SELECT make_ym_interval(178956970, 8)')).toThrow(
    expect.objectContaining({ condition: 'INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION' }),
  )
  expect(rows.shown('SELECT try_make_interval(2147483647)')).toBe('NULL')
})
