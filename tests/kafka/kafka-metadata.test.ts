import { expect, test } from 'vitest'
import { createSession } from '../../index.ts'
import { describeWithKafka } from './kafka-cluster.ts'

describeWithKafka('columns beside decoded values, from a broker', (cluster) => {
  test('are declared in SQL as METADATA, in Flink’s manner', async () => {
    const topic = await cluster.topic()
    await cluster.send(topic, [
      { key: 'k0', value: '{"n":1}', timestamp: '1700000000001' },
      { key: null, value: '{"n":2}', timestamp: '1700000000002' },
      { key: 'gone', value: null, timestamp: '1700000000003' },
      { key: 'k3', value: '{"n":3}', timestamp: '1700000000004' },
    ])
    const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
    await session.run(`
      CREATE TABLE clicks (
        n INT,
        position BIGINT METADATA FROM 'offset' VIRTUAL,
        topic STRING METADATA COMMENT 'where from',
        at TIMESTAMP METADATA FROM 'timestamp'
      ) USING kafka OPTIONS ('kafka.bootstrap.servers' '${cluster.broker.servers}', subscribe '${topic}', format 'json')`)
    const rows = await session.sql('SELECT n, position, topic, CAST(at AS STRING) AS at FROM clicks WHERE position > 0').collect()
    expect(rows).toEqual([
      { n: 2, position: 1n, topic, at: '2023-11-14 22:13:20.002' },
      { n: 3, position: 3n, topic, at: '2023-11-14 22:13:20.004' },
    ])
    await session.stop()
  })
})
