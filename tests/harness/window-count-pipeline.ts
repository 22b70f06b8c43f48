import { type Batch, batchFromRows, rowsOf } from '../../engine/columnar/batch.ts'
import type { EvaluationContext } from '../../engine/functions/function.ts'
import type { Emit, Epoch, Operator, StatefulReport } from '../../engine/operators/operator.ts'
import type { EventTimeStatistics, Pipeline, ScanPort } from '../../engine/operators/pipeline.ts'
import type { RelationDefinition } from '../../engine/plan/logical-plan.ts'
import type { StateTable } from '../../engine/state/state-table.ts'
import { BIGINT, field, type Schema, STRING, TIMESTAMP } from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'

export const CLICKS: Schema = [field('at', TIMESTAMP), field('page', STRING)]
const COUNTS: Schema = [field('start', TIMESTAMP), field('page', STRING), field('n', BIGINT)]
const WINDOW_MS = 10_000

/**
 * A pipeline made by hand, simple enough to be seen to be right: counts clicks by page in windows of 10 seconds and emits a window once the watermark
 * (no delay) has passed its end. It lets the runner be tested apart from planner and operators.
 */
export class WindowCountPipeline implements Pipeline {
  readonly output = COUNTS
  readonly scans: readonly ScanPort[]
  readonly hasWatermark = true
  readonly context: EvaluationContext
  readonly stateful: readonly { readonly id: string; readonly operator: Operator }[]
  readonly #counts: CountTable
  #emit: Emit = () => {}
  #epoch: Epoch | undefined
  #evictedTo = 0
  #open: number
  #removed = 0
  #late = 0
  #times: number[] = []

  /** Several relations: their rows together (a union). The same relation twice: each row counts twice. */
  constructor(context: EvaluationContext, relations: readonly RelationDefinition[], keySchema = 'timestamp, string') {
    this.context = context
    this.scans = relations.map((relation, id) => ({ id, relation, columns: [0, 1], schema: CLICKS, filters: [], first: false }))
    this.#open = 0
    this.#counts = new CountTable(keySchema)
    const report = () => this.reports()[0]!
    const operator = {
      name: 'stateStoreSave',
      output: COUNTS,
      tables: [this.#counts],
      begin: () => {},
      process: () => {},
      endPort: () => {},
      get report(): StatefulReport {
        return report()
      },
    }
    this.stateful = [{ id: '0', operator }]
  }

  begin(epoch: Epoch, emit: Emit): void {
    this.#epoch = epoch
    this.#emit = emit
    this.#open = this.scans.length
    this.#times = []
    this.#late = 0
    this.#removed = 0
    this.#counts.updated = 0
  }

  push(_scan: number, batch: Batch): void {
    for (const [at, page] of rowsOf(batch)) {
      const atMs = Number((at as bigint) / 1000n)
      this.#times.push(atMs)
      const start = Math.floor(atMs / WINDOW_MS) * WINDOW_MS
      if (start + WINDOW_MS <= this.#epoch!.lateWatermarkMs) this.#late++
      else this.#counts.add(JSON.stringify([start, page]))
    }
  }

  endScan(): void {
    if (--this.#open > 0) return
    const rows: Row[] = []
    for (const [key, n] of this.#counts.entries()) {
      const [start, page] = JSON.parse(key) as [number, string]
      if (start + WINDOW_MS > this.#epoch!.watermarkMs) continue
      rows.push([BigInt(start) * 1000n, page, BigInt(n)])
      this.#counts.delete(key)
      this.#removed++
    }
    this.#evictedTo = this.#epoch!.watermarkMs
    if (rows.length > 0) this.#emit(batchFromRows(COUNTS, rows))
  }

  tables() {
    return [{ operatorId: '0', operatorName: 'stateStoreSave', table: this.#counts }]
  }
  readonly watermarkPlaces = [{ column: 'at', sources: ['clicks'], delayMs: 0 }]
  heldBack() {
    return []
  }
  closingWatermark() {
    return undefined
  }
  reports(): StatefulReport[] {
    return [
      {
        operatorName: 'stateStoreSave',
        numRowsTotal: this.#counts.rows,
        numRowsUpdated: this.#counts.updated,
        numRowsRemoved: this.#removed,
        numRowsDroppedByWatermark: this.#late,
        memoryUsedBytes: this.#counts.bytes,
        customMetrics: {},
      },
    ]
  }
  eventTimes(): EventTimeStatistics[] {
    const times = this.#times
    return [
      {
        delayMs: 0,
        count: times.length,
        maxMs: Math.max(...times),
        minMs: Math.min(...times),
        sumMs: times.reduce((sum, time) => sum + time, 0),
        aheadCount: 0,
      },
    ]
  }
  wantsEpochAt(watermarkMs: number): boolean {
    return watermarkMs > this.#evictedTo
  }
}

/** Key to count, as lines of JSON; a count of null removes the key. */
class CountTable implements StateTable {
  readonly name = 'groups'
  readonly schema
  updated = 0
  readonly #counts = new Map<string, number>()
  readonly #changed = new Set<string>()

  constructor(key: string) {
    this.schema = { version: 1, key, value: 'bigint' }
  }

  get rows(): number {
    return this.#counts.size
  }
  get bytes(): number {
    return 50 * this.#counts.size
  }
  entries(): [string, number][] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))
  }
  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    if (!this.#changed.has(key)) this.updated++
    this.#changed.add(key)
  }
  delete(key: string): void {
    this.#counts.delete(key)
    this.#changed.add(key)
  }

  delta(): Uint8Array[] {
    return [...this.#changed].map((key) => line(key, this.#counts.get(key) ?? null))
  }
  committed(): void {
    this.#changed.clear()
  }
  *snapshot(): Iterable<Uint8Array> {
    for (const [key, n] of this.#counts) yield line(key, n)
  }
  restore(block: Uint8Array): void {
    for (const text of new TextDecoder().decode(block).split('\n').slice(0, -1)) {
      const [key, n] = JSON.parse(text) as [string, number | null]
      if (n === null) this.#counts.delete(key)
      else this.#counts.set(key, n)
    }
  }
}

function line(key: string, n: number | null): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([key, n]) + '\n')
}
