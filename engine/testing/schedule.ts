import type { Row } from '../types/value.ts'
import type { TestedQuery } from './tested-query.ts'

/** In which ways a scenario can be run. `all` is each of them in turn. */
export const TEST_MODES = ['as-written', 'cut', 'restart', 'crash', 'interpreted', 'unoptimized'] as const
export type TestMode = (typeof TEST_MODES)[number]

/** How a mode feeds input and when it stops and starts the query. */
export interface Schedule {
  /** Only the union of rows (append) or the last table (complete) is compared. */
  readonly cuts: boolean
  /** Leave the waiting rows for a later step? */
  holdBack(): boolean
  /** Pieces of a block, in order. */
  cut(rows: readonly Row[]): (readonly Row[])[]
  /** Run epochs after this piece, before the next? */
  runNow(): boolean
  /** What happens after each epoch. */
  afterEpoch(query: TestedQuery): (() => Promise<void>) | undefined
}

/** `seed` makes the cuts repeatable. */
export function scheduleOf(mode: TestMode, seed: number): Schedule {
  const random = seededRandom(seed)
  return {
    cuts: mode === 'cut',
    holdBack: () => random() < 0.3,
    cut: (rows) => {
      const pieces: (readonly Row[])[] = []
      for (let at = 0; at < rows.length; ) {
        const size = 1 + Math.floor(random() * Math.min(3, rows.length - at))
        pieces.push(rows.slice(at, at + size))
        at += size
      }
      return pieces
    },
    runNow: () => random() < 0.6,
    afterEpoch: (query) => {
      if (mode === 'restart') return () => query.resume('stop')
      if (mode === 'crash') return () => query.resume('crash')
      return undefined
    },
  }
}

/** xorshift32: small, and the same everywhere. */
function seededRandom(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
}
