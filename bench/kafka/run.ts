/**
 * What Kafka costs: `npx tsx bench/kafka/run.ts [rows]` starts a local broker, writes and reads `rows` rows (500,000 by default) of about 200 bytes in 4
 * partitions with Millrace and with kafkajs' own producer and consumer, and prints thousands of rows a second: of the clock, and of this process's
 * own processor time, compiler and garbage collector included. Each case runs three times, one after the other: the first time its code is cold, the best
 * of the three is what a query that runs for a while sees. Broker and clients share the machine, so compare figures of one run only.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../engine/clock.ts'
import { Arena } from '../../engine/columnar/arena.ts'
import { BATCH_ROWS_MAX, type Batch, batchFromRows } from '../../engine/columnar/batch.ts'
import type { SinkEnvironment } from '../../engine/connect/sink.ts'
import { silentLogger } from '../../engine/log.ts'
import { BIGINT, field, type Schema, STRING, TIMESTAMP } from '../../engine/types/data-type.ts'
import { Settings } from '../../engine/types/settings.ts'
import { count, createSession, Trigger, window } from '../../index.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { CODECS, compressor } from '../../sources/kafka/client/compression.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { KafkaBroker, kafkaMissing } from '../../tests/harness/kafka-broker.ts'

const PARTITIONS = 4
const ROWS = Number(process.argv[2] ?? 500_000)
const LARGE_ROWS = ROWS / 5
const PASSES = 3
const ROUNDS = 200
const KEY_VALUE: Schema = [field('key', STRING), field('value', STRING)]
const PAGE_VIEWS: Schema = [field('id', BIGINT), field('at', TIMESTAMP), field('page', STRING), field('user', STRING)]
let groups = 0
const settings = new Settings([['spark.sql.session.timeZone', 'UTC']])

const missing = kafkaMissing()
if (missing !== undefined) {
  console.error(`skipped: ${missing}`)
  process.exit(75)
}
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
const broker = await KafkaBroker.start({ secure: true })
const kafka = new Kafka({ brokers: [broker.servers], logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.connect()
try {
  await run()
} finally {
  await admin.disconnect()
  await broker.close()
  rmSync(folder, { recursive: true })
}

/** A row of about 200 bytes with its key, or of about 200 + `padding`. */
function jsonOf(i: number, padding = 0): string {
  return `{"id":${i},"at":"2031-03-04T${String(10 + (i % 10))}:${String(Math.floor(i / 100) % 60).padStart(2, '0')}:05.123Z","page":"/page/${i % 100}","user":"user-${i % 5000}","rest":"${'x'.repeat(90 + padding)}"}`
}
function batchesOf(rows: number, padding = 0): Batch[] {
  const batches: Batch[] = []
  for (let at = 0; at < rows; at += BATCH_ROWS_MAX) {
    const length = Math.min(BATCH_ROWS_MAX, rows - at)
    batches.push(
      batchFromRows(
        KEY_VALUE,
        Array.from({ length }, (_, i) => [`key-${(at + i) % 1000}`, jsonOf(at + i, padding)]),
      ),
    )
  }
  return batches
}

