/**
 * What Kafka costs: `npx tsx bench/kafka/run.ts [rows]` starts a local broker, writes and reads `rows` rows (500,000 by default) of about 200 bytes in 4
 * partitions with Millrace and with kafkajs' own producer and consumer, and prints thousands of rows a second: of the clock, and of this process's
 * own processor time. Broker and clients share the machine, so compare figures of one run only.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../engine/clock.ts'
import { Arena } from '../../engine/columnar/arena.ts'
import { BATCH_ROWS_MAX, type Batch, batchFromRows } from '../../engine/columnar/batch.ts'
import { silentLogger } from '../../engine/log.ts'
import { BIGINT, field, type Schema, STRING, TIMESTAMP } from '../../engine/types/data-type.ts'
import { Settings } from '../../engine/types/settings.ts'
import { count, createSession, Trigger, window } from '../../index.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { KafkaBroker, kafkaMissing } from '../../tests/harness/kafka-broker.ts'

const PARTITIONS = 4
const ROWS = Number(process.argv[2] ?? 500_000)
const KEY_VALUE: Schema = [field('key', STRING), field('value', STRING)]
const settings = new Settings([['spark.sql.session.timeZone', 'UTC']])

const missing = kafkaMissing()
if (missing !== undefined) {
  console.error(`skipped: ${missing}`)
  process.exit(75)
}
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
const broker = await KafkaBroker.start()
const kafka = new Kafka({ brokers: [broker.servers], logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.connect()
try {
  await run()
} finally {
  await admin.disconnect()
  await broker.close()
}

function jsonOf(i: number): string {
  return `{"id":${i},"at":"2031-03-04T${String(10 + (i % 10))}:${String(Math.floor(i / 100) % 60).padStart(2, '0')}:05.123Z","page":"/page/${i % 100}","user":"user-${i % 5000}","rest":"${'x'.repeat(90)}"}`
}

async function run(): Promise<void> {
  await topic('millrace')
  await topic('kafkajs')
  await topic('copied')
  const batches: Batch[] = []
  for (let at = 0; at < ROWS; at += BATCH_ROWS_MAX) {
    const rows = Array.from({ length: Math.min(BATCH_ROWS_MAX, ROWS - at) }, (_, i) => [`key-${(at + i) % 1000}`, jsonOf(at + i)])
    batches.push(batchFromRows(KEY_VALUE, rows))
  }
  await measure('write, Millrace, idempotent', () => write('millrace', batches, false))
  await measure('write, Millrace, one transaction', () => write('copied', batches, true))
  await measure('write, kafkajs producer, 1,000 rows a call', () => writeWithKafkaJs('kafkajs'))
  for (const pass of ['first', 'second', 'third'])
    await measure(`read value, Millrace, ${pass} pass`, () => read('millrace', [1]))
  await measure('read all columns, Millrace', () => read('millrace', [0, 1, 2, 3, 4, 5, 6]))
  await measure('read value, Millrace, checksums not looked at', () => read('millrace', [1], { 'kafka.check.crcs': 'false' }))
  await measure('read JSON values to 4 columns, Millrace', () =>
    read('millrace', [0, 1, 2, 3], { format: 'json' }, [
      field('id', BIGINT),
      field('at', TIMESTAMP),
      field('page', STRING),
      field('user', STRING),
    ]),
  )
  await measure('read, kafkajs consumer (eachBatch)', () => readWithKafkaJs('millrace'))
  await measure('query: JSON, windowed count, no sink', countWindows)
  await measure('query: topic to topic, at least once', () => copy(false))
  await measure('query: topic to topic, transactions', () => copy(true))
  await latency()
}

async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  const used = process.cpuUsage()
  await work()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(used)
  const rate = (over: number) => (ROWS / over / 1000).toFixed(0).padStart(6)
  console.log(`${name.padEnd(52)} ${rate(seconds)} k rows/s ${rate((user + system) / 1e6)} k rows per second of processor time`)
}

async function topic(name: string): Promise<void> {
  await admin.createTopics({ topics: [{ topic: name, numPartitions: PARTITIONS }] })
}

async function write(name: string, batches: readonly Batch[], transactional: boolean): Promise<void> {
  const writer = await kafkaSink.writeTable!(
    {
      options: { 'kafka.bootstrap.servers': broker.servers, topic: name, transactional: String(transactional) },
      schema: KEY_VALUE,
      mode: 'append',
      partitionBy: [],
      queryName: undefined,
      queryId: 'bench',
      settings,
      clock: systemClock,
      logger: silentLogger,
      stdout: () => {},
    },
    'append',
  )
  for (const batch of batches) await writer.append(batch)
  await writer.commit()
}

async function writeWithKafkaJs(name: string): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  for (let at = 0; at < ROWS; at += 1000) {
    const messages = Array.from({ length: Math.min(1000, ROWS - at) }, (_, i) => ({
      key: `key-${(at + i) % 1000}`,
      value: jsonOf(at + i),
    }))
    await producer.send({ topic: name, messages })
  }
  await producer.disconnect()
}

async function read(name: string, columns: readonly number[], more: Record<string, string> = {}, given?: Schema): Promise<void> {
  const options = { 'kafka.bootstrap.servers': broker.servers, subscribe: name, ...more }
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
  if (rows !== ROWS) throw new Error(`${rows} rows instead of ${ROWS}`)
}

async function readWithKafkaJs(name: string): Promise<void> {
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}`, maxBytesPerPartition: 2 << 20 })
  await consumer.connect()
  await consumer.subscribe({ topic: name, fromBeginning: true })
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

async function countWindows(): Promise<void> {
  const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
  const query = await session.readStream
    .format('kafka')
    .schema({ id: 'bigint', at: 'timestamp', page: 'string', user: 'string' })
    .options({ 'kafka.bootstrap.servers': broker.servers, subscribe: 'millrace', startingOffsets: 'earliest', format: 'json' })
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

async function copy(transactional: boolean): Promise<void> {
  const session = createSession()
  const query = await session.readStream
    .format('kafka')
    .options({
      'kafka.bootstrap.servers': broker.servers,
      subscribe: 'millrace',
      startingOffsets: 'earliest',
      maxOffsetsPerTrigger: 100_000,
    })
    .load()
    .select('key', 'value')
    .writeStream.format('kafka')
    .options({ 'kafka.bootstrap.servers': broker.servers, topic: 'copied', transactional })
    .option('checkpointLocation', join(mkdtempSync(join(tmpdir(), 'bench-')), 'checkpoint'))
    .trigger(Trigger.availableNow())
    .start()
  await query.awaitTermination()
  await session.stop()
}

/** From produce to result, 1,000 rows at a time. */
async function latency(): Promise<void> {
  await topic('slow')
  const session = createSession()
  let seen = 0
  let wake = () => {}
  const query = await session.readStream
    .format('kafka')
    .options({ 'kafka.bootstrap.servers': broker.servers, subscribe: 'slow' })
    .load()
    .writeStream.foreachBatch(async (rows) => {
      seen += (await rows.collect()).length
      wake()
    })
    .option('checkpointLocation', join(mkdtempSync(join(tmpdir(), 'bench-')), 'checkpoint'))
    .start()
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: 1000 }, (_, i) => ({ value: jsonOf(i), partition: i % PARTITIONS }))
  const times: number[] = []
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (let round = 0; round < 40; round++) {
    const wanted = seen + 1000
    await producer.send({ topic: 'slow', messages })
    const started = performance.now()
    while (seen < wanted) await new Promise<void>((resolve) => (wake = resolve))
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  const used = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, 5000))
  const { user, system } = process.cpuUsage(used)
  await producer.disconnect()
  await query.stop()
  await session.stop()
  console.log(
    `1,000 rows from the broker's acknowledgement to the result: median ${times[20]!.toFixed(1)} ms, worst ${times.at(-1)!.toFixed(1)} ms`,
  )
  console.log(`an idle query takes ${((user + system) / 50_000).toFixed(1)} % of a core`)
}
