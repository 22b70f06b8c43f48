import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import avsc from 'avsc'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Logger, silentLogger } from '../../engine/log.ts'
import { type Schema, simpleString } from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { recordSinks } from '../../sources/kafka/record-sink.ts'
import { kafkaSourceOptions } from '../../sources/kafka/source-options.ts'
import { sqlFrontend } from '../../sql/index.ts'
import { scanOf, settingsOf } from '../harness/connector-environment.ts'
import { recordPositions, rowsOfRecords, type TestRecord } from '../harness/kafka-records.ts'
import { framed, TestRegistry } from '../harness/schema-registry.ts'

type Options = Readonly<Record<string, string>>
const COMMON = { 'kafka.bootstrap.servers': 'localhost:1', subscribe: 'clicks', format: 'avro' }

function schemaOf(options: Options, given?: string): Schema {
  return kafkaSource.schema(
    { ...COMMON, ...options },
    given === undefined ? undefined : sqlFrontend.parseSchema(given),
    settingsOf(),
    true,
  )
}
interface Read {
  readonly rows: Row[]
  readonly bad: string[]
  /** As progress reports have it. */
  readonly badRecords: number | undefined
  readonly warnings: string[]
}
async function read(options: Options, given: string | undefined, records: readonly TestRecord[]): Promise<Read> {
  const table = schemaOf(options, given)
  const bad: string[] = []
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (message, fields) => warnings.push(`${message} ${JSON.stringify(fields)}`) }
  const scan = {
    ...scanOf(table),
    onBadRecord: ({ origin, reason, bytes }: { origin: string; reason: string; bytes: Uint8Array }) =>
      bad.push(`${origin}: ${Buffer.from(bytes).toString('hex')}: ${reason}`),
  }
  const sink = recordSinks(kafkaSourceOptions({ ...COMMON, ...options }, true), table, 'UTC', logger)(scan)
  const rows = await rowsOfRecords(sink, recordPositions(records))
  return { rows, bad, badRecords: sink.badRecords, warnings }
}
function refusal(options: Options, given?: string): string {
  try {
    schemaOf(options, given)
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string }
    return `${message} | ${hint}`
  }
  return 'accepted'
}
const types = (schema: Schema) => schema.map((f) => `${f.name} ${simpleString(f.type)}`)

