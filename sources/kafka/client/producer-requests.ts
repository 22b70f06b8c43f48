import { RequestWriter, ResponseReader } from './bytes.ts'
import { byTopic } from './list-offsets.ts'

/** Requests of producers and transactions, each in the version that transport.ts names. */

export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}
export interface ProduceBatch {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
}
interface PartitionAnswer {
  readonly topic: string
  readonly partition: number
  readonly error: number
}

/** Produce, acknowledged by all in-sync replicas: at most one batch a partition. In parts, of which the batches are some. */
export function encodeProduce(
  batches: readonly ProduceBatch[],
  transactionalId: string | undefined,
  timeoutMs: number,
): Buffer[] {
  const parts: Buffer[] = []
  const topics = byTopic(batches)
  let out = new RequestWriter().text(transactionalId).int16(-1).int32(timeoutMs).int32(topics.length)
  for (const [topic, partitions] of topics) {
    out.text(topic).int32(partitions.length)
    for (const { partition, bytes } of partitions) {
      parts.push(out.int32(partition).int32(bytes.length).finish(), bytes)
      out = new RequestWriter(64)
    }
  }
  return parts
}

export function decodeProduce(body: Buffer): PartitionAnswer[] {
  const input = new ResponseReader(body)
  return input
    .array(() => {
      const topic = input.requiredText()
      return input.array(() => {
        const answer = { topic, partition: input.int32(), error: input.int16() }
        input.long()
        input.long()
        input.long()
        return answer
      })
    })
    .flat()
}

export type CoordinatorKind = 'group' | 'transaction'

export function encodeFindCoordinator(kind: CoordinatorKind, key: string): Buffer {
  return new RequestWriter()
    .text(key)
    .int8(kind === 'group' ? 0 : 1)
    .finish()
}
export function decodeFindCoordinator(body: Buffer): { readonly error: number; readonly node: number } {
  const input = new ResponseReader(body)
  input.int32()
  const error = input.int16()
  input.text()
  return { error, node: input.int32() }
}

export function encodeInitProducerId(transactionalId: string | undefined, timeoutMs: number): Buffer {
  return new RequestWriter().text(transactionalId).int32(timeoutMs).finish()
}
export function decodeInitProducerId(body: Buffer): ProducerIdentity & { readonly error: number } {
  const input = new ResponseReader(body)
  input.int32()
  return { error: input.int16(), producerId: input.int64(), producerEpoch: input.int16() }
}

/** A producer in a transaction. */
export interface TransactionIdentity extends ProducerIdentity {
  readonly transactionalId: string
}

export function encodeAddPartitions(
  { transactionalId, producerId, producerEpoch }: TransactionIdentity,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Buffer {
  const out = new RequestWriter().text(transactionalId).int64(producerId).int16(producerEpoch)
  return out
    .array(byTopic(partitions), ([topic, own]) => {
      out.text(topic).array(own, ({ partition }) => {
        out.int32(partition)
      })
    })
    .finish()
}
/** The errors of the partitions. */
export function decodeAddPartitions(body: Buffer): PartitionAnswer[] {
  const input = new ResponseReader(body)
  input.int32()
  return input
    .array(() => {
      const topic = input.requiredText()
      return input.array(() => ({ topic, partition: input.int32(), error: input.int16() }))
    })
    .flat()
}

export function encodeAddOffsets({ transactionalId, producerId, producerEpoch }: TransactionIdentity, group: string): Buffer {
  return new RequestWriter().text(transactionalId).int64(producerId).int16(producerEpoch).text(group).finish()
}
export function encodeEndTransaction(
  { transactionalId, producerId, producerEpoch }: TransactionIdentity,
  commit: boolean,
): Buffer {
  return new RequestWriter().text(transactionalId).int64(producerId).int16(producerEpoch).boolean(commit).finish()
}
/** Answers that are an error code alone, behind the time to wait. */
export function decodeError(body: Buffer): number {
  const input = new ResponseReader(body)
  input.int32()
  return input.int16()
}

export function encodeTransactionOffset(
  { transactionalId, producerId, producerEpoch }: TransactionIdentity,
  group: string,
  marker: { readonly topic: string; readonly offset: number; readonly metadata: string },
): Buffer {
  const out = new RequestWriter().text(transactionalId).text(group).int64(producerId).int16(producerEpoch)
  return out
    .array([marker], ({ topic, offset, metadata }) => {
      out.text(topic).array([0], (partition) => {
        out.int32(partition).int64(offset).int32(-1).text(metadata)
      })
    })
    .finish()
}

/** What a group has committed for a partition. */
export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  /** Negative: nothing. */
  readonly offset: number
  /** What was said with it. */
  readonly metadata: string
  readonly error: number
}

/** Asks for the offsets of a group; `partitions` undefined: for all it has. */
export function encodeOffsetFetch(
  group: string,
  partitions?: readonly { readonly topic: string; readonly partition: number }[],
): Buffer {
  const out = new RequestWriter().text(group)
  if (partitions === undefined) return out.int32(-1).finish()
  return out
    .array(byTopic(partitions), ([topic, own]) => {
      out.text(topic).array(own, ({ partition }) => {
        out.int32(partition)
      })
    })
    .finish()
}
/** `error`: of the request as a whole. */
export function decodeOffsetFetch(body: Buffer): { readonly error: number; readonly offsets: readonly CommittedOffset[] } {
  const input = new ResponseReader(body)
  input.int32()
  const offsets = input
    .array(() => {
      const topic = input.requiredText()
      return input.array(() => ({
        topic,
        partition: input.int32(),
        offset: input.long(),
        metadata: input.text() ?? '',
        error: input.int16(),
      }))
    })
    .flat()
  return { error: input.int16(), offsets }
}
