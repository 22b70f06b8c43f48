import { BATCH_ROWS_MAX, Batch, batchFromRows } from '../columnar/batch.ts'
import { Column } from '../columnar/column.ts'
import type { RangeNode, RowsNode } from '../incremental/incremental-plan.ts'

/** Rows that the plan itself holds, batch by batch. */
export function* leafRows(node: RowsNode | RangeNode): Iterable<Batch> {
  if (node.kind === 'rows') {
    for (let from = 0; from < node.rows.length; from += BATCH_ROWS_MAX) {
      yield batchFromRows(node.output, node.rows.slice(from, from + BATCH_ROWS_MAX))
    }
    return
  }
  const { start, end, step } = node
  const span = step > 0n ? end - start : start - end
  const stride = step > 0n ? step : -step
  const total = span <= 0n ? 0 : Number((span + stride - 1n) / stride)
  for (let from = 0; from < total; from += BATCH_ROWS_MAX) {
    const count = Math.min(BATCH_ROWS_MAX, total - from)
    const values = new BigInt64Array(count)
    for (let i = 0; i < count; i++) values[i] = start + BigInt(from + i) * step
    yield new Batch(node.output, count, [new Column(node.output[0]!.type, count, null, values)])
  }
}
