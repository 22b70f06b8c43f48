import { describe, expect, test } from 'vitest'
import { builtinFunctions } from '../../../engine/functions/builtin.ts'
import { QueryRows } from './query-rows.ts'

describe('the examples that docs/functions.md prints are what the functions answer', () => {
  for (const record of builtinFunctions().records())
    for (const [sql, shown] of record.examples)
      test(`${record.name}: ${sql}`, () => {
        const session = new QueryRows('UTC')
        session.run('SET spark.sql.timeType.enabled=true')
        expect(session.shown(sql)).toBe(shown)
      })
})

test('every record says what it does in one sentence', () => {
  const without = builtinFunctions()
    .records()
    .filter((record) => !/^[A-Z].*[.?]$/.test(record.summary))
  expect(without.map((record) => record.name)).toEqual([])
})

test('no two records claim the same name', () => {
  const names = builtinFunctions()
    .records()
    .flatMap((record) => [record.name, ...(record.aliases ?? [])])
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})
