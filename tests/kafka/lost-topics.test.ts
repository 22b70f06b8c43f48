import { expect, test } from 'vitest'
import { createSession, Trigger } from '../../index.ts'
import { temporaryDirectory } from '../harness/connector-environment.ts'
import { describeWithKafka } from './kafka-cluster.ts'

describeWithKafka('topics that go', (cluster) => {
  /** Runs a query to the end of what there is, and gives what it read, or the condition of what stopped it. */
  const read = async (options: Record<string, string>, checkpointLocation: string): Promise<string[] | string> => {
    const session = createSession()
    const values: string[] = []
    try {
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
      return values
    } catch (error) {
      return (error as { readonly cause?: { readonly condition: string } }).cause?.condition ?? String(error)
    } finally {
      await session.stop()
    }
  }

  // docs/differences.md: Spark's query fails for a topic that is gone, and of one made anew it reads nothing until the old offsets are passed.
  test('a restarted query with failOnDataLoss false survives that its topic is gone, and reads the next one of that name whole', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'old1', 'old2', 'old3')
    const strict = cluster.options(topic, { startingOffsets: 'earliest' })
    const lenient = { ...strict, failOnDataLoss: 'false' }
    const checkpoint = temporaryDirectory()
    expect(await read(strict, checkpoint)).toEqual(['old1', 'old2', 'old3'])
    await cluster.admin.deleteTopics({ topics: [topic] })
    // The broker itself hears of it a little later.
    await expect.poll(() => read(strict, checkpoint), { timeout: 10_000 }).toBe('KAFKA_TOPIC_NOT_FOUND')
    expect(await read(lenient, checkpoint)).toEqual([])
    await cluster.topic(1, {}, topic)
    await cluster.connect()
    await cluster.values(topic, 0, 'new1')
    expect(await read(lenient, checkpoint)).toEqual(['new1'])
    await cluster.values(topic, 0, 'new2')
    expect(await read(strict, checkpoint)).toEqual(['new2'])
  })

  test('a topic that was made anew between two runs is a loss, or is read whole, although it may have as many records', async () => {
    const topic = await cluster.topic()
    await cluster.values(topic, 0, 'old1', 'old2')
    const strict = cluster.options(topic, { startingOffsets: 'earliest' })
    const checkpoint = temporaryDirectory()
    expect(await read(strict, checkpoint)).toEqual(['old1', 'old2'])
    await cluster.admin.deleteTopics({ topics: [topic] })
    await cluster.topic(1, {}, topic)
    await cluster.connect()
    await cluster.values(topic, 0, 'new1', 'new2')
    expect(await read(strict, checkpoint)).toBe('KAFKA_DATA_LOSS')
    expect(await read({ ...strict, failOnDataLoss: 'false' }, checkpoint)).toEqual(['new1', 'new2'])
    expect(await read(strict, checkpoint)).toEqual([])
  })

  test('a query that begins with a topic that is not there is refused, whatever may be lost', async () => {
    const nowhere = { ...cluster.options('nowhere'), failOnDataLoss: 'false' }
    expect(await read(nowhere, temporaryDirectory())).toBe('KAFKA_TOPIC_NOT_FOUND')
  })
})
