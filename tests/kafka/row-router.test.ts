import { expect, test } from 'vitest'
import { type Batch, batchFromRows } from '../../engine/columnar/batch.ts'
import { field, INT, type Schema, STRING } from '../../engine/types/data-type.ts'
import { RowRouter } from '../../sinks/kafka/row-router.ts'
import { BytePool } from '../../sources/kafka/client/lent-bytes.ts'

const SCHEMA: Schema = [field('value', STRING), field('partition', INT)]
const PARTITIONS = 200

function router(): RowRouter {
  const made = new RowRouter({
    columns: { key: -1, value: 0, topic: -1, partition: 1, headers: -1 },
    topic: 't',
    codec: 'none',
    maxBatchBytes: 1 << 20,
    timestampMs: 0,
    pool: new BytePool(),
    turn: 0,
  })
  made.addTopic('t', PARTITIONS)
  return made
}
function rowsOf(count: number, length: number): Batch {
  return batchFromRows(
    SCHEMA,
    Array.from({ length: count }, (_, i) => ['x'.repeat(length), i % PARTITIONS]),
  )
}

test('many batches that are not full go out before they take too much memory', () => {
  const routed = router()
  const batch = rowsOf(1000, 1 << 15)
  routed.add(batch)
  expect(routed.takeFull()).toBeUndefined()
  routed.add(batch)
  routed.add(batch)
  const out = routed.takeFull()!
  expect(out.map(({ partition }) => partition)).toEqual(Array.from({ length: PARTITIONS }, (_, i) => i))
  expect(out.reduce((rows, { batch }) => rows + batch.count, 0)).toBe(3000)
})

test('bytes of batches that were written hold the next ones', () => {
  const routed = router()
  const seen = new Set<ArrayBufferLike>()
  for (let epoch = 0; epoch < 20; epoch++) {
    routed.add(rowsOf(1, 200_000))
    routed.finish()
    for (const { batch } of routed.takeFull()!) {
      seen.add(batch.bytes.buffer)
      batch.release()
    }
  }
  expect(seen.size).toBeLessThanOrEqual(2)
})
