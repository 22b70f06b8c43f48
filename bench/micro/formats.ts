import { readFileSync } from 'node:fs'
import { Arena } from '../../engine/columnar/arena.ts'
import { csvDecoder } from '../../engine/formats/csv.ts'
import { readCsvOptions } from '../../engine/formats/csv-options.ts'
import { DECODE_PADDING, type DecodeRequest, type Decoder } from '../../engine/formats/decoder.ts'
import { jsonDecoder } from '../../engine/formats/json.ts'
import { readJsonOptions } from '../../engine/formats/json-options.ts'
import { BIGINT, field, type Schema, STRING, TIMESTAMP } from '../../engine/types/data-type.ts'

/**
 * Rows a second of processor time of the decoders: `tsx bench/micro/formats.ts FILE.ndjson [seconds]` with bids or ad events of the benchmark's
 * generators. The same rows as lines of JSON, as JSON records at their places in a buffer (values of a log), as CSV, and as CSV in quotes.
 */
const schemas: Readonly<Record<string, Schema>> = {
  bid: [
    ...['auction', 'bidder', 'price'].map((name) => field(name, BIGINT)),
    ...['channel', 'url'].map((name) => field(name, STRING)),
    field('dateTime', TIMESTAMP),
    field('extra', STRING),
  ],
  event: [
    ...['user_id', 'page_id', 'ad_id', 'ad_type', 'event_type'].map((name) => field(name, STRING)),
    field('event_time', TIMESTAMP),
    field('ip_address', STRING),
  ],
}

function run(
  name: string,
  bytes: Uint8Array,
  length: number,
  open: (request: DecodeRequest) => Decoder,
  request: DecodeRequest,
): void {
  const arena = request.memory as Arena
  const rowsOfPass = (decoder: Decoder): number => {
    decoder.startFile()
    let rows = 0
    let position = 0
    while (position < length) {
      position = decoder.decode(bytes, position, length, true)
      rows += decoder.take()?.rowCount ?? 0
      arena.reset()
    }
    return rows
  }
  const decoder = open(request)
  for (let i = 0; i < 5; i++) rowsOfPass(decoder)
  const seconds = Number(process.argv[3] ?? 2)
  const used = process.cpuUsage()
  const elapsedSeconds = (): number => {
    const { user, system } = process.cpuUsage(used)
    return (user + system) / 1e6
  }
  let passes = 0
  let rows = 0
  while (elapsedSeconds() < seconds) {
    rows += rowsOfPass(decoder)
    passes++
  }
  const elapsed = elapsedSeconds()
  const lines = countLines(bytes, length) * passes
  console.log(
    `${name.padEnd(28)} ${(lines / elapsed / 1e6).toFixed(2)} M records/s  ${((length * passes) / elapsed / 1e6).toFixed(0)} MB/s  ${rows / passes} rows a pass`,
  )
}

function countLines(bytes: Uint8Array, length: number): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0 && at < length; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}

const data = readFileSync(process.argv[2]!)
const bytes = new Uint8Array(data.length + DECODE_PADDING)
bytes.set(data)
const isEvent = data.subarray(0, 400).includes('event_type')
const schema = schemas[isEvent ? 'event' : 'bid']!
const options = readJsonOptions({}, { timeZone: 'UTC' })
const request = (columns: readonly number[], equals: DecodeRequest['equals'] = []): DecodeRequest => ({
  schema,
  columns,
  equals,
  memory: new Arena(),
  onBadRecord: undefined,
})
const open = (r: DecodeRequest): Decoder => jsonDecoder(r, options)
run('json, all columns', bytes, data.length, open, request(schema.map((_, i) => i)))
run('json records, all columns', bytes, data.length, (r) => recordsDecoder(open(r)), request(schema.map((_, i) => i)))
run('json, pruned', bytes, data.length, open, request(isEvent ? [2, 4, 5] : [0, 2, 5]))
if (isEvent) {
  run(
    'json, pruned and filtered',
    bytes,
    data.length,
    open,
    request([2, 4, 5], [{ column: 1, bytes: new TextEncoder().encode('view') }]),
  )
}

const valuesOfFile = data
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => Object.values(JSON.parse(line) as Record<string, unknown>))
const csvOptions = readCsvOptions({}, { timeZone: 'UTC' })
for (const [name, print] of [
  ['csv', String],
  ['csv in quotes', (value: unknown) => (typeof value === 'string' ? `"${value}"` : String(value))],
] as const) {
  const csv = new TextEncoder().encode(`${valuesOfFile.map((row) => row.map(print).join(',')).join('\n')}\n`)
  const csvBytes = new Uint8Array(csv.length + DECODE_PADDING)
  csvBytes.set(csv)
  run(`${name}, all columns`, csvBytes, csv.length, (r) => csvDecoder(r, csvOptions), request(schema.map((_, i) => i)))
  run(`${name}, pruned`, csvBytes, csv.length, (r) => csvDecoder(r, csvOptions), request(isEvent ? [2, 4, 5] : [0, 2, 5]))
}

/** Lines by their places: what a source gives whose records lie among other bytes. */
function recordsDecoder(decoder: Decoder): Decoder {
  const starts = new Int32Array(countLines(bytes, data.length))
  const ends = starts.slice()
  for (let i = 0, at = 0; i < starts.length; i++) {
    starts[i] = at
    ends[i] = bytes.indexOf(10, at)
    at = ends[i]! + 1
  }
  let next = 0
  return {
    wholeFile: false,
    get full() {
      return decoder.full
    },
    get badRecords() {
      return decoder.badRecords
    },
    startFile() {
      next = 0
    },
    decode(given, _start, end) {
      next = decoder.decodeRecords!(given, starts, ends, next, starts.length)
      return next === starts.length ? end : starts[next]!
    },
    take: () => decoder.take(),
  }
}
