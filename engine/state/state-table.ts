/**
 * State tables: where stateful operators keep rows between epochs. In memory, segmented by event time where there is one.
 *
 * The contract with the checkpoint is bytes: `delta` says what changed since `committed` was last called, `snapshot` says everything,
 * `restore` takes either, in the order they were written, into an empty table. A trigger costs what changed: `delta` never walks what it
 * did not touch. The bytes begin with nothing of their own: framing, checksums and table names are the checkpoint's.
 */
export interface StateTable {
  /** Unique within the operator: 'groups', 'left', 'right', 'keys'. */
  readonly name: string
  /** Describes keys and values ("k string, n bigint; sum bigint …") and the version of the layout: compared on restart before anything is read. */
  readonly schema: StateTableSchema
  readonly rows: number
  readonly bytes: number
  /** Changes since the last `committed`, as chunks to be written in order; empty when nothing changed. */
  delta(): Uint8Array[]
  /** The changes that `delta` gave are durable. */
  committed(): void
  /** Everything, as chunks, segment by segment, so that a large table can be written between triggers. */
  snapshot(): Iterable<Uint8Array>
  /** Applies a delta or a whole snapshot (given as one concatenated block each). */
  restore(block: Uint8Array): void
}

export interface StateTableSchema {
  readonly version: number
  readonly key: string
  readonly value: string
}
