import { expect, test } from 'vitest'
import { type Batch, batchFromRows, rowOf, rowsOf } from '../../engine/columnar/batch.ts'
import { MemoryTables, memoryTableDefinition } from '../../engine/connect/memory-table.ts'
import type { Sink } from '../../engine/connect/sink.ts'
import type { OutputMode } from '../../engine/plan/statement.ts'
import { BIGINT, field } from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'
import { ForeachBatchSink, ForeachSink } from '../../sinks/foreach.ts'
import { memorySink } from '../../sinks/memory.ts'
import { rowsFrom, scanOf, sinkEnvironment, sourceEnvironment } from '../harness/connector-environment.ts'

const schema = [field('id', BIGINT)]

async function write(sink: Sink, epoch: number, rows: readonly Row[]): Promise<void> {
  const writer = await sink.begin(epoch)
  if (writer === 'skip') return
  await writer.append(batchFromRows(schema, rows))
  await writer.commit()
}

for (const [mode, expected] of [
  ['append', [[1n], [2n], [3n]]],
  ['update', [[1n], [2n], [3n]]],
  ['complete', [[3n]]],
] as const satisfies readonly (readonly [OutputMode, readonly Row[]])[]) {
  test(`memory in ${mode} mode: an epoch ${mode === 'complete' ? 'replaces the table' : 'adds to the table'}; one it has is skipped`, async () => {
    const memoryTables = new MemoryTables()
    const sink = await memorySink.openStream(sinkEnvironment(schema, {}, { mode, memoryTables, queryName: 'Counts' }))
    await write(sink, 0, [[1n], [2n]])
    await write(sink, 1, [[3n]])
    await write(sink, 1, [[4n]])
    const table = memoryTableDefinition(memoryTables)
    const rows = await rowsFrom(table.readTable!(sourceEnvironment({ table: 'counts' }, schema), scanOf(schema)))
    expect(rows).toEqual(expected)
  })
}

test('memory without a query name is refused', async () => {
  const environment = { ...sinkEnvironment(schema), queryName: undefined }
  await expect(memorySink.openStream(environment)).rejects.toMatchObject({ condition: 'MISSING_QUERY_NAME' })
})

test('foreachBatch gets the rows of an epoch and its number; an error fails the epoch', async () => {
  const seen: unknown[] = []
  const sink = new ForeachBatchSink((batches: readonly Batch[], epoch) => {
    seen.push([epoch, batches.flatMap(rowsOf)])
    if (epoch === 1) throw new Error('no')
  })
  await write(sink, 0, [[1n], [2n]])
  await expect(write(sink, 1, [[3n]])).rejects.toThrow('no')
  expect(seen).toEqual([
    [0, [[1n], [2n]]],
    [1, [[3n]]],
  ])
})

test('foreach opens, processes each row, and closes with the error if there was one', async () => {
  const seen: unknown[] = []
  const sink = new ForeachSink(
    {
      open: (partition, epoch) => {
        seen.push(['open', partition, epoch])
        return epoch !== 1
      },
      process: (row: Row) => {
        seen.push(row)
        if (row[0] === 9n) throw new Error('nine')
      },
      close: (error) => void seen.push(['close', error === null ? null : (error as Error).message]),
    },
    rowOf,
  )
  await write(sink, 0, [[1n]])
  await write(sink, 1, [[2n]])
  await expect(write(sink, 2, [[9n], [10n]])).rejects.toThrow('nine')
  expect(seen).toEqual([
    ['open', 0, 0],
    [1n],
    ['close', null],
    ['open', 0, 1],
    ['close', null],
    ['open', 0, 2],
    [9n],
    ['close', 'nine'],
  ])
})
