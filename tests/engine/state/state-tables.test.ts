import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batch, batchFromRows, rowOf } from '../../../engine/columnar/batch.ts'
import { OWNED_MEMORY } from '../../../engine/columnar/memory.ts'
import { ExpiringTable } from '../../../engine/state/expiring-table.ts'
import { KeyEncoder } from '../../../engine/state/key-encoder.ts'
import { NEVER_DUE, SegmentedTable } from '../../../engine/state/segmented-table.ts'
import type { StateTable } from '../../../engine/state/state-table.ts'
import { BufferStore, BytesStore, FixedStore } from '../../../engine/state/value-store.ts'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  CALENDAR_INTERVAL,
  DOUBLE,
  decimalType,
  FLOAT,
  field,
  INT,
  mapType,
  type Schema,
  STRING,
  structType,
  TIMESTAMP,
} from '../../../engine/types/data-type.ts'
import { MapValue, type Row, type Value } from '../../../engine/types/value.ts'

// The law of state tables: what deltas (or a snapshot) restore into an empty table equals the live table.

const keySchema: Schema = [field('at', TIMESTAMP), field('name', STRING), field('n', INT)]
const key = fc.tuple(
  fc.option(
    fc.integer({ min: 0, max: 4000 }).map((ms) => BigInt(ms) * 500n),
    { freq: 8 },
  ),
  fc.option(fc.constantFrom('a', 'bé', '', 'long text of a key'), { freq: 8 }),
  fc.integer({ min: 0, max: 2 }),
)
const operations = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), rows: fc.array(key, { maxLength: 30 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict' as const), ms: fc.integer({ min: 0, max: 500 }) }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'checkpoint' as const }) },
  ),
  { maxLength: 25 },
)
const rowsUpTo = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

function counters(): SegmentedTable {
  const keys = new KeyEncoder(keySchema)
  return new SegmentedTable({
    name: 'groups',
    keys,
    stores: () => [new FixedStore(BIGINT), new BytesStore(STRING), new BufferStore([arrayType(STRING), DOUBLE])],
    values: '',
    version: 1,
    dueMs: (bucket) => bucket,
    timeLane: keys.laneOf[0]!,
  })
}
/** Counts each key, keeps the last name, lists the names. */
function count(table: SegmentedTable, rows: readonly Row[]): void {
  for (const row of rows) {
    const time = row[0] as bigint | null
    const segment = table.segment(time === null ? NEVER_DUE : table.bucketOf(Math.ceil(Number(time) / 1000)))
    const ids = new Int32Array(1)
    const batch = batchFromRows(keySchema, [row])
    const before = segment.count
    segment.findOrAdd(table.keys.encode(batch.columns, 1), rowsUpTo(1), 1, ids)
    segment.touch(ids, 1)
    const [counts, last, lists] = segment.stores as [FixedStore, BytesStore, BufferStore]
    const id = ids[0]!
    if (segment.count > before) {
      counts.values[id] = 0n
      counts.valid[id] = 1
      lists.buffers[id] = [[], 0]
    }
    ;(counts.values as BigInt64Array)[id]! += 1n
    if (row[1] === null) last.clear(id)
    else last.set(id, new TextEncoder().encode(row[1] as string), 0, new TextEncoder().encode(row[1] as string).length)
    const buffer = lists.buffers[id]!
    buffer[0] = [...(buffer[0] as Value[]), row[1]!]
    buffer[1] = (buffer[1] as number) + 0.5
  }
}
function contents(table: SegmentedTable): Row[] {
  const rows: Row[] = []
  for (const segment of table.segments()) {
    const ids = rowsUpTo(segment.count)
    const columns = table.keys.decode(segment.groups.keys, ids, ids.length, OWNED_MEMORY)
    for (const store of segment.stores) columns.push(...store.take(ids, ids.length, OWNED_MEMORY))
    const batch = new Batch([], ids.length, columns)
    for (const id of ids) rows.push(rowOf(batch, id))
  }
  return rows.sort((a, b) => String(a).localeCompare(String(b)))
}
const concatenated = (chunks: Iterable<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...chunks]))
function restored<T extends StateTable>(fresh: T, blocks: readonly Uint8Array[]): T {
  for (const block of blocks) fresh.restore(block)
  return fresh
}

