import { describe, expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

async function typeAndValue(expression: string, ansi = false): Promise<unknown> {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC', 'spark.sql.ansi.enabled': ansi })
  const rows = await session.sql(`SELECT CAST(${expression} AS STRING) AS v, typeof(${expression}) AS t`).collect()
  const { v, t } = rows[0] as { v: string | null; t: string }
  return [t, v]
}

/** With spark.sql.ansi.enabled=false nothing that a value alone is to blame for is an error. */
describe('ANSI off', () => {
  test.each([
    ['2147483647 + 1', 'int', '-2147483648'],
    ['CAST(127 AS TINYINT) + CAST(1 AS TINYINT)', 'tinyint', '-128'],
    ['CAST(300 AS SMALLINT) * CAST(300 AS SMALLINT)', 'smallint', '24464'],
    ['9223372036854775807L * 2', 'bigint', '-2'],
    ['-(-2147483648)', 'int', '-2147483648'],
    ['abs(-2147483648)', 'int', '-2147483648'],
    ['CAST(300 AS TINYINT)', 'tinyint', '44'],
    ["CAST('1.9' AS INT)", 'int', '1'],
    ["CAST(double('NaN') AS INT)", 'int', '0'],
    ['CAST(1e20 AS INT)', 'int', '2147483647'],
  ])('integers wrap or are cut: %s', async (expression, type, value) => {
    expect(await typeAndValue(expression)).toEqual([type, value])
  })
  test.each([
    ['1 / 0', 'double'],
    ['1 % 0', 'int'],
    ['5 div 0', 'bigint'],
    ['CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0)) * 10', 'decimal(38,0)'],
    ["CAST('a' AS INT)", 'int'],
    ["CAST('2020-13-01' AS DATE)", 'date'],
    ['CAST(1000 AS DECIMAL(2,0))', 'decimal(2,0)'],
    ["CAST(DATE'2020-01-01' AS INT)", 'int'],
    ["to_timestamp('x', 'yyyy')", 'timestamp'],
    ['make_date(2020, 13, 1)', 'date'],
    ['array(1)[3]', 'int'],
    ['element_at(array(1), 3)', 'int'],
    ["elt(3, 'a', 'b')", 'string'],
    ["parse_url('a b://c', 'HOST')", 'string'],
  ])('NULL: %s', async (expression, type) => {
    expect(await typeAndValue(expression)).toEqual([type, null])
    await expect(typeAndValue(expression, true)).rejects.toThrow()
  })
  test.each([
    ["'1' + 1", 'double', '2.0'],
    ["coalesce(1, 'a')", 'string', '1'],
    ["1 IN ('1', 'x')", 'boolean', 'true'],
    ["1 = '1.5'", 'boolean', 'true'],
    ['1 = true', 'boolean', 'true'],
    ['CAST(1 AS FLOAT) + 1', 'float', '2.0'],
    ["element_at(array(1, 'a'), 1)", 'string', '1'],
    ['hex(CAST(258 AS BINARY))', 'string', '00000102'],
    ['CAST(true AS TIMESTAMP)', 'timestamp', '1970-01-01 00:00:00.000001'],
  ])('types give way as before ANSI: %s', async (expression, type, value) => {
    expect(await typeAndValue(expression)).toEqual([type, value])
  })
  test('sums wrap, sums and averages of decimals become NULL, a text and a number unite as text', async () => {
    const session = createSession({ 'spark.sql.ansi.enabled': false })
    const big = '99999999999999999999999999999999999999'
    const sql = `SELECT sum(a) AS s, sum(d) AS d, avg(d) AS m FROM VALUES (9223372036854775807L, ${big}), (1L, ${big}) AS t(a, d)`
    expect(await session.sql(sql).collect()).toEqual([{ s: -9223372036854775808n, d: null, m: null }])
    expect(await session.sql("SELECT 1 AS x UNION ALL SELECT 'a'").collect()).toEqual([{ x: '1' }, { x: 'a' }])
  })
})
