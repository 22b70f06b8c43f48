import avsc from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { batchFromRows } from '../../../engine/columnar/batch.ts'
import { interpret } from '../../../engine/evaluate/interpret.ts'
import { KernelColumns } from '../../../engine/evaluate/kernel-columns.ts'
import { type Expression, literal } from '../../../engine/expr/expression.ts'
import { planReading } from '../../../engine/formats/avro-reading.ts'
import { avroSchemaText, parseAvroSchema } from '../../../engine/formats/avro-schema.ts'
import { avroSchemaOf, DEFAULT_TYPE_OPTIONS, sqlTypeOfAvro } from '../../../engine/formats/avro-sql-types.ts'
import { AvroInput, avroValueReader } from '../../../engine/formats/avro-value.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  DOUBLE,
  decimalType,
  field,
  INT,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
  VOID,
} from '../../../engine/types/data-type.ts'
import { MapValue, type Row, type Value } from '../../../engine/types/value.ts'
import { column, context, functions, valuesOf } from './both-ways.ts'

const RECORD = {
  type: 'record',
  name: 'Click',
  fields: [
    { name: 'user', type: 'string' },
    { name: 'page', type: ['null', 'string'] },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'tags', type: { type: 'array', items: ['null', 'int'] } },
    { name: 'counts', type: { type: 'map', values: 'long' } },
    { name: 'inner', type: { type: 'record', name: 'Inner', fields: [{ name: 'x', type: 'double' }] } },
  ],
}
const click = fc.record({
  user: fc.string(),
  page: fc.option(fc.string()),
  kind: fc.constantFrom('A', 'B'),
  tags: fc.array(fc.option(fc.integer()), { maxLength: 3 }),
  counts: fc.dictionary(
    fc.string({ maxLength: 3 }).filter((k) => k !== '__proto__'),
    fc.integer(),
    { maxKeys: 3 },
  ),
  inner: fc.record({ x: fc.double() }),
})

/** from_avro over the column, by the interpreter and over the whole column. */
function expectSame(values: readonly (Uint8Array | null)[], schema: unknown): void {
  const json = JSON.stringify(schema)
  const call: Expression = {
    kind: 'call',
    name: 'from_avro',
    args: [column(0, BINARY), literal(json, STRING), literal(new MapValue([['mode', 'PERMISSIVE']]), mapType(STRING, STRING))],
    type: sqlTypeOfAvro(parseAvroSchema(json)).type,
    nullable: true,
  }
  const rows: Row[] = values.map((value) => [value])
  const evaluate = interpret(call, functions, context)
  const kernels = KernelColumns.of([], [call], { functions, context, codegen: true })!
  const { columns } = kernels.prepare(batchFromRows([field('value', BINARY)], rows), new Arena())!
  expect(valuesOf(columns.at(-1)!)).toEqual(rows.map((row) => evaluate(row)))
}

test('from_avro over a column gives what it gives value by value: of records, of damaged ones, and of NULLs', () => {
  const type = avsc.Type.forSchema(RECORD as avsc.Schema)
  const record = click.map((value) => new Uint8Array(type.toBuffer(value)))
  const damaged = fc.tuple(record, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    const copy = bytes.slice()
    if (copy.length > 0) copy[at % copy.length] = byte
    return byte % 3 === 0 ? copy.subarray(0, at % (copy.length + 1)) : copy
  })
  const values = fc.array(fc.oneof({ weight: 3, arbitrary: record }, damaged, fc.constant(null)), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(values, (given) => expectSame(given, RECORD)),
    { numRuns: 200 },
  )
})

test('from_avro over a column reads schemas that are no records too', () => {
  const bytes = (...all: number[]) => Uint8Array.from(all)
  expectSame([bytes(6), null, bytes(), bytes(255)], 'long')
  expectSame([bytes(2, 2, 65), bytes(0), bytes(4)], ['null', 'string'])
  expectSame([bytes(4, 2, 4, 0), bytes(0), bytes(2)], { type: 'array', items: 'int' })
})

const WRITTEN = structType([
  field('i', INT),
  field('l', BIGINT, false),
  field('d', DOUBLE),
  field('b', BOOLEAN),
  field('s', STRING),
  field('x', BINARY),
  field('t', TIMESTAMP),
  field('m', decimalType(9, 2)),
  field('v', VOID),
  field('a', arrayType(structType([field('k', STRING), field('n', INT, false)]))),
  field('p', mapType(STRING, BIGINT)),
])
const long = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)
const written: fc.Arbitrary<Value> = fc
  .tuple(
    fc.option(fc.integer()),
    long,
    fc.option(fc.double()),
    fc.option(fc.boolean()),
    fc.option(fc.string({ unit: 'grapheme', maxLength: 20 })),
    fc.option(fc.uint8Array({ maxLength: 9 })),
    fc.option(fc.bigInt(-(10n ** 17n), 10n ** 17n)),
    fc.option(fc.bigInt(-(10n ** 9n) + 1n, 10n ** 9n - 1n)),
    fc.constant(null),
    fc.option(fc.array(fc.option(fc.tuple(fc.option(fc.string()), fc.integer())), { maxLength: 3 })),
    fc.option(fc.dictionary(fc.string({ maxLength: 4 }), fc.option(long), { maxKeys: 3 })),
  )
  .map(
    (row) => row.map((value, i) => (i === 10 && value !== null ? new MapValue(Object.entries(value as object)) : value)) as Value,
  )

test('to_avro over a column writes what it writes value by value, and what is read back is what was there', () => {
  const call = (schema: string | null): Expression => ({
    kind: 'call',
    name: 'to_avro',
    args: [column(0, WRITTEN), literal(schema, STRING)],
    type: BINARY,
    nullable: true,
  })
  const schema = avroSchemaOf(WRITTEN, true)
  const read = avroValueReader(
    planReading(schema, undefined, WRITTEN, { types: DEFAULT_TYPE_OPTIONS, meaning: 'reader' }),
    WRITTEN,
  )
  fc.assert(
    fc.property(fc.array(fc.option(written), { minLength: 1, maxLength: 10 }), (values) => {
      const rows: Row[] = values.map((value) => [value])
      for (const expression of [call(null), call(avroSchemaText(schema))]) {
        const kernels = KernelColumns.of([], [expression], { functions, context, codegen: true })!
        const { columns } = kernels.prepare(batchFromRows([field('r', WRITTEN)], rows), new Arena())!
        const bytes = valuesOf(columns.at(-1)!) as (Uint8Array | null)[]
        const evaluate = interpret(expression, functions, context)
        expect(bytes).toEqual(rows.map((row) => evaluate(row)))
        const back = bytes.map(
          (one) => one && read(new AvroInput().start(one, new DataView(one.buffer, one.byteOffset), 0, one.length)),
        )
        expect(back).toEqual(values)
      }
    }),
    { numRuns: 100 },
  )
})
