import { type Admin, Kafka, logLevel, type Message, type Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { silentLogger } from '../../engine/log.ts'
import { KafkaClient } from '../../sources/kafka/client/kafka-client.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { LATEST } from '../../sources/kafka/client/list-offsets.ts'
import { type BrokerOptions, KAFKA_VERSION, KafkaBroker, kafkaMissing } from '../harness/kafka-broker.ts'

/** `KAFKA_VERSION=3.9.2 npx vitest run tests/kafka` runs the tests on another broker. */
const version = process.env.KAFKA_VERSION ?? KAFKA_VERSION
const missing = kafkaMissing(version)

/** Tests on a broker of their own; without Java or Maven they are skipped, and say why. */
export function describeWithKafka(name: string, tests: (cluster: KafkaCluster) => void, options: BrokerOptions = {}): void {
  describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (skipped: ${missing})`, () => {
    const cluster = new KafkaCluster()
    beforeAll(() => cluster.open(options), 180_000)
    afterAll(() => cluster.close(), 60_000)
    tests(cluster)
  })
}

/** A broker, and what a second client does to it. Topics get a name of their own for each test. */
export class KafkaCluster {
  broker!: KafkaBroker
  admin!: Admin
  kafka!: Kafka
  #producer!: Producer
  #topics = 0

  async open(options: BrokerOptions): Promise<void> {
    process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
    this.broker = await KafkaBroker.start({ version, ...options })
    await this.connect()
  }
  async connect(): Promise<void> {
    this.kafka = new Kafka({ clientId: 'test', brokers: [this.broker.servers], logLevel: logLevel.NOTHING })
    this.admin = this.kafka.admin()
    await this.admin.connect()
    this.#producer = this.kafka.producer()
    await this.#producer.connect()
  }
  async close(): Promise<void> {
    await this.#producer?.disconnect()
    await this.admin?.disconnect()
    await this.broker?.close()
  }

  /** A fresh topic; `configs` as in `compression.type`. */
  async topic(partitions = 1, configs: Readonly<Record<string, string>> = {}, name = `topic${this.#topics++}`): Promise<string> {
    const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    await this.admin.createTopics({ topics: [{ topic: name, numPartitions: partitions, configEntries }] })
    return name
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
  /** Waits until no transaction in the topic is open or being ended: the answer to a commit comes before its records are visible. */
  async settled(topic: string): Promise<void> {
    const client = new KafkaClient(new KafkaJsTransport({ brokers: [this.broker.servers] }), this.broker.servers, silentLogger)
    try {
      const { partitions } = (await client.refreshMetadata([topic])).topics.get(topic)!
      const queries = partitions.map(({ partition }) => ({ topic, partition, timestamp: LATEST }))
      const ends = async (isolation: 0 | 1) => (await client.listOffsets(queries, isolation)).map(({ offset }) => offset)
      await expect.poll(async () => String(await ends(1)) === String(await ends(0)), { timeout: 30_000 }).toBe(true)
    } finally {
      await client.close()
    }
  }
  options(topic: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { 'kafka.bootstrap.servers': this.broker.servers, subscribe: topic, ...more }
  }
}
