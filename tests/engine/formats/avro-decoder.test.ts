import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readValue } from '../../../engine/columnar/column.ts'
import { OWNED_MEMORY } from '../../../engine/columnar/memory.ts'
import { AvroDecoder, avroReader } from '../../../engine/formats/avro-decoder.ts'
import { planReading } from '../../../engine/formats/avro-reading.ts'
import { type AvroSchema, parseAvroSchema } from '../../../engine/formats/avro-schema.ts'
import { DEFAULT_TYPE_OPTIONS, sqlTypeOfAvro } from '../../../engine/formats/avro-sql-types.ts'
import { AvroInput, AvroMalformed, avroValueReader } from '../../../engine/formats/avro-value.ts'
import type { MalformedMode } from '../../../engine/formats/json-options.ts'
import type { DataType, Schema } from '../../../engine/types/data-type.ts'
import { MapValue, type Row, type Value } from '../../../engine/types/value.ts'

const OPTIONS = { types: DEFAULT_TYPE_OPTIONS, meaning: 'reader' } as const

interface Given {
  readonly writer: AvroSchema
  readonly reader?: AvroSchema
  readonly table: Schema
  readonly wanted?: readonly number[]
  readonly mode?: MalformedMode
  readonly meaning?: 'reader' | 'writer'
}
interface Decoded {
  readonly rows: Row[]
  readonly sources: number[]
  readonly bad: string[]
}

/** Records through the decoder of columns; they stand in one buffer, each behind the other, as in a batch of a broker. */
function decode(
  { writer, reader, table, wanted, mode = 'permissive', meaning = 'reader' }: Given,
  records: readonly Uint8Array[],
): Decoded {
  const all = wanted ?? table.map((_, i) => i)
  const made = avroReader(writer, reader, table, all, { ...OPTIONS, meaning })
  const bad: string[] = []
  const decoder = new AvroDecoder({
    table,
    wanted: all,
    corrupt: -1,
    mode,
    memory: OWNED_MEMORY,
    framed: false,
    readerOf: () => made,
    onBadRecord: (_, reason, record) => bad.push(`${record}: ${reason}`),
  })
  const bytes = Buffer.concat(records)
  const at = new Int32Array(records.length)
  const length = Int32Array.from(records, (r) => r.length)
  for (let i = 1; i < records.length; i++) at[i] = at[i - 1]! + length[i - 1]!
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  expect(decoder.decode(bytes, view, at, length, 0, records.length)).toBe(records.length)
  const sources = Array.from(decoder.sources.subarray(0, decoder.rows))
  const { rows: count } = decoder
  const columns = decoder.take()
  return { rows: Array.from({ length: count }, (_, row) => columns.map((column) => readValue(column, row))), sources, bad }
}

/** The same by the reader of single values; undefined: malformed. */
function readEach({ writer, reader, meaning = 'reader' }: Given, records: readonly Uint8Array[]): (Row | undefined)[] {
  const type: DataType = sqlTypeOfAvro(reader ?? writer).type
  const read = avroValueReader(planReading(writer, reader, type, { ...OPTIONS, meaning }), type)
  return records.map((record) => {
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
    try {
      return read(new AvroInput().start(record, view, 0, record.length)) as Row
    } catch (error) {
      if (error instanceof AvroMalformed) return undefined
      throw error
    }
  })
}

function tableOf(schema: AvroSchema): Schema {
  const { type } = sqlTypeOfAvro(schema)
  if (type.kind !== 'struct') throw new Error('the schemas of these tests are records')
  return type.fields
}

/** Schemas with values of theirs, as avsc takes them and as SQL has them. */
interface Sample {
  readonly json: unknown
  readonly value: fc.Arbitrary<{ readonly avro: unknown; readonly sql: Value }>
}
const same = (value: fc.Arbitrary<Value>): Sample['value'] => value.map((v) => ({ avro: v, sql: v }))
const names = (() => {
  let next = 0
  return () => `T${next++}`
})()

