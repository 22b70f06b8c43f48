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

/** An interval of mixed units (`INTERVAL 1 MONTH 2 DAYS`, make_interval) as users see it: none of the three follows from the others. */
export class CalendarInterval {
  readonly months: number
  readonly days: number
  readonly micros: bigint
  constructor(months: number, days: number, micros: bigint) {
    this.months = months
    this.days = days
    this.micros = micros
  }
  /** Milliseconds precision: luxon has none finer. */
  toDuration(): Duration {
    return luxon().Duration.fromObject({ months: this.months, days: this.days, milliseconds: Number(this.micros / 1000n) })
  }
}
