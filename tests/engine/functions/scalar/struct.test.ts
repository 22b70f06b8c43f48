import { describe, expect, it } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

describe('names of fields', () => {
  it.each([
    ["struct(a, a + 1, s.x, s.x AS y, m['k'])", 'struct<a:int,col2:int,x:int,y:int,k:int>'],
    ['struct(*)', 'struct<a:int,s:struct<x:int>,m:map<string,int>>'],
    ["named_struct('a', 1, concat('b', 'c'), 2)", 'struct<a:int,bc:int>'],
    ['transform(array(1), x -> struct(x, x + 1))[0]', 'struct<x:int,col2:int>'],
    ['struct()', 'struct<>'],
  ])('%s is %s', (expression, type) => {
    const { schema } = new QueryRows().run(
      `SELECT ${expression} FROM VALUES (1, named_struct('x', 5), map('k', 1)) AS t(a, s, m)`,
    )
    expect(String(schema[0]!.type)).toBe(type)
  })

  it('must be constant texts', () => {
    for (const name of ['1', 'NULL', 'a'])
      expect(conditionOf(`SELECT named_struct(${name}, 2) FROM VALUES ('x') AS t(a)`)).toBe(
        'DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING',
      )
  })
  it('the column is named after the call as it was written', () => {
    const { schema } = new QueryRows('America/Los_Angeles').run("SELECT struct(TIMESTAMP '2020-01-01 00:00:00' AS t, 1)")
    expect(schema[0]!.name).toBe("struct(TIMESTAMP '2020-01-01 00:00:00' AS t, 1)")
  })
})
