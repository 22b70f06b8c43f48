import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { Batch, batchFromRows, rowsOf } from '../../../engine/columnar/batch.ts'
import { compareRows, equalRows } from '../../../engine/columnar/compare.ts'
import { concatBatches, sliceBatch } from '../../../engine/columnar/concat.ts'
import { OWNED_MEMORY } from '../../../engine/columnar/memory.ts'
import { hashKeys, keyEquality } from '../../../engine/columnar/row-key.ts'
import { takeBatch } from '../../../engine/columnar/take.ts'
import { type DataType, DOUBLE, field, INT, STRING } from '../../../engine/types/data-type.ts'
import type { Value } from '../../../engine/types/value.ts'
import { arbitraryValue, SAMPLE_TYPES } from './arbitrary-values.ts'

function batchOf(type: DataType, values: readonly Value[]): Batch {
  return batchFromRows(
    [field('c', type)],
    values.map((value) => [value]),
  )
}
function valuesOf(batch: Batch): Value[] {
  return rowsOf(batch).map((row) => row[0]!)
}
function hashesOf(batch: Batch, rows: Int32Array | null = null): number[] {
  const out = new Int32Array(rows?.length ?? batch.rowCount)
  hashKeys(batch.columns, out.length, rows, out)
  return [...out]
}

describe.each(SAMPLE_TYPES.map((type) => [String(type), type] as const))('columns of %s', (_, type) => {
  const values = fc.array(arbitraryValue(type), { maxLength: 20 })

  test('taking rows gives them in the order asked for, as often as asked, and NULL for -1', () => {
    fc.assert(
      fc.property(values, fc.array(fc.integer({ min: -1, max: 19 })), (all, picks) => {
        const rows = picks.map((row) => (row < all.length ? row : -1))
        const taken = takeBatch(batchOf(type, all), Int32Array.from(rows), rows.length, new Arena(1 << 14))
        expect(valuesOf(taken)).toEqual(rows.map((row) => (row < 0 ? null : all[row])))
      }),
      { numRuns: 40 },
    )
  })

  test('slices laid end to end are the whole', () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat(20), { maxLength: 3 }), (all, cuts) => {
        const batch = batchOf(type, all)
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, all.length)), all.length].sort((a, b) => a - b)
        const parts = bounds.slice(1).map((end, i) => sliceBatch(batch, bounds[i]!, end, OWNED_MEMORY))
        expect(parts.flatMap(valuesOf)).toEqual(all)
        expect(valuesOf(concatBatches(parts, new Arena(1 << 14)))).toEqual(all)
      }),
      { numRuns: 40 },
    )
  })

  test('equal rows hash alike, equality is an order of 0, the order is total', () => {
    const compare = compareRows(type)
    const equal = equalRows(type)
    const sameKey = keyEquality([type])
    fc.assert(
      fc.property(values, (all) => {
        const batch = batchOf(type, all)
        const [column] = batch.columns as [Batch['columns'][number]]
        const hashes = hashesOf(batch)
        expect(hashesOf(sliceBatch(batch, Math.min(3, all.length), all.length, OWNED_MEMORY))).toEqual(hashes.slice(3))
        expect(
          hashesOf(
            batch,
            Int32Array.from(all, (__, i) => all.length - 1 - i),
          ),
        ).toEqual([...hashes].reverse())
        for (let i = 0; i < all.length; i++) {
          for (let j = 0; j < all.length; j++) {
            const order = compare(column, i, column, j)
            expect(Math.sign(compare(column, j, column, i))).toBe(Math.sign(order) === 0 ? 0 : -Math.sign(order))
            expect(equal(column, i, column, j)).toBe(order === 0)
            expect(sameKey(batch.columns, i, batch.columns, j)).toBe(order === 0)
            if (order === 0) expect(hashes[i]).toBe(hashes[j])
          }
        }
      }),
      { numRuns: 20 },
    )
  })
})

test('NULL comes first, NaN last; -0.0 equals 0.0 and hashes alike', () => {
  const batch = batchOf(DOUBLE, [null, -0, 0, 1, Number.NaN, null])
  const [column] = batch.columns as [Batch['columns'][number]]
  const compare = compareRows(DOUBLE)
  const order = Array.from({ length: 5 }, (_, i) => Math.sign(compare(column, i, column, i + 1)))
  expect(order).toEqual([-1, 0, -1, -1, 1])
  const hashes = hashesOf(batch)
  expect(hashes[1]).toBe(hashes[2])
  expect(hashes[0]).toBe(hashes[5])
})

test('text is ordered by code point, not by UTF-16 unit', () => {
  const batch = batchOf(STRING, ['\uffff', '😀'])
  const [column] = batch.columns as [Batch['columns'][number]]
  expect(compareRows(STRING)(column, 0, column, 1)).toBeLessThan(0)
})

test('weights go with their rows', () => {
  const plain = batchOf(INT, [1, 2, 3])
  const changes = new Batch(plain.schema, 3, plain.columns, 2, Int8Array.of(1, -1, 1))
  const taken = takeBatch(changes, Int32Array.of(2, 1), 2, OWNED_MEMORY)
  expect([...taken.weights!]).toEqual([1, -1])
  expect([...concatBatches([taken, plain], OWNED_MEMORY).weights!]).toEqual([1, -1, 1, 1, 1])
  expect([...sliceBatch(changes, 1, 3, OWNED_MEMORY).weights!]).toEqual([-1, 1])
})

test('hashes of small integers spread over the low bits', () => {
  const hashes = hashesOf(
    batchOf(
      INT,
      Array.from({ length: 4096 }, (_, i) => i),
    ),
  )
  const buckets = new Set(hashes.map((hash) => hash & 4095))
  expect(buckets.size).toBeGreaterThan(2300)
})
