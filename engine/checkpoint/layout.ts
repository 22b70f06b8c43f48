import path from 'node:path'

/**
 * Every path in a checkpoint directory:
 *
 *     metadata                             {"id": "<query id>"}, written once
 *     lock                                 the process that is using the directory
 *     log/<first epoch>.wal                the epochs, oldest segment first
 *     snapshot/<epoch>/<operator>.<table>  the state after that epoch
 *     snapshot/<epoch>/manifest            written last: without it the snapshot does not exist
 *     sources/<number>/log.wal             what source <number> remembers by itself
 */
export class CheckpointLayout {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  get metadata(): string {
    return path.join(this.directory, 'metadata')
  }
  get lock(): string {
    return path.join(this.directory, 'lock')
  }
  get logs(): string {
    return path.join(this.directory, 'log')
  }
  log(firstEpoch: number): string {
    return path.join(this.logs, `${firstEpoch}.wal`)
  }
  get snapshots(): string {
    return path.join(this.directory, 'snapshot')
  }
  snapshot(epoch: number): string {
    return path.join(this.snapshots, String(epoch))
  }
  manifest(epoch: number): string {
    return path.join(this.snapshot(epoch), 'manifest')
  }
  /** Operator ids and table names are ours, of letters, digits, '-' and '_'. */
  table(epoch: number, operatorId: string, table: string): string {
    return path.join(this.snapshot(epoch), `${operatorId}.${table}`)
  }
  source(index: number): string {
    return path.join(this.directory, 'sources', String(index))
  }
  sourceLog(index: number): string {
    return path.join(this.source(index), 'log.wal')
  }
}

/** The first epochs of the segments, or the epochs of the snapshots, among the names of a directory, ascending; other names are left out. */
export function epochsOf(names: readonly string[], suffix: '' | '.wal'): number[] {
  return names
    .filter((name) => name.endsWith(suffix) && /^\d+$/.test(name.slice(0, name.length - suffix.length)))
    .map((name) => Number(name.slice(0, name.length - suffix.length)))
    .sort((a, b) => a - b)
}
