import { expect, test } from 'vitest'
import { executionOf, listedNames } from '../../../engine/evaluate/execution.ts'
import { builtinFunctions } from '../../../engine/functions/builtin.ts'
import type { ScalarFunction } from '../../../engine/functions/function.ts'

const scalars = builtinFunctions()
  .records()
  .filter((record): record is ScalarFunction => record.kind === 'scalar')

test('every scalar function is generated, computed by columns, or has a reason why not', () => {
  expect(scalars.filter((record) => executionOf(record) === undefined).map((record) => record.name)).toEqual([])
})

test('a reason is given once, and only to functions that need one', () => {
  const listed = listedNames()
  expect(listed.filter((name, i) => listed.indexOf(name) !== i)).toEqual([])
  const excused = new Set(scalars.filter((record) => executionOf(record)?.because !== undefined).map((record) => record.name))
  expect(listed.filter((name) => !excused.has(name))).toEqual([])
})
