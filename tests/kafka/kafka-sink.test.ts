import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import * as zlib from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import type { SinkEnvironment } from '../../engine/connect/sink.ts'
import {
  arrayType,
  BIGINT,
  BINARY,
  type DataType,
  field,
  INT,
  type Schema,
  STRING,
  structType,
} from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { partitionOfKey } from '../../sinks/kafka/murmur2.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { rowsFrom, scanOf, settingsOf, sinkEnvironment, sourceEnvironment } from '../harness/connector-environment.ts'
import { exactlyOnceContract } from '../harness/sink-contract.ts'
import { describeWithKafka, type KafkaCluster } from './kafka-cluster.ts'

// The broker shall see what is packed here; that others' packages pack the same is tested in codecs.test.ts.
vi.mock('../../sources/kafka/client/native-codecs.ts', () => ({ nativeSnappy: () => undefined, nativeLz4: () => undefined }))

const canWriteZstd = 'zstdCompressSync' in zlib
const KEY_VALUE: Schema = [field('key', STRING), field('value', STRING)]

async function write(environment: SinkEnvironment, epoch: number, rows: readonly Row[]): Promise<'skip' | 'written'> {
  const sink = await kafkaSink.openStream(environment)
  try {
    const writer = await sink.begin(epoch)
    if (writer === 'skip') return 'skip'
    await writer.append(batchFromRows(environment.schema, rows))
    await writer.commit()
    return 'written'
  } finally {
    await sink.close()
  }
}
async function rowsOfTopic(
  cluster: KafkaCluster,
  topic: string,
  isolation = 'read_committed',
  columns = [3, 0, 1],
): Promise<Row[]> {
  if (isolation === 'read_committed') await cluster.settled(topic)
  const options = cluster.options(topic, { 'kafka.isolation.level': isolation, includeHeaders: 'true' })
  const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
  const rows = await rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema, columns)))
  return rows.map((row) => row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)))
}

test('keys go to the partition that Java’s producer gives them', () => {
  // Of org.apache.kafka.common.utils.UtilsTest.testMurmur2: hashes of these keys modulo 2^31.
  const hashes: Record<string, number> = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    abc: 479470107,
  }
  for (const [key, hash] of Object.entries(hashes)) {
    const bytes = Buffer.from(key)
    expect(partitionOfKey(bytes, 0, bytes.length, 0x7fffffff)).toBe((hash & 0x7fffffff) % 0x7fffffff)
  }
})