const CLICK = {
  type: 'record',
  name: 'Click',
  fields: [
    { name: 'user', type: 'string' },
    { name: 'ms', type: 'int' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
}
const bytesOf = (schema: object, value: object) => avsc.Type.forSchema(schema as avsc.Schema).toBuffer(value)
const click = (user: string, ms: number) => bytesOf(CLICK, { user, ms, at: 1700000000000 + ms })
const AT = 1700000000000000n

describe('Avro values without a registry', () => {
  const options = { avroSchema: JSON.stringify(CLICK) }

  test('have the columns of the schema that is given', async () => {
    expect(types(schemaOf(options))).toEqual(['user string', 'ms int', 'at timestamp'])
    const { rows } = await read(options, undefined, [{ value: click('ann', 1) }, { value: null }, { value: click('bob', 2) }])
    expect(rows).toEqual([
      ['ann', 1, AT + 1000n],
      ['bob', 2, AT + 2000n],
    ])
  })

  test('are read into the columns that are named, by name and of wider types, beside metadata columns', async () => {
    const given = 'MS BIGINT, position BIGINT, user STRING'
    const { rows } = await read({ ...options, metadataColumns: 'offset AS position' }, given, [
      { value: click('ann', 1) },
      { value: null },
      { value: click('bob', 2) },
    ])
    expect(rows).toEqual([
      [1n, 0n, 'ann'],
      [2n, 2n, 'bob'],
    ])
  })

  test('that are damaged are NULL, left out or an error, and told with where they are', async () => {
    const records = [{ value: click('ann', 1) }, { value: Buffer.from([9, 65]) }, { value: '' }, { value: click('bob', 2) }]
    const { rows, bad } = await read({ ...options, metadataColumns: 'offset' }, undefined, records)
    expect(rows).toEqual([
      ['ann', 1, AT + 1000n, 0n],
      [null, null, null, 1n],
      [null, null, null, 2n],
      ['bob', 2, AT + 2000n, 3n],
    ])
    expect(bad).toEqual([
      'topic clicks, partition 3, offset 1, timestamp 2023-11-14T22:13:20.001Z: 0941: a length is -5',
      'topic clicks, partition 3, offset 2, timestamp 2023-11-14T22:13:20.002Z: : the bytes end too early',
    ])
    const dropped = await read({ ...options, mode: 'DROPMALFORMED' }, 'user STRING', records)
    expect(dropped.badRecords).toBe(2)
    expect(dropped.rows).toEqual([['ann'], ['bob']])
    await expect(read({ ...options, mode: 'FAILFAST' }, undefined, records)).rejects.toThrow("malformed record: X'0941'")
    const kept = await read(options, 'user STRING, _corrupt_record BINARY', records)
    expect(kept.rows[1]).toEqual([null, Uint8Array.from([9, 65])])
  })

  test('may be of a schema in a file, and of one that is no record', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'avro-'))
    const file = join(folder, 'click.avsc')
    writeFileSync(file, JSON.stringify(CLICK))
    expect(types(schemaOf({ avroSchemaUrl: file }))).toEqual(['user string', 'ms int', 'at timestamp'])
    expect(types(schemaOf({ avroSchemaUrl: pathToFileURL(file).href }))).toHaveLength(3)
    expect(refusal({ avroSchemaUrl: join(folder, 'none.avsc') })).toContain('cannot be read: ENOENT')
    const { rows } = await read({ avroSchema: '["null", "long"]' }, undefined, [
      { value: Buffer.from([0]) },
      { value: Buffer.from([2, 6]) },
    ])
    expect(rows).toEqual([[null], [3n]])
    expect(types(schemaOf({ avroSchema: '"long"' }, 'n BIGINT'))).toEqual(['n bigint'])
  })

  test('need a schema, columns that are in it, and types that it is read as', () => {
    expect(refusal({})).toBe(
      'format "avro" of source "kafka" needs a schema | Give it as "avroSchema", as a file with "avroSchemaUrl", or name a "schemaRegistry".',
    )
    expect(refusal(options, 'usr STRING')).toBe('column "usr" is not in the Avro schema | Did you mean "user"?')
    expect(refusal(options, 'user INT')).toBe('at "user", Avro "string" cannot be read as INT | undefined')
    expect(refusal(options, 'user STRING, _corrupt_record STRING')).toContain('it must be BINARY, not STRING')
    expect(refusal({ avroSchema: '{"type":"record"}' })).toContain('the Avro schema cannot be read: no name in')
    expect(refusal({ ...options, 'schemaRegistry.subject': 's' })).toContain('means nothing without the URL of a registry')
    expect(refusal({ schemaRegistry: 'localhost:8081' })).toContain(
      'must be the URL of a registry, such as http://localhost:8081',
    )
  })
})

