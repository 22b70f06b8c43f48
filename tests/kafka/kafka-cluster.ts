import { freemem } from 'node:os'
import { type Admin, Kafka, logLevel, type Message, type Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { silentLogger } from '../../engine/log.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { LATEST } from '../../sources/kafka/client/list-offsets.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { rowsFrom, scanOf, settingsOf, sourceEnvironment } from '../harness/connector-environment.ts'
import { type BrokerOptions, KAFKA_VERSION, KafkaBroker, kafkaMissing } from '../harness/kafka-broker.ts'
import { KafkaFaultProxy } from '../harness/kafka-fault-proxy.ts'

/** `KAFKA_VERSION=3.9.2 npx vitest run tests/kafka` runs the tests on another broker. */
const version = process.env.KAFKA_VERSION ?? KAFKA_VERSION
const missing = kafkaMissing(version)
const BROKER_BYTES = 400 << 20

export interface ClusterOptions extends BrokerOptions {
  /** How many brokers; one by default. */
  readonly brokers?: number
  /** With a fault proxy before the (one) broker. */
  readonly proxied?: boolean
}

/** Tests on a broker of their own; without Java or Maven, or the memory for several, they are skipped, and say why. */
export function describeWithKafka(name: string, tests: (cluster: KafkaCluster) => void, options: ClusterOptions = {}): void {
  const reason = missing ?? tooLittleMemory(options.brokers ?? 1)
  describe.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (skipped: ${reason})`, () => {
    const cluster = new KafkaCluster()
    beforeAll(() => cluster.open(options), 180_000)
    afterAll(() => cluster.close(), 60_000)
    tests(cluster)
  })
}

function tooLittleMemory(brokers: number): string | undefined {
  if (brokers === 1 || freemem() > brokers * BROKER_BYTES) return undefined
  return `${brokers} brokers need ${(brokers * BROKER_BYTES) >> 20} MB of memory, there are ${freemem() >> 20}`
}

/** A broker, or several, and what a second client does to it. Topics get a name of their own for each test. */
export class KafkaCluster {
  brokers: readonly KafkaBroker[] = []
  proxy!: KafkaFaultProxy
  admin!: Admin
  kafka!: Kafka
  #producer!: Producer
  #topics = 0

  async open({ brokers = 1, proxied = false, ...options }: ClusterOptions): Promise<void> {
    process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
    if (proxied) this.proxy = await KafkaFaultProxy.open()
    const given = { version, ...options, ...(proxied && { proxyPort: this.proxy.port }) }
    this.brokers = brokers === 1 ? [await KafkaBroker.start(given)] : await KafkaBroker.startCluster(brokers, given)
    if (proxied) this.proxy.target = this.broker.proxiedPort
    await this.connect()
  }
  /** Makes the second client's connections, anew after the broker was away. */
  async connect(): Promise<void> {
    await this.#disconnect()
    this.kafka = new Kafka({ clientId: 'test', brokers: this.servers.split(','), logLevel: logLevel.NOTHING })
    this.admin = this.kafka.admin()
    await this.admin.connect()
    // What it sends twice is there once.
    this.#producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await this.#producer.connect()
  }
  async close(): Promise<void> {
    await this.#disconnect()
    await this.proxy?.close()
    for (const broker of this.brokers) await broker.close()
  }
  async #disconnect(): Promise<void> {
    await this.#producer?.disconnect()
    await this.admin?.disconnect()
  }

  get broker(): KafkaBroker {
    return this.brokers[0]!
  }
  get servers(): string {
    return this.brokers.map(({ servers }) => servers).join(',')
  }

  /** A fresh topic, with a replica on each broker; `configs` as in `compression.type`. */
  async topic(partitions = 1, configs: Readonly<Record<string, string>> = {}, name = `topic${this.#topics++}`): Promise<string> {
    const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const replicationFactor = this.brokers.length
    await this.admin.createTopics({
      // Brokers may know a new topic a little later, which kafkajs takes for a failure.
      waitForLeaders: false,
      topics: [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }],
    })
    await expect.poll(() => this.#hasLeaders(name), { interval: 5, timeout: 30_000 }).toBe(true)
    return name
  }
  async #hasLeaders(topic: string): Promise<boolean> {
    try {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] })
      if (!topics[0]!.partitions.every(({ leader, isr }) => leader >= 0 && isr.length === this.brokers.length)) return false
      // The leaders know of it too.
      await this.admin.fetchTopicOffsets(topic)
      return true
    } catch {
      return false
    }
  }
  async send(topic: string, messages: Message[]): Promise<void> {
    await this.#producer.send({ topic, messages })
  }
  /** Values into one partition. */
  async values(topic: string, partition: number, ...values: string[]): Promise<void> {
    await this.send(
      topic,
      values.map((value) => ({ value, partition })),
    )
  }
  /** A topic with rows of the numbers below `rows`, padded to `width`, in turn in its partitions. */
  async numberedTopic(rows: number, partitions = 2, width = 0): Promise<string> {
    const topic = await this.topic(partitions)
    const messages = Array.from({ length: rows }, (_, i) => ({ value: String(i).padEnd(width), partition: i % partitions }))
    for (let at = 0; at < rows; at += 500) await this.send(topic, messages.slice(at, at + 500))
    return topic
  }
  /** Ends of the partitions together: rows, and markers of transactions. */
  async endOf(topic: string): Promise<number> {
    const ends = await this.admin.fetchTopicOffsets(topic)
    return ends.reduce((sum, { high }) => sum + Number(high), 0)
  }

  /** The values of a topic that are committed, by partition. */
  async committed(topic: string, more: Readonly<Record<string, string>> = {}): Promise<[number, string | null][]> {
    await this.settled(topic)
    return this.read(topic, { 'kafka.isolation.level': 'read_committed', ...more })
  }
  /** The values of a topic as Millrace reads it, by partition. */
  async read(topic: string, more: Readonly<Record<string, string>> = {}): Promise<[number, string | null][]> {
    const options = this.options(topic, more)
    const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
    const rows = await rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema, [3, 1])))
    return rows.map(([partition, value]) => [
      partition as number,
      value === null ? null : Buffer.from(value as Uint8Array).toString(),
    ])
  }
  /** Waits until no transaction in the topic is open or being ended: the answer to a commit comes before its records are visible. */
  async settled(topic: string): Promise<void> {
    const isSettled = async () => String(await this.ends(topic, 1)) === String(await this.ends(topic, 0))
    await expect.poll(isSettled, { timeout: 30_000 }).toBe(true)
  }
  /** Ends of the partitions: of all there is (0), or before the first open transaction (1). */
  async ends(topic: string, isolation: 0 | 1): Promise<number[]> {
    const client = new KafkaClient(new KafkaJsTransport({ brokers: this.servers.split(',') }), this.servers, silentLogger)
    try {
      const { partitions } = (await client.refreshMetadata([topic])).topics.get(topic)!
      const queries = partitions.map(({ partition }) => ({ topic, partition, timestamp: LATEST }))
      return (await client.listOffsets(queries, isolation)).map(({ offset }) => offset)
    } finally {
      await client.close()
    }
  }
  options(topic: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { 'kafka.bootstrap.servers': this.servers, subscribe: topic, ...more }
  }
}

/** Each number below `rows` once, and in order within its partition. */
export function expectEachOnce(read: readonly (readonly [number, string | null])[], rows: number, partitions = 2): void {
  for (let partition = 0; partition < partitions; partition++) {
    const values = read.filter(([of]) => of === partition).map(([, value]) => Number(value))
    const expected = Array.from({ length: Math.ceil((rows - partition) / partitions) }, (_, i) => partitions * i + partition)
    // As text: a difference of ten thousand numbers is no help.
    const wrong = expected.findIndex((value, i) => values[i] !== value)
    expect({ partition, rows: values.length, wrong: wrong < 0 ? undefined : { at: wrong, value: values[wrong] } }).toEqual({
      partition,
      rows: expected.length,
      wrong: undefined,
    })
  }
}
