import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import type { Batch } from '../../engine/columnar/batch.ts'
import { type OptionDefinition, readOptions, type TypedOptions } from '../../engine/connect/options.ts'
import type { EpochWriter, Guarantee, SaveMode, Sink, SinkDefinition, SinkEnvironment } from '../../engine/connect/sink.ts'
import { AnalysisError, UsageError } from '../../engine/errors/engine-error.ts'
import type { Logger } from '../../engine/log.ts'
import { CODECS, type Codec, compressor } from '../../sources/kafka/client/compression.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { type ClientConfig, KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { BytePool } from '../../sources/kafka/client/lent-bytes.ts'
import { bootstrapServers, clientConfig, kafkaKeys } from '../../sources/kafka/connection-options.ts'
import { unknownTopic } from '../../sources/kafka/data-loss.ts'
import { AVRO_SINK_OPTIONS, type AvroSinkOptions, avroEncoder, avroSinkOptions } from './avro-value-encoder.ts'
import { Producer, type TransactionSettings } from './producer.ts'
import { type RouterSettings, RowRouter } from './row-router.ts'
import { type SinkColumns, sinkColumns } from './sink-columns.ts'

const onlyTransactional = (options: TypedOptions) =>
  options.flag('transactional') ? undefined : 'there are no transactions without transactional true'

const SINK_KEYS: readonly OptionDefinition[] = [
  { name: 'acks', type: ['all', '-1'], default: 'all', description: 'Who must have a row: all in-sync replicas, nothing less.' },
  {
    name: 'compression.type',
    type: [...CODECS],
    default: 'none',
    description: 'How record batches are packed: none, gzip, snappy, lz4, or zstd with Node 22.15 or later.',
  },
  { name: 'max.request.size', type: 'int', default: '1048576', description: 'Bytes of a record batch at most.' },
  {
    name: 'transaction.timeout.ms',
    type: 'int',
    default: '60000',
    description: 'Milliseconds after which Kafka ends a transaction that its query has left open.',
    idle: onlyTransactional,
  },
]
const OPTIONS: readonly OptionDefinition[] = [
  { name: 'topic', type: 'string', description: 'Topic of all rows; without it the column `topic` says.' },
  {
    name: 'transactional',
    type: 'boolean',
    default: 'false',
    description:
      'Exactly once: each epoch is one Kafka transaction, which also records the epoch. Read it with isolation level read_committed.',
  },
  {
    name: 'transactionalIdPrefix',
    type: 'string',
    default: 'millrace',
    description:
      'Begins the transactional id (`prefix-queryId`) and the group that the last epoch is recorded in (`prefix-queryId-sink`).',
    idle: onlyTransactional,
  },
  ...AVRO_SINK_OPTIONS,
  ...kafkaKeys(SINK_KEYS),
]

interface KafkaSinkOptions {
  readonly client: ClientConfig
  readonly servers: string
  readonly patienceMs: number
  readonly columns: SinkColumns
  /** undefined: values are bytes or text. */
  readonly avro: AvroSinkOptions | undefined
  readonly topic: string | undefined
  readonly codec: Codec
  readonly maxBatchBytes: number
  readonly transactional: boolean
  readonly idPrefix: string
  readonly transactionTimeoutMs: number
}

/** Rows into topics of Kafka. */
export const kafkaSink: SinkDefinition = {
  name: 'kafka',
  options: OPTIONS,
  description:
    'Rows as records of Kafka topics, from the columns value and, if there, key, topic, partition and headers. Each row at least once; with `transactional`, exactly once.',
  guarantee: 'at-least-once',
  exactlyOnceWith: 'transactional',
  modes: ['append', 'update', 'complete'],
  temporaryCheckpoint: false,
  async openStream(environment) {
    const options = sinkOptions(environment)
    const { queryId, clock, logger } = environment
    const id = `${options.idPrefix}-${queryId}`
    const transaction = { transactionalId: id, timeoutMs: options.transactionTimeoutMs, markerGroup: `${id}-sink` }
    const encode = await valueEncoder(options, environment)
    return new KafkaStreamSink(options, options.transactional ? transaction : undefined, encode, clock, logger)
  },
  async writeTable(environment, saveMode) {
    const options = sinkOptions(environment)
    checkSaveMode(saveMode)
    const id = `${options.idPrefix}-${randomUUID()}`
    const transaction = { transactionalId: id, timeoutMs: options.transactionTimeoutMs, markerGroup: undefined }
    const sink = new KafkaStreamSink(
      options,
      options.transactional ? transaction : undefined,
      await valueEncoder(options, environment),
      environment.clock,
      environment.logger,
    )
    const writer = sink.writer(0)
    const closing = (end: () => Promise<void>) => () => end().finally(() => sink.close())
    return {
      append: (batch) => writer.append(batch),
      commit: closing(() => writer.commit()),
      abort: closing(() => writer.abort()),
    }
  },
}

