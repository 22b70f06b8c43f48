import type { TopicPartition } from './partition-offsets.ts'

/** Where a record came from, as BAD ROWS TO tells it. */
export function recordOrigin({ topic, partition }: TopicPartition, offset: number, timestampMs: number): string {
  return `topic ${topic}, partition ${partition}, offset ${offset}, timestamp ${new Date(timestampMs).toISOString()}`
}
