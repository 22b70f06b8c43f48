import { UsageError } from '../errors/engine-error.ts'
import type { Trigger as TriggerPlan } from '../plan/statement.ts'
import { parseIntervalText } from '../types/interval.ts'

/** When a query runs its epochs. */
export const Trigger = {
  /** Every so often: '10 seconds', or milliseconds. Ticks are multiples of the interval since 1970. 0: as fast as possible. */
  processingTime(interval: string | number): TriggerPlan {
    return { kind: 'processing_time', intervalMs: typeof interval === 'number' ? interval : durationMs(interval) }
  },
  /** One epoch over all that is there, without rate limits; then the query ends. */
  once(): TriggerPlan {
    return { kind: 'once' }
  },
  /** All that is there at the start, in epochs by the sources' rate limits; then the query ends. */
  availableNow(): TriggerPlan {
    return { kind: 'available_now' }
  },
} as const

/** Milliseconds of a duration text of days and smaller units. */
export function durationMs(text: string): number {
  const interval = parseIntervalText(text)
  if (interval === undefined || interval.months !== 0) {
    throw new UsageError('INVALID_INTERVAL_FORMAT', {
      message: `"${text}" is not a duration`,
      hint: "Write for example '10 seconds' or '1 minute 30 seconds'; months and years have no fixed length.",
    })
  }
  const micros = BigInt(interval.days) * 86_400_000_000n + interval.microseconds
  if (micros < 0n) throw new UsageError('INVALID_INTERVAL_FORMAT', { message: `the duration "${text}" is negative` })
  return Number(micros / 1000n)
}
