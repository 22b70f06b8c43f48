import type { FileSystem } from '../storage/file-system.ts'
import { damaged, withPlace } from './failure.ts'
import { RECORD_KINDS } from './frame.ts'
import { type CheckpointLayout, epochsOf } from './layout.ts'
import { type LogContent, readLog } from './log.ts'
import {
  type CommittedEpoch,
  decodeJson,
  decodeState,
  type PlannedEpoch,
  type QueryDescription,
  type StateRecord,
} from './records.ts'

/** What the log says, from an epoch on. */
export interface Replay {
  /** The newest committed epoch; undefined: none. */
  readonly last: { readonly planned: PlannedEpoch; readonly committed: CommittedEpoch } | undefined
  /** An epoch that was planned and not committed: it has to run again, as planned. */
  readonly pending: PlannedEpoch | undefined
  /** The newest description of the query; undefined: the log is empty. */
  readonly query: QueryDescription | undefined
  /** Changes of state by the committed epochs, in order. */
  readonly changes: readonly StateRecord[]
  /** The segment that goes on, and where: behind the last record that counts. Undefined: there is none yet. */
  readonly open: { readonly firstEpoch: number; readonly end: number } | undefined
  /** Bytes of the segments read. */
  readonly bytes: number
}

/**
 * Reads the segments that hold epochs after `base` (a snapshot's epoch; -1 from the beginning). State records count once their epoch is
 * committed: those of a failed attempt are passed over.
 */
export async function replayLog(
  fileSystem: FileSystem,
  layout: CheckpointLayout,
  base: { readonly epoch: number; readonly last: Replay['last']; readonly query: QueryDescription | undefined },
): Promise<Replay> {
  const first = await segmentsAfter(fileSystem, layout, base.epoch)
  let { last, query } = base
  let pending: PlannedEpoch | undefined
  const changes: StateRecord[] = []
  let attempt: StateRecord[] = []
  let open: Replay['open']
  let bytes = 0
  for (const [i, firstEpoch] of first.entries()) {
    const segment = await readLog(fileSystem, layout.log(firstEpoch))
    if (segment.torn && i + 1 < first.length)
      throw damaged(segment.path, segment.end, 'the segment is torn although the next one was begun')
    let end = Math.min(segment.end, segment.frames[0]?.start ?? segment.end)
    for (const frame of segment.frames) {
      switch (frame.kind) {
        case RECORD_KINDS.query:
          query = decodeJson(frame.payload) as QueryDescription
          end = frame.end
          break
        case RECORD_KINDS.planned:
          end = frame.end
          if (frame.epoch <= base.epoch) break
          checkNext(segment, frame.start, frame.epoch, (last?.planned.epoch ?? -1) + 1)
          pending = decodeJson(frame.payload) as PlannedEpoch
          attempt = []
          break
        case RECORD_KINDS.state:
          if (frame.epoch > base.epoch) attempt.push(decodeState(frame.payload))
          break
        case RECORD_KINDS.committed:
          end = frame.end
          if (frame.epoch <= base.epoch) break
          if (pending?.epoch !== frame.epoch)
            throw damaged(segment.path, frame.start, `epoch ${frame.epoch} is committed and was never planned`)
          last = { planned: pending, committed: decodeJson(frame.payload) as CommittedEpoch }
          pending = undefined
          changes.push(...attempt)
          attempt = []
          break
        default:
          throw damaged(segment.path, frame.start, `there is a record of the unknown kind ${frame.kind}`)
      }
    }
    open = { firstEpoch, end }
    bytes += segment.end
  }
  return { last, pending, query, changes, open, bytes }
}

/** First epochs of the segments that can hold an epoch after `base`: all but those whose successor begins at or before the next one. */
async function segmentsAfter(fileSystem: FileSystem, layout: CheckpointLayout, base: number): Promise<number[]> {
  const all = epochsOf(await withPlace('list', layout.logs, () => fileSystem.list(layout.logs)), '.wal')
  const needed = all.filter((_, i) => i + 1 === all.length || all[i + 1]! > base + 1)
  if (needed.length > 0 && needed[0]! > base + 1) {
    throw damaged(layout.log(base + 1), 0, `the log begins with epoch ${needed[0]} where epoch ${base + 1} is needed`)
  }
  return needed
}

function checkNext(segment: LogContent, at: number, found: number, wanted: number): void {
  if (found !== wanted) throw damaged(segment.path, at, `epoch ${found} is planned where epoch ${wanted} has to come`)
}