async function run(): Promise<void> {
  console.log(`${''.padEnd(52)} by the clock   per cpu s, cold       best   (thousands of rows a second)`)
  const batches = batchesOf(ROWS)
  const given = await topics('given')
  await write(given(), batches)
  await measure('read, value', ROWS, () => read(given(), [1], ROWS))
  await measure('read, value, checksums not looked at', ROWS, () => read(given(), [1], ROWS, { 'kafka.check.crcs': 'false' }))
  await measure('read, all columns', ROWS, () => read(given(), [0, 1, 2, 3, 4, 5, 6], ROWS))
  await measure('read, value, TLS', ROWS, () => read(given(), [1], ROWS, secured()))
  await measure('read, JSON values to 4 columns', ROWS, () => read(given(), [0, 1, 2, 3], ROWS, { format: 'json' }, PAGE_VIEWS))
  await measure('read, kafkajs consumer (eachBatch)', ROWS, () => readWithKafkaJs(given()))
  await measure('query: JSON, windowed count, no sink', ROWS, () => countWindows(given()))
  const written = await topics('written', PASSES * 4)
  await measure('write, at least once', ROWS, () => write(written(), batches))
  await measure('write, one transaction', ROWS, () => write(written(), batches, { transactional: 'true' }))
  await measure('write, kafkajs producer, 1,000 rows a call', ROWS, () => writeWithKafkaJs(written()))
  const copied = await topics('copied', PASSES * 2)
  await measure('query: topic to topic, at least once', ROWS, () => copy(given(), copied(), false))
  await measure('query: topic to topic, transactions', ROWS, () => copy(given(), copied(), true))
  const large = await topics('large', PASSES)
  const largeBatches = batchesOf(LARGE_ROWS, 824)
  await measure('write, rows of 1 kB', LARGE_ROWS, () => write(large(), largeBatches))
  await measure('read, value, rows of 1 kB', LARGE_ROWS, () => read(large(), [1], LARGE_ROWS))
  for (const codec of CODECS) {
    if (codec === 'none' || compressor(codec) === undefined) continue
    const packed = await topics(`packed-${codec}`, PASSES)
    await measure(`write, ${codec}`, ROWS, () => write(packed(), batches, { 'kafka.compression.type': codec }))
    await measure(`read, value, ${codec}`, ROWS, () => read(packed(), [1], ROWS))
  }
  await latency()
}

async function measure(name: string, rows: number, work: () => Promise<unknown>): Promise<void> {
  const clock: number[] = []
  const processor: number[] = []
  for (let pass = 0; pass < PASSES; pass++) {
    const started = performance.now()
    const used = process.cpuUsage()
    await work()
    clock.push(rows / (performance.now() - started))
    const { user, system } = process.cpuUsage(used)
    processor.push(rows / ((user + system) / 1000))
  }
  const shown = (rate: number, width: number) => rate.toFixed(0).padStart(width)
  console.log(
    `${name.padEnd(52)} ${shown(Math.max(...clock), 12)} ${shown(processor[0]!, 17)} ${shown(Math.max(...processor), 10)}`,
  )
}

/** Makes topics and gives their names in turn, again and again. */
async function topics(name: string, number = 1): Promise<() => string> {
  const names = Array.from({ length: number }, (_, i) => `${name}-${i}`)
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: PARTITIONS })) })
  let next = 0
  return () => names[next++ % number]!
}

function secured(): Record<string, string> {
  return {
    'kafka.bootstrap.servers': `127.0.0.1:${broker.securePort}`,
    'kafka.security.protocol': 'SASL_SSL',
    'kafka.sasl.mechanism': 'SCRAM-SHA-256',
    'kafka.sasl.username': 'alice',
    'kafka.sasl.password': 'alice-secret',
    'kafka.ssl.truststore.certificates': broker.certificate,
  }
}

function sinkEnvironment(topic: string, more: Record<string, string>): SinkEnvironment {
  return {
    options: { 'kafka.bootstrap.servers': broker.servers, topic, ...more },
    schema: KEY_VALUE,
    mode: 'append',
    partitionBy: [],
    queryName: undefined,
    queryId: 'bench',
    settings,
    clock: systemClock,
    logger: silentLogger,
    stdout: () => {},
  }
}

async function write(topic: string, batches: readonly Batch[], more: Record<string, string> = {}): Promise<void> {
  const writer = await kafkaSink.writeTable!(sinkEnvironment(topic, more), 'append')
  for (const batch of batches) await writer.append(batch)
  await writer.commit()
}