async function valueEncoder(
  { avro, columns, topic }: KafkaSinkOptions,
  { schema }: SinkEnvironment,
): Promise<((batch: Batch) => Batch) | undefined> {
  return avro && avroEncoder(avro, schema, columns.value, topic)
}

const CREATE_TRIES = 5
const CREATE_PAUSE_MS = 50

/**
 * law      with a transaction, rows and the number of their epoch become visible together, so an epoch that was committed is known and skipped; without
 *          one, a repeated epoch writes its rows again
 * source   docs/exactly-once.md
 */
class KafkaStreamSink implements Sink {
  readonly description: string
  readonly #guarantee: Guarantee
  readonly #options: KafkaSinkOptions
  readonly #encode: ((batch: Batch) => Batch) | undefined
  readonly #transaction: TransactionSettings | undefined
  readonly #clock: Clock
  readonly #client: KafkaClient
  readonly #producer: Producer
  readonly #pool = new BytePool()

  constructor(
    options: KafkaSinkOptions,
    transaction: TransactionSettings | undefined,
    encode: ((batch: Batch) => Batch) | undefined,
    clock: Clock,
    logger: Logger,
  ) {
    this.#encode = encode
    this.description = `KafkaSink[${options.topic ?? 'by column topic'}]`
    this.#guarantee = options.transactional ? 'exactly-once' : 'at-least-once'
    this.#options = options
    this.#transaction = transaction
    this.#clock = clock
    this.#client = new KafkaClient(new KafkaJsTransport(options.client), options.servers, logger, options.patienceMs)
    this.#producer = new Producer(this.#client, transaction)
  }

