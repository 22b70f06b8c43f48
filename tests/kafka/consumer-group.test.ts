import { expect, test } from 'vitest'
import type { Logger } from '../../engine/log.ts'
import { createSession, Trigger } from '../../index.ts'
import { temporaryDirectory } from '../harness/connector-environment.ts'
import { describeWithKafka } from './kafka-cluster.ts'

/** Keeps what is logged at `warn`, with its facts. */
function warnings(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const nothing = () => {}
  return {
    logger: {
      error: nothing,
      info: nothing,
      debug: nothing,
      warn: (message, facts) => lines.push(`${message} ${JSON.stringify(facts)}`),
    },
    lines,
  }
}

describeWithKafka('consumer groups', (cluster) => {
  /** Offsets of a group as tools see them. */
  const committed = async (group: string, topic: string): Promise<string[]> => {
    const [found] = await cluster.admin.fetchOffsets({ groupId: group, topics: [topic] })
    return found!.partitions.sort((a, b) => a.partition - b.partition).map(({ partition, offset }) => `${partition}: ${offset}`)
  }
  /** Reads a topic up to now, and gives the values. */
  const read = async (options: Record<string, string>, checkpointLocation: string, logger?: Logger): Promise<string[]> => {
    const session = createSession(logger === undefined ? {} : { logger })
    const values: string[] = []
    const query = await session.readStream
      .format('kafka')
      .options(options)
      .load()
      .selectExpr('CAST(value AS STRING) AS value')
      .writeStream.foreach({
        process: (row) => {
          values.push(String(row['value']))
        },
      })
      .option('checkpointLocation', checkpointLocation)
      .trigger(Trigger.availableNow())
      .start()
    await query.awaitTermination()
    await session.stop()
    return values.sort()
  }
  /** Consumes `count` records as a member of a group, as a kafkajs program does, and gives their values. */
  const consume = async (group: string, topic: string, count: number): Promise<string[]> => {
    const consumer = cluster.kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 })
    const values: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const done = new Promise<void>((resolve) => {
      void consumer.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          if (values.length === count) return
          values.push(message.value!.toString())
          await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }])
          if (values.length === count) resolve()
        },
      })
    })
    await done
    await consumer.disconnect()
    return values.sort()
  }

  test('with commitOffsets the offsets of committed epochs are seen by tools, and never read back', async () => {
    const topic = await cluster.topic(2)
    await cluster.values(topic, 0, 'a', 'b', 'c')
    await cluster.values(topic, 1, 'd')
    const group = `${topic}-lag`
    const options = cluster.options(topic, {
      startingOffsets: 'earliest',
      commitOffsets: 'true',
      'kafka.group.id': group,
      maxOffsetsPerTrigger: '2',
    })
    const checkpoint = temporaryDirectory()
    expect(await read(options, checkpoint)).toEqual(['a', 'b', 'c', 'd'])
    expect(await committed(group, topic)).toEqual(['0: 3', '1: 1'])
    // Whoever moves the group does not move the query.
    await cluster.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '0' }] })
    await cluster.values(topic, 1, 'e')
    expect(await read(options, checkpoint)).toEqual(['e'])
    expect(await committed(group, topic)).toEqual(['0: 3', '1: 2'])
    // What an earlier process could not tell any more is told at the next start, also without anything new.
    await cluster.admin.deleteGroups([group])
    expect(await read(options, checkpoint)).toEqual([])
    expect(await committed(group, topic)).toEqual(['0: 3', '1: 2'])
  })

  test('the group can be named by a prefix and the query, and without commitOffsets there is none', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'a')
    const options = cluster.options(topic, { startingOffsets: 'earliest', groupIdPrefix: `${topic}-prefix` })
    const { logger, lines } = warnings()
    await read(options, temporaryDirectory(), logger)
    const groups = async () => (await cluster.admin.listGroups()).groups.map(({ groupId }) => groupId)
    expect((await groups()).filter((group) => group.startsWith(topic))).toEqual([])
    expect(lines).toEqual([
      expect.stringMatching(/^option "groupIdPrefix" of source "kafka" has no effect: no consumer group is/),
    ])
    await read({ ...options, commitOffsets: 'true' }, temporaryDirectory())
    const [made] = (await groups()).filter((group) => group.startsWith(topic))
    expect(made).toMatch(new RegExp(`^${topic}-prefix-[0-9a-f]{8}-[0-9a-f-]{27}$`))
    expect(await committed(made!, topic)).toEqual(['0: 1'])
  })

  test('a group that has members is left alone, which is said once and stops nothing', async () => {
    const topic = await cluster.topic()
    const group = `${topic}-members`
    const consumer = cluster.kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
    await consumer.run({ autoCommit: false, eachMessage: async () => {} })
    await joined
    await cluster.values(topic, 0, 'a', 'b', 'c')
    const { logger, lines } = warnings()
    const options = cluster.options(topic, {
      startingOffsets: 'earliest',
      commitOffsets: 'true',
      'kafka.group.id': group,
      maxOffsetsPerTrigger: '1',
    })
    expect(await read(options, temporaryDirectory(), logger)).toEqual(['a', 'b', 'c'])
    await consumer.disconnect()
    expect(lines).toEqual([expect.stringContaining('consumers are members of the group, and only they may commit to it')])
    expect(await committed(group, topic)).toEqual(['0: -1'])
  })

  test('a query takes over from a kafkajs consumer, and the consumer from the query', async () => {
    const topic = await cluster.topic(2)
    const group = `${topic}-moving`
    await cluster.values(topic, 0, 'a0', 'a1', 'a2', 'a3')
    expect(await consume(group, topic, 3)).toEqual(['a0', 'a1', 'a2'])
    await cluster.values(topic, 1, 'b0', 'b1')
    const { logger, lines } = warnings()
    const options = cluster.options(topic, { startingOffsets: 'group', 'kafka.group.id': group, commitOffsets: 'true' })
    const checkpoint = temporaryDirectory()
    // Of partition 1 the group has read nothing, so all of it is new.
    expect(await read(options, checkpoint, logger)).toEqual(['a3', 'b0', 'b1'])
    expect(lines).toEqual([expect.stringContaining(`"partitions":["${topic}-1"]`)])
    // From then on the checkpoint says where the query is.
    await cluster.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '0' }] })
    await cluster.values(topic, 0, 'a4')
    expect(await read(options, checkpoint)).toEqual(['a4'])
    await cluster.values(topic, 0, 'a5')
    await cluster.values(topic, 1, 'b2')
    expect(await consume(group, topic, 2)).toEqual(['a5', 'b2'])
  })

  test('a table can begin where a group is, and a group without offsets is refused by name', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'a', 'b', 'c')
    const group = `${topic}-table`
    await cluster.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '1' }] })
    const session = createSession()
    const table = (id: string) =>
      session.read
        .format('kafka')
        .options(cluster.options(topic, { startingOffsets: 'group', 'kafka.group.id': id }))
        .load()
        .selectExpr('CAST(value AS STRING) AS value')
        .collect()
    expect((await table(group)).map(({ value }) => value)).toEqual(['b', 'c'])
    await expect(table('no-such-group')).rejects.toThrow(`consumer group "no-such-group" has committed no offsets of ${topic}-0`)
    await expect(read(cluster.options(topic, { startingOffsets: 'group' }), temporaryDirectory())).rejects.toThrow(
      'startingOffsets "group" needs the option "kafka.group.id"',
    )
    await expect(read(cluster.options(topic, { commitOffsets: 'true' }), temporaryDirectory())).rejects.toThrow(
      'commitOffsets needs the option "kafka.group.id", or "groupIdPrefix"',
    )
    await session.stop()
  })
})
