import type { FileSystem } from '../storage/file-system.ts'
import { RECORD_KINDS } from './frame.ts'
import { CheckpointLayout, epochsOf } from './layout.ts'
import { readLog } from './log.ts'

/**
 * Makes a checkpoint look as if the process had died after the last epoch reached its sink and before it was committed: the next start runs that epoch
 * again. For tests of recovery. Gives the epoch, or undefined when none is committed or the last planned one is not.
 */
export async function forgetLastCommit(fileSystem: FileSystem, directory: string): Promise<number | undefined> {
  const layout = new CheckpointLayout(directory)
  const segments = epochsOf(await fileSystem.list(layout.logs), '.wal')
  for (const firstEpoch of segments.reverse()) {
    const { path, frames } = await readLog(fileSystem, layout.log(firstEpoch))
    const planned = frames.findLast((frame) => frame.kind === RECORD_KINDS.planned)
    if (planned === undefined) {
      // A segment begun behind the last epoch: what it has to say is said again at the next start.
      await fileSystem.remove(path)
      continue
    }
    if (!frames.some((frame) => frame.kind === RECORD_KINDS.committed && frame.epoch === planned.epoch)) return undefined
    await (await fileSystem.openAppend(path, planned.end)).close()
    await fileSystem.remove(layout.snapshot(planned.epoch))
    return planned.epoch
  }
  return undefined
}
