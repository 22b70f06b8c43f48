import { RequestWriter, ResponseReader } from './bytes.ts'

/** Times that stand for an end of the log. */
export const LATEST = -1
export const EARLIEST = -2

export interface OffsetQuery {
  readonly topic: string
  readonly partition: number
  /** Milliseconds since 1970: the first record with this time or a later one; or LATEST, EARLIEST. */
  readonly timestamp: number
}
export interface OffsetAnswer {
  readonly topic: string
  readonly partition: number
  readonly error: number
  /** −1: no record has such a time. */
  readonly offset: number
}

/** 0: all records; 1: only those of committed transactions, and LATEST is where the first open one begins. */
export type Isolation = 0 | 1

/** ListOffsets v5 for partitions of one leader. */
export function encodeListOffsets(queries: readonly OffsetQuery[], isolation: Isolation): Buffer {
  const out = new RequestWriter(64 + queries.length * 48)
  out.int32(-1).int8(isolation)
  out.array(byTopic(queries), ([topic, partitions]) => {
    out.text(topic).array(partitions, ({ partition, timestamp }) => {
      out.int32(partition).int32(-1).int64(timestamp)
    })
  })
  return out.finish()
}

export function decodeListOffsets(body: Buffer): OffsetAnswer[] {
  const input = new ResponseReader(body)
  input.int32()
  return input
    .array(() => {
      const topic = input.requiredText()
      return input.array((): OffsetAnswer => {
        const partition = input.int32()
        const error = input.int16()
        input.long()
        const offset = input.long()
        input.int32()
        return { topic, partition, error, offset }
      })
    })
    .flat()
}

export function byTopic<T extends { readonly topic: string }>(items: readonly T[]): [string, T[]][] {
  const topics = new Map<string, T[]>()
  for (const item of items) {
    const same = topics.get(item.topic)
    if (same === undefined) topics.set(item.topic, [item])
    else same.push(item)
  }
  return [...topics]
}
