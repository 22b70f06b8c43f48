import type { Batch } from '../../engine/columnar/batch.ts'
import { RecordPositions } from './client/record-reader.ts'
import type { OffsetRange, RangeFetcher } from './range-fetcher.ts'
import type { RecordSink } from './record-columns.ts'

/** Records whose positions are found at a time. */
const POSITIONS = 4096
/** So many rows are a batch by themselves, even if further ones are on their way. */
const WORTH_A_BATCH = 1024

/** Ranges as batches, partition after partition. */
export async function* readRecords(
  fetcher: RangeFetcher,
  ranges: readonly OffsetRange[],
  sink: RecordSink,
): AsyncGenerator<Batch> {
  const positions = new RecordPositions(POSITIONS)
  let current: OffsetRange | undefined
  for await (const { range, reader } of fetcher.read(ranges.filter((range) => range.start < range.end))) {
    if (current !== undefined && current !== range) yield* rest(sink)
    current = range
    sink.startPartition(
      range,
      ranges.findIndex((r) => r.topic === range.topic && r.partition === range.partition),
    )
    while (reader.read(range.end, positions)) {
      for (let from = 0; from < positions.count; ) {
        from = sink.add(positions, from)
        while (sink.full) yield sink.take()!
        if (sink.waiting !== undefined) await sink.waiting
      }
    }
    // What the records were read from holds others soon.
    if (sink.rows >= WORTH_A_BATCH) yield* rest(sink)
    else sink.settle()
  }
  yield* rest(sink)
}

function* rest(sink: RecordSink): Generator<Batch> {
  for (let batch = sink.take(); batch !== undefined; batch = sink.take()) yield batch
}
