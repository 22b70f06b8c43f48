import { createSession, Trigger } from '../../index.ts'

/**
 * A process of its own for tests that kill it: copies a topic to another in transactions, a few thousand rows an epoch, until all rows that there were
 * at its start are copied. Arguments: brokers, input topic, output topic, checkpoint directory.
 */
export interface Copy {
  readonly servers: string
  readonly input: string
  readonly output: string
  readonly checkpoint: string
  readonly rowsAnEpoch: number
}

export async function copyTopic({ servers, input, output, checkpoint, rowsAnEpoch }: Copy): Promise<void> {
  const session = createSession()
  const rows = session.readStream
    .format('kafka')
    .option('kafka.bootstrap.servers', servers)
    .option('subscribe', input)
    .option('startingOffsets', 'earliest')
    .option('maxOffsetsPerTrigger', rowsAnEpoch)
    .load()
  const query = await rows
    .select('key', 'value', 'partition')
    .writeStream.format('kafka')
    .option('kafka.bootstrap.servers', servers)
    .option('topic', output)
    .option('transactional', true)
    .option('checkpointLocation', checkpoint)
    .trigger(Trigger.availableNow())
    .start()
  await query.awaitTermination()
  await session.stop()
}

if (process.argv[1] === import.meta.filename) {
  const [servers, input, output, checkpoint] = process.argv.slice(2) as [string, string, string, string]
  await copyTopic({ servers, input, output, checkpoint, rowsAnEpoch: 500 })
}