describe('a segmented table', () => {
  test('is restored by its deltas and by its snapshot, whatever was added, changed and evicted', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const table = counters()
        const deltas: Uint8Array[] = []
        const checkpoint = (): void => {
          deltas.push(concatenated(table.delta()))
          table.committed()
          table.beginEpoch()
        }
        let through = 0
        for (const operation of list) {
          // As operators do, rows at or before what was evicted are not taken.
          if (operation.kind === 'add')
            count(
              table,
              operation.rows.filter((r) => r[0] === null || r[0] > BigInt(through) * 1000n),
            )
          else if (operation.kind === 'evict') {
            through = Math.max(through, operation.ms)
            table.evict(through)
          } else checkpoint()
        }
        checkpoint()
        expect(table.delta()).toEqual([])
        const live = contents(table)
        expect(live.every((row) => row[0] === null || (row[0] as bigint) > BigInt(through) * 1000n || through === 0)).toBe(true)
        expect(contents(restored(counters(), deltas))).toEqual(live)
        const copy = restored(counters(), [concatenated(table.snapshot())])
        expect(contents(copy)).toEqual(live)
        expect(copy.rows).toBe(table.rows)
      }),
      { numRuns: 60 },
    )
  })

  test('writes what was touched since the last commit and nothing else', () => {
    const table = counters()
    count(table, [
      [0n, 'a', 1],
      [0n, 'b', 1],
    ])
    const whole = concatenated(table.delta()).length
    table.committed()
    expect(table.delta()).toEqual([])
    count(table, [[0n, 'a', 1]])
    expect(concatenated(table.delta()).length).toBeLessThan(whole)
    expect(restored(counters(), table.delta()).rows).toBe(1)
  })

  test('keeps keys apart where a segment gets the memory of a dropped one', () => {
    const keys = new KeyEncoder([field('n', BIGINT)])
    const table = new SegmentedTable({ name: 'keys', keys, stores: () => [], values: '', version: 1, dueMs: (ms) => ms })
    for (let round = 1; round <= 4; round++) {
      const numbers = Array.from({ length: 5000 - round * 700 }, (_, i): Row => [BigInt(round + 3 * i)])
      const batch = batchFromRows(keys.schema, numbers)
      const segment = table.segment(round)
      const ids = new Int32Array(numbers.length)
      expect(segment.count).toBe(0)
      segment.findOrAdd(keys.encode(batch.columns, numbers.length), rowsUpTo(numbers.length), numbers.length, ids)
      segment.touch(ids, numbers.length)
      expect(contents(table)).toEqual(numbers.sort((a, b) => String(a).localeCompare(String(b))))
      expect(
        contents(
          restored(
            new SegmentedTable({
              ...table.schema,
              name: 'keys',
              keys: new KeyEncoder(keys.schema),
              stores: () => [],
              values: '',
              dueMs: (ms) => ms,
            }),
            table.delta(),
          ),
        ),
      ).toEqual(contents(table))
      table.committed()
      expect(table.evict(round)).toBe(numbers.length)
      expect(table.rows).toBe(0)
    }
  })

  test('forgets texts of keys that are gone', () => {
    const table = counters()
    for (let n = 0; n < 20; n++) {
      const rows = Array.from({ length: 1000 }, (_, i): Row => [BigInt(n) * 2_000_000n + 1n, `key ${n} ${i}`, 1])
      count(table, rows)
      table.evict(n * 2000)
    }
    expect(table.keys.internedCount).toBeLessThan(8000)
    expect(contents(table).map((row) => row[1])).toContain('key 19 7')
  })
})

