import { expect, test } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import { field, STRING } from '../../engine/types/data-type.ts'
import { createSession, type DataFrame, Trigger } from '../../index.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { HandClock, sinkEnvironment, temporaryDirectory } from '../harness/connector-environment.ts'
import { describeWithKafka } from './kafka-cluster.ts'

/**
 * What Spark's connector refuses, and whether Millrace refuses it too, in the same key words. Spark answered on the same brokers; what differs on
 * purpose is in docs/differences.md.
 */
describeWithKafka('what Spark refuses of Kafka', (cluster) => {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })

  /** The message, with detail and hint; 'accepted' when all went well. */
  const verdict = async (run: () => Promise<unknown>): Promise<string> => {
    try {
      await run()
      return 'accepted'
    } catch (error) {
      const { message, detail, hint, cause } = error as Error & { readonly detail?: string; readonly hint?: string }
      const inner = cause as (Error & { readonly detail?: string; readonly hint?: string }) | undefined
      return [message, detail, hint, inner?.message, inner?.detail, inner?.hint].filter((text) => text !== undefined).join(' | ')
    }
  }
  const asTable = (options: Record<string, string>) =>
    verdict(() => session.read.format('kafka').options(options).load().selectExpr('offset').collect())
  const asStream = (options: Record<string, string>) =>
    verdict(async () => {
      const query = await session.readStream
        .format('kafka')
        .options(options)
        .load()
        .selectExpr('offset')
        .writeStream.format('noop')
        .option('checkpointLocation', temporaryDirectory())
        .trigger(Trigger.availableNow())
        .start()
      await query.awaitTermination()
    })

  /** A topic t with two partitions, of which 0 has five records; `@` stands for its name. */
  type Case = readonly [what: string, options: Readonly<Record<string, string>>, stream: string, table: string]
  const CASES: readonly Case[] = [
    ['nothing to read', { subscribe: '-' }, 'one of the following options must be specified', 'same'],
    ['two ways at once', { subscribePattern: '@' }, 'only one of the following options can be specified', 'same'],
    ['no brokers', { 'kafka.bootstrap.servers': '-' }, "option 'kafka.bootstrap.servers' must be specified", 'same'],
    ['no topic', { subscribe: ' , ' }, "no topics to subscribe to as specified value for option 'subscribe' is", 'same'],
    ['no pattern', { subscribe: '-', subscribePattern: '' }, 'pattern to subscribe is empty as specified value', 'same'],
    ['no partitions', { subscribe: '-', assign: 'x' }, 'no topicpartitions to assign as specified value', 'same'],
    ['a broken pattern', { subscribe: '-', subscribePattern: '[' }, 'subscribePattern', 'same'],
    ['an unknown topic', { subscribe: 'nowhere' }, 'this server does not host this topic-partition', 'same'],
    [
      'an unknown topic that may be lost',
      { subscribe: 'nowhere', failOnDataLoss: 'false' },
      'this server does not host this topic-partition',
      'same',
    ],
    ['an unknown partition', { subscribe: '-', assign: '{"@":[0,7]}' }, 'accepted', 'accepted'],
    ['an end of a stream', { endingOffsets: 'latest' }, 'ending offset not valid in streaming queries', 'accepted'],
    ['an end of a stream by time', { endingTimestamp: '0' }, 'ending offset not valid in streaming queries', 'accepted'],
    ['start at the end', { startingOffsets: 'latest' }, 'accepted', "starting offset can't be latest for batch queries"],
    [
      'end at the start',
      { endingOffsets: 'earliest' },
      'ending offset not valid in streaming queries',
      "ending offset can't be earliest for batch queries",
    ],
    [
      'start at the end of a partition',
      { startingOffsets: '{"@":{"0":-1,"1":-2}}' },
      'accepted',
      "startingOffsets for @-0 can't be latest for batch queries",
    ],
    [
      'end at the start of a partition',
      { endingOffsets: '{"@":{"0":-2,"1":-1}}' },
      'ending offset not valid in streaming queries',
      "ending offset for @-0 can't be earliest for batch queries",
    ],
    ['where to start, in capitals', { startingOffsets: 'EARLIEST' }, 'accepted', 'accepted'],
    ['where to start, by no word', { startingOffsets: 'soon' }, 'expected e.g. {"topicA":{"0":23,"1":-1}', 'same'],
    ['where to start, by no JSON', { startingOffsets: '{"@":' }, 'expected e.g. {"topicA":{"0":23,"1":-1}', 'same'],
    [
      'a start that misses a partition',
      { startingOffsets: '{"@":{"0":0}}' },
      'if startingOffsets contains specific offsets, you must specify all TopicPartitions',
      'Use -1 for latest, -2 for earliest',
    ],
    [
      'a start of a partition too many',
      { startingOffsets: '{"@":{"0":0,"1":0,"2":0}}' },
      'if startingOffsets contains specific offsets, you must specify all TopicPartitions',
      'Use -1 for latest, -2 for earliest',
    ],
    [
      'a start beyond the end',
      { startingOffsets: '{"@":{"0":99,"1":0}}' },
      'partition @-0 offset was changed from 99 to 5',
      'the specified start offset 99 is greater than the end offset 5 for topic @ partition 0',
    ],
    ['a start at no offset', { startingOffsets: '{"@":{"0":-3,"1":0}}' }, 'offset -3', 'same'],
    [
      'an end beyond the log',
      { endingOffsets: '{"@":{"0":9,"1":0}}', 'kafkaConsumer.pollTimeoutMs': '500' },
      'ending offset not valid in streaming queries',
      'could not read records in offset [5, 9) for topic partition @-0',
    ],
    ['a time that is none', { startingTimestamp: 'x' }, 'expected a single long value, got x', 'same'],
    ['times that are none', { startingOffsetsByTimestamp: 'x' }, 'expected e.g. {"topicA": {"0": 123456789', 'same'],
    ['a time before all times', { startingTimestamp: '-1' }, 'accepted', 'accepted'],
    [
      'a time that nothing is as late as',
      { startingTimestamp: '9999999999999' },
      'no offset matched from request of topic-partition @-0 and timestamp 9999999999999',
      'same',
    ],
    [
      'the same, and then the end',
      { startingTimestamp: '9999999999999', startingOffsetsByTimestampStrategy: 'LATEST' },
      'accepted',
      'accepted',
    ],
    ['an end that nothing is as late as', { endingTimestamp: '9999999999999' }, 'not valid in streaming queries', 'accepted'],
    ['an unknown strategy', { startingOffsetsByTimestampStrategy: 'x' }, 'must be one of error, latest, not "x"', 'same'],
    ['an unknown isolation', { 'kafka.isolation.level': 'x' }, 'must be one of read_uncommitted, read_committed', 'same'],
    ['no number', { maxOffsetsPerTrigger: 'x' }, 'must be a whole number, not "x"', 'same'],
    ['no number of tries', { 'fetchOffset.numRetries': 'x' }, 'must be a whole number, not "x"', 'same'],
    ['no truth', { failOnDataLoss: 'x' }, 'must be true or false, not "x"', 'same'],
    ['no truth about headers', { includeHeaders: 'x' }, 'must be true or false, not "x"', 'same'],
    ['no time', { maxTriggerDelay: 'x' }, 'must be a duration', 'same'],
    ['nothing at a time', { maxOffsetsPerTrigger: '0' }, 'accepted', 'accepted'],
    [
      'more at least than at most',
      { minOffsetsPerTrigger: '10', maxOffsetsPerTrigger: '5' },
      'the value of minOffsetPerTrigger(10) is higher than the maxOffsetsPerTrigger(5)',
      'same',
    ],
    ['no parts', { minPartitions: '0' }, 'minPartitions must be positive', 'same'],
    ['no number of parts', { minPartitions: 'x' }, 'must be a whole number, not "x"', 'same'],
    ['parts without records', { maxRecordsPerPartition: '0' }, 'maxRecordsPerPartition must be positive', 'same'],
    ['parts', { minPartitions: '7', maxRecordsPerPartition: '2' }, 'accepted', 'accepted'],
    ['where to start, in Kafka’s way', { 'kafka.auto.offset.reset': 'x' }, "option 'auto.offset.reset' is not supported", 'same'],
    ['keys read by a class', { 'kafka.key.deserializer': 'x' }, "option 'key.deserializer' is not supported as keys are", 'same'],
    [
      'values read by a class',
      { 'kafka.value.deserializer': 'x' },
      "option 'value.deserializer' is not supported as values are",
      'same',
    ],
    ['commits by time', { 'kafka.enable.auto.commit': 'true' }, "option 'enable.auto.commit' is not supported", 'same'],
    ['interceptors', { 'kafka.interceptor.classes': 'x' }, "option 'interceptor.classes' is not supported", 'same'],
    ['a group', { 'kafka.group.id': 'x', groupIdPrefix: 'y' }, 'accepted', 'accepted'],
    // Here Spark ignores what it does not know.
    ['an unknown option of Kafka', { 'kafka.max.pol.records': '1' }, 'has no option "kafka.max.pol.records"', 'same'],
    ['an unknown option', { startingOffset: 'earliest' }, 'Did you mean "startingOffsets"?', 'same'],
    ['a serializer', { 'kafka.key.serializer': 'x' }, 'has no option "kafka.key.serializer"', 'same'],
  ]

  test('as sources', async () => {
    const topic = await cluster.topic(2)
    await cluster.values(topic, 0, '0', '1', '2', '3', '4')
    const named = (text: string) => text.replaceAll('@', topic)
    const different: unknown[] = []
    for (const [what, changes, stream, table] of CASES) {
      const options: Record<string, string> = cluster.options(topic)
      for (const [name, value] of Object.entries(changes)) {
        if (value === '-') delete options[name]
        else options[name] = named(value)
      }
      for (const [use, answer, wanted] of [
        ['stream', await asStream(options), stream],
        ['table', await asTable(options), table === 'same' ? stream : table],
      ] as const) {
        const fits = wanted === 'accepted' ? answer === wanted : answer.includes(named(wanted))
        if (!fits) different.push({ what, use, wanted: named(wanted), answer })
      }
    }
    expect(different).toEqual([])
  })

  /** A row to write; `@` stands for the name of a topic with two partitions. */
  const SINK_CASES: readonly (readonly [
    what: string,
    select: readonly string[],
    options: Record<string, string>,
    verdict: string,
  ])[] = [
    ['no topic', ["'v' AS value"], { topic: '-' }, "topic option required when no 'topic' attribute is present"],
    ['no value', ["'k' AS key"], {}, "required attribute 'value' not found"],
    [
      'a topic that is no text',
      ["'v' AS value", '1 AS topic'],
      {},
      'topic attribute unsupported type int; topic must be a(n) string',
    ],
    ['a value that is no text', ['1 AS value'], {}, 'value attribute unsupported type int; value must be a(n) string or binary'],
    [
      'a key that is no text',
      ["'v' AS value", '1 AS key'],
      {},
      'key attribute unsupported type int; key must be a(n) string or binary',
    ],
    [
      'a partition that is no INT',
      ["'v' AS value", '1L AS partition'],
      {},
      'partition attribute unsupported type bigint; partition must be a(n) int',
    ],
    [
      'headers that are none',
      ["'v' AS value", "'h' AS headers"],
      {},
      'headers attribute unsupported type string; headers must be a(n) array<struct<key:string,value:binary>>',
    ],
    [
      'a NULL topic',
      ["'v' AS value", 'CAST(NULL AS STRING) AS topic'],
      { topic: '-' },
      'the Kafka message data sent to the producer contains a null topic',
    ],
    ['a NULL topic, and the option', ["'v' AS value", 'CAST(NULL AS STRING) AS topic'], {}, 'accepted'],
    ['a NULL value', ['CAST(NULL AS STRING) AS value', 'CAST(NULL AS STRING) AS key'], {}, 'accepted'],
    ['further columns', ["'v' AS value", '1 AS more'], {}, 'accepted'],
    [
      'a header without a value',
      ["'v' AS value", "array(named_struct('key', 'h', 'value', CAST(NULL AS BINARY))) AS headers"],
      {},
      'accepted',
    ],
    [
      'keys written by a class',
      ["'v' AS value"],
      { 'kafka.key.serializer': 'x' },
      "option 'key.serializer' is not supported as keys are serialized",
    ],
    [
      'values written by a class',
      ["'v' AS value"],
      { 'kafka.value.serializer': 'x' },
      "option 'value.serializer' is not supported as values are serialized",
    ],
    ['no brokers', ["'v' AS value"], { 'kafka.bootstrap.servers': '-' }, 'Kafka option bootstrap.servers is not set'],
    [
      'a partition too high',
      ["'v' AS value", '9 AS partition'],
      {},
      'partition 9 of topic @ with partition count 2 is not present in metadata',
    ],
    ['a partition too low', ["'v' AS value", '-1 AS partition'], {}, 'invalid partition: -1'],
    ['an unknown topic', ["'v' AS value"], { topic: 'nowhere' }, 'topic "nowhere" does not exist'],
    // Here Spark ignores what it does not know.
    ['an unknown option', ["'v' AS value"], { includeHeaders: 'true' }, 'has no option "includeHeaders"'],
  ]

  test('as sinks', async () => {
    const topic = await cluster.topic(2)
    const input = await cluster.topic()
    await cluster.values(input, 0, 'one')
    const different: unknown[] = []
    const one = session.readStream
      .format('kafka')
      .options(cluster.options(input, { startingOffsets: 'earliest' }))
      .load()
    const asWritten = (frame: DataFrame, options: Record<string, string>) =>
      verdict(() => frame.write.format('kafka').options(options).mode('append').save())
    const asStreamed = (frame: DataFrame, options: Record<string, string>) =>
      verdict(async () => {
        const writer = frame.writeStream.format('kafka').options(options).option('checkpointLocation', temporaryDirectory())
        await (await writer.trigger(Trigger.availableNow()).start()).awaitTermination()
      })
    for (const [what, select, changes, wanted] of SINK_CASES) {
      const options: Record<string, string> = { 'kafka.bootstrap.servers': cluster.broker.servers, topic, ...changes }
      for (const [name, value] of Object.entries(changes)) if (value === '-') delete options[name]
      const expected = wanted.replace('@', topic)
      for (const [use, answer] of [
        ['table', await asWritten(session.sql(`SELECT ${select.join(', ')}`), options)],
        ['stream', await asStreamed(one.selectExpr(...select), options)],
      ]) {
        if (wanted === 'accepted' ? answer !== wanted : !answer!.includes(expected))
          different.push({ what, use, expected, answer })
      }
    }
    expect(different).toEqual([])
  })

  test.skipIf(process.env.KAFKA_VERSION?.startsWith('3.'))(
    'rows of the future are refused by brokers from 4.0 on, by name',
    async () => {
      const schema = [field('value', STRING)]
      const options = { 'kafka.bootstrap.servers': cluster.broker.servers, topic: await cluster.topic() }
      const ahead = sinkEnvironment(schema, options, { clock: new HandClock(Date.now() + 7_200_000) })
      const sink = await kafkaSink.openStream(ahead)
      const answer = await verdict(async () => {
        const writer = await sink.begin(0)
        if (writer === 'skip') return
        await writer.append(batchFromRows(schema, [['v']]))
        await writer.commit()
      })
      await sink.close()
      expect(answer).toContain('INVALID_TIMESTAMP')
      expect(answer).toContain('look at the clocks of both machines')
    },
  )

  test('save modes other than append and errorifexists, and a stream without a checkpoint', async () => {
    const options = { 'kafka.bootstrap.servers': cluster.broker.servers, topic: await cluster.topic() }
    const row = session.sql("SELECT 'v' AS value")
    for (const [mode, answer] of [
      ['append', 'accepted'],
      ['errorifexists', 'accepted'],
      ['overwrite', 'save mode Overwrite not allowed for Kafka'],
      ['ignore', 'save mode Ignore not allowed for Kafka'],
    ] as const) {
      expect(await verdict(() => row.write.format('kafka').options(options).mode(mode).save())).toContain(answer)
    }
    const rows = session.readStream.format('rate').load().selectExpr('CAST(value AS STRING) AS value')
    expect(await verdict(() => rows.writeStream.format('kafka').options(options).start())).toMatch(/checkpoint/i)
  })
})
