import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { rowsOf } from '../../../engine/columnar/batch.ts'
import { csvDecoder } from '../../../engine/formats/csv.ts'
import { readCsvOptions } from '../../../engine/formats/csv-options.ts'
import { csvRecords } from '../../../engine/formats/csv-records.ts'
import { csvRecordReader } from '../../../engine/formats/csv-value.ts'
import { DECODE_PADDING, type DecodeRequest, type Decoder } from '../../../engine/formats/decoder.ts'
import { jsonDecoder } from '../../../engine/formats/json.ts'
import { readJsonOptions } from '../../../engine/formats/json-options.ts'
import { jsonRecordReader } from '../../../engine/formats/json-value.ts'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  field,
  INT,
  mapType,
  type Schema,
  STRING,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
} from '../../../engine/types/data-type.ts'
import type { Row } from '../../../engine/types/value.ts'

/** Two implementations of one meaning: what the fast decoders take from bytes, the exact readers must read the same from text. */
const schema: Schema = [
  field('i', INT),
  field('l', BIGINT),
  field('s', STRING),
  field('d', DOUBLE),
  field('m', decimalType(9, 2)),
  field('b', BOOLEAN),
  field('t', TIMESTAMP),
  field('n', TIMESTAMP_NTZ),
  field('e', DATE),
  field('y', TINYINT),
]
const nested: Schema = [
  field('s', STRING),
  field('o', structType([field('x', INT), field('y', arrayType(STRING)), field('z', structType([field('q', BIGINT)]))])),
  field('a', arrayType(structType([field('x', INT), field('s', STRING)]))),
  field('p', mapType(STRING, BIGINT)),
]
const timeZone = 'Europe/Berlin'

function requestOf(columns: Schema): DecodeRequest {
  return { schema: columns, columns: columns.map((_, i) => i), equals: [], memory: new Arena(), onBadRecord: undefined }
}

/** Decodes text that comes in pieces of `pieceLength` bytes, as a file reader gives it. */
function decodeInPieces(decoder: Decoder, text: string, pieceLength: number): Row[] {
  const content = new TextEncoder().encode(text)
  const buffer = new Uint8Array(content.length + DECODE_PADDING)
  const rows: Row[] = []
  let kept = 0
  decoder.startFile()
  for (let at = 0; ; at += pieceLength) {
    const piece = content.subarray(at, at + pieceLength)
    buffer.set(piece, kept)
    const end = kept + piece.length
    const last = at >= content.length
    let position = 0
    do position = decoder.decode(buffer, position, end, last)
    while (last && position < end)
    buffer.copyWithin(0, position, end)
    kept = end - position
    if (last) break
  }
  for (let batch = decoder.take(); batch !== undefined; batch = decoder.take()) rows.push(...rowsOf(batch))
  return rows
}

function exactJson(columns: Schema, text: string): Row[] {
  const read = jsonRecordReader(columns, readJsonOptions({}, { timeZone, exactText: true }), true)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { rows, reason } = read(line)
      return reason !== undefined && rows.length === 0 ? [columns.map(() => null)] : rows
    })
}

const number = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(1n << 65n), max: 1n << 65n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '-0.0',
    '1.50',
    '007',
    '1e3',
    '-1E-2',
    '1.',
    '.5',
    '200',
    '-129',
    '12345678901234567',
    '0.1',
    '99999999.99',
    '1.005',
  ),
)
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
  fc.constantFrom(
    '2024-02-29T12:34:56.123456Z',
    '2023-02-29',
    '2024-03-31 02:30:00',
    '2024-01-01T00:00',
    '2024-1-1',
    '2024-01-01T24:00:00Z',
    '',
  ),
  fc.constantFrom('2024-01-01T00:00:00+02:00', '2024-01-01T00:00:00.1', '0001-01-01T00:00:00Z', '9999-12-31 23:59:59.999999'),
)
const quoted = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((s) => JSON.stringify(s)),
  time.map((s) => JSON.stringify(s)),
  fc.constantFrom('"\\u00e9\\ud83d\\ude00"', '"\\ud83d"', '"\\x"', "'single'", '"tab\t"', '"a\\/b"', '"'),
)
const scalar = fc.oneof(number, quoted, fc.constantFrom('true', 'false', 'null', 'tru', 'nullx', 'NaN'))
const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(fc.constantFrom('x', 'y', 's', 'q', 'z', 'k'), tie('value')), { maxLength: 4 })
    .map((fields) => `{${fields.map(([k, v]) => `"${k}": ${v}`).join(' , ')}}`),
}))
const space = fc.constantFrom('', '', '', ' ', '\t')

