import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batchFromRows, rowsOf } from '../../../engine/columnar/batch.ts'
import { readValue } from '../../../engine/columnar/column.ts'
import { GrowingColumn } from '../../../engine/state/growing-column.ts'
import { KeyEncoder } from '../../../engine/state/key-encoder.ts'
import { MultimapKeys } from '../../../engine/state/multimap-keys.ts'
import { END, MultimapTable } from '../../../engine/state/multimap-table.ts'
import { NEVER_DUE } from '../../../engine/state/segmented-table.ts'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  CALENDAR_INTERVAL,
  type DataType,
  DOUBLE,
  decimalType,
  field,
  INT,
  mapType,
  type Schema,
  SMALLINT,
  STRING,
  structType,
} from '../../../engine/types/data-type.ts'
import { MapValue, type Row, type Value } from '../../../engine/types/value.ts'

const schema: Schema = [field('key', STRING), field('due', INT), field('n', BIGINT), field('tags', arrayType(STRING))]
const rowsUpTo = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

/** One side of a join; a row is due at its second column, in milliseconds, NULL never. */
class Side {
  readonly keys = new MultimapKeys(new KeyEncoder([schema[0]!]))
  readonly table = new MultimapTable({
    name: 'left',
    keys: this.keys,
    schema,
    describe: (batch) => this.#describe(rowsOf(batch)),
  })

  add(rows: readonly Row[]): void {
    const { columns } = batchFromRows(schema, rows)
    const { words, dueMs } = this.#describe(rows)
    const ids = new Int32Array(rows.length)
    this.keys.findOrAdd(words, rowsUpTo(rows.length), rows.length, ids)
    this.table.add(columns, rowsUpTo(rows.length), ids, rows.length, dueMs, null)
    this.keys.release(ids, rows.length)
  }
  /** The chain of a key, as row numbers. */
  chain(key: Value): number[] {
    const ids = new Int32Array(1)
    this.keys.findOrAdd(this.#describe([[key, 0]]).words, rowsUpTo(1), 1, ids)
    const rows: number[] = []
    for (let row = this.table.first(ids[0]!); row !== END; row = this.table.next(row)) rows.push(row)
    this.keys.release(ids, 1)
    return rows
  }
  contents(): Row[] {
    const read = (row: number): Row => [...this.table.columns.map((c) => readValue(c, row)), this.table.isMatched(row)]
    return KEYS.flatMap((key) => this.chain(key).map(read))
  }
  #describe(rows: readonly Row[]): { words: Int32Array; dueMs: Float64Array } {
    const keys = batchFromRows(
      [schema[0]!],
      rows.map((r) => [r[0]!]),
    )
    const dueMs = Float64Array.from(rows, (r) => (r[1] === null ? NEVER_DUE : (r[1] as number)))
    return { words: this.keys.encoder.encode(keys.columns, rows.length), dueMs }
  }
}

const KEYS = ['a', 'b', '', 'a longer key than the others', null]
const row = fc.tuple(
  fc.constantFrom(...KEYS),
  fc.option(fc.integer({ min: 0, max: 5000 }), { freq: 6 }),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.option(fc.array(fc.option(fc.constantFrom('x', 'yy')), { maxLength: 3 })),
)
const operations = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), rows: fc.array(row, { maxLength: 20 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict' as const), ms: fc.integer({ min: 0, max: 5000 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('match' as const, 'remove' as const), at: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'checkpoint' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'tidy' as const }) },
  ),
  { maxLength: 30 },
)
const concatenated = (chunks: Iterable<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...chunks]))
function restored(blocks: readonly Uint8Array[]): Side {
  const side = new Side()
  for (const block of blocks) side.table.restore(block)
  return side
}

