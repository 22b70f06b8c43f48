import { RequestWriter, ResponseReader } from './bytes.ts'
import type { LentBytes } from './lent-bytes.ts'
import { byTopic, type Isolation } from './list-offsets.ts'

export interface FetchRequest {
  /** Milliseconds the broker may wait for `minBytes`. */
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolation: Isolation
  readonly partitions: readonly FetchPartition[]
}
export interface FetchPartition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** At least one whole record batch of the first partition comes all the same. */
  readonly maxBytes: number
}
export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  readonly error: number
  /** Transactions among the records that were aborted: their producer, and where they begin. In order of `firstOffset`. */
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[]
  /** Record batches, the last one perhaps cut off. Part of the answer's buffer, not copied: whoever is done with them releases `lent`. */
  readonly records: Buffer
  readonly lent: LentBytes
}

/** Fetch v11, without a fetch session. */
export function encodeFetch(request: FetchRequest): Buffer {
  const out = new RequestWriter(128 + request.partitions.length * 64)
  out.int32(-1).int32(request.maxWaitMs).int32(request.minBytes).int32(request.maxBytes).int8(request.isolation)
  out.int32(0).int32(-1)
  out.array(byTopic(request.partitions), ([topic, partitions]) => {
    out.text(topic).array(partitions, ({ partition, offset, maxBytes }) => {
      out.int32(partition).int32(-1).int64(offset).int64(-1).int32(maxBytes)
    })
  })
  return out.int32(0).text('').finish()
}

const NO_RECORDS = Buffer.alloc(0)

/** The error of the whole answer, and what came for each partition. `lent` is retained once for each of them. */
export function decodeFetch(body: Buffer, lent: LentBytes): { readonly error: number; readonly partitions: FetchedPartition[] } {
  const input = new ResponseReader(body)
  input.int32()
  const error = input.int16()
  input.int32()
  const partitions = input
    .array(() => {
      const topic = input.requiredText()
      return input.array((): FetchedPartition => {
        const partition = input.int32()
        const partitionError = input.int16()
        // High watermark, last stable offset, start of the log: −1 in answers with an error, so nothing is built on them.
        input.long()
        input.long()
        input.long()
        const aborted = input.array(() => ({ producerId: input.int64(), firstOffset: input.long() }))
        input.int32()
        const records = input.bytes() ?? NO_RECORDS
        aborted.sort((a, b) => a.firstOffset - b.firstOffset)
        lent.retain()
        return { topic, partition, error: partitionError, aborted, records, lent }
      })
    })
    .flat()
  return { error, partitions }
}
