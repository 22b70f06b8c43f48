import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { rowsFrom, scanOf, settingsOf, sourceEnvironment, temporaryDirectory } from '../harness/connector-environment.ts'
import { copyTopic } from './copying-query.ts'
import { describeWithKafka, type KafkaCluster } from './kafka-cluster.ts'

const ROWS = 20_000
const KILLS = 4
/** A process that starts anew after each kill takes seconds where others use the machine too. */
const LONG_MS = 180_000

/** A topic with `ROWS` numbered rows in two partitions. */
async function numberedTopic(cluster: KafkaCluster): Promise<string> {
  const topic = await cluster.topic(2)
  const messages = Array.from({ length: ROWS }, (_, i) => ({ value: String(i), partition: i % 2 }))
  for (let at = 0; at < ROWS; at += 1000) await cluster.send(topic, messages.slice(at, at + 1000))
  return topic
}
async function valuesOf(cluster: KafkaCluster, topic: string): Promise<[number, string][]> {
  await cluster.settled(topic)
  const options = cluster.options(topic, { 'kafka.isolation.level': 'read_committed' })
  const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
  const rows = await rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema, [3, 1])))
  return rows.map(([partition, value]) => [partition as number, Buffer.from(value as Uint8Array).toString()])
}
/** Each row once, and in order within its partition. */
function expectAll(read: readonly [number, string][]): void {
  for (const partition of [0, 1]) {
    const values = read.filter(([of]) => of === partition).map(([, value]) => Number(value))
    expect(values).toEqual(Array.from({ length: ROWS / 2 }, (_, i) => 2 * i + partition))
  }
}
async function endsOf(cluster: KafkaCluster, topic: string): Promise<number> {
  const ends = await cluster.admin.fetchTopicOffsets(topic)
  return ends.reduce((sum, { high }) => sum + Number(high), 0)
}

describeWithKafka('kafka in trouble', (cluster) => {
  test(
    'a query in transactions that is killed again and again writes each row once',
    async () => {
      const input = await numberedTopic(cluster)
      const output = await cluster.topic(2)
      const checkpoint = join(temporaryDirectory(), 'checkpoint')
      let kills = 0
      for (;;) {
        const script = join(import.meta.dirname, 'copying-query.ts')
        const child = spawn(process.execPath, ['--import', 'tsx', script, cluster.broker.servers, input, output, checkpoint], {
          stdio: ['ignore', 'inherit', 'inherit'],
        })
        const exited = once(child, 'exit')
        const until = (await endsOf(cluster, output)) + 2000
        while (child.exitCode === null && kills < KILLS && (await endsOf(cluster, output)) < until) await pause(1)
        // Some milliseconds later each time: between the epochs, in their writes, in their commits.
        await pause(kills * 2)
        if (kills < KILLS) {
          child.kill('SIGKILL')
          kills++
        }
        const [code] = await exited
        if (code === 0) break
        expect(child.signalCode).toBe('SIGKILL')
      }
      expect(kills).toBe(KILLS)
      expectAll(await valuesOf(cluster, output))
    },
    LONG_MS,
  )

  test(
    'a query in transactions goes through a broker that is killed, and one that hangs',
    async () => {
      const input = await numberedTopic(cluster)
      const output = await cluster.topic(2)
      const copied = copyTopic({
        servers: cluster.broker.servers,
        input,
        output,
        checkpoint: join(temporaryDirectory(), 'checkpoint'),
        rowsAnEpoch: 500,
      })
      await expect.poll(() => endsOf(cluster, output), { interval: 5, timeout: 20_000 }).toBeGreaterThan(2000)
      await cluster.broker.kill()
      await cluster.broker.restart()
      await pause(100)
      cluster.broker.pause()
      await pause(1000)
      cluster.broker.resume()
      await copied
      await cluster.connect()
      expectAll(await valuesOf(cluster, output))
    },
    LONG_MS,
  )

  test(
    'a read goes on where it was when the broker has been restarted',
    async () => {
      const topic = await numberedTopic(cluster)
      const options = cluster.options(topic, { 'kafka.max.partition.fetch.bytes': '4096', 'kafka.fetch.max.bytes': '8192' })
      const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
      const read: [number, string][] = []
      let restarted = false
      const batches = kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema, [3, 1]))
      for await (const batch of batches) {
        for (const [partition, value] of await rowsFrom([batch]))
          read.push([partition as number, Buffer.from(value as Uint8Array).toString()])
        if (restarted) continue
        restarted = true
        await cluster.broker.stop()
        await cluster.broker.restart()
      }
      expectAll(read)
      await cluster.connect()
    },
    LONG_MS,
  )

  test('a cluster that does not answer fails the query with what to look at', async () => {
    const options = {
      ...cluster.options('t'),
      'kafka.bootstrap.servers': '127.0.0.1:1',
      'kafka.socket.connection.setup.timeout.ms': '500',
    }
    const schema = kafkaSource.schema(options, undefined, settingsOf(), false)
    await expect(rowsFrom(kafkaSource.readTable!(sourceEnvironment(options, schema), scanOf(schema)))).rejects.toThrow(
      'the Kafka cluster at "127.0.0.1:1" does not answer',
    )
  })
})
