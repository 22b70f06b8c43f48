import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HashTable, hashLanes, strideOf } from '../../../engine/state/hash-table.ts'

// Against a Map of key texts: ids in order of first appearance, removed ids handed out again, nothing lost by growth or removal.

const keys = (lanes: number) => fc.array(fc.integer({ min: -3, max: 3 }), { minLength: lanes, maxLength: lanes })
const steps = (lanes: number) =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), batch: fc.array(keys(lanes), { maxLength: 40 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'rewrite' as const }) },
    ),
    { maxLength: 30 },
  )

function wordsOf(lanes: number, batch: readonly (readonly number[])[]): Int32Array {
  const stride = strideOf(lanes)
  const words = new Int32Array(batch.length * stride)
  batch.forEach((key, row) => {
    words.set(key, row * stride)
  })
  hashLanes(words, lanes, batch.length)
  return words
}
const rowsUpTo = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

describe.each([1, 2, 3, 4, 6])('a table of %i lanes', (lanes) => {
  test('gives equal keys one id and different keys different ids, through growth and removal', () => {
    fc.assert(
      fc.property(steps(lanes), (list) => {
        const table = new HashTable(lanes)
        const model = new Map<string, number>()
        for (const step of list) {
          if (step.kind === 'add') {
            const ids = new Int32Array(step.batch.length)
            table.findOrAdd(wordsOf(lanes, step.batch), rowsUpTo(step.batch.length), step.batch.length, ids)
            step.batch.forEach((key, i) => {
              const known = model.get(key.join())
              if (known === undefined) {
                expect([...model.values()]).not.toContain(ids[i])
                model.set(key.join(), ids[i]!)
              } else expect(ids[i]).toBe(known)
            })
          } else if (step.kind === 'remove') {
            const entries = [...model]
            const entry = entries[step.pick % Math.max(1, entries.length)]
            if (entry === undefined) continue
            table.remove(entry[1])
            model.delete(entry[0])
          } else table.rewriteKeys(() => {})
        }
        expect(table.size).toBe(model.size)
        const all = [...model.keys()].map((text) => text.split(',').map(Number))
        const found = new Int32Array(all.length)
        table.find(wordsOf(lanes, all), rowsUpTo(all.length), all.length, found)
        expect([...found]).toEqual([...model.values()])
        for (const [text, id] of model) expect([...table.keys.subarray(id * lanes, (id + 1) * lanes)].join()).toBe(text)
        const absent = new Int32Array(1)
        table.find(wordsOf(lanes, [new Array<number>(lanes).fill(99)]), rowsUpTo(1), 1, absent)
        expect(absent[0]).toBe(-1)
      }),
      { numRuns: 60 },
    )
  })
})

test('a key without lanes is the one group there is', () => {
  const table = new HashTable(0)
  const ids = new Int32Array(3).fill(9)
  table.findOrAdd(new Int32Array(12), rowsUpTo(3), 3, ids)
  expect([...ids]).toEqual([0, 0, 0])
  expect(table.count).toBe(1)
})
