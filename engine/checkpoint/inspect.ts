import type { FileSystem } from '../storage/file-system.ts'
import { withPlace } from './failure.ts'
import { RECORD_KINDS } from './frame.ts'
import { CheckpointLayout, epochsOf } from './layout.ts'
import { readLog } from './log.ts'
import { type CommittedEpoch, decodeJson, decodeState, type PlannedEpoch, type QueryDescription } from './records.ts'
import { listSnapshots, type SnapshotManifest } from './snapshot.ts'

/** What a checkpoint directory holds, for people and tools. */
export interface CheckpointContent {
  /** Identity of the query; undefined: the directory holds no checkpoint. */
  readonly queryId: string | undefined
  /** The query as last started. */
  readonly query: QueryDescription | undefined
  readonly segments: readonly {
    readonly path: string
    readonly firstEpoch: number
    readonly bytes: number
    readonly torn: boolean
  }[]
  /** Epochs that the log still has, oldest first. */
  readonly epochs: readonly InspectedEpoch[]
  /** Newest first. */
  readonly snapshots: readonly SnapshotManifest[]
  readonly problems: readonly string[]
}
export interface InspectedEpoch {
  readonly planned: PlannedEpoch
  /** undefined: it will run again. */
  readonly committed: CommittedEpoch | undefined
  /** Bytes of change by table. */
  readonly changes: readonly { readonly operatorId: string; readonly table: string; readonly bytes: number }[]
}

/** Reads a checkpoint without locking or changing it; while its query runs, the newest epoch may be half there. */
export async function inspectCheckpoint(fileSystem: FileSystem, directory: string): Promise<CheckpointContent> {
  const layout = new CheckpointLayout(directory)
  const { snapshots, problems } = await listSnapshots(fileSystem, layout)
  const hasId = await withPlace('look for', layout.metadata, () => fileSystem.exists(layout.metadata))
  const metadata = hasId
    ? (decodeJson(await withPlace('read', layout.metadata, () => fileSystem.read(layout.metadata))) as { id: string })
    : undefined
  let query = snapshots[0]?.query
  const segments: CheckpointContent['segments'][number][] = []
  const epochs: InspectedEpoch[] = []
  for (const firstEpoch of epochsOf(await withPlace('list', layout.logs, () => fileSystem.list(layout.logs)), '.wal')) {
    const { path, frames, end, torn } = await readLog(fileSystem, layout.log(firstEpoch))
    segments.push({ path, firstEpoch, bytes: end, torn })
    let changes: InspectedEpoch['changes'][number][] = []
    for (const frame of frames) {
      if (frame.kind === RECORD_KINDS.query) query = decodeJson(frame.payload) as QueryDescription
      if (frame.kind === RECORD_KINDS.planned) {
        epochs.push({ planned: decodeJson(frame.payload) as PlannedEpoch, committed: undefined, changes: [] })
        changes = []
      }
      if (frame.kind === RECORD_KINDS.state) {
        const { operatorId, table, block } = decodeState(frame.payload)
        changes.push({ operatorId, table, bytes: block.byteLength })
      }
      if (frame.kind === RECORD_KINDS.committed && epochs.length > 0) {
        const { planned } = epochs.pop()!
        epochs.push({ planned, committed: decodeJson(frame.payload) as CommittedEpoch, changes })
      }
    }
  }
  return { queryId: metadata?.id, query, segments, epochs, snapshots, problems }
}
