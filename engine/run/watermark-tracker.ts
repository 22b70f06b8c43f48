import type { EventTimeStatistics } from '../operators/pipeline.ts'

/**
 * The global watermark of a query, in milliseconds. Each watermark node has its own (the greatest event time it saw, less its delay); the
 * global one is the least (policy `min`) or greatest (`max`) of them, and never goes back. A node that has seen no row counts as 0.
 *
 * Not kept over a restart: the nodes' own values. Under `min` the watermark then waits until every node has seen a row again.
 * Source: Spark's WatermarkTracker.
 */
export class WatermarkTracker {
  readonly #choose: (values: number[]) => number
  readonly #nodes: number[]
  #globalMs: number

  constructor(policy: string | undefined, globalMs: number, nodesMs: readonly number[] = []) {
    this.#nodes = [...nodesMs]
    this.#choose = policy?.toLowerCase() === 'max' ? (values) => Math.max(...values) : (values) => Math.min(...values)
    this.#globalMs = globalMs
  }

  get globalMs(): number {
    return this.#globalMs
  }
  get nodesMs(): readonly number[] {
    return this.#nodes
  }

  /** Takes in what an epoch saw, one entry a watermark node, always in the same order. */
  advance(seen: readonly EventTimeStatistics[]): void {
    if (seen.length === 0) return
    seen.forEach((node, i) => {
      const before = this.#nodes[i]
      if (node.count > 0) this.#nodes[i] = Math.max(before ?? Number.NEGATIVE_INFINITY, node.maxMs - node.delayMs)
      else this.#nodes[i] = before ?? 0
    })
    this.#globalMs = Math.max(this.#globalMs, this.#choose(this.#nodes))
  }
}
