import type { EventTimeStatistics } from '../operators/pipeline.ts'

/** What the tracker knows of each watermark node; handed to the next one, a query goes on as if it had not stopped. */
export interface NodeMemory {
  /** Greatest event time seen less the delay; 0: no row yet. */
  readonly nodesMs: readonly number[]
  /** Time of the last epoch that had rows for the node; null: none in this run. */
  readonly activeMs?: readonly (number | null)[] | undefined
}

export interface TrackerOptions {
  readonly policy: string | undefined
  /** Under `min`, a node without rows for so long is left out while another had rows later (`millrace.watermark.idleAfter`). */
  readonly idleAfterMs?: number | undefined
  /** When the run began: from then on silence counts for a node that has had no rows in it. */
  readonly startMs?: number | undefined
}

/**
 * The global watermark of a query, in milliseconds. Each watermark node has its own (the greatest event time it saw, less its delay); the
 * global one is the least (policy `min`) or greatest (`max`) of them, and never goes back. A node that has seen no row counts as 0.
 *
 * Not kept over a restart: the nodes' own values. Under `min` the watermark then waits until every node has seen a row again.
 * Source: Spark's WatermarkTracker. Beyond Spark: `idleAfterMs`, and `millrace.watermark.keepOverRestart`, which hands on the memory.
 */
export class WatermarkTracker {
  /** Policy `max`. */
  readonly takesGreatest: boolean
  readonly #idleAfterMs: number | undefined
  readonly #startMs: number
  readonly #nodes: number[]
  readonly #active: (number | null)[]
  #globalMs: number

  constructor(options: TrackerOptions, globalMs: number, memory: NodeMemory = { nodesMs: [] }) {
    this.takesGreatest = options.policy?.toLowerCase() === 'max'
    this.#idleAfterMs = options.idleAfterMs
    this.#startMs = options.startMs ?? 0
    this.#nodes = [...memory.nodesMs]
    this.#active = [...(memory.activeMs ?? memory.nodesMs.map(() => null))]
    this.#globalMs = globalMs
  }

  get globalMs(): number {
    return this.#globalMs
  }
  get nodesMs(): readonly number[] {
    return this.#nodes
  }
  get activeMs(): readonly (number | null)[] {
    return this.#active
  }

  /** Takes in what an epoch saw, one entry a watermark node, always in the same order. `nowMs`: the epoch's time. */
  advance(seen: readonly EventTimeStatistics[], nowMs = 0): void {
    if (seen.length === 0) return
    seen.forEach((node, i) => {
      const before = this.#nodes[i]
      this.#active[i] ??= null
      if (node.count > 0) {
        this.#nodes[i] = Math.max(before ?? Number.NEGATIVE_INFINITY, node.maxMs - node.delayMs)
        this.#active[i] = nowMs
      } else this.#nodes[i] = before ?? 0
    })
    this.look(nowMs)
  }

  /** Lets the clock speak: nodes that have become idle by now no longer hold the watermark back. */
  look(nowMs: number): void {
    const counted = this.#nodes.filter((_, i) => !this.isIdle(i, nowMs))
    if (counted.length > 0)
      this.#globalMs = Math.max(this.#globalMs, this.takesGreatest ? Math.max(...counted) : Math.min(...counted))
  }

  /** Is the node left out? Never the one that had rows last: somebody has to say what time it is. */
  isIdle(node: number, nowMs: number): boolean {
    if (this.#idleAfterMs === undefined || this.takesGreatest) return false
    return (
      nowMs - this.idleSinceMs(node) >= this.#idleAfterMs && this.#active.some((other) => isLater(other, this.#active[node]!))
    )
  }
  idleSinceMs(node: number): number {
    return this.#active[node] ?? this.#startMs
  }
  /** When the next node will be left out if nothing comes; undefined: none will. */
  nextIdleMs(nowMs: number): number | undefined {
    const idleAfterMs = this.#idleAfterMs
    if (idleAfterMs === undefined || this.takesGreatest) return undefined
    const moments = this.#nodes.map((_, i) => this.idleSinceMs(i) + idleAfterMs)
    const coming = moments.filter((ms, i) => ms > nowMs && this.isIdle(i, ms))
    return coming.length === 0 ? undefined : Math.min(...coming)
  }

  /** An epoch runs under this watermark whatever the nodes say. */
  raise(watermarkMs: number): void {
    this.#globalMs = Math.max(this.#globalMs, watermarkMs)
  }
}

function isLater(one: number | null, other: number | null): boolean {
  return one !== null && (other === null || one > other)
}
