import avsc from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { batchFromRows } from '../../../engine/columnar/batch.ts'
import { interpret } from '../../../engine/evaluate/interpret.ts'
import { KernelColumns } from '../../../engine/evaluate/kernel-columns.ts'
import { type Expression, literal } from '../../../engine/expr/expression.ts'
import { parseAvroSchema } from '../../../engine/formats/avro-schema.ts'
import { sqlTypeOfAvro } from '../../../engine/formats/avro-sql-types.ts'
import { BINARY, field, mapType, STRING } from '../../../engine/types/data-type.ts'
import { MapValue, type Row } from '../../../engine/types/value.ts'
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
