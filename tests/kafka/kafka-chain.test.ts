import { expect, test } from 'vitest'
import { runChain } from '../harness/kafka-chain.ts'
import { describeWithKafka } from './kafka-cluster.ts'

/** The same at full size, a million rows with 30 kills and 5 restarts: bench/kafka/chain.ts. */
describeWithKafka('kafka exactly once, end to end', (cluster) => {
  test('two chained queries that are killed, with a broker that restarts, write each row once and in order', async () => {
    const rows = 20_000
    const result = await runChain(cluster.broker, {
      rows,
      kills: 3,
      restarts: 1,
      seed: 3,
      offsetsAnEpoch: 500,
      say: () => {},
    })
    expect(result).toMatchObject({ rows, missing: 0, repeated: 0, outOfOrder: 0, failures: 0 })
  }, 180_000)
})