  async begin(epoch: number): Promise<EpochWriter | 'skip'> {
    if (this.#transaction?.markerGroup !== undefined && epoch <= (await this.#producer.lastEpoch())) return 'skip'
    return this.writer(epoch)
  }

  writer(epoch: number): EpochWriter {
    const { columns, topic, codec, maxBatchBytes } = this.#options
    const timestampMs = this.#clock.nowMs()
    const settings = { columns, topic, codec, maxBatchBytes, timestampMs, pool: this.#pool, turn: epoch }
    const writer = new KafkaEpochWriter(epoch, this.#producer, settings, (name) => this.#partitionsOf(name))
    const encode = this.#encode
    if (encode === undefined) return writer
    return {
      append: (batch) => writer.append(encode(batch)),
      commit: () => writer.commit(),
      abort: () => writer.abort(),
    }
  }

  metrics(): Readonly<Record<string, string>> {
    return { guarantee: this.#guarantee }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async #partitionsOf(topic: string): Promise<number> {
    for (let tries = 0; ; tries++) {
      const found = (await this.#client.refreshMetadata([topic], true)).topics.get(topic)
      if (found?.error === 0) return found.partitions.length
      // A broker that makes topics when they are asked for says at first that there is none.
      if (tries === CREATE_TRIES) throw unknownTopic(topic)
      await pause(CREATE_PAUSE_MS)
    }
  }
}

/** Bytes that wait to be sent; more than that, and whoever gives rows has to wait. */
const WAITING_BYTES_MAX = 8 << 20

class KafkaEpochWriter implements EpochWriter {
  readonly #epoch: number
  readonly #producer: Producer
  readonly #router: RowRouter
  readonly #partitionsOf: (topic: string) => Promise<number>
  #sending: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(epoch: number, producer: Producer, settings: RouterSettings, partitionsOf: (topic: string) => Promise<number>) {
    this.#epoch = epoch
    this.#producer = producer
    this.#router = new RowRouter(settings)
    this.#partitionsOf = partitionsOf
  }

  append(batch: Batch): void | Promise<void> {
    const unknown = this.#router.unknownTopics(batch)
    if (unknown.length > 0) return this.#addTopics(unknown).then(() => this.#add(batch))
    return this.#add(batch)
  }

  async commit(): Promise<void> {
    this.#router.finish()
    while (this.#router.fullBytes > 0 || this.#sending !== undefined) {
      await this.#sendFull()
      this.#throwFailure()
    }
    await this.#producer.commit(this.#epoch)
  }

  async abort(): Promise<void> {
    await this.#sending
    await this.#producer.abort()
  }

  #add(batch: Batch): void | Promise<void> {
    this.#throwFailure()
    this.#router.add(batch)
    if (this.#router.fullBytes === 0) return
    const sent = this.#sendFull()
    if (this.#router.fullBytes > WAITING_BYTES_MAX) return sent
  }

  async #addTopics(names: readonly string[]): Promise<void> {
    for (const name of names) this.#router.addTopic(name, await this.#partitionsOf(name))
  }

  /** Sends all that is full, one request after the other, while rows go on being added. Never rejects: the failure is kept. */
  #sendFull(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }
  async #send(): Promise<void> {
    try {
      for (let batches = this.#router.takeFull(); batches !== undefined; batches = this.#router.takeFull()) {
        await this.#producer.send(batches)
        for (const { batch } of batches) batch.release()
      }
    } catch (error) {
      this.#failure = { error }
    }
  }
  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

function sinkOptions(environment: SinkEnvironment): KafkaSinkOptions {
  for (const [key, as] of [
    ['key.serializer', 'keys'],
    ['value.serializer', 'values'],
  ] as const) {
    if (Object.keys(environment.options).some((name) => name.toLowerCase() === `kafka.${key}`)) {
      throw new UsageError('INVALID_OPTION', {
        message: `Kafka option '${key}' is not supported as ${as} are serialized as byte arrays`,
        parameters: { option: `kafka.${key}` },
      })
    }
  }
  const options = readOptions(OPTIONS, environment.options, 'sink "kafka"')
  const kafka = (name: string) => options.text(`kafka.${name}`)
  if (bootstrapServers(kafka).length === 0) {
    throw new UsageError('MISSING_OPTION', {
      message: 'Kafka option bootstrap.servers is not set',
      hint: 'Give "kafka.bootstrap.servers" with the brokers to begin with.',
      parameters: { option: 'kafka.bootstrap.servers' },
    })
  }
  const codec = (kafka('compression.type')?.toLowerCase() ?? 'none') as Codec
  if (compressor(codec) === undefined) {
    throw new UsageError('INVALID_OPTION', {
      message: `option "kafka.compression.type" of sink "kafka" cannot be ${codec} here`,
      hint: 'Writing zstd needs Node 22.15 or later; lz4 packs fast and gzip small with every version.',
      parameters: { option: 'kafka.compression.type', value: codec },
    })
  }
  const topic = options.text('topic')
  const avro = avroSinkOptions(options)
  return {
    client: clientConfig(kafka),
    servers: bootstrapServers(kafka).join(','),
    patienceMs: options.number('kafka.default.api.timeout.ms')!,
    columns: sinkColumns(environment.schema, topic !== undefined, avro !== undefined),
    avro,
    topic,
    codec,
    maxBatchBytes: options.number('kafka.max.request.size')! - 512,
    transactional: options.flag('transactional'),
    idPrefix: options.requiredText('transactionalIdPrefix'),
    transactionTimeoutMs: options.number('kafka.transaction.timeout.ms')!,
  }
}

function checkSaveMode(mode: SaveMode): void {
  if (mode === 'append' || mode === 'errorifexists') return
  const name = mode === 'overwrite' ? 'Overwrite' : 'Ignore'
  throw new AnalysisError('_LEGACY_ERROR_TEMP_3081', {
    message: `save mode ${name} not allowed for Kafka; allowed save modes are Append and ErrorIfExists (default)`,
  })
}
