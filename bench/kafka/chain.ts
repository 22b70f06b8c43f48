/**
 * Exactly once, end to end, in numbers: `npx tsx bench/kafka/chain.ts [rows] [kills] [restarts] [seed]` sends a million numbers through two chained
 * queries (Kafka → Kafka in transactions → files) while 30 times one of them is killed with SIGKILL and 5 times the broker is killed or stopped and
 * started again, and counts what came out. The exit code is 0 when every number is there once, in order within its partition.
 */
import { KafkaBroker, kafkaMissing } from '../../tests/harness/kafka-broker.ts'
import { runChain } from '../../tests/harness/kafka-chain.ts'

const [rows = 1_000_000, kills = 30, restarts = 5, seed = 1] = process.argv.slice(2).map(Number)
const missing = kafkaMissing()
if (missing !== undefined) {
  console.error(`skipped: ${missing}`)
  process.exit(75)
}
const broker = await KafkaBroker.start()
try {
  const offsetsAnEpoch = Math.max(100, Math.ceil(rows / (8 * (kills + restarts + 1))))
  const result = await runChain(broker, { rows, kills, restarts, seed, offsetsAnEpoch, say: (line) => console.log(line) })
  console.log(
    `${result.rows} rows in ${result.seconds.toFixed(0)} s with ${kills} kills of a query, ${restarts} restarts of the broker and ${result.failures} failures of a query: ` +
      `${result.missing} missing, ${result.repeated} repeated, ${result.outOfOrder} out of order (seed ${seed})`,
  )
  if (result.missing + result.repeated + result.outOfOrder > 0) process.exitCode = 1
} finally {
  await broker.close()
}
