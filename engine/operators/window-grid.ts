import type { Column } from '../columnar/column.ts'
import { int32View } from '../columnar/take.ts'
import type { WindowDefinition } from '../incremental/incremental-plan.ts'

/**
 * The grid of a window definition. Windows are numbered: number w is [start + w·slide, start + w·slide + size). A time lies in pane
 * p = ⌊(t − start) / slide⌋ and in the windows p, p−1 … that reach it, newest first (spark.md 2.1).
 *
 * Cumulative windows grow by the slide from each multiple of the size: number w ends at start + (w + 1)·slide and begins at the last
 * multiple of the size before. A time in pane p lies in the windows p, p+1 … up to the whole one, smallest first.
 */
export class WindowGrid {
  readonly #size: bigint
  readonly #slide: bigint
  readonly #start: bigint
  readonly #slideNumber: number
  readonly #startNumber: number
  /** Windows a time can lie in. */
  readonly perPane: number
  /** Microseconds from a pane's begin for which the oldest of its windows still holds; null: for the whole pane. */
  readonly #oldestMicros: number | null
  readonly #isCumulative: boolean

  constructor(window: WindowDefinition) {
    this.#size = window.sizeMicros
    this.#slide = window.slideMicros
    this.#start = window.startMicros
    this.#slideNumber = Number(window.slideMicros)
    this.#startNumber = Number(window.startMicros)
    const whole = Number(this.#size / this.#slide)
    const rest = Number(this.#size % this.#slide)
    this.perPane = rest === 0 ? whole : whole + 1
    this.#oldestMicros = rest === 0 ? null : rest
    this.#isCumulative = window.cumulative ?? false
  }

  /** How many windows the times of a pane lie in, at most. */
  windowsIn(pane: number): number {
    return this.#isCumulative ? this.perPane - this.#step(pane) : this.perPane
  }
  /** The windows of a pane, `nth` from 0. */
  window(pane: number, nth: number): number {
    return this.#isCumulative ? pane + nth : pane - nth
  }

  startMicros(window: number): bigint {
    return this.#start + BigInt(this.#isCumulative ? window - this.#step(window) : window) * this.#slide
  }
  endMicros(window: number): bigint {
    if (this.#isCumulative) return this.#start + BigInt(window + 1) * this.#slide
    return this.startMicros(window) + this.#size
  }
  /** The end in milliseconds, rounded up: a watermark has passed the window iff it is at least that. */
  dueMs(window: number): number {
    const end = this.endMicros(window)
    const quotient = end / 1000n
    return Number(end > 0n && end % 1000n !== 0n ? quotient + 1n : quotient)
  }

  /** The pane of each row's time; NaN for NULL. */
  panes(time: Column, count: number, out: Float64Array): void {
    const lanes = int32View(time.values!)
    const slide = this.#slideNumber
    const start = this.#startNumber
    const { validity } = time
    for (let row = 0; row < count; row++) {
      const high = lanes[2 * row + 1]!
      const micros = high * 4294967296 + (lanes[2 * row]! >>> 0)
      // Doubles hold these microseconds exactly up to the year 2255; a division that is rounded correctly cannot cross a pane's edge.
      out[row] = (high + 0x100000) >>> 0 < 0x200000 ? Math.floor((micros - start) / slide) : this.#farPane(lanes, row)
    }
    if (validity === null) return
    for (let row = 0; row < count; row++) if (((validity[row >> 3]! >> (row & 7)) & 1) === 0) out[row] = Number.NaN
  }

  /** Whether the oldest window of a pane holds the whole of it: the size is a multiple of the slide. */
  get oldestIsWhole(): boolean {
    return this.#oldestMicros === null
  }
  /** Writes those of `rows` that lie in the oldest window of their pane to `out` and gives their number. */
  inOldest(time: Column, pane: number, rows: Int32Array, out: Int32Array): number {
    const values = time.values as BigInt64Array
    const end = this.startMicros(pane) + BigInt(this.#oldestMicros ?? this.#slideNumber)
    let kept = 0
    for (let i = 0; i < rows.length; i++) {
      out[kept] = rows[i]!
      if (values[rows[i]!]! < end) kept++
    }
    return kept
  }

  /** How many slides after a multiple of the size a pane begins. */
  #step(pane: number): number {
    return ((pane % this.perPane) + this.perPane) % this.perPane
  }
  #farPane(lanes: Int32Array, row: number): number {
    const micros = (BigInt(lanes[2 * row + 1]!) << 32n) + BigInt(lanes[2 * row]! >>> 0) - this.#start
    const quotient = micros / this.#slide
    return Number(micros < 0n && quotient * this.#slide !== micros ? quotient - 1n : quotient)
  }
}
