import path from 'node:path'
import { batchFromRows, rowsOf } from '../../engine/columnar/batch.ts'
import type { Sink } from '../../engine/connect/sink.ts'
import type { SourceDefinition } from '../../engine/connect/source.ts'
import type { RelationDefinition } from '../../engine/plan/logical-plan.ts'
import { startQuery } from '../../engine/run/start-query.ts'
import { LocalFileSystem } from '../../engine/storage/local-file-system.ts'
import { CLICKS } from './window-count-pipeline.ts'
import { ClickStreams, click, windowCountQuery } from './window-count-query.ts'

/**
 * A process of its own for tests that kill it: counts the clicks of a source that gives a few hundred rows an epoch, with its checkpoint and its output (a file an
 * epoch) in the directory named by the first argument, and ends when all of `CLICKS_TOTAL` rows are done.
 */
export const CLICKS_TOTAL = 60_000
const ROWS_AN_EPOCH = 97

export function clickAt(i: number): [bigint, string] {
  return click(Math.floor(i / 50), `page ${(i * 7) % 5}`)
}

const source: SourceDefinition = {
  name: 'clicks',
  options: [],
  description: 'Clicks by number.',
  schema: () => CLICKS,
  openStream: async () => ({
    schema: CLICKS,
    description: 'Clicks',
    latestOffset: async (after) => Math.min(CLICKS_TOTAL, Number(after ?? 0) + ROWS_AN_EPOCH),
    read: (after, through) => {
      const first = Number(after ?? 0)
      return [
        batchFromRows(
          CLICKS,
          Array.from({ length: Number(through) - first }, (_, i) => clickAt(first + i)),
        ),
      ]
    },
    prepareAvailableNow: async () => {},
    commit: async () => {},
    close: async () => {},
  }),
}

function epochFiles(directory: string): Sink {
  const files = new LocalFileSystem()
  return {
    description: 'EpochFiles',
    begin: async (epoch) => {
      const lines: string[] = []
      return {
        append: (batch) => {
          for (const row of rowsOf(batch)) lines.push(row.map(String).join(' '))
        },
        commit: () => files.writeAtomic(path.join(directory, String(epoch)), [new TextEncoder().encode(lines.join('\n'))]),
        abort: async () => {},
      }
    },
    close: async () => {},
  }
}

async function main(directory: string): Promise<void> {
  const output = path.join(directory, 'output')
  await new LocalFileSystem().makeDirectory(output)
  const relation: RelationDefinition = {
    key: 'clicks',
    name: 'clicks',
    provider: 'clicks',
    options: {},
    schema: CLICKS,
    streaming: true,
  }
  const streams = new ClickStreams()
  streams.relation = () => relation
  const query = await startQuery(
    windowCountQuery(streams, ['clicks'], epochFiles(output), {
      relations: [{ relation, definition: source }],
      trigger: { kind: 'available_now' },
      checkpoint: { temporary: false, directory: path.join(directory, 'checkpoint'), fileSystem: new LocalFileSystem() },
      set: { 'millrace.checkpoint.snapshotLogBytes': '20000' },
    }),
  )
  await query.awaitTermination()
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2]!)