describe('Avro values with a schema registry', () => {
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await TestRegistry.start()
  }, 60_000)
  afterAll(() => registry.close())

  const LATER = {
    ...CLICK,
    fields: [
      { name: 'ms', type: 'long' },
      { name: 'who', type: 'string', aliases: ['user'] },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'page', type: ['string', 'null'], default: 'home' },
    ],
  }

  test('have the columns of the subject’s schema; each is read by its own and resolved to that', async () => {
    const first = await registry.register('clicks-value', CLICK)
    const second = await registry.register('clicks-value', LATER)
    const options = { schemaRegistry: registry.url, metadataColumns: 'offset' }
    expect(types(schemaOf(options))).toEqual(['ms bigint', 'who string', 'at timestamp', 'page string', 'offset bigint'])
    const later = bytesOf(LATER, { ms: 5, who: 'eve', at: 1700000000000005, page: 'shop' })
    const { rows, bad } = await read(options, undefined, [
      { value: framed(first, click('ann', 1)) },
      { value: framed(second, later) },
      { value: framed(second, later) },
      { value: framed(first, click('bob', 2)) },
    ])
    expect(rows).toEqual([
      [1n, 'ann', AT + 1000n, 'home', 0n],
      [5n, 'eve', AT + 5n, 'shop', 1n],
      [5n, 'eve', AT + 5n, 'shop', 2n],
      [2n, 'bob', AT + 2000n, 'home', 3n],
    ])
    expect(bad).toEqual([])
    expect((await registry.requests()).filter((request) => request.startsWith('GET /schemas'))).toEqual([
      `GET /schemas/ids/${first}`,
      `GET /schemas/ids/${second}`,
    ])
    expect(types(schemaOf({ ...options, 'schemaRegistry.version': '1' }))[0]).toBe('user string')
  })

  test('of schemas that are not there, cannot be read as the table, or without a frame are malformed', async () => {
    const other = await registry.register('other-value', {
      type: 'record',
      name: 'Click',
      fields: [{ name: 'user', type: 'int' }],
    })
    const known = await registry.register('clicks-value', CLICK)
    const { rows, bad, warnings } = await read({ schemaRegistry: registry.url, mode: 'DROPMALFORMED' }, 'user STRING, ms INT', [
      { value: framed(known, click('ann', 1)) },
      { value: framed(999, click('x', 1)) },
      { value: framed(other, Buffer.from([2])) },
      { value: click('bob', 2) },
      { value: framed(known, click('eve', 3)) },
    ])
    expect(rows).toEqual([
      ['ann', 1],
      ['eve', 3],
    ])
    expect(bad).toEqual([
      expect.stringContaining('the schema registry has no schema 999 (Schema 999 not found)'),
      expect.stringContaining(`schema ${other} of the registry: at "user", Avro "int" cannot be read as STRING`),
      expect.stringContaining('it does not begin with a zero byte and the number of a schema'),
    ])
    expect(warnings).toHaveLength(2)
  })

  test('may be of schemas that name types of others', async () => {
    const user = { type: 'record', name: 'User', namespace: 'people', fields: [{ name: 'id', type: 'long' }] }
    await registry.register('people.User', user)
    const visit = { type: 'record', name: 'Visit', fields: [{ name: 'by', type: 'people.User' }] }
    const id = await registry.register('visits', visit, {
      references: [{ name: 'people.User', subject: 'people.User', version: 1 }],
    })
    const options = { schemaRegistry: registry.url, 'schemaRegistry.subject': 'visits' }
    expect(types(schemaOf(options))).toEqual(['by struct<id:bigint>'])
    expect((await read(options, undefined, [{ value: framed(id, Buffer.from([14])) }])).rows).toEqual([[[7n]]])
  })

  test('wait for a registry that does not answer, which is an error to try again', async () => {
    const id = await registry.register('clicks-value', CLICK)
    const given = 'user STRING'
    const one = [{ value: framed(id, click('ann', 1)) }]
    await registry.fail(1)
    await expect(read({ schemaRegistry: registry.url }, given, one)).rejects.toMatchObject({
      condition: 'SCHEMA_REGISTRY_UNAVAILABLE',
      retry: 'backoff',
    })
    await registry.fail(1)
    // Two URLs: the second is asked when the first fails.
    expect((await read({ schemaRegistry: `${registry.url},${registry.url}` }, given, one)).rows).toEqual([['ann']])
    expect(refusal({ schemaRegistry: 'http://127.0.0.1:9', 'schemaRegistry.timeout': '2s' })).toContain(
      'the schema registry does not answer when asked for version latest of subject "clicks-value"',
    )
    expect(refusal({ schemaRegistry: registry.url, subscribe: 'nothing' })).toContain("(Subject 'nothing-value' not found.)")
    expect(refusal({ schemaRegistry: registry.url, subscribe: 'a,b' })).toContain('it reads more than one topic')
  })

  test('are read with a password that is told nobody', async () => {
    const closed = await TestRegistry.start('alice:s3cret')
    try {
      await closed.register('clicks-value', CLICK)
      const named = { schemaRegistry: closed.url, 'schemaRegistry.username': 'alice', 'schemaRegistry.password': 's3cret' }
      expect(types(schemaOf(named))).toEqual(['user string', 'ms int', 'at timestamp'])
      const inUrl = closed.url.replace('http://', 'http://alice:s3cret@')
      expect(types(schemaOf({ schemaRegistry: inUrl }))).toHaveLength(3)
      const wrong = { ...named, 'schemaRegistry.password': 'wr0ng' }
      expect(refusal(wrong)).toContain('does not let version latest of subject "clicks-value" be read or written (status 401)')
      const failed = await read(wrong, 'user STRING', [{ value: framed(1, click('ann', 1)) }]).catch((error: unknown) => error)
      expect(failed).toMatchObject({ condition: 'SCHEMA_REGISTRY_REFUSED', retry: 'never' })
      for (const secret of ['s3cret', 'wr0ng']) {
        expect(
          `${JSON.stringify(failed)} ${String(failed)} ${refusal({ ...wrong, schemaRegistry: `${inUrl}:x` })} ${refusal(wrong)}`,
        ).not.toContain(secret)
      }
    } finally {
      await closed.close()
    }
  }, 60_000)
})