describe('a multimap table', () => {
  test('holds what a plain list would, and is restored by its deltas and by its snapshot', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const side = new Side()
        const deltas: Uint8Array[] = []
        let model: Row[] = []
        let through = 0
        const contentsOf = (rows: readonly Row[]): Row[] => KEYS.flatMap((key) => rows.filter((r) => r[0] === key))
        for (const operation of list) {
          switch (operation.kind) {
            case 'add': {
              // As joins do, rows at or before what was evicted are not taken.
              const rows = operation.rows.filter((r) => r[1] === null || r[1] > through)
              side.add(rows)
              model.push(...rows.map((r) => [...r, false]))
              break
            }
            case 'evict': {
              through = Math.max(through, operation.ms)
              const before = model.length
              model = model.filter((r) => r[1] === null || (r[1] as number) > through)
              let seen = 0
              const removed = side.table.evict(through, (_, count) => {
                seen = count
              })
              expect([removed, seen]).toEqual([before - model.length, before - model.length])
              break
            }
            case 'match':
            case 'remove': {
              const ordered = KEYS.flatMap((key) => model.flatMap((r, i) => (r[0] === key ? [i] : [])))
              const place = ordered[operation.at % Math.max(1, ordered.length)]
              if (place === undefined) break
              const chosen = KEYS.flatMap((key) => side.chain(key))[operation.at % ordered.length]!
              if (operation.kind === 'remove') {
                side.table.remove(chosen)
                model.splice(place, 1)
              } else {
                side.table.match(chosen)
                model[place] = [...model[place]!.slice(0, -1), true]
              }
              break
            }
            case 'checkpoint':
              deltas.push(concatenated(side.table.delta()))
              side.table.committed()
              break
            case 'tidy':
              side.table.tidy()
          }
        }
        deltas.push(concatenated(side.table.delta()))
        side.table.committed()
        expect(side.table.delta()).toEqual([])
        expect(side.contents()).toEqual(contentsOf(model))
        expect(side.table.rows).toBe(model.length)
        for (const copy of [restored(deltas), restored([concatenated(side.table.snapshot())])]) {
          expect(copy.contents()).toEqual(contentsOf(model))
          // A restored table goes on as the live one.
          copy.table.evict(5000)
          expect(copy.contents()).toEqual(contentsOf(model.filter((r) => r[1] === null)))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('wins places and keys back: what it takes follows the rows it holds, not those it has seen', () => {
    const side = new Side()
    let most = 0
    for (let n = 0; n < 60; n++) {
      side.add(Array.from({ length: 1000 }, (_, i): Row => [`key ${n} ${i}`, 1000 * n + i, 1n, null]))
      side.table.evict(1000 * (n - 1))
      side.table.tidy()
      side.keys.forgetTexts()
      if (n === 20) most = side.table.bytes + side.keys.bytes
    }
    expect(side.table.rows).toBe(1999)
    expect(side.table.bytes + side.keys.bytes).toBeLessThanOrEqual(2 * most)
  })
})

describe('a growing column', () => {
  const samples: readonly [DataType, readonly Value[]][] = [
    [BOOLEAN, [true, null, false]],
    [SMALLINT, [1, -2, null]],
    [INT, [7, null]],
    [BIGINT, [1n << 60n, -1n]],
    [DOUBLE, [0.5, null, -1e300]],
    [decimalType(38, 2), [12345678901234567890123456789n, null, -1n]],
    [STRING, ['', 'é', null, 'a text of more than thirty-two bytes, copied at once']],
    [arrayType(INT), [[1, null], [], null]],
    [mapType(STRING, INT), [new MapValue([['k', 1]]), null]],
    [structType([field('a', STRING), field('b', BIGINT)]), [['x', 1n], null, [null, 2n]]],
    [CALENDAR_INTERVAL, [{ months: 1, days: 2, microseconds: 3n }, null]],
  ]
  test.each(samples)('keeps rows of %s in the order in which they are appended', (type, values) => {
    const { columns } = batchFromRows(
      [field('c', type)],
      values.map((v) => [v]),
    )
    const column = new GrowingColumn(type)
    const expected: Value[] = []
    for (let round = 0; round < 30; round++) {
      const rows = rowsUpTo(values.length).map((i) => (i * 7 + round) % values.length)
      column.append(columns[0]!, rows, rows.length)
      expected.push(...Array.from(rows, (i) => values[i]!))
    }
    const view = column.view()
    expect(Array.from({ length: column.length }, (_, i) => readValue(view, i))).toEqual(expected)
  })
})
