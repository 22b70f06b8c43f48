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
import { line, number, plainLine, time } from './json-texts.ts'

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
  fc.constantFrom(
    '',
    'true',
    'FALSE',
    'NULL',
    '"NULL"',
    '"quoted"',
    '"a,b"',
    '"12"',
    '"1.5"',
    '"true"',
    '""',
    '"open',
    'x"y',
    '"a""b"',
    '"a\\"b"',
    '"a"b',
  ),
  fc.constantFrom(' blank ', ' "x"', '"x" ', 'NaN', '#c', 'tab\tbed', '-0', '+1', '1.', '.5', '\u0001', 'é', '"é"'),
)
const plainCells = fc.tuple(
  fc.integer().map(String),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(String),
  fc.oneof(
    fc.string({ unit: 'grapheme' }).map((t) => t.replaceAll(/[",|\t\\]/g, 'x')),
    fc.constant('"a, b"'),
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -99999, max: 99999 }).map((n) => String(n / 100)),
  fc.constantFrom('true', 'False', ''),
  time,
  time,
  fc.constantFrom('2024-05-06', '', '2024-02-30'),
  fc.constantFrom('1', '"2"', '-128', '128'),
)

const CSV_OPTIONS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { sep: '\t' },
  { sep: '|', quote: '' },
  { escape: '"' },
  { nullValue: 'NULL' },
  { comment: '#' },
  { dateFormat: 'yyyy-MM-dd', timestampFormat: "yyyy-MM-dd'T'HH:mm:ss" },
  { unescapedQuoteHandling: 'STOP_AT_CLOSING_QUOTE' },
  { ignoreLeadingWhiteSpace: 'true' },
]
test('csv: generated code and the exact reader agree, whatever the options, the columns read, and however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.array(cell, { minLength: 1, maxLength: schema.length + 1 }), plainCells), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom(...CSV_OPTIONS),
      fc.option(fc.uniqueArray(fc.nat(schema.length - 1), { minLength: 1, maxLength: 4 }), { nil: undefined }),
      fc.constantFrom('\n', '\r\n', '\r'),
      (records, pieceLength, given, columns, lineBreak) => {
        const options = readCsvOptions(given, { timeZone })
        const text = records.map((cells) => cells.join(options.sep).replaceAll(/[\n\r]/g, ' ')).join(lineBreak)
        const wanted = columns ?? schema.map((_, i) => i)
        const read = csvRecordReader(schema, wanted, options, wanted.length === schema.length)
        const bytes = new TextEncoder().encode(text)
        const expected = [...csvRecords(bytes, 0, bytes.length, options)].flatMap((record) => read(record.values).rows)
        const decoder = csvDecoder({ ...requestOf(schema), columns: wanted }, options)
        expect(decodeInPieces(decoder, text, pieceLength)).toEqual(expected)
      },
    ),
    { numRuns: 1500, endOnFailure: true },
  )
})