describeWithKafka('kafka sink', (cluster) => {
  const environmentOf = (
    topic: string,
    schema: Schema,
    options: Record<string, string> = {},
    more: Partial<SinkEnvironment> = {},
  ) =>
    sinkEnvironment(
      schema,
      { 'kafka.bootstrap.servers': cluster.broker.servers, topic, ...options },
      { queryId: randomUUID(), ...more },
    )

  exactlyOnceContract('kafka with transactions', async () => {
    const topic = await cluster.topic(2)
    return {
      definition: kafkaSink,
      environment: environmentOf(topic, KEY_VALUE, { transactional: 'true' }),
      epochs: [
        [
          ['a', '1'],
          ['b', '2'],
        ],
        [
          ['c', '3'],
          [null, '4'],
        ],
      ],
      contents: () => rowsOfTopic(cluster, topic, 'read_committed', [0, 1]),
    }
  })

  test('a row has its key, value, headers, topic and partition from the columns', async () => {
    const topic = await cluster.topic(3)
    const headers = arrayType(structType([field('key', STRING), field('value', BINARY)]))
    const schema = [
      field('value', BINARY),
      field('key', STRING),
      field('partition', INT),
      field('headers', headers),
      field('extra', INT),
    ]
    const bytes = (text: string) => new Uint8Array(Buffer.from(text))
    await write(environmentOf(topic, schema), 0, [
      [
        bytes('v0'),
        'k0',
        2,
        [
          ['h', bytes('x')],
          ['n', null],
        ],
        1,
      ],
      [null, null, 0, null, 2],
      [bytes(''), '', 1, [], 3],
    ])
    expect(await rowsOfTopic(cluster, topic, 'read_uncommitted', [3, 0, 1])).toEqual([
      [0, null, null],
      [1, '', ''],
      [2, 'k0', 'v0'],
    ])
    const withHeaders = await rowsOfTopic(cluster, topic, 'read_uncommitted', [7])
    expect(withHeaders).toEqual([
      [null],
      [null],
      [
        [
          ['h', bytes('x')],
          ['n', null],
        ],
      ],
    ])
  })

  test('rows without a partition go by the key’s hash, and without a key to partitions in turn', async () => {
    const topic = await cluster.topic(4)
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`)
    await write(
      environmentOf(topic, KEY_VALUE),
      0,
      keys.map((key) => [key, 'v']),
    )
    for (const [partition, key] of await rowsOfTopic(cluster, topic)) {
      const bytes = Buffer.from(key as string)
      expect(partition).toBe(partitionOfKey(bytes, 0, bytes.length, 4))
    }
    const turns = await cluster.topic(4)
    const environment = environmentOf(turns, [field('value', STRING)])
    for (let epoch = 0; epoch < 4; epoch++) await write(environment, epoch, [['v']])
    expect((await rowsOfTopic(cluster, turns)).map(([partition]) => partition)).toEqual([0, 1, 2, 3])
  })

  test('the topic can come from a column; the option wins; NULL has no way to go', async () => {
    const [a, b] = [await cluster.topic(), await cluster.topic()]
    const schema = [field('topic', STRING), field('value', STRING)]
    const { topic: _, ...options } = environmentOf(a, schema).options as Record<string, string>
    const environment = sinkEnvironment(schema, options)
    await write(environment, 0, [
      [a, '1'],
      [b, '2'],
      [a, '3'],
    ])
    expect((await rowsOfTopic(cluster, a)).map((row) => row[2])).toEqual(['1', '3'])
    expect((await rowsOfTopic(cluster, b)).map((row) => row[2])).toEqual(['2'])
    await expect(write(environment, 1, [[null, '4']])).rejects.toThrow(
      'the Kafka message data sent to the producer contains a null topic',
    )
    await write(environmentOf(b, schema), 2, [[null, '5']])
    expect((await rowsOfTopic(cluster, b)).map((row) => row[2])).toEqual(['2', '5'])
    await expect(write(environment, 3, [['no-such-topic', '6']])).rejects.toThrow('topic "no-such-topic" does not exist')
  })

  test('rows that cannot be records are refused in Spark’s words', async () => {
    const opening = (schema: Schema, options: Record<string, string> = {}) =>
      kafkaSink.openStream(sinkEnvironment(schema, { 'kafka.bootstrap.servers': cluster.broker.servers, topic: 't', ...options }))
    const one = (name: string, type: DataType): Schema => [field('value', STRING), field(name, type)]
    await expect(opening([field('key', STRING)])).rejects.toThrow("required attribute 'value' not found")
    await expect(opening([field('value', INT)])).rejects.toThrow(
      'value attribute unsupported type int; value must be a(n) string or binary',
    )
    await expect(opening(one('key', INT))).rejects.toThrow(
      'key attribute unsupported type int; key must be a(n) string or binary',
    )
    await expect(opening(one('topic', INT))).rejects.toThrow('topic attribute unsupported type int; topic must be a(n) string')
    await expect(opening(one('partition', BIGINT))).rejects.toThrow(
      'partition attribute unsupported type bigint; partition must be a(n) int',
    )
    await expect(opening(one('headers', STRING))).rejects.toThrow(
      'headers attribute unsupported type string; headers must be a(n) array<struct<key:string,value:binary>>',
    )
    await expect(opening(KEY_VALUE, { 'kafka.key.serializer': 'x' })).rejects.toThrow(
      "Kafka option 'key.serializer' is not supported",
    )
    if (!canWriteZstd)
      await expect(opening(KEY_VALUE, { 'kafka.compression.type': 'zstd' })).rejects.toThrow('cannot be zstd here')
    const { openStream } = kafkaSink
    await expect(openStream(sinkEnvironment(KEY_VALUE, { topic: 't' }))).rejects.toThrow(
      'Kafka option bootstrap.servers is not set',
    )
    await expect(openStream(sinkEnvironment([field('value', STRING)], { 'kafka.bootstrap.servers': 'x:1' }))).rejects.toThrow(
      "topic option required when no 'topic' attribute is present",
    )
    await expect(kafkaSink.writeTable!(environmentOf('t', KEY_VALUE), 'overwrite')).rejects.toThrow(
      'save mode Overwrite not allowed for Kafka',
    )
    const topic = await cluster.topic(2)
    const numbered = [field('value', STRING), field('partition', INT)]
    await expect(write(environmentOf(topic, numbered), 0, [['v', 2]])).rejects.toThrow(
      `partition 2 of topic ${topic} with partition count 2 is not present in metadata`,
    )
    await expect(write(environmentOf(topic, numbered), 0, [['v', -1]])).rejects.toThrow('invalid partition: -1')
    await expect(write(environmentOf(topic, KEY_VALUE), 0, [[null, 'x'.repeat(1 << 20)]])).rejects.toThrow(
      'more than kafka.max.request.size',
    )
  })

  test('many rows are cut into batches, packed, and stay in order within a partition', async () => {
    const topic = await cluster.topic(2)
    const rows = Array.from({ length: 40_000 }, (_, i) => [`key ${i % 10}`, `${String(i).padStart(8, '0')} ${'x'.repeat(60)}`])
    await write(environmentOf(topic, KEY_VALUE, { 'kafka.compression.type': 'gzip' }), 0, rows)
    await write(environmentOf(topic, KEY_VALUE), 1, rows)
    const read = await rowsOfTopic(cluster, topic)
    expect(read).toHaveLength(80_000)
    for (const key of ['key 0', 'key 7']) {
      const expected = rows.filter((row) => row[0] === key).map((row) => row[1])
      expect(read.filter((row) => row[1] === key).map((row) => row[2])).toEqual([...expected, ...expected])
    }
  })

  test.each(['gzip', 'snappy', 'lz4', ...(canWriteZstd ? ['zstd'] : [])])(
    'record batches that are packed with %s here are read by the broker, and here again',
    async (codec) => {
      const rows = Array.from({ length: 20_000 }, (_, i) => [
        `key ${i % 10}`,
        i % 7 === 0 ? null : `value ${i} ${'x'.repeat(i % 80)}`,
      ])
      // One topic keeps them as they are; for the other the broker has to unpack them, and packs them its own way.
      for (const kept of ['producer', codec === 'gzip' ? 'lz4' : 'gzip']) {
        const topic = await cluster.topic(1, { 'compression.type': kept })
        await write(environmentOf(topic, KEY_VALUE, { 'kafka.compression.type': codec }), 0, rows)
        expect(await rowsOfTopic(cluster, topic, 'read_uncommitted', [0, 1])).toEqual(rows)
      }
    },
  )

  test('a second instance of a query fences the first, whose open epoch is never seen', async () => {
    const topic = await cluster.topic()
    const environment = environmentOf(topic, KEY_VALUE, { transactional: 'true' })
    const first = await kafkaSink.openStream(environment)
    const started = await first.begin(0)
    if (started === 'skip') throw new Error('a new query has nothing to skip')
    await started.append(batchFromRows(KEY_VALUE, [['a', 'of the first']]))
    const second = await kafkaSink.openStream(environment)
    const taken = await second.begin(0)
    if (taken === 'skip') throw new Error('nothing was committed')
    await taken.append(batchFromRows(KEY_VALUE, [['a', 'of the second']]))
    await expect(started.commit()).rejects.toThrow('another instance of the query writes')
    await taken.commit()
    await started.abort()
    await expect(first.begin(0)).rejects.toThrow('another instance of the query writes')
    await expect.poll(() => rowsOfTopic(cluster, topic)).toEqual([[0, 'a', 'of the second']])
    await first.close()
    await second.close()
  })

  test('an epoch whose transaction has timed out is not seen, and the next start of the query writes it', async () => {
    const topic = await cluster.topic()
    const environment = environmentOf(topic, KEY_VALUE, { transactional: 'true', 'kafka.transaction.timeout.ms': '1000' })
    const rows = Array.from({ length: 20_000 }, (_, i) => ['k', `${i} ${'x'.repeat(100)}`])
    const sink = await kafkaSink.openStream(environment)
    const writer = await sink.begin(0)
    if (writer === 'skip') throw new Error('nothing was committed')
    await writer.append(batchFromRows(KEY_VALUE, rows))
    // The broker looks once a second for transactions that are too old.
    await pause(4000)
    await expect(writer.commit()).rejects.toThrow('its transaction has timed out')
    await sink.close()
    expect(await rowsOfTopic(cluster, topic)).toEqual([])
    expect(await write(environment, 0, rows)).toBe('written')
    expect((await rowsOfTopic(cluster, topic)).map((row) => row[2])).toEqual(rows.map((row) => row[1]))
  })

  test('a table is written in one go', async () => {
    const topic = await cluster.topic()
    const writer = await kafkaSink.writeTable!(environmentOf(topic, KEY_VALUE, { transactional: 'true' }), 'append')
    await writer.append(batchFromRows(KEY_VALUE, [['a', '1']]))
    await writer.append(batchFromRows(KEY_VALUE, [['b', '2']]))
    await writer.commit()
    await expect
      .poll(() => rowsOfTopic(cluster, topic))
      .toEqual([
        [0, 'a', '1'],
        [0, 'b', '2'],
      ])
  })
})
