import * as arrow from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromArrowTable, readArrowIpc, schemaOfArrow, toArrowTable, writeArrowIpc } from '../../../engine/columnar/arrow.ts'
import { batchFromRows, rowsOf } from '../../../engine/columnar/batch.ts'
import { sliceBatch } from '../../../engine/columnar/concat.ts'
import { OWNED_MEMORY } from '../../../engine/columnar/memory.ts'
import { BIGINT, BOOLEAN, DOUBLE, decimalType, field, STRING, TIMESTAMP } from '../../../engine/types/data-type.ts'
import { arbitraryValue, SAMPLE_TYPES } from './arbitrary-values.ts'

// A calendar interval is a value of expressions, not of tables: it goes out, nothing of Arrow comes in as one.
const TABLE_TYPES = SAMPLE_TYPES.filter((type) => type.kind !== 'interval')

describe.each(TABLE_TYPES.map((type) => [String(type), type] as const))('%s', (_, type) => {
  test('comes back from Arrow and from IPC bytes as it was', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue(type), { maxLength: 20 }), fc.nat(9), (values, skip) => {
        const schema = [field('c', type)]
        const whole = batchFromRows(
          schema,
          values.map((value) => [value]),
        )
        const batch = sliceBatch(whole, Math.min(skip, values.length), values.length, OWNED_MEMORY)
        const rows = rowsOf(batch)
        const back = fromArrowTable(toArrowTable(schema, [batch], 'UTC'))
        expect(back.flatMap(rowsOf)).toEqual(rows)
        const read = readArrowIpc(writeArrowIpc(schema, [batch], 'UTC', 'stream'))
        // Arrow has TIME in nanoseconds only, so its precision becomes 9.
        if (type.kind !== 'time') expect(String(read.schema[0]!.type)).toBe(String(type))
        expect(read.batches.flatMap(rowsOf)).toEqual(rows)
      }),
      { numRuns: 25 },
    )
  })
})

test('a table of Arrow reads as its users expect', () => {
  const schema = [
    field('n', BIGINT),
    field('ok', BOOLEAN),
    field('price', decimalType(9, 2)),
    field('name', STRING),
    field('at', TIMESTAMP),
  ]
  const table = toArrowTable(
    schema,
    [
      batchFromRows(schema, [
        [1n, true, 1250n, 'a', 1_000_000n],
        [null, false, -1n, null, null],
      ]),
    ],
    'Europe/Berlin',
  )
  expect(String(table.schema.fields.map((f) => `${f.name}: ${f.type}`))).toBe(
    'n: Int64,ok: Bool,price: Decimal[9e+2],name: Utf8,at: Timestamp<MICROSECOND, Europe/Berlin>',
  )
  expect([...table.getChild('n')!]).toEqual([1n, null])
  expect([...table.getChild('ok')!]).toEqual([true, false])
  expect([...table.getChild('name')!]).toEqual(['a', null])
})

test('arrays of numbers and text go out without a copy', () => {
  const schema = [field('x', DOUBLE), field('s', STRING)]
  const batch = batchFromRows(schema, [[1.5, 'a']])
  const [x, s] = toArrowTable(schema, [batch], 'UTC').batches[0]!.data.children
  expect(x!.values.buffer).toBe(batch.columns[0]!.values!.buffer)
  expect(s!.values.buffer).toBe(batch.columns[1]!.bytes!.buffer)
})

test('what Arrow has and SQL has not is converted: unsigned, dictionaries, other units of time', () => {
  const table = new arrow.Table({
    u8: arrow.vectorFromArray([255, null], new arrow.Uint8()),
    u64: arrow.vectorFromArray([2n ** 63n, 1n], new arrow.Uint64()),
    word: arrow.vectorFromArray(['b', null], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
    seconds: arrow.vectorFromArray([0, 1000], new arrow.TimestampSecond()),
    day: arrow.vectorFromArray([new Date(0), new Date(-1)], new arrow.DateMillisecond()),
  })
  expect(schemaOfArrow(table.schema).map((f) => `${f.name} ${f.type}`)).toEqual([
    'u8 smallint',
    'u64 decimal(20,0)',
    'word string',
    'seconds timestamp_ntz',
    'day date',
  ])
  expect(fromArrowTable(table).flatMap(rowsOf)).toEqual([
    [255, 2n ** 63n, 'b', 0n, 0],
    [null, 1n, null, 1_000_000n, -1],
  ])
})

test('a slice of a table is that slice', () => {
  const table = arrow.tableFromArrays({ a: Int32Array.from({ length: 20 }, (_, i) => i) })
  const flags = new arrow.Table({
    f: arrow.vectorFromArray(Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? null : i % 2 === 0))),
  })
  expect(fromArrowTable(table.slice(5, 8)).flatMap(rowsOf)).toEqual([[5], [6], [7]])
  expect(fromArrowTable(flags.slice(5, 8)).flatMap(rowsOf)).toEqual([[false], [null], [false]])
})

test("a type without a counterpart is refused by the column's name", () => {
  const table = new arrow.Table({ v: arrow.vectorFromArray([new Uint8Array(2)], new arrow.FixedSizeBinary(2)) })
  expect(() => fromArrowTable(table)).toThrow('column "v" has the Arrow type FixedSizeBinary[2], which has no SQL type')
})
