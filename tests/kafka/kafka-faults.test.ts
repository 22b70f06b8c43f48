import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../engine/clock.ts'
import { END_TXN } from '../../sources/kafka/client/transport.ts'
import { kafkaSource } from '../../sources/kafka/kafka-source-definition.ts'
import { rowsFrom, scanOf, settingsOf, sourceEnvironment, temporaryDirectory } from '../harness/connector-environment.ts'
import { copyTopic } from './copying-query.ts'
import { describeWithKafka, expectEachOnce } from './kafka-cluster.ts'

const ROWS = 5000
/** A broker that starts takes seconds, more where others use the machine too. */
const LONG_MS = 180_000
/** Waits between the tries of a trigger are a hundredth of what they are. */
const HASTY: Clock = { nowMs: systemClock.nowMs, sleep: (delayMs, signal) => systemClock.sleep(delayMs / 100, signal) }

describeWithKafka(
  'kafka whose broker fails',
  (cluster) => {
    afterEach(async () => {
      cluster.proxy.calm()
      await cluster.connect()
    })
    const newCheckpoint = () => join(temporaryDirectory(), 'checkpoint')

    test(
      'a query in transactions goes through a broker that is killed just before and just after it has a commit, and one that hangs',
      async () => {
        const input = await cluster.numberedTopic(ROWS)
        const output = await cluster.topic(2)
        const restart = async () => {
          await cluster.broker.kill()
          await cluster.broker.restart()
        }
        const copied = copyTopic({
          servers: cluster.proxy.servers,
          input,
          output,
          checkpoint: newCheckpoint(),
          rowsAnEpoch: 500,
          kafka: { 'kafka.request.timeout.ms': '500' },
        })
        await cluster.proxy.loseAnswer(END_TXN)
        await restart()
        await cluster.proxy.before(END_TXN, restart)
        await cluster.proxy.before(END_TXN, async () => cluster.broker.pause())
        await pause(1500)
        cluster.broker.resume()
        await copied
        await cluster.connect()
        expectEachOnce(await cluster.committed(output), ROWS)
      },
      LONG_MS,
    )

    test(
      'a read goes on where it was when the broker has been restarted',
      async () => {
        const topic = await cluster.numberedTopic(ROWS)
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
        expectEachOnce(read, ROWS)
      },
      LONG_MS,
    )

    test(
      'a broker that stays away fails the query, which goes on with the same ranges at its next start',
      async () => {
        const input = await cluster.numberedTopic(ROWS)
        const output = await cluster.topic(2)
        const copy = {
          servers: cluster.servers,
          input,
          output,
          checkpoint: newCheckpoint(),
          rowsAnEpoch: 500,
          kafka: { 'kafka.default.api.timeout.ms': '200' },
        }
        const failed = copyTopic(copy, HASTY).then(
          () => undefined,
          (error: Error) => error,
        )
        await expect.poll(() => cluster.endOf(output), { interval: 20, timeout: 60_000 }).toBeGreaterThan(500)
        await cluster.broker.kill()
        const error = (await failed)!
        expect(error.message).toContain(`the Kafka cluster at "${cluster.servers}" does not answer`)
        await cluster.broker.restart()
        await copyTopic(copy)
        await cluster.connect()
        expectEachOnce(await cluster.committed(output), ROWS)
      },
      LONG_MS,
    )

    test('the first of the brokers to begin with may be the one that is gone', async () => {
      const topic = await cluster.numberedTopic(10)
      const read = await cluster.read(topic, { 'kafka.bootstrap.servers': `127.0.0.1:1,${cluster.servers}` })
      expectEachOnce(read, 10)
    })

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
  },
  { proxied: true },
)
