import { join } from 'node:path'
import { expect, test } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import { field, STRING } from '../../engine/types/data-type.ts'
import { kafkaSink } from '../../sinks/kafka/kafka-sink.ts'
import { RequestWriter } from '../../sources/kafka/client/bytes.ts'
import { KafkaJsTransport } from '../../sources/kafka/client/kafka-js-transport.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import {
  rowsFrom,
  scanOf,
  settingsOf,
  sinkEnvironment,
  sourceEnvironment,
  temporaryDirectory,
} from '../harness/connector-environment.ts'
import type { KafkaBroker } from '../harness/kafka-broker.ts'
import { copyTopic } from './copying-query.ts'
import { describeWithKafka, expectEachOnce, type KafkaCluster } from './kafka-cluster.ts'

const ELECT_LEADERS = { name: 'ElectLeaders', key: 43, version: 1, flexible: false }
const ROWS = 6000
const PARTITIONS = 3
const LONG_MS = 180_000

async function leaderOf(cluster: KafkaCluster, topic: string, partition: number): Promise<KafkaBroker> {
  const { topics } = await cluster.admin.fetchTopicMetadata({ topics: [topic] })
  return cluster.brokers[topics[0]!.partitions.find(({ partitionId }) => partitionId === partition)!.leader - 1]!
}
/** Gives every partition of a topic the leader that it was made with, if that is in sync again. */
async function electPreferred(cluster: KafkaCluster, topic: string, partitions: number): Promise<void> {
  const transport = new KafkaJsTransport({ brokers: cluster.servers.split(',') })
  const request = new RequestWriter().int8(0)
  request.array([topic], (name) => {
    request.text(name).array(
      Array.from({ length: partitions }, (_, i) => i),
      (partition) => {
        request.int32(partition)
      },
    )
  })
  await transport.request('any', ELECT_LEADERS, request.int32(10_000).finish())
  await transport.close()
}
async function leaders(cluster: KafkaCluster, topic: string): Promise<number[]> {
  const { topics } = await cluster.admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0]!.partitions.sort((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader)
}
async function untilInSync(cluster: KafkaCluster, topic: string): Promise<void> {
  const isInSync = async () => {
    const { topics } = await cluster.admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]!.partitions.every(({ isr }) => isr.length === cluster.brokers.length)
  }
  await expect.poll(isInSync, { timeout: 60_000, interval: 100 }).toBe(true)
}

describeWithKafka(
  'kafka whose leaders change',
  (cluster) => {
    test(
      'a read and a query in transactions go on when a leader and coordinator dies, and when leaders are elected anew; too few replicas are named',
      async () => {
        // Each broker leads one partition of three.
        const input = await cluster.numberedTopic(ROWS, PARTITIONS, 100)
        const output = await cluster.topic(PARTITIONS, { 'min.insync.replicas': '2' })
        const strict = await cluster.topic(1, { 'min.insync.replicas': '3' })
        const topics = [input, output]
        const made = await Promise.all(topics.map((topic) => leaders(cluster, topic)))
        const copied = copyTopic({
          servers: cluster.servers,
          input,
          output,
          checkpoint: join(temporaryDirectory(), 'checkpoint'),
          rowsAnEpoch: 150,
          // A request that goes on asking the dead one fails the test, not the trigger, which would be tried again.
          kafka: { 'kafka.request.timeout.ms': '2000', 'kafka.default.api.timeout.ms': '120000' },
        })
        const reached = (rows: number) =>
          expect.poll(() => cluster.endOf(output), { interval: 50, timeout: 60_000 }).toBeGreaterThan(rows)
        await reached(ROWS / 10)

        const options = cluster.options(input, { 'kafka.max.partition.fetch.bytes': '8192', 'kafka.fetch.max.bytes': '8192' })
        const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
        const read: [number, string][] = []
        const dead = await leaderOf(cluster, '__transaction_state', 0)
        let batches = 0
        for await (const batch of kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema, [3, 1]))) {
          for (const [partition, value] of await rowsFrom([batch]))
            read.push([partition as number, Buffer.from(value as Uint8Array).toString()])
          batches++
          if (batches === 1) await dead.kill()
          if (batches !== 2) continue
          await reached(ROWS / 3)
          expect(await Promise.all(topics.map((topic) => leaders(cluster, topic)))).not.toEqual(made)
          await expectTooFewReplicas(cluster, strict)
          await dead.restart()
          for (const topic of topics) await untilInSync(cluster, topic)
          for (const topic of [...topics, '__transaction_state', '__consumer_offsets']) {
            await electPreferred(cluster, topic, topics.includes(topic) ? PARTITIONS : 1)
          }
          await expect
            .poll(() => Promise.all(topics.map((topic) => leaders(cluster, topic))), { interval: 100, timeout: 30_000 })
            .toEqual(made)
        }
        expect(batches).toBeGreaterThan(2)
        expectEachOnce(read, ROWS, PARTITIONS)
        await copied
        expectEachOnce(await cluster.committed(output), ROWS, PARTITIONS)
      },
      LONG_MS,
    )
  },
  { brokers: 3 },
)

/** While two of three replicas are there. */
async function expectTooFewReplicas(cluster: KafkaCluster, topic: string): Promise<void> {
  const environment = sinkEnvironment([field('value', STRING)], {
    'kafka.bootstrap.servers': cluster.servers,
    topic,
    'kafka.default.api.timeout.ms': '500',
  })
  const sink = await kafkaSink.openStream(environment)
  const writer = await sink.begin(0)
  if (writer === 'skip') throw new Error('nothing was written')
  await writer.append(batchFromRows(environment.schema, [['v']]))
  await expect(writer.commit()).rejects.toMatchObject({
    condition: 'KAFKA_REQUEST_FAILED',
    detail: `Produce to ${topic}-0: NOT_ENOUGH_REPLICAS.`,
    retry: 'backoff',
  })
  await sink.close()
}
