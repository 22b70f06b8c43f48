import { expect, test } from 'vitest'
import type { Offset } from '../../engine/connect/offset.ts'
import type { Source } from '../../engine/connect/source.ts'
import type { Schema } from '../../engine/types/data-type.ts'
import { BIGINT, field, STRING } from '../../engine/types/data-type.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { MemoryLog, rowsFrom, scanOf, settingsOf, sourceEnvironment } from '../harness/connector-environment.ts'
import { sourceContract } from '../harness/source-contract.ts'
import { describeWithKafka } from './kafka-cluster.ts'

const text = (value: unknown): string | null => (value === null ? null : Buffer.from(value as Uint8Array).toString())

function schemaOf(options: Record<string, string>, given?: Schema, streaming = true): Schema {
  return kafkaSource.schema(options, given, settingsOf(), streaming)
}
async function openStream(options: Record<string, string>, log = new MemoryLog(), given?: Schema): Promise<Source> {
  return kafkaSource.openStream!(sourceEnvironment(options, schemaOf(options, given), log))
}
/** Rows of a table: `topic/partition/offset key=value`. */
async function readTable(options: Record<string, string>): Promise<string[]> {
  const schema = schemaOf(options, undefined, false)
  const rows = await rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema)))
  return rows.map((row) => `${row[2]}/${row[3]}/${row[4]} ${text(row[0])}=${text(row[1])}`)
}
async function valuesOf(source: Source, after: Offset | null, through: Offset): Promise<(string | null)[]> {
  return (await rowsFrom(source.read(after, through, scanOf(source.schema, [1])))).map((row) => text(row[0]))
}