const leaf: fc.Arbitrary<Sample> = fc
  .constantFrom<() => Sample>(
    () => ({ json: 'boolean', value: same(fc.boolean()) }),
    () => ({ json: 'int', value: same(fc.integer()) }),
    // avsc's longs are doubles, and zig-zag coding takes a bit of them.
    () => ({ json: 'long', value: fc.bigInt(-(2n ** 52n) + 1n, 2n ** 52n - 1n).map((v) => ({ avro: Number(v), sql: v })) }),
    () => ({ json: 'float', value: same(fc.float()) }),
    () => ({ json: 'double', value: same(fc.double()) }),
    () => ({ json: 'string', value: same(fc.string({ unit: 'grapheme', maxLength: 40 })) }),
    () => ({ json: 'bytes', value: fc.uint8Array({ maxLength: 20 }).map((v) => ({ avro: Buffer.from(v), sql: v })) }),
    () => ({ json: { type: 'int', logicalType: 'date' }, value: same(fc.integer()) }),
    () => ({
      json: { type: 'fixed', name: names(), size: 5 },
      value: fc.uint8Array({ minLength: 5, maxLength: 5 }).map((v) => ({ avro: Buffer.from(v), sql: v })),
    }),
    () => ({
      json: { type: 'enum', name: names(), symbols: ['RED', 'GREEN', 'VERY_DARK_BLUE'] },
      value: same(fc.constantFrom('RED', 'GREEN', 'VERY_DARK_BLUE')),
    }),
    () => ({
      json: { type: 'long', logicalType: 'timestamp-millis' },
      value: fc.integer({ min: -1e14, max: 1e14 }).map((v) => ({ avro: v, sql: BigInt(v) * 1000n })),
    }),
    () => ({
      json: { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 4 },
      value: fc.bigInt(-(10n ** 30n) + 1n, 10n ** 30n - 1n).map((v) => ({ avro: bigEndian(v), sql: v })),
    }),
    () => ({
      json: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 },
      value: fc.bigInt(-(10n ** 12n) + 1n, 10n ** 12n - 1n).map((v) => ({ avro: bigEndian(v), sql: v })),
    }),
  )
  .map((make) => make())

function bigEndian(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.unshift(Number(rest & 255n))
    rest >>= 8n
  } while ((rest !== 0n && rest !== -1n) || (rest === 0n ? bytes[0]! > 127 : bytes[0]! < 128))
  return Buffer.from(bytes)
}

const sample: fc.Arbitrary<Sample> = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: leaf, weight: 4 },
    {
      arbitrary: tie('sample')
        .filter(({ json }) => !Array.isArray(json))
        .chain((s) =>
          fc.boolean().map(
            (first): Sample => ({
              json: first ? ['null', s.json] : [s.json, 'null'],
              value: fc
                .option(s.value, { nil: { avro: null, sql: null } })
                .map((v) => (v.avro === null ? v : { avro: wrap(s.json, v.avro), sql: v.sql })),
            }),
          ),
        ),
      weight: 2,
    },
    {
      arbitrary: tie('sample').map(
        (s): Sample => ({
          json: { type: 'array', items: s.json },
          value: fc.array(s.value, { maxLength: 4 }).map((v) => ({ avro: v.map((x) => x.avro), sql: v.map((x) => x.sql) })),
        }),
      ),
      weight: 1,
    },
    {
      arbitrary: tie('sample').map(
        (s): Sample => ({
          json: { type: 'map', values: s.json },
          value: fc
            .dictionary(
              fc.string({ maxLength: 5 }).filter((k) => k !== '__proto__'),
              s.value,
              { maxKeys: 4 },
            )
            .map((v) => ({
              avro: Object.fromEntries(Object.entries(v).map(([k, x]) => [k, x.avro])),
              sql: new MapValue(Object.entries(v).map(([k, x]) => [k, x.sql])),
            })),
        }),
      ),
      weight: 1,
    },
    { arbitrary: fc.array(tie('sample'), { minLength: 1, maxLength: 4 }).map(recordOf), weight: 1 },
  ),
})).sample