describe('an expiring table', () => {
  const dedupe = (): ExpiringTable => new ExpiringTable('keys', new KeyEncoder([field('name', STRING), field('n', INT)]))
  const add = (table: ExpiringTable, rows: readonly (readonly [string, number, number])[]): number[] => {
    const batch = batchFromRows(
      table.keys.schema,
      rows.map(([name, n]) => [name, n]),
    )
    const isNew = new Uint8Array(rows.length)
    const words = table.keys.encode(batch.columns, rows.length)
    table.add(
      words,
      rowsUpTo(rows.length),
      rows.length,
      Float64Array.from(rows, (r) => r[2]),
      isNew,
    )
    return [...isNew]
  }
  const entry = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 300 }))
  const list = fc.array(
    fc.oneof(
      fc.record({ rows: fc.array(entry, { maxLength: 20 }) }),
      fc.record({ through: fc.integer({ min: 0, max: 300 }) }),
      fc.constant('checkpoint' as const),
    ),
    { maxLength: 30 },
  )

  test('keeps a key until its own time, and is restored by deltas and snapshot', () => {
    fc.assert(
      fc.property(list, (operations) => {
        const table = dedupe()
        const model = new Map<string, number>()
        const deltas: Uint8Array[] = []
        let through = -1
        for (const operation of operations) {
          if (operation === 'checkpoint') {
            deltas.push(concatenated(table.delta()))
            table.committed()
          } else if ('through' in operation) {
            through = Math.max(through, operation.through)
            const due = [...model].filter(([, ms]) => ms <= through)
            for (const [k] of due) model.delete(k)
            expect(table.evict(through)).toBe(due.length)
          } else {
            const rows = operation.rows.filter((r) => r[2] > through)
            const expected = rows.map(([name, n, ms]) => {
              const k = `${name},${n}`
              if (model.has(k)) return 0
              model.set(k, ms)
              return 1
            })
            expect(add(table, rows)).toEqual(expected)
          }
        }
        deltas.push(concatenated(table.delta()))
        for (const copy of [restored(dedupe(), deltas), restored(dedupe(), [concatenated(table.snapshot())])]) {
          expect(copy.rows).toBe(model.size)
          for (const [k, ms] of [...model].sort((a, b) => a[1] - b[1])) {
            const [name, n] = k.split(',')
            expect(add(copy, [[name!, Number(n), 1000]])).toEqual([0])
            expect(ms).toBeGreaterThan(through)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('keys', () => {
  const schema: Schema = [
    field('b', BOOLEAN),
    field('f', FLOAT),
    field('d', DOUBLE),
    field('m', decimalType(30, 2)),
    field('l', arrayType(INT)),
    field('k', mapType(STRING, INT)),
    field('s', structType([field('x', DOUBLE)])),
    field('i', CALENDAR_INTERVAL),
  ]
  const idsOf = (rows: readonly Row[]): number[] => {
    const encoder = new KeyEncoder(schema)
    const table = new SegmentedTable({
      name: 't',
      keys: encoder,
      stores: () => [],
      values: '',
      version: 1,
      dueMs: () => NEVER_DUE,
    })
    const ids = new Int32Array(rows.length)
    const words = encoder.encode(batchFromRows(schema, rows).columns, rows.length)
    table.segment(NEVER_DUE).findOrAdd(words, rowsUpTo(rows.length), rows.length, ids)
    return [...ids]
  }
  const nothing: Row = [null, null, null, null, null, null, null, null]
  const row = (position: number, value: Value): Row => nothing.map((v, i) => (i === position ? value : v))

  test('NULL equals NULL and differs from zero, zeros and NaNs are one, maps do not care for order', () => {
    expect(idsOf([nothing, nothing, row(0, false), row(0, true), row(0, false)])).toEqual([0, 0, 1, 2, 1])
    expect(idsOf([row(1, 0), row(1, -0), row(1, Number.NaN), row(1, Number.NaN), nothing])).toEqual([0, 0, 1, 1, 2])
    expect(idsOf([row(2, 0), row(2, -0), row(2, Number.NaN), row(2, -Number.NaN), nothing])).toEqual([0, 0, 1, 1, 2])
    expect(idsOf([row(3, 1n), row(3, 1n << 64n), row(3, 1n), row(3, -1n)])).toEqual([0, 1, 0, 2])
    expect(idsOf([row(4, [1, null]), row(4, [1]), row(4, [1, null]), row(4, [])])).toEqual([0, 1, 0, 2])
    const maps = [
      new MapValue([
        ['a', 1],
        ['b', 2],
      ]),
      new MapValue([
        ['b', 2],
        ['a', 1],
      ]),
      new MapValue([['a', 1]]),
    ]
    expect(idsOf(maps.map((m) => row(5, m)))).toEqual([0, 0, 1])
    expect(idsOf([row(6, [0]), row(6, [-0]), row(6, [null]), nothing])).toEqual([0, 0, 1, 2])
    const day = { months: 0, days: 1, microseconds: 0n }
    expect(idsOf([row(7, day), row(7, { ...day }), row(7, { ...day, days: 2 })])).toEqual([0, 0, 1])
  })

  test('come back as they were', () => {
    const rows: Row[] = [
      [
        true,
        1.5,
        -2.25,
        12345678901234567890123n,
        [1, null],
        new MapValue([['k', 1]]),
        [0.5],
        { months: 1, days: 2, microseconds: 3n },
      ],
      nothing,
    ]
    const encoder = new KeyEncoder(schema)
    const words = encoder.encode(batchFromRows(schema, rows).columns, 2)
    const table = new SegmentedTable({
      name: 't',
      keys: encoder,
      stores: () => [],
      values: '',
      version: 1,
      dueMs: () => NEVER_DUE,
    })
    const ids = new Int32Array(2)
    table.segment(NEVER_DUE).findOrAdd(words, rowsUpTo(2), 2, ids)
    const back = new Batch(schema, 2, encoder.decode(table.segment(NEVER_DUE).groups.keys, ids, 2, OWNED_MEMORY))
    expect([rowOf(back, 0), rowOf(back, 1)]).toEqual(rows)
  })
})