async function writeWithKafkaJs(topic: string): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  for (let at = 0; at < ROWS; at += 1000) {
    const messages = Array.from({ length: Math.min(1000, ROWS - at) }, (_, i) => ({
      key: `key-${(at + i) % 1000}`,
      value: jsonOf(at + i),
    }))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

async function read(
  topic: string,
  columns: readonly number[],
  expected: number,
  more: Record<string, string> = {},
  given?: Schema,
): Promise<void> {
  const options = { 'kafka.bootstrap.servers': broker.servers, subscribe: topic, ...more }
  const schema = kafkaSource.schema(options, given, settings, false)
  const arena = new Arena()
  const scan = { columns, schema: columns.map((c) => schema[c]!), filters: [], arena, onBadRecord: undefined }
  let rows = 0
  for await (const batch of kafkaSource.readTable!(
    { options, schema, settings, clock: systemClock, logger: silentLogger },
    scan,
  )) {
    rows += batch.rowCount
    arena.reset()
  }
  if (rows !== expected) throw new Error(`${rows} rows instead of ${expected}`)
}

async function readWithKafkaJs(topic: string): Promise<void> {
  const consumer = kafka.consumer({ groupId: `bench-${groups++}`, maxBytesPerPartition: 2 << 20 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let rows = 0
  let bytes = 0
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) bytes += value!.length
        rows += batch.messages.length
        if (rows >= ROWS) resolve()
      },
    })
  })
  if (bytes === 0) throw new Error('nothing was read')
  await consumer.disconnect()
}

async function countWindows(topic: string): Promise<void> {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  const query = await session.readStream
    .format('kafka')
    .schema({ id: 'bigint', at: 'timestamp', page: 'string', user: 'string' })
    .options({ 'kafka.bootstrap.servers': broker.servers, subscribe: topic, startingOffsets: 'earliest', format: 'json' })
    .load()
    .withWatermark('at', '1 minute')
    .groupBy(window('at', '10 seconds'), 'page')
    .agg(count('*').as('n'))
    .writeStream.format('noop')
    .outputMode('update')
    .trigger(Trigger.availableNow())
    .start()
  await query.awaitTermination()
  await session.stop()
}

async function copy(from: string, to: string, transactional: boolean): Promise<void> {
  const session = createSession()
  const query = await session.readStream
    .format('kafka')
    .options({
      'kafka.bootstrap.servers': broker.servers,
      subscribe: from,
      startingOffsets: 'earliest',
      maxOffsetsPerTrigger: 100_000,
    })
    .load()
    .select('key', 'value')
    .writeStream.format('kafka')
    .options({ 'kafka.bootstrap.servers': broker.servers, topic: to, transactional })
    .option('checkpointLocation', mkdtempSync(join(folder, 'checkpoint-')))
    .trigger(Trigger.availableNow())
    .start()
  await query.awaitTermination()
  await session.stop()
}

/** From writing to the result, 1,000 rows at a time in 4 partitions, with a checkpoint on the disk. */
async function latency(): Promise<void> {
  const topic = (await topics('latency'))()
  const session = createSession()
  let seen = 0
  let wake = () => {}
  const query = await session.readStream
    .format('kafka')
    .options({ 'kafka.bootstrap.servers': broker.servers, subscribe: topic })
    .load()
    .writeStream.foreachBatch(async (rows) => {
      seen += (await rows.collect()).length
      wake()
    })
    .option('checkpointLocation', mkdtempSync(join(folder, 'checkpoint-')))
    .start()
  const sink = await kafkaSink.openStream(sinkEnvironment(topic, {}))
  const [batch] = batchesOf(1000)
  const fromCall: number[] = []
  const fromAcknowledgement: number[] = []
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (let round = 0; round < ROUNDS; round++) {
    const wanted = seen + 1000
    // The query shall be waiting again.
    await new Promise((resolve) => setTimeout(resolve, 30))
    const writer = await sink.begin(round)
    if (writer === 'skip') throw new Error('the sink has forgotten where it was')
    const called = performance.now()
    await writer.append(batch!)
    await writer.commit()
    const acknowledged = performance.now()
    while (seen < wanted) await new Promise<void>((resolve) => (wake = resolve))
    fromCall.push(performance.now() - called)
    fromAcknowledgement.push(performance.now() - acknowledged)
  }
  const used = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, 5000))
  const { user, system } = process.cpuUsage(used)
  await sink.close()
  await query.stop()
  await session.stop()
  for (const [since, times] of [
    ['the call that writes them', fromCall],
    ["the broker's acknowledgement", fromAcknowledgement],
  ] as const) {
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.floor(ROUNDS * share)]!.toFixed(1)
    console.log(`1,000 rows from ${since} to the result: median ${at(0.5)} ms, 95 of 100 below ${at(0.95)} ms`)
  }
  console.log(`an idle query takes ${((user + system) / 50_000).toFixed(2)} % of a core`)
}
