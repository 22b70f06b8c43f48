/**
 * The tick that ends the wait of a trigger which began at `startMs`: ticks are multiples of the interval since 1970, not since the start of
 * the query, and missed ones are not made up for. Source: Spark's ProcessingTimeExecutor.
 */
export function nextTickMs(startMs: number, intervalMs: number): number {
  return Math.floor(startMs / intervalMs) * intervalMs + intervalMs
}
