import { CheckpointError, EngineError } from '../errors/engine-error.ts'

/** Runs an action on a checkpoint's files; what the platform refuses comes out as a CheckpointError that names the file and the way out. */
export async function withPlace<T>(action: string, file: string, run: () => Promise<T> | T): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw checkpointFailure(action, file, error)
  }
}

export function checkpointFailure(action: string, file: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const text = error instanceof Error ? error.message : String(error)
  return new CheckpointError('CHECKPOINT_NOT_USABLE', {
    message: `cannot ${action} "${file}"`,
    detail: `The file system says: ${text}.`,
    hint: wayOut(code),
    parameters: { path: file },
    cause: error,
  })
}

function wayOut(code: string | undefined): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full: free some space and start the query again. It goes on where it stopped; no epoch is lost.'
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return 'Make the directory writable for the user that runs the query, or name another checkpoint directory.'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'A file is in the way of a directory of the checkpoint: remove it or name another checkpoint directory.'
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open: raise the limit (ulimit -n) and start the query again.'
    default:
      return 'Once the cause is mended, start the query again: it goes on after the last committed epoch.'
  }
}

/** A file of the checkpoint holds what no writer of ours could have left. */
export function damaged(file: string, at: number, reason: string): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', {
    message: `checkpoint file "${file}" is damaged at byte ${at}`,
    detail: `There, ${reason}. Later records show that this place had been written and synced, so it is not the trace of a crash.`,
    hint: 'Restore the directory from a copy. Without one, start with a new checkpoint directory: the query then reads its sources from their starting offsets.',
    parameters: { path: file, byte: String(at) },
  })
}