function line(columns: Schema) {
  const names = [...columns.map((f) => f.name), 'unknown', 'i', 's']
  return fc
    .tuple(
      fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(value, scalar), space), { maxLength: 12 }),
      fc.constantFrom('}', '}', '}', ' } ', '}x', ''),
    )
    .map(([fields, end]) => `{${fields.map(([k, v, s]) => `"${k}"${s}:${s}${v}${s}`).join(',')}${end}`)
}
/** Lines as programs write them: the same keys in the same order. */
const plainLine = fc
  .tuple(
    fc.integer(),
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    time,
  )
  .map(
    ([i, l, s, d, b, t]) =>
      `{"i":${i},"l":${l},"s":${JSON.stringify(s)},"d":${d},"b":${b},"t":${JSON.stringify(t)},"e":"2024-05-06"}`,
  )

for (const [name, columns, lines] of [
  ['flat', schema, fc.oneof(line(schema), plainLine)],
  ['nested', nested, line(nested)],
] as const) {
  test(`json: generated code and the exact reader agree on ${name} records, however the bytes are cut`, () => {
    fc.assert(
      fc.property(fc.array(lines, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (records, pieceLength) => {
        const text = records.map((record) => record.replaceAll('\n', ' ').replaceAll('\r', ' ')).join('\n')
        const decoder = jsonDecoder(requestOf(columns), readJsonOptions({}, { timeZone, exactText: true }))
        expect(decodeInPieces(decoder, text, pieceLength)).toEqual(exactJson(columns, text))
      }),
      { numRuns: 500, endOnFailure: true },
    )
  })
}

/** Decodes texts that lie among other bytes. */
function decodeAtPlaces(columns: Schema, texts: readonly string[], between: Uint8Array, room: number): Row[] {
  const encoded = texts.map((text) => new TextEncoder().encode(text))
  const total = encoded.reduce((sum, text) => sum + text.length + between.length, 0)
  const buffer = new Uint8Array(total + room)
  const starts = new Int32Array(texts.length)
  const ends = new Int32Array(texts.length)
  let at = 0
  encoded.forEach((text, i) => {
    buffer.set(text, at)
    starts[i] = at
    ends[i] = at + text.length
    buffer.set(between, at + text.length)
    at += text.length + between.length
  })
  const before = buffer.slice()
  const decoder = jsonDecoder(requestOf(columns), readJsonOptions({}, { timeZone, exactText: true }))
  const rows: Row[] = []
  for (let from = 0; from < texts.length; ) {
    from = decoder.decodeRecords!(buffer, starts, ends, from, texts.length)
    for (let batch = decoder.take(); batch !== undefined; batch = decoder.take()) rows.push(...rowsOf(batch))
  }
  expect(buffer).toEqual(before)
  return rows
}

for (const [name, columns, lines] of [
  ['flat', schema, fc.oneof(line(schema), plainLine)],
  ['nested', nested, line(nested)],
] as const) {
  test(`json: records at places give what the exact reader gives on ${name} records, whatever stands between them`, () => {
    const record = fc.oneof(
      lines,
      lines.map((text) => text.replaceAll(',', ',\n  ')),
      lines.map((text) => text.slice(0, text.length >> 1)),
      fc.constantFrom('', ' ', '[{"i":1},{"i":2}]', '{', '}', '{"s":"', '{"i":1'),
    )
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 12 }),
        fc.uint8Array({ maxLength: 3 }),
        fc.constantFrom(0, 64),
        (records, between, room) => {
          const read = jsonRecordReader(columns, readJsonOptions({}, { timeZone, exactText: true }), true)
          const expected = records.flatMap((text) => {
            const { rows, reason } = read(text)
            return reason !== undefined && rows.length === 0 ? [columns.map(() => null)] : rows
          })
          expect(decodeAtPlaces(columns, records, between, room)).toEqual(expected)
        },
      ),
      { numRuns: 500, endOnFailure: true },
    )
  })
}

const cell = fc.oneof(
  number,
  time,
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('', 'true', 'FALSE', '"quoted"', '"a,b"', '"open', 'x"y', ' blank ', 'NaN'),
)
test('csv: the fast decoder and the exact reader agree, however the bytes are cut', () => {
  const options = readCsvOptions({}, { timeZone })
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: schema.length + 1 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 200 }),
      (records, pieceLength) => {
        const text = records.map((cells) => cells.join(',').replaceAll(/[\n\r]/g, ' ')).join('\n')
        const read = csvRecordReader(
          schema,
          schema.map((_, i) => i),
          options,
          true,
        )
        const bytes = new TextEncoder().encode(text)
        const expected = [...csvRecords(bytes, 0, bytes.length, options)].flatMap((record) => read(record.values).rows)
        expect(decodeInPieces(csvDecoder(requestOf(schema), options), text, pieceLength)).toEqual(expected)
      },
    ),
    { numRuns: 500, endOnFailure: true },
  )
})