describeWithKafka('kafka source', (cluster) => {
  sourceContract('kafka', async () => {
    const topic = await cluster.topic(2)
    let sent = 0
    return {
      definition: kafkaSource,
      options: cluster.options(topic, { startingOffsets: 'earliest' }),
      more: () =>
        cluster.send(
          topic,
          Array.from({ length: 5 }, () => ({ key: `k${sent}`, value: `v${sent}`, partition: sent++ % 2 })),
        ),
      replays: true,
    }
  })

  test('a table has Spark’s columns, with NULL keys, values and headers kept apart from empty ones', async () => {
    const topic = await cluster.topic()
    await cluster.send(topic, [
      { key: 'k', value: 'v', timestamp: '1700000000123', headers: { a: 'x', b: Buffer.from([1, 2]) } },
      { key: null, value: null, timestamp: '1700000000124' },
      { key: '', value: '', timestamp: '1700000000125' },
    ])
    const options = cluster.options(topic, { includeHeaders: 'true' })
    const schema = schemaOf(options, undefined, false)
    expect(schema.map((f) => f.name)).toEqual([
      'key',
      'value',
      'topic',
      'partition',
      'offset',
      'timestamp',
      'timestampType',
      'headers',
    ])
    const rows = await rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema)))
    expect(rows.map((row) => [text(row[0]), text(row[1]), ...row.slice(2, 7)])).toEqual([
      ['k', 'v', topic, 0, 0n, 1700000000123000n, 0],
      [null, null, topic, 0, 1n, 1700000000124000n, 0],
      ['', '', topic, 0, 2n, 1700000000125000n, 0],
    ])
    expect(rows.map((row) => row[7])).toEqual([
      [
        ['a', new Uint8Array([120])],
        ['b', new Uint8Array([1, 2])],
      ],
      null,
      null,
    ])
  })

  test('a table is read between bounds by offset, by time and by word', async () => {
    const topic = await cluster.topic(2)
    for (let i = 0; i < 6; i++)
      await cluster.send(topic, [{ key: `${i}`, value: `v${i}`, partition: i % 2, timestamp: String(1000 + i * 10) }])
    const all = await readTable(cluster.options(topic))
    expect(all).toEqual(
      [0, 2, 4].map((i, at) => `${topic}/0/${at} ${i}=v${i}`).concat([1, 3, 5].map((i, at) => `${topic}/1/${at} ${i}=v${i}`)),
    )
    expect(
      await readTable(
        cluster.options(topic, { startingOffsets: `{"${topic}":{"0":1,"1":-2}}`, endingOffsets: `{"${topic}":{"0":-1,"1":1}}` }),
      ),
    ).toEqual([all[1], all[2], all[3]])
    expect(await readTable(cluster.options(topic, { startingTimestamp: '1015', endingTimestamp: '1035' }))).toEqual([
      all[1],
      all[4],
    ])
    expect(await readTable(cluster.options(topic, { startingOffsetsByTimestamp: `{"${topic}":{"0":1040,"1":1050}}` }))).toEqual([
      all[2],
      all[5],
    ])
    await expect(readTable(cluster.options(topic, { startingTimestamp: '99999' }))).rejects.toThrow(
      `no offset matched from request of topic-partition ${topic}-0 and timestamp 99999`,
    )
    expect(
      await readTable(cluster.options(topic, { startingTimestamp: '99999', startingOffsetsByTimestampStrategy: 'latest' })),
    ).toEqual([])
    await expect(
      readTable(
        cluster.options(topic, { startingOffsets: `{"${topic}":{"0":3,"1":0}}`, endingOffsets: `{"${topic}":{"0":1,"1":1}}` }),
      ),
    ).rejects.toThrow(`the specified start offset 3 is greater than the end offset 1 for topic ${topic} partition 0`)
    await expect(readTable(cluster.options(topic, { startingOffsets: `{"${topic}":{"0":0}}` }))).rejects.toThrow(
      'if startingOffsets contains specific offsets, you must specify all TopicPartitions',
    )
  })

  test('partitions are assigned by number, topics by name and by pattern', async () => {
    const a = await cluster.topic(2, {}, 'pattern-a')
    const b = await cluster.topic(1, {}, 'pattern-b')
    await cluster.values(a, 0, 'a0')
    await cluster.values(a, 1, 'a1')
    await cluster.values(b, 0, 'b0')
    const { subscribe: _, ...options } = cluster.options(a)
    expect(await readTable({ ...options, assign: `{"${a}":[1]}` })).toEqual([`${a}/1/0 null=a1`])
    expect(await readTable({ ...options, subscribe: ` ${b} , ${a}` })).toEqual([
      `${a}/0/0 null=a0`,
      `${a}/1/0 null=a1`,
      `${b}/0/0 null=b0`,
    ])
    expect(await readTable({ ...options, subscribePattern: 'pattern-.' })).toHaveLength(3)
    // The whole name has to match.
    expect(await readTable({ ...options, subscribePattern: 'pattern' })).toEqual([])
    await expect(readTable({ ...options, subscribe: 'no-such-topic' })).rejects.toThrow('topic "no-such-topic" does not exist')
  })

  test('options that contradict each other or mean nothing are refused in Spark’s words', () => {
    const options = cluster.options('t')
    const refused = (given: Record<string, string>, streaming = true) => {
      try {
        schemaOf(given, undefined, streaming)
      } catch (error) {
        return (error as Error).message
      }
      return 'accepted'
    }
    const { subscribe: _, ...none } = options
    expect(refused(none)).toBe(
      'one of the following options must be specified for Kafka source: subscribe, subscribepattern, assign',
    )
    expect(refused({ ...options, assign: '{"t":[0]}' })).toContain('only one of the following options can be specified')
    expect(refused({ subscribe: 't' })).toBe("option 'kafka.bootstrap.servers' must be specified for configuring Kafka consumer")
    expect(refused({ ...options, subscribe: ' , ' })).toContain(
      "no topics to subscribe to as specified value for option 'subscribe'",
    )
    expect(refused({ ...options, endingOffsets: 'latest' })).toBe('ending offset not valid in streaming queries')
    expect(refused({ ...options, startingOffsets: 'latest' }, false)).toBe(
      "starting offset can't be latest for batch queries on Kafka",
    )
    expect(refused({ ...options, endingOffsets: '{"t":{"0":-2}}' }, false)).toBe(
      "ending offset for t-0 can't be earliest for batch queries on Kafka",
    )
    expect(refused({ ...options, startingOffsets: 'sometime' })).toBe(
      'expected e.g. {"topicA":{"0":23,"1":-1},"topicB":{"0":-2}}, got sometime',
    )
    expect(refused({ ...options, 'kafka.auto.offset.reset': 'earliest' })).toContain(
      "Kafka option 'auto.offset.reset' is not supported",
    )
    expect(refused({ ...options, 'kafka.enable.auto.commit': 'true' })).toBe("Kafka option 'enable.auto.commit' is not supported")
    expect(refused({ ...options, 'kafka.max.poll.recods': '1' })).toContain('has no option "kafka.max.poll.recods"')
    expect(refused({ ...options, minOffsetsPerTrigger: '10', maxOffsetsPerTrigger: '5' })).toBe(
      'the value of minOffsetPerTrigger(10) is higher than the maxOffsetsPerTrigger(5)',
    )
    expect(refused({ ...options, minPartitions: '0' })).toBe('minPartitions must be positive')
    expect(refused({ ...options, dateFormat: 'yyyy' })).toContain('has no option "dateFormat"')
    expect(refused({ ...options, startingOffsets: 'EARLIEST', 'kafka.group.id': 'mine' })).toBe('accepted')
  })

  test('an epoch takes at most maxOffsetsPerTrigger, shared out by what is left, as in Spark', async () => {
    const topic = await cluster.topic(3)
    await cluster.values(topic, 0, '1', '2', '3', '4', '5')
    await cluster.values(topic, 1, '1', '2', '3')
    await cluster.values(topic, 2, '1')
    const source = await openStream(cluster.options(topic, { startingOffsets: 'earliest', maxOffsetsPerTrigger: '4' }))
    const ends: unknown[] = []
    let after: Offset | null = null
    for (let epoch = 0; epoch < 4; epoch++) ends.push((after = await source.latestOffset(after, 'source')))
    expect(ends).toEqual([
      { [topic]: { 0: 2, 1: 1, 2: 1 } },
      { [topic]: { 0: 4, 1: 2, 2: 1 } },
      { [topic]: { 0: 5, 1: 3, 2: 1 } },
      { [topic]: { 0: 5, 1: 3, 2: 1 } },
    ])
    const second = await openStream(cluster.options(topic, { startingOffsets: 'earliest', maxOffsetsPerTrigger: '4' }))
    await second.latestOffset({ [topic]: { 0: 2, 1: 1, 2: 1 } }, 'source')
    expect(second.reportLatest!()).toEqual({ [topic]: { 0: 5, 1: 3, 2: 1 } })
    expect(second.metrics!()).toEqual({ avgOffsetsBehindLatest: '0.7', maxOffsetsBehindLatest: '1', minOffsetsBehindLatest: '0' })
    expect(source.description).toBe(`KafkaV2[Subscribe[${topic}]]`)
    await source.close()
    await second.close()
  })

  test('minOffsetsPerTrigger holds epochs back but for the first', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, '1', '2')
    const source = await openStream(cluster.options(topic, { startingOffsets: 'earliest', minOffsetsPerTrigger: '3' }))
    const first = await source.latestOffset(null, 'source')
    expect(first).toEqual({ [topic]: { 0: 2 } })
    await cluster.values(topic, 0, '3', '4')
    expect(await source.latestOffset(first, 'source')).toEqual(first)
    await cluster.values(topic, 0, '5')
    expect(await source.latestOffset(first, 'source')).toEqual({ [topic]: { 0: 5 } })
    await source.close()
  })

  test('a stream starts at the end unless told otherwise, and where it started is remembered', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'before')
    const log = new MemoryLog()
    const source = await openStream(cluster.options(topic), log)
    const start = await source.latestOffset(null, 'source')
    expect(start).toEqual({ [topic]: { 0: 1 } })
    expect(await valuesOf(source, null, start!)).toEqual([])
    await source.close()
    await cluster.values(topic, 0, 'after')
    // The first epoch is read again by another process, although "latest" means something else by now.
    const again = await openStream(cluster.options(topic), log)
    expect(await again.latestOffset(null, 'source')).toEqual({ [topic]: { 0: 2 } })
    expect(await valuesOf(again, null, { [topic]: { 0: 2 } })).toEqual(['after'])
    await again.close()
  })

  test('partitions and topics that are added are read from their beginning', async () => {
    const topic = await cluster.topic(1, {}, 'growing-1')
    const { subscribe: _, ...options } = cluster.options(topic, { subscribePattern: 'growing-.*', startingOffsets: 'earliest' })
    await cluster.values(topic, 0, 'a')
    const source = await openStream(options)
    const first = await source.latestOffset(null, 'source')
    await cluster.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] })
    await cluster.topic(1, {}, 'growing-2')
    await expect.poll(() => source.latestOffset(first, 'source')).toEqual({ 'growing-1': { 0: 1, 1: 0 }, 'growing-2': { 0: 0 } })
    await cluster.connect()
    await cluster.values(topic, 1, 'b')
    await cluster.values('growing-2', 0, 'c')
    const second = await source.latestOffset(first, 'source')
    expect(await valuesOf(source, first, second!)).toEqual(['b', 'c'])
    await source.close()
  })

  test('what woke a waiting query is what it reads, in whatever steps, and again', async () => {
    const topic = await cluster.topic(2)
    const source = await openStream(cluster.options(topic, { startingOffsets: 'earliest' }))
    const at = (first: number, second: number) => ({ [topic]: { 0: first, 1: second } })
    const start = await source.latestOffset(null, 'source')
    for (const woken of [0, 1]) {
      const from = at(3 * woken, woken)
      const waiting = source.waitForData!(from, new AbortController().signal)
      const messages = ['a', 'b', 'c', 'd'].map((name, i) => ({ value: name + woken, partition: i < 3 ? 0 : 1 }))
      await cluster.send(topic, messages)
      await waiting
      const [a, b, c, d] = messages.map(({ value }) => value)
      expect(await valuesOf(source, woken === 0 ? start : from, at(3 * woken + 2, woken + 1))).toEqual([a, b, d])
      expect(await valuesOf(source, at(3 * woken + 2, woken + 1), at(3 * woken + 3, woken + 1))).toEqual([c])
      expect(await valuesOf(source, from, at(3 * woken + 3, woken + 1))).toEqual([a, b, c, d])
    }
    await source.close()
  })

  test('a waiting query wakes when a record comes, and at once when it is told to stop', async () => {
    const topic = await cluster.topic(2)
    const source = await openStream(cluster.options(topic))
    const after = await source.latestOffset(null, 'source')
    const stop = new AbortController()
    const waiting = source.waitForData!(after, stop.signal)
    await cluster.values(topic, 1, 'now')
    await waiting
    expect(await source.latestOffset(after, 'source')).toEqual({ [topic]: { 0: 0, 1: 1 } })
    const stopped = source.waitForData!({ [topic]: { 0: 0, 1: 1 } }, stop.signal)
    stop.abort()
    await stopped
    await source.close()
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('records that the broker has packed with %s are read', async (codec) => {
    const topic = await cluster.topic(1, { 'compression.type': codec })
    const values = Array.from({ length: 500 }, (_, i) => `{"n":${i},"text":"${'abc'.repeat(i % 50)}"}`)
    await cluster.values(topic, 0, ...values)
    expect((await readTable(cluster.options(topic))).map((row) => row.split('=')[1])).toEqual(values)
  })

  test('values are decoded to the columns of a schema, and bad ones are told with where they are', async () => {
    const topic = await cluster.topic(2)
    await cluster.values(topic, 0, '{"user":"ann","n":1}', 'oh no', '{\n "user": "bob",\n "n": 2\n}')
    await cluster.send(topic, [{ value: null, partition: 0 }])
    await cluster.values(topic, 1, '{"n":3}')
    const given = [field('user', STRING), field('n', BIGINT)]
    const options = cluster.options(topic, { format: 'json', mode: 'DROPMALFORMED' })
    const schema = schemaOf(options, given, false)
    const bad: string[] = []
    const scan = {
      ...scanOf(schema),
      onBadRecord: (record: { bytes: Uint8Array; origin: string }) => bad.push(`${record.origin}: ${text(record.bytes)}`),
    }
    expect(await rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scan))).toEqual([
      ['ann', 1n],
      ['bob', 2n],
      [null, 3n],
    ])
    expect(bad).toEqual([
      expect.stringMatching(`^topic ${topic}, partition 0, offset 1, timestamp \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z: oh no$`),
    ])
  })

  test('progress metrics say how many values of the last epoch were malformed', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, '{"n":1}', 'oh no', '{"n":"x"}')
    const options = cluster.options(topic, { format: 'json', startingOffsets: 'earliest' })
    const schema = schemaOf(options, [field('n', BIGINT)], true)
    const source = await kafkaSource.openStream!(sourceEnvironment(options, schema))
    const end = (await source.latestOffset(null, 'source'))!
    expect(await rowsFrom(source.read(null, end, scanOf(schema)))).toEqual([[1n], [null], [null]])
    expect(source.metrics!()).toMatchObject({ badRecords: '2', maxOffsetsBehindLatest: '0' })
    await cluster.values(topic, 0, '{"n":2}')
    const next = (await source.latestOffset(end, 'source'))!
    expect(await rowsFrom(source.read(end, next, scanOf(schema)))).toEqual([[2n]])
    expect(source.metrics!()).toMatchObject({ badRecords: '0' })
    await source.close()
  })

  test('csv and text values are decoded too', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'a;1', 'b;2')
    const csv = cluster.options(topic, { format: 'csv', sep: ';' })
    const schema = schemaOf(csv, [field('name', STRING), field('n', BIGINT)], false)
    expect(await rowsFrom(kafkaSource.readTable!(sourceEnvironment(csv, schema), scanOf(schema)))).toEqual([
      ['a', 1n],
      ['b', 2n],
    ])
    const lines = cluster.options(topic, { format: 'text' })
    const textSchema = schemaOf(lines, undefined, false)
    expect(await rowsFrom(kafkaSource.readTable!(sourceEnvironment(lines, textSchema), scanOf(textSchema)))).toEqual([
      ['a;1'],
      ['b;2'],
    ])
  })

  test('records that are gone fail the query, or are passed over when that is asked for', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, ...Array.from({ length: 10 }, (_, i) => `v${i}`))
    await cluster.admin.fetchTopicOffsets(topic)
    await cluster.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '8' }] })
    const log = new MemoryLog()
    const strict = await openStream(cluster.options(topic, { startingOffsets: `{"${topic}":{"0":5}}` }), log)
    const end = (await strict.latestOffset(null, 'source'))!
    await expect(valuesOf(strict, null, end)).rejects.toThrow(
      `could not read records in offset [5, 10) for topic partition ${topic}-0`,
    )
    await strict.close()
    const lenient = await openStream(cluster.options(topic, { failOnDataLoss: 'false' }), log)
    expect(await valuesOf(lenient, null, end)).toEqual(['v8', 'v9'])
    await lenient.close()
  })

  test('a topic that was deleted and made anew is found by its id', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'old1', 'old2')
    const log = new MemoryLog()
    const strict = await openStream(cluster.options(topic, { startingOffsets: 'earliest' }), log)
    const first = await strict.latestOffset(null, 'source')
    await cluster.admin.deleteTopics({ topics: [topic] })
    const failure = () => strict.latestOffset(first, 'source').then(String, ({ message }: Error) => message)
    await expect.poll(failure).toContain(`topic "${topic}" does not exist`)
    await cluster.topic(1, {}, topic)
    await cluster.connect()
    // As many records as were read of the old one: offsets alone do not tell.
    await cluster.values(topic, 0, 'new1', 'new2')
    await expect(strict.latestOffset(first, 'source')).rejects.toThrow(`partition ${topic}-0 offset was changed from 2 to 0`)
    await strict.close()
    const lenient = await openStream(cluster.options(topic, { failOnDataLoss: 'false' }), log)
    const second = (await lenient.latestOffset(first, 'source'))!
    const third = (await lenient.latestOffset(second, 'source'))!
    expect([...(await valuesOf(lenient, first, second)), ...(await valuesOf(lenient, second, third))]).toEqual(['new1', 'new2'])
    expect(await lenient.latestOffset(third, 'source')).toEqual(third)
    await lenient.close()
  })

  test('with failOnDataLoss false a query outlives its topic, and reads the next one of that name from its beginning', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'old1', 'old2')
    const source = await openStream(cluster.options(topic, { startingOffsets: 'earliest', failOnDataLoss: 'false' }))
    const first = await source.latestOffset(null, 'source')
    await cluster.admin.deleteTopics({ topics: [topic] })
    // The broker itself hears of it a little later.
    await expect.poll(() => source.latestOffset(first, 'source')).toEqual({})
    const gone = await source.latestOffset(first, 'source')
    expect(gone).toEqual({})
    expect(await valuesOf(source, first, gone!)).toEqual([])
    await cluster.topic(1, {}, topic)
    await cluster.connect()
    await cluster.values(topic, 0, 'new1')
    const back = (await source.latestOffset(gone, 'source'))!
    expect(await valuesOf(source, gone, back)).toEqual(['new1'])
    await source.close()
  })

  test('records of aborted transactions are not read with isolation level read_committed', async () => {
    const topic = await cluster.topic()
    const transactions = async (id: string, end: 'commit' | 'abort' | 'open', ...values: string[]) => {
      const producer = cluster.kafka.producer({ transactionalId: `${topic}-${id}`, maxInFlightRequests: 1, idempotent: true })
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) })
      if (end !== 'open') await transaction[end]()
      return { producer, transaction }
    }
    const open = await transactions('a', 'open', 'a1')
    await transactions('b', 'abort', 'b1', 'b2').then(({ producer }) => producer.disconnect())
    await transactions('c', 'commit', 'c1').then(({ producer }) => producer.disconnect())
    const committed = cluster.options(topic, { 'kafka.isolation.level': 'read_committed' })
    // Nothing behind an open transaction is stable yet.
    expect(await readTable(committed)).toEqual([])
    await open.transaction.abort()
    await open.producer.disconnect()
    await cluster.values(topic, 0, 'd1')
    await expect.poll(async () => (await readTable(committed)).map((row) => row.split('=')[1])).toEqual(['c1', 'd1'])
    const all = (await readTable(cluster.options(topic))).map((row) => row.split('=')[1])
    expect(all).toEqual(['a1', 'b1', 'b2', 'c1', 'd1'])
  })
})
