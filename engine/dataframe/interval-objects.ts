import type { Duration } from 'luxon'
import { luxon } from '../types/luxon.ts'

/** A year-month interval as users see it. */
export class YearMonthInterval {
  readonly months: number
  constructor(months: number) {
    this.months = months
  }
  toDuration(): Duration {
    return luxon().Duration.fromObject({ years: Math.trunc(this.months / 12), months: this.months % 12 })
  }
}

/** A day-time interval as users see it. */
export class DayTimeInterval {
  readonly micros: bigint
  constructor(micros: bigint) {
    this.micros = micros
  }
  /** Milliseconds precision: luxon has none finer. */
  toDuration(): Duration {
    return luxon()
      .Duration.fromMillis(Number(this.micros / 1000n))
      .shiftTo('days', 'hours', 'minutes', 'seconds')
  }
}
