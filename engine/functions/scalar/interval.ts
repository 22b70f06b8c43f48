import { ExecutionError } from '../../errors/engine-error.ts'
import { CALENDAR_INTERVAL, DAY_TIME, decimalType, YEAR_MONTH } from '../../types/data-type.ts'
import { isBigint64, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../types/micros.ts'
import type { Value } from '../../types/value.ts'
import { defineScalar, type Evaluate, type FunctionRecord } from '../function.ts'
import { intervalOverflow } from '../operators/arithmetic-errors.ts'
import { exactly, takes, WHOLE } from '../signature.ts'

/** Intervals made from numbers. Parts that are left out are zero. */
const SECONDS = exactly(decimalType(18, 6))

function wholeNumber(value: number): number {
  if (value >= -2147483648 && value <= 2147483647) return value
  throw new ExecutionError('ARITHMETIC_OVERFLOW', {
    message: 'a part of the interval overflows',
    hint: 'try_make_interval gives NULL instead.',
    parameters: { message: 'overflow', alternative: '', config: '"spark.sql.ansi.enabled"' },
  })
}
function wholeMicros(value: bigint): bigint {
  if (isBigint64(value)) return value
  throw intervalOverflow()
}

const makeCalendarInterval: Evaluate = (years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0n) => ({
  months: wholeNumber(years * 12 + months),
  days: wholeNumber(weeks * 7 + days),
  microseconds: wholeMicros(BigInt(hours) * MICROS_PER_HOUR + BigInt(minutes) * MICROS_PER_MINUTE + seconds),
})

function intervalMaker(tolerant: boolean): FunctionRecord {
  return defineScalar({
    name: tolerant ? 'try_make_interval' : 'make_interval',
    family: 'interval',
    summary: `Makes an interval from years, months, weeks, days, hours, minutes and seconds${tolerant ? '; NULL if it overflows' : ''}.`,
    examples: tolerant
      ? [['SELECT try_make_interval(2147483647)', 'NULL']]
      : [
          [
            'SELECT make_interval(100, 11, 1, 1, 12, 30, 01.001001)',
            '100 years 11 months 8 days 12 hours 30 minutes 1.001001 seconds',
          ],
        ],
    nulls: 'propagate',
    resolve: (args, site) => {
      const found = takes([WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, SECONDS], CALENDAR_INTERVAL, { required: 0 })(args, site)
      return tolerant || !site.settings.ansi ? { ...found, nullable: true } : found
    },
    bind: (_signature, context) => {
      if (!tolerant && context.settings.ansi) return makeCalendarInterval
      return (...args: Value[]) => {
        try {
          return makeCalendarInterval(...args)
        } catch (error) {
          if (error instanceof ExecutionError) return null
          throw error
        }
      }
    },
  })
}

export const intervalFunctions: readonly FunctionRecord[] = [
  intervalMaker(false),
  intervalMaker(true),
  defineScalar({
    name: 'make_dt_interval',
    family: 'interval',
    summary: 'Makes a day-time interval from days, hours, minutes and seconds.',
    examples: [['SELECT make_dt_interval(1, 12, 30, 01.001001)', "INTERVAL '1 12:30:01.001001' DAY TO SECOND"]],
    nulls: 'propagate',
    resolve: takes([WHOLE, WHOLE, WHOLE, SECONDS], DAY_TIME, { required: 0 }),
    bind:
      () =>
      (days = 0, hours = 0, minutes = 0, seconds = 0n) =>
        wholeMicros(
          BigInt(days) * MICROS_PER_DAY + BigInt(hours) * MICROS_PER_HOUR + BigInt(minutes) * MICROS_PER_MINUTE + seconds,
        ),
  }),
  defineScalar({
    name: 'make_ym_interval',
    family: 'interval',
    summary: 'Makes a year-month interval from years and months.',
    examples: [['SELECT make_ym_interval(1, 2)', "INTERVAL '1-2' YEAR TO MONTH"]],
    nulls: 'propagate',
    resolve: takes([WHOLE, WHOLE], YEAR_MONTH, { required: 0 }),
    bind:
      () =>
      (years = 0, months = 0) => {
        const total = years * 12 + months
        if (total >= -2147483648 && total <= 2147483647) return total
        throw intervalOverflow()
      },
  }),
]
