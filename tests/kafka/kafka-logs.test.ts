import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import type { Offset } from '../../engine/connect/offset.ts'
import type { Source } from '../../engine/connect/source.ts'
import { silentLogger } from '../../engine/log.ts'
import { field, type Schema, STRING } from '../../engine/types/data-type.ts'
import { createSession } from '../../index.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { MemoryLog, rowsFrom, scanOf, settingsOf, sinkEnvironment, sourceEnvironment } from '../harness/connector-environment.ts'
import { describeWithKafka } from './kafka-cluster.ts'

const KEY_VALUE: Schema = [field('key', STRING), field('value', STRING)]

describeWithKafka(
  'kafka whose log is not one record after the other',
  (cluster) => {
    const openStream = (options: Record<string, string>, log = new MemoryLog()): Promise<Source> => {
      const schema = kafkaSource.schema(options, undefined, settingsOf(), true)
      return kafkaSource.openStream!(sourceEnvironment(options, schema, log))
    }
    const valuesOf = async (source: Source, after: Offset | null, through: Offset): Promise<(string | null)[]> => {
      const rows = await rowsFrom(source.read(after, through, scanOf(source.schema, [1])))
      return rows.map(([value]) => (value === null ? null : Buffer.from(value as Uint8Array).toString()))
    }
    /** What the next epoch after `after` gives: its rows and its end, or the failure. */
    const epochAfter = async (options: Record<string, string>, after: Offset | null, log = new MemoryLog()) => {
      const source = await openStream(options, log)
      try {
        const end = (await source.latestOffset(after, 'source'))!
        return { values: await valuesOf(source, after, end), end }
      } catch (error) {
        return (error as Error).message
      } finally {
        await source.close()
      }
    }
    const write = async (topic: string, rows: readonly (readonly (string | null)[])[], more: Record<string, string> = {}) => {
      const options = { 'kafka.bootstrap.servers': cluster.servers, topic, ...more }
      const writer = await kafkaSink.writeTable!(sinkEnvironment(KEY_VALUE, options), 'append')
      await writer.append(batchFromRows(KEY_VALUE, rows))
      await writer.commit()
    }
    const lenient = { failOnDataLoss: 'false' }
    const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `v${from + i}`)
    const deleteBefore = async (topic: string, offset: number) => {
      await cluster.admin.fetchTopicOffsets(topic)
      await cluster.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
    }

    /** How many records each batch of partition 0 has, in its first segment. */
    const batchSizes = async (topic: string) => {
      const client = new KafkaClient(new KafkaJsTransport({ brokers: [cluster.servers] }), cluster.servers, silentLogger)
      await client.refreshMetadata([topic])
      const partitions = [{ topic, partition: 0, offset: 0, maxBytes: 1 << 20 }]
      const request = { maxWaitMs: 100, minBytes: 1, maxBytes: 1 << 20, isolation: 0 as const, partitions }
      const { records } = (await client.fetch(1, request))[0]!
      const sizes: number[] = []
      for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) sizes.push(records.readInt32BE(at + 57))
      await client.close()
      return sizes
    }
    /** Reads every range between two offsets, and holds it against what is at which offset. */
    const expectRanges = async (source: Source, topic: string, end: number, present: Readonly<Record<number, string | null>>) => {
      const at = (offset: number) => ({ [topic]: { 0: offset } })
      for (let from = 0; from < end; from++) {
        for (let to = from; to <= end; to++) {
          const expected = Object.entries(present).filter(([offset]) => Number(offset) >= from && Number(offset) < to)
          expect([from, to, await valuesOf(source, at(from), at(to))]).toEqual([from, to, expected.map(([, value]) => value)])
        }
      }
    }

    test('records that expired before the epoch was planned', async () => {
      const topic = await cluster.topic()
      await cluster.values(topic, 0, ...numbers(0, 10))
      await deleteBefore(topic, 8)
      const at5 = { [topic]: { 0: 5 } }
      expect(await epochAfter(cluster.options(topic), at5)).toContain(
        `could not read records in offset [5, 10) for topic partition ${topic}-0`,
      )
      expect(await epochAfter(cluster.options(topic, lenient), at5)).toEqual({
        values: ['v8', 'v9'],
        end: { [topic]: { 0: 10 } },
      })
    })

    test('records that expired after the epoch was planned, and after its first part was read', async () => {
      const topic = await cluster.topic(2)
      await cluster.values(topic, 0, ...numbers(0, 10))
      await cluster.values(topic, 1, ...numbers(10, 20))
      const read = async (more: Record<string, string>) => {
        const source = await openStream(cluster.options(topic, { startingOffsets: 'earliest', ...more }))
        const end = (await source.latestOffset(null, 'source'))!
        await deleteBefore(topic, 4)
        try {
          return await valuesOf(source, null, end)
        } catch (error) {
          return (error as Error).message
        } finally {
          await source.close()
        }
      }
      // The first time they are there when the epoch is planned, the second time it begins behind them.
      expect(await read({})).toContain(`could not read records in offset [0, 10) for topic partition ${topic}-0`)
      expect(await read(lenient)).toEqual([...numbers(4, 10), ...numbers(10, 20)])
    })

    test('a whole partition that expired by time', async () => {
      const topic = await cluster.topic(1, { 'retention.ms': '60000' })
      const old = String(Date.now() - 3_600_000)
      await cluster.send(
        topic,
        numbers(0, 10).map((value) => ({ value, timestamp: old })),
      )
      const start = async () => Number((await cluster.admin.fetchTopicOffsets(topic))[0]!.low)
      await expect.poll(start, { timeout: 30_000 }).toBe(10)
      const at5 = { [topic]: { 0: 5 } }
      expect(await epochAfter(cluster.options(topic), at5)).toContain(
        `could not read records in offset [5, 10) for topic partition ${topic}-0`,
      )
      expect(await epochAfter(cluster.options(topic, lenient), at5)).toEqual({ values: [], end: { [topic]: { 0: 10 } } })
      // Who is at the end has lost nothing.
      await cluster.values(topic, 0, 'new')
      expect(await epochAfter(cluster.options(topic), { [topic]: { 0: 10 } })).toEqual({
        values: ['new'],
        end: { [topic]: { 0: 11 } },
      })
    })

    test.each([
      ['fewer', 1],
      ['more', 6],
    ])('a topic made anew with %s records than were read of the old one', async (_, count) => {
      const topic = await cluster.topic()
      await cluster.values(topic, 0, ...numbers(0, 3))
      const log = new MemoryLog()
      const options = cluster.options(topic, { startingOffsets: 'earliest' })
      const first = (await epochAfter(options, null, log)) as { end: Offset }
      await cluster.admin.deleteTopics({ topics: [topic] })
      await cluster.topic(1, {}, topic)
      await cluster.connect()
      await cluster.values(topic, 0, ...numbers(10, 10 + count))
      expect(await epochAfter(options, first.end, log)).toContain(`partition ${topic}-0 offset was changed from 3 to 0`)
      const source = await openStream({ ...options, ...lenient }, log)
      const values: (string | null)[] = []
      let after = first.end
      for (let epoch = 0; epoch < 3; epoch++) {
        const end: Offset = (await source.latestOffset(after, 'source'))!
        values.push(...(await valuesOf(source, after, end)))
        after = end
      }
      await source.close()
      expect(values).toEqual(numbers(10, 10 + count))
      expect(after).toEqual({ [topic]: { 0: count } })
    })

    test('a compacted topic with holes, and with batches that have no records any more', async () => {
      const topic = await cluster.topic(1, {
        'cleanup.policy': 'compact',
        'min.cleanable.dirty.ratio': '0.01',
        'segment.ms': '100',
        'delete.retention.ms': '0',
      })
      // Of a producer with sequence numbers the last batch stays, without records, so that the numbers are known.
      await write(topic, [
        ['a', 'a0'],
        ['b', 'b0'],
        ['a', 'a1'],
      ])
      await write(topic, [['c', 'c0']])
      await pause(150)
      await cluster.send(topic, [
        { key: 'a', value: 'a2' },
        { key: 'c', value: 'c1' },
        { key: 'd', value: 'd0' },
        { key: 'd', value: null },
      ])
      await pause(150)
      // What is in the newest segment is not compacted.
      await cluster.send(topic, [{ key: 'e', value: 'e0' }])
      await expect
        .poll(async () => (await cluster.read(topic)).map(([, value]) => value), { timeout: 30_000 })
        .toEqual(['b0', 'a2', 'c1', null, 'e0'])
      expect(await batchSizes(topic)).toEqual([1, 0, 3])
      const source = await openStream(cluster.options(topic, { startingOffsets: 'earliest' }))
      await expectRanges(source, topic, 9, { 1: 'b0', 4: 'a2', 5: 'c1', 7: null, 8: 'e0' })
      await source.close()
    })

    test('transactions that are interleaved, aborted and open, between any two offsets', async () => {
      const topic = await cluster.topic()
      const all = await openStream(cluster.options(topic, { startingOffsets: 'earliest' }))
      const committed = await openStream(
        cluster.options(topic, { startingOffsets: 'earliest', 'kafka.isolation.level': 'read_committed' }),
      )
      /** Markers come after the answer: they shall have their place before the next record. */
      const untilEnd = (offset: number) =>
        expect.poll(() => all.latestOffset(null, 'source'), { interval: 5 }).toEqual({ [topic]: { 0: offset } })
      const begin = async (id: string) => {
        const producer = cluster.kafka.producer({ transactionalId: `${topic}-${id}`, maxInFlightRequests: 1, idempotent: true })
        await producer.connect()
        const transaction = await producer.transaction()
        return {
          send: (value: string) => transaction.send({ topic, messages: [{ value, partition: 0 }] }),
          end: (how: 'commit' | 'abort') => transaction[how]().then(() => producer.disconnect()),
        }
      }
      const [a, b] = [await begin('a'), await begin('b')]
      await a.send('a0')
      await b.send('b0')
      await cluster.values(topic, 0, 'plain')
      await a.send('a1')
      await a.end('abort')
      await untilEnd(5)
      await b.send('b1')
      await b.end('commit')
      await untilEnd(7)
      const c = await begin('c')
      await c.send('c0')
      await c.end('commit')
      await untilEnd(9)
      const d = await begin('d')
      await d.send('d0')
      await d.end('abort')
      await untilEnd(11)
      const open = await begin('open')
      await open.send('e0')
      await expectRanges(all, topic, 12, { 0: 'a0', 1: 'b0', 2: 'plain', 3: 'a1', 5: 'b1', 7: 'c0', 9: 'd0', 11: 'e0' })
      await expect.poll(() => committed.latestOffset(null, 'source')).toEqual({ [topic]: { 0: 11 } })
      await expectRanges(committed, topic, 11, { 1: 'b0', 2: 'plain', 5: 'b1', 7: 'c0' })
      await open.end('abort')
      await all.close()
      await committed.close()
    })

    test('a record of more than a megabyte, and a batch of 200,000 records', async () => {
      const topic = await cluster.topic(1, { 'max.message.bytes': '16000000' })
      const large = { 'kafka.max.request.size': '12000000' }
      const value = 'x'.repeat(3_000_000)
      await write(topic, [['large', value]], large)
      await write(
        topic,
        numbers(0, 200_000).map((n) => [null, n]),
        large,
      )
      const read = await cluster.read(topic, { 'kafka.fetch.max.bytes': '10000', 'kafka.max.partition.fetch.bytes': '10000' })
      expect(read).toHaveLength(200_001)
      expect(read[0]![1]).toBe(value)
      expect(read.findIndex(([, text], i) => i > 0 && text !== `v${i - 1}`)).toBe(-1)
      const source = await openStream(cluster.options(topic, { startingOffsets: 'earliest' }))
      expect(await valuesOf(source, { [topic]: { 0: 150_000 } }, { [topic]: { 0: 150_002 } })).toEqual(['v149999', 'v150000'])
      await source.close()
    })

    test('a partition that is added under a running count, which keeps what it has counted', async () => {
      const topic = await cluster.topic()
      await cluster.values(topic, 0, 'a', 'b', 'a')
      const session = createSession()
      const query = await session.readStream
        .format('kafka')
        .options(cluster.options(topic, { startingOffsets: 'earliest' }))
        .load()
        .selectExpr('CAST(value AS STRING) AS value')
        .groupBy('value')
        .count()
        .writeStream.format('memory')
        .queryName('counts')
        .outputMode('complete')
        .start()
      const counts = async () => {
        await query.processAllAvailable()
        const rows = await session.sql('SELECT value, count FROM counts ORDER BY value').collect()
        return rows.map(({ value, count }) => `${value} ${count}`)
      }
      await expect.poll(counts).toEqual(['a 2', 'b 1'])
      await cluster.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] })
      await cluster.connect()
      await cluster.values(topic, 1, 'b', 'c')
      await cluster.values(topic, 0, 'a')
      await expect.poll(counts, { timeout: 30_000 }).toEqual(['a 3', 'b 2', 'c 1'])
      await session.stop()
    })

    test('offsets of a checkpoint that cannot be', async () => {
      const topic = await cluster.topic()
      await cluster.values(topic, 0, ...numbers(0, 5))
      const beyond = { [topic]: { 0: 99 } }
      expect(await epochAfter(cluster.options(topic), beyond)).toContain(`partition ${topic}-0 offset was changed from 99 to 5`)
      // As a topic that was made anew: it is read from its beginning.
      expect(await epochAfter(cluster.options(topic, lenient), beyond)).toEqual({
        values: numbers(0, 5),
        end: { [topic]: { 0: 5 } },
      })
      const negative = { [topic]: { 0: -5 } }
      for (const more of [{}, lenient]) {
        expect(await epochAfter(cluster.options(topic, more), negative)).toBe(
          `the offsets in the checkpoint are not those of a Kafka source: ${topic}-0 is at -5`,
        )
      }
      expect(await epochAfter(cluster.options(topic), 17)).toBe(
        'the offsets in the checkpoint are not those of a Kafka source: 17 is no object',
      )
      const unknown = { [topic]: { 0: 3, 7: 1 } }
      expect(await epochAfter(cluster.options(topic), unknown)).toContain(`${topic}-7 are gone`)
      expect(await epochAfter(cluster.options(topic, lenient), unknown)).toEqual({
        values: numbers(3, 5),
        end: { [topic]: { 0: 5 } },
      })
    })
  },
  { properties: ['log.cleaner.backoff.ms=100'] },
)