function recordOf(fields: readonly Sample[]): Sample {
  return {
    json: { type: 'record', name: names(), fields: fields.map((f, i) => ({ name: `f${i}`, type: f.json })) },
    value: fc.tuple(...fields.map((f) => f.value)).map((values) => ({
      avro: Object.fromEntries(values.map((v, i) => [`f${i}`, v.avro])),
      sql: values.map((v) => v.sql),
    })),
  }
}
/** avsc names the branch of a union's value. */
function wrap(json: unknown, value: unknown): unknown {
  const { type, name } = typeof json === 'string' ? { type: json, name: undefined } : (json as { type: string; name?: string })
  return { [name ?? type]: value }
}
const record = fc.array(sample, { minLength: 1, maxLength: 5 }).map(recordOf)

describe('Avro records to columns', () => {
  test('give the values that another implementation has written, and so does the reader of single values', () => {
    fc.assert(
      fc.property(
        record.chain((s) => fc.tuple(fc.constant(s), fc.array(s.value, { minLength: 1, maxLength: 8 }))),
        ([{ json }, values]) => {
          const writer = parseAvroSchema(JSON.stringify(json))
          const type = avsc.Type.forSchema(json as avsc.Schema, { wrapUnions: true, logicalTypes: {} })
          const records = values.map(({ avro }) => type.toBuffer(avro))
          const given = { writer, table: tableOf(writer) }
          const expected = values.map(({ sql }) => sql)
          expect(decode(given, records)).toEqual({ rows: expected, sources: records.map((_, i) => i), bad: [] })
          expect(readEach(given, records)).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('that are damaged are malformed for both or read alike by both, and leave the rows around them whole', () => {
    fc.assert(
      fc.property(
        record.chain((s) => fc.tuple(fc.constant(s), fc.array(s.value, { minLength: 3, maxLength: 6 }))),
        fc.infiniteStream(fc.nat()),
        ([{ json }, values], random) => {
          const writer = parseAvroSchema(JSON.stringify(json))
          const type = avsc.Type.forSchema(json as avsc.Schema, { wrapUnions: true, logicalTypes: {} })
          const next = () => random.next().value as number
          const records = values.map(({ avro }, i) => (i % 2 === 0 ? type.toBuffer(avro) : damaged(type.toBuffer(avro), next)))
          const given = { writer, table: tableOf(writer) }
          const each = readEach(given, records)
          const nulls = given.table.map(() => null)
          expect(decode(given, records).rows).toEqual(each.map((row) => row ?? nulls))
          const dropped = decode({ ...given, mode: 'dropmalformed' }, records)
          expect(dropped.rows).toEqual(each.filter((row) => row !== undefined))
          expect(dropped.sources).toEqual(each.flatMap((row, i) => (row === undefined ? [] : [i])))
          expect(dropped.bad).toHaveLength(records.length - dropped.rows.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('are read in the columns that are wanted only, whatever stands between them', () => {
    fc.assert(
      fc.property(
        record.chain((s) => fc.tuple(fc.constant(s), fc.array(s.value, { minLength: 1, maxLength: 4 }))),
        fc.nat(),
        ([{ json }, values], pick) => {
          const writer = parseAvroSchema(JSON.stringify(json))
          const type = avsc.Type.forSchema(json as avsc.Schema, { wrapUnions: true, logicalTypes: {} })
          const table = tableOf(writer)
          const column = pick % table.length
          const { rows } = decode(
            { writer, table, wanted: [column] },
            values.map(({ avro }) => type.toBuffer(avro)),
          )
          expect(rows).toEqual(values.map(({ sql }) => [(sql as Row)[column]]))
        },
      ),
      { numRuns: 200 },
    )
  })
})

function damaged(bytes: Buffer, next: () => number): Buffer {
  const copy = Buffer.from(bytes)
  switch (next() % 3) {
    case 0:
      return copy.subarray(0, next() % (copy.length + 1))
    case 1:
      if (copy.length > 0) copy[next() % copy.length] = next() & 255
      return copy
    default:
      return Buffer.from(Array.from({ length: next() % 12 }, () => next() & 255))
  }
}

describe('Avro schemas that differ', () => {
  const avro = (json: unknown) => parseAvroSchema(JSON.stringify(json))
  const record = (...fields: [name: string, type: unknown, more?: object][]) =>
    avro({ type: 'record', name: 'r', fields: fields.map(([name, type, more]) => ({ name, type, ...more })) })
  const hex = (...texts: string[]) => texts.map((text) => Buffer.from(text, 'hex'))
  /** By both ways. */
  function both(writer: AvroSchema, reader: AvroSchema, records: readonly Buffer[], meaning: 'reader' | 'writer'): Row[] {
    const given = { writer, reader, table: tableOf(reader), meaning }
    const { rows } = decode(given, records)
    expect(rows).toEqual(readEach(given, records).map((row) => row ?? given.table.map(() => null)))
    return rows
  }

  test('keep the meaning of numbers by the writer’s logical type, or take them as they are by the reader’s', () => {
    const time = (unit: string) => record(['t', { type: 'long', logicalType: `timestamp-${unit}` }])
    const amount = (scale: number) => record(['a', { type: 'bytes', logicalType: 'decimal', precision: 9, scale }])
    const written = hex('f6a1b7e6eb5b')
    expect(both(time('millis'), time('micros'), written, 'writer')).toEqual([[1577836800123000n]])
    expect(both(time('millis'), time('micros'), written, 'reader')).toEqual([[1577836800123n]])
    expect(both(amount(2), amount(4), hex('0404d2'), 'writer')).toEqual([[123400n]])
    expect(both(amount(2), amount(1), hex('0404d2', '0404d3', '0404d7', '04fb2d'), 'writer')).toEqual([
      [123n],
      [124n],
      [124n],
      [-124n],
    ])
    expect(both(amount(2), amount(4), hex('0404d2'), 'reader')).toEqual([[1234n]])
  })

  test('are resolved with defaults, aliases, other orders and wider types, by generated code too', () => {
    const writer = record(
      ['a', 'int'],
      ['b', 'string'],
      ['c', ['null', 'int']],
      ['d', { type: 'enum', name: 'E', symbols: ['X', 'Y'] }],
    )
    const reader = record(
      ['c', ['long', 'null']],
      ['z', { type: 'array', items: 'string' }, { default: ['p', 'q'] }],
      ['e', { type: 'enum', name: 'E', symbols: ['Y', 'OTHER'], default: 'OTHER' }, { aliases: ['d'] }],
      ['a', 'double'],
    )
    expect(both(writer, reader, hex('020278000002', '0402780206000200'), 'writer')).toEqual([
      [null, ['p', 'q'], 'OTHER', 1],
      [3n, ['p', 'q'], 'OTHER', 2],
    ])
  })

  test('pass over what is not wanted: blocks with their sizes, unions, and records inside themselves', () => {
    const tree = { type: 'record', name: 'Tree', fields: [{ name: 'kids', type: { type: 'array', items: 'Tree' } }] }
    const writer = record(['tree', tree], ['list', { type: 'array', items: 'int' }], ['either', ['string', 'long']], ['n', 'int'])
    const reader = record(['n', 'int'])
    // Two kids, one of them with a kid; a block of two with its size in bytes; a text.
    expect(both(writer, reader, hex('0402000000000304020400000278' + '0e'), 'reader')).toEqual([[7]])
  })

  test('have longs of all 64 bits', () => {
    const writer = record(['n', 'long'])
    const records = hex(
      'feffffffffffffffff01',
      'ffffffffffffffffff01',
      'ffffffffffffffff7f',
      '80808080808080808001',
      '01',
      '8001',
    )
    expect(both(writer, writer, records, 'reader')).toEqual([
      [2n ** 63n - 1n],
      [-(2n ** 63n)],
      [-(2n ** 62n)],
      [2n ** 62n],
      [-1n],
      [64n],
    ])
  })

  test('so deep inside themselves that no stack holds it are malformed', () => {
    const tree = { type: 'record', name: 'Tree', fields: [{ name: 'next', type: ['null', 'Tree'] }] }
    const writer = record(['n', 'int'], ['tree', tree])
    const { rows, bad } = decode({ writer, table: tableOf(record(['n', 'int'])) }, [
      Buffer.alloc(1_000_000, 2),
      Buffer.from([4, 0]),
    ])
    expect(rows).toEqual([[null], [2]])
    expect(bad).toHaveLength(1)
  })
})
