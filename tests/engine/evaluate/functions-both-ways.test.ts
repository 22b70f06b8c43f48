import { expect, test } from 'vitest'
import { generateColumn } from '../../../engine/evaluate/codegen.ts'
import { pathsOf } from '../../../engine/evaluate/column-path.ts'
import { executionOf } from '../../../engine/evaluate/execution.ts'
import { laneOf } from '../../../engine/evaluate/lane.ts'
import { literal, typeOf } from '../../../engine/expr/expression.ts'
import { STRING } from '../../../engine/types/data-type.ts'
import { batchOf, column, context, evaluateBothWays, functions, typed } from './both-ways.ts'
import { CALLS, type Constant, describeCall, expressionOf, int } from './function-calls.ts'
import { agrees } from './random-rows.ts'

test.each(CALLS.map((call) => [describeCall(call), call] as const))('%s, interpreted and generated', (_, [name, ...args]) => {
  const { types, e } = expressionOf(name, args)
  agrees(types, e, 12)
})

test('what is said to be generated, or called, reads no row of values', () => {
  const found = new Set<string>()
  for (const [name, ...args] of CALLS) {
    const { e } = expressionOf(name, args)
    if (laneOf(typeOf(e)) === undefined) continue
    const options = { functions, context, codegen: true }
    const { source } = generateColumn(e, options, pathsOf(e), { hasNulls: () => true, selected: false })
    if (!source.includes('.read(batch, i)')) found.add(functions.find(name)!.name)
  }
  const claimed = functions.records().filter((record) => {
    const how = record.kind === 'scalar' ? executionOf(record)?.how : undefined
    // A struct is its fields' columns, no lane of its own.
    if (record.family === 'struct') return false
    return how === 'generated' || how === 'called'
  })
  expect(claimed.map((record) => record.name).filter((name) => !found.has(name))).toEqual([])
})

const OVER_BLOCKS: readonly (readonly [string, ...Constant[]])[] = [
  ...['md5', 'sha1', 'crc32', 'hash', 'xxhash64', 'base64', 'hex', 'upper', 'reverse'].map((name) => [name] as const),
  ['sha2', int(224)],
  ['sha2', int(256)],
]
test.each(OVER_BLOCKS.map((call) => [describeCall(call), call] as const))(
  '%s of texts of every length, over the borders of blocks',
  (_, [name, ...constants]) => {
    const text = 'abcdefghijklmnopqrstuvwxyz€0123456789ÄÖÜ😀'.repeat(20)
    const rows = Array.from({ length: 200 }, (__, length) => [text.slice(0, length)])
    rows.push([text], [text.slice(0, 512)], [text.slice(0, 520)])
    const rest = constants.map(([value, type]) => literal(value, type))
    evaluateBothWays(typed(name, column(0, STRING), ...rest), batchOf([STRING], rows))
  },
)

test('every character of the first plane changes its case as JavaScript says, alone and behind others', () => {
  const codes = Array.from({ length: 0xffff }, (_, i) => i + 1).filter((code) => code < 0xd800 || code > 0xdfff)
  const rows = codes.flatMap((code) => [[String.fromCharCode(code)], [`aΑ${String.fromCharCode(code)}b`]])
  for (const name of ['upper', 'lower']) evaluateBothWays(typed(name, column(0, STRING)), batchOf([STRING], rows))
})
