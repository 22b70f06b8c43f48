import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../engine/log.ts'
import { type Schema, simpleString } from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'
import type { RecordPositions } from '../../sources/kafka/client/record-reader.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { recordSinks } from '../../sources/kafka/record-sink.ts'
import { kafkaSourceOptions } from '../../sources/kafka/source-options.ts'
import { sqlFrontend } from '../../sql/index.ts'
import { scanOf, settingsOf } from '../harness/connector-environment.ts'
import { recordPositions, rowsOfRecords, type TestRecord } from '../harness/kafka-records.ts'

type Options = Readonly<Record<string, string>>

const columns = (text: string): Schema => sqlFrontend.parseSchema(text)

function schemaOf(options: Options, given?: string): Schema {
  const all = { 'kafka.bootstrap.servers': 'localhost:1', subscribe: 'clicks', ...options }
  return kafkaSource.schema(all, given === undefined ? undefined : columns(given), settingsOf(), false)
}
/** Rows of a table; `wanted` columns by name, all by default. */
function read(
  options: Options,
  given: string | undefined,
  records: readonly TestRecord[],
  wanted?: readonly string[],
): Promise<Row[]> {
  return rowsOf(options, given, recordPositions(records), wanted)
}
function rowsOf(
  options: Options,
  given: string | undefined,
  records: RecordPositions,
  wanted?: readonly string[],
): Promise<Row[]> {
  const table = schemaOf(options, given)
  const all = { 'kafka.bootstrap.servers': 'localhost:1', subscribe: 'clicks', ...options }
  const scan = scanOf(
    table,
    wanted?.map((name) => table.findIndex((f) => f.name === name)),
  )
  const sink = recordSinks(kafkaSourceOptions(all, false), table, 'UTC', silentLogger)(scan)
  return rowsOfRecords(sink, records)
}
function refusal(options: Options, given?: string): string {
  try {
    schemaOf(options, given)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

const THREE: readonly TestRecord[] = [
  {
    key: 'k0',
    value: '{"n":1}',
    headers: [
      ['trace', 'abc'],
      ['none', null],
    ],
  },
  { key: null, value: '{"n":2}' },
  { key: 'gone', value: null },
  { key: 'k3', value: '{"n":3}' },
]
const bytes = (text: string) => Uint8Array.from(Buffer.from(text))

describe('columns beside decoded values', () => {
  test('come after the value’s columns, by Spark’s names and types', async () => {
    const options = { format: 'json', metadataColumns: 'key, topic, partition, offset, timestamp, timestampType, headers' }
    expect(schemaOf(options, 'n INT').map((f) => `${f.name} ${simpleString(f.type)}`)).toEqual([
      'n int',
      'key binary',
      'topic string',
      'partition int',
      'offset bigint',
      'timestamp timestamp',
      'timestampType int',
      'headers array<struct<key:string,value:binary>>',
    ])
    expect(await read(options, 'n INT', THREE)).toEqual([
      [
        1,
        bytes('k0'),
        'clicks',
        3,
        0n,
        1700000000000000n,
        0,
        [
          ['trace', bytes('abc')],
          ['none', null],
        ],
      ],
      [2, null, 'clicks', 3, 1n, 1700000000001000n, 0, null],
      [3, bytes('k3'), 'clicks', 3, 3n, 1700000000003000n, 0, null],
    ])
    expect(await read(options, 'n INT', THREE, ['offset'])).toEqual([[0n], [1n], [3n]])
    expect(await read(options, 'n INT', THREE, ['topic', 'n'])).toEqual([
      ['clicks', 1],
      ['clicks', 2],
      ['clicks', 3],
    ])
  })

  test('stand where they are declared, under names of their own, and the key may be text', async () => {
    const options = { format: 'json', metadataColumns: 'offset AS position, key, timestamp' }
    expect(await read(options, 'position BIGINT, key STRING, n INT', THREE)).toEqual([
      [0n, 'k0', 1, 1700000000000000n],
      [1n, null, 2, 1700000000001000n],
      [3n, 'k3', 3, 1700000000003000n],
    ])
    const keys = ['a', '\u00e9', '', 'x'.repeat(300)].map((key) => ({ key, value: '{"n":1}' }))
    const positions = recordPositions([...keys, { key: 'abc', value: '{"n":1}' }])
    positions.bytes[positions.keyAt[4]!] = 0xff
    expect(await rowsOf(options, 'position BIGINT, key STRING, n INT', positions, ['key'])).toEqual([
      ['a'],
      ['\u00e9'],
      [''],
      ['x'.repeat(300)],
      ['\ufffdbc'],
    ])
  })

  test('belong to their rows whatever a value makes: no row, one, or several', async () => {
    const records = ['{"n":1}', 'oh no', '[{"n":2},{"n":3}]', '', ' {"n":4}', '{"n":"x"}', '[]', '{"n":5}'].map((value) => ({
      value,
    }))
    const options = { format: 'json', metadataColumns: 'offset' }
    expect(await read({ ...options, mode: 'DROPMALFORMED' }, 'n INT', records)).toEqual([
      [1, 0n],
      [2, 2n],
      [3, 2n],
      [4, 4n],
      [5, 7n],
    ])
    expect(await read(options, 'n INT', records)).toEqual([
      [1, 0n],
      [null, 1n],
      [2, 2n],
      [3, 2n],
      [4, 4n],
      [null, 5n],
      [5, 7n],
    ])
  })

  test('follow rows of one value over the end of a batch', async () => {
    const of = (n: number) => ({ key: `k${n}`, value: `[${Array.from({ length: 7000 }, () => `{"n":${n}}`)}]` })
    const rows = await read({ format: 'json', metadataColumns: 'offset, key' }, 'n INT', [0, 1, 2, 3, 4].map(of))
    expect(rows).toEqual([0, 1, 2, 3, 4].flatMap((n) => Array.from({ length: 7000 }, () => [n, BigInt(n), bytes(`k${n}`)])))
  })

  test('are there for csv and text too', async () => {
    const records = ['1,a\n2,b', 'x,c', '3,d'].map((value) => ({ value, headers: [['h', 'v']] as const }))
    const csv = { format: 'csv', mode: 'DROPMALFORMED', metadataColumns: 'offset, headers' }
    const headers = [['h', bytes('v')]]
    expect(await read(csv, 'n INT, s STRING', records)).toEqual([
      [1, 'a', 0n, headers],
      [2, 'b', 0n, headers],
      [3, 'd', 2n, headers],
    ])
    expect(await read({ format: 'text', metadataColumns: 'offset' }, undefined, records)).toEqual([
      ['1,a\n2,b', 0n],
      ['x,c', 1n],
      ['3,d', 2n],
    ])
  })

  test('that there are not, of wrong types, or of names that are taken are refused', () => {
    const options = (metadata: string, format = 'json') => ({ format, metadataColumns: metadata })
    expect(refusal(options('offsets'), 'n INT')).toBe('a record of Kafka has no "offsets" that could be a column')
    expect(refusal(options('value'), 'n INT')).toContain('has no "value"')
    expect(refusal(options('offset'), 'offset INT')).toBe('column "offset" is the offset of records, which is BIGINT, not INT')
    expect(refusal(options('offset, key AS Offset'), 'n INT')).toBe('option "metadataColumns" names the column "Offset" twice')
    expect(refusal({ metadataColumns: 'offset' })).toContain('metadata columns stand beside decoded values')
    expect(refusal(options('key AS value', 'text'))).toBe('the value has a column "value" too')
  })
})
