import type { Batch } from '../columnar/batch.ts'
import { sliceBatch } from '../columnar/concat.ts'
import { OWNED_MEMORY } from '../columnar/memory.ts'
import { takeBatch } from '../columnar/take.ts'
import type { LimitNode, OffsetNode, SampleNode } from '../incremental/incremental-plan.ts'
import { NEVER_DUE, SegmentedTable } from '../state/segmented-table.ts'
import type { StateTable } from '../state/state-table.ts'
import { FixedStore } from '../state/value-store.ts'
import { BIGINT, type Schema } from '../types/data-type.ts'
import type { Emit, Epoch, Operator, StatefulReport } from './operator.ts'
import { GroupKeys } from './stateful/group-keys.ts'

/** The first rows of each epoch; with state, of the query's whole life: one row of state, the number of rows let through. */
export class Limit implements Operator {
  readonly name: string
  readonly output: Schema
  readonly tables: readonly StateTable[]
  readonly #node: LimitNode
  readonly #table = new SegmentedTable({
    name: 'passed',
    keys: new GroupKeys([]).encoder,
    stores: () => [new FixedStore(BIGINT)],
    values: 'rows bigint',
    version: 1,
    dueMs: () => NEVER_DUE,
  })
  #passed = 0
  #updated = 0

  constructor(node: LimitNode) {
    this.#node = node
    this.output = node.output
    this.name = node.state === undefined ? 'limit' : 'globalLimit'
    this.tables = node.state === undefined ? [] : [this.#table]
  }
  begin(): void {
    if (this.#node.state === undefined) {
      this.#passed = 0
      return
    }
    this.#table.beginEpoch()
    const segment = this.#table.segment(NEVER_DUE)
    this.#passed = segment.count === 0 ? 0 : Number((segment.stores[0] as FixedStore).values[0])
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const room = Math.min(batch.rowCount, this.#node.count - this.#passed)
    if (room <= 0) return
    this.#passed += room
    emit(sliceBatch(batch, 0, room, OWNED_MEMORY))
  }
  endPort(): void {
    if (this.#node.state === undefined) return
    const segment = this.#table.segment(NEVER_DUE)
    const id = new Int32Array(1)
    const isNew = segment.count === 0
    segment.findOrAdd(new Int32Array(4), id, 1, id)
    const store = segment.stores[0] as FixedStore
    this.#updated = isNew || Number(store.values[0]) !== this.#passed ? 1 : 0
    if (this.#updated === 0) return
    store.values[0] = BigInt(this.#passed)
    store.valid[0] = 1
    segment.touch(id, 1)
  }
  get report(): StatefulReport {
    return {
      operatorName: this.name,
      numRowsTotal: this.#table.rows,
      numRowsUpdated: this.#updated,
      numRowsRemoved: 0,
      numRowsDroppedByWatermark: 0,
      memoryUsedBytes: this.#table.bytes,
      customMetrics: {},
    }
  }
  /** The watermark means nothing to it. */
  wantsEpochAt(): boolean {
    return false
  }
}

/** All but the first rows of an epoch. */
export class Offset implements Operator {
  readonly name = 'offset'
  readonly output: Schema
  readonly tables = []
  readonly #count: number
  #skipped = 0

  constructor(node: OffsetNode) {
    this.output = node.output
    this.#count = node.count
  }
  begin(): void {
    this.#skipped = 0
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const skip = Math.min(batch.rowCount, this.#count - this.#skipped)
    this.#skipped += skip
    if (skip < batch.rowCount) emit(sliceBatch(batch, skip, batch.rowCount, OWNED_MEMORY))
  }
  endPort(): void {}
}

/** Each row with the given probability: the same rows in every run over the same input. */
export class Sample implements Operator {
  readonly name = 'sample'
  readonly output: Schema
  readonly tables = []
  readonly #fraction: number
  #state = 0
  #epoch!: Epoch

  constructor(node: SampleNode) {
    this.output = node.output
    this.#fraction = node.fraction
  }
  begin(epoch: Epoch): void {
    this.#epoch = epoch
    this.#state = 0x9e3779b9
  }
  process(_port: number, batch: Batch, emit: Emit): void {
    const rows = this.#epoch.arena.int32(batch.rowCount)
    let kept = 0
    for (let row = 0; row < batch.rowCount; row++) if (this.#next() < this.#fraction) rows[kept++] = row
    if (kept > 0) emit(takeBatch(batch, rows, kept, this.#epoch.arena))
  }
  endPort(): void {}

  /** mulberry32: uniform in [0, 1). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
