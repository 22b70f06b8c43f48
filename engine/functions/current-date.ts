import { daysOfMicros } from '../types/micros.ts'
import { zoneOf } from '../types/zone.ts'
import type { EvaluationContext } from './function.ts'

/** The date of the epoch in the session's zone: current_date(), and the date of texts that hold a time alone. */
export function currentDate(context: EvaluationContext): number {
  return daysOfMicros(zoneOf(context.timeZone).toLocalMicros(BigInt(context.epoch.timestampMs) * 1000n))
}
