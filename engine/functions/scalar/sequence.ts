import { ExecutionError } from '../../errors/engine-error.ts'
import { widestType } from '../../types/coercion.ts'
import { arrayType, type DataType, isIntegral, isInterval } from '../../types/data-type.ts'
import { addIntervalToTimestamp } from '../../types/interval.ts'
import { daysOfMicros, MICROS_PER_DAY } from '../../types/micros.ts'
import type { CalendarInterval, Value } from '../../types/value.ts'
import { UTC, type Zone, zoneOf } from '../../types/zone.ts'
import { typeMismatch } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { asArray, checkCount } from '../signature.ts'
import { checkElementCount } from './array-limit.ts'

/**
 * `sequence(start, stop[, step])` over integers, dates and timestamps. Both ends are included where a step meets them. Source of the rules:
 * Spark's Sequence. Without a step it is 1 or -1 (days, for moments), whichever leads from start to stop.
 */
function resolveSequence(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const step = args[2]
  const stepped = step !== undefined && isInterval(step.type)
  const common = widestType((stepped ? args.slice(0, 2) : args).map((a) => a.type))
  const moment = common !== undefined && ['date', 'timestamp', 'timestamp_ntz'].includes(common.kind)
  if (common === undefined || (moment ? step !== undefined && !stepped : stepped || !isIntegral(common))) throw wrongTypes(site)
  return {
    arguments: args.map((argument, i) => (i === 2 && stepped ? argument.type : common)),
    returns: arrayType(common, false),
  }
}
function wrongTypes(site: CallSite) {
  return typeMismatch(
    site,
    'SEQUENCE_WRONG_INPUT_TYPES',
    `"${site.name}" takes two integers and an integer step, or two dates or timestamps and an interval step`,
    {
      functionName: `\`${site.name}\``,
      startType: '("TIMESTAMP" or "TIMESTAMP_NTZ" or "DATE")',
      stepType: '("INTERVAL" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")',
      otherStartType: '"INTEGRAL"',
    },
  )
}

function bindSequence(signature: Signature, context: EvaluationContext): Evaluate {
  const type = asArray(signature.returns).element
  switch (type.kind) {
    case 'bigint':
      return (start: bigint, stop: bigint, step = start <= stop ? 1n : -1n) => steps(start, stop, step)
    case 'date':
      return temporal(DATES, signature.arguments[2], zoneOf(context.timeZone))
    case 'timestamp':
      return temporal(TIMESTAMPS, signature.arguments[2], zoneOf(context.timeZone))
    case 'timestamp_ntz':
      return temporal(TIMESTAMPS, signature.arguments[2], UTC)
    default:
      return (start: number, stop: number, step = start <= stop ? 1 : -1) =>
        steps(BigInt(start), BigInt(stop), BigInt(step)).map(Number)
  }
}

function steps(start: bigint, stop: bigint, step: bigint): bigint[] {
  checkBounds(start, stop, step)
  const count = start === stop ? 1n : (stop - start) / step + 1n
  checkElementCount('sequence', Number(count))
  return Array.from({ length: Number(count) }, (_, i) => start + BigInt(i) * step)
}
function checkBounds(start: bigint, stop: bigint, step: bigint): void {
  if (step > 0n ? start <= stop : step < 0n ? start >= stop : start === stop) return
  throw new ExecutionError('ILLEGAL_SEQUENCE_BOUNDARIES', {
    message: `no sequence leads from ${start} to ${stop} in steps of ${step}`,
  })
}

interface Moments {
  readonly isDate: boolean
  /** One unit of the values in microseconds. */
  readonly unit: bigint
}
const DATES: Moments = { isDate: true, unit: MICROS_PER_DAY }
const TIMESTAMPS: Moments = { isDate: false, unit: 1n }
const ONE_DAY: CalendarInterval = { months: 0, days: 1, microseconds: 0n }
const ONE_DAY_BACK: CalendarInterval = { months: 0, days: -1, microseconds: 0n }
/** The length of a month that the number of steps is estimated by: the shortest. */
const DAYS_PER_MONTH = 28n

function temporal(moments: Moments, stepType: DataType | undefined, zone: Zone): Evaluate {
  const split = stepType && stepSplitter(stepType)
  return (start: number | bigint, stop: number | bigint, step?: Value) => {
    const by = split === undefined ? (start <= stop ? ONE_DAY : ONE_DAY_BACK) : split(step!)
    const { months, days, microseconds } = by
    if (moments.isDate && months === 0 && days === 0) throw wrongDateStep()
    if (months === 0 && (moments.isDate ? microseconds === 0n : days === 0)) {
      const values = steps(BigInt(start), BigInt(stop), moments.isDate ? BigInt(days) : microseconds)
      return moments.isDate ? values.map(Number) : values
    }
    return calendarSteps(moments, BigInt(start), BigInt(stop), by, zone)
  }
}

/** Each value is the start plus so many steps, not the value before plus one: the 31st stays the 31st where a month has it. */
function calendarSteps(moments: Moments, start: bigint, stop: bigint, by: CalendarInterval, zone: Zone): Value {
  const toMicros = (value: bigint): bigint => (moments.isDate ? zone.toUtcMicros(value * MICROS_PER_DAY) : value)
  const [first, last] = [toMicros(start), toMicros(stop)]
  const estimated = (BigInt(by.months) * DAYS_PER_MONTH + BigInt(by.days)) * MICROS_PER_DAY + by.microseconds
  checkBounds(first, last, estimated)
  checkElementCount('sequence', estimated === 0n ? 1 : Number((last - first) / estimated + 1n))
  const values: Value[] = []
  for (let i = 0, at: bigint | undefined = first; at !== undefined && (estimated > 0n ? at <= last : at >= last); ) {
    values.push(moments.isDate ? daysOfMicros(zone.toLocalMicros(at)) : at)
    if (estimated === 0n) break
    i++
    const total = { months: by.months * i, days: by.days * i, microseconds: by.microseconds * BigInt(i) }
    at = addIntervalToTimestamp(first, total, zone)
  }
  return values
}

function stepSplitter(type: DataType): (step: Value) => CalendarInterval {
  switch (type.kind) {
    case 'interval_year_month':
      return (step) => ({ months: step as number, days: 0, microseconds: 0n })
    case 'interval_day_time':
      return (step) => ({
        months: 0,
        days: Number((step as bigint) / MICROS_PER_DAY),
        microseconds: (step as bigint) % MICROS_PER_DAY,
      })
    default:
      return (step) => step as CalendarInterval
  }
}
function wrongDateStep(): ExecutionError {
  return new ExecutionError('ILLEGAL_SEQUENCE_STEP', {
    message: 'a sequence of dates needs a step of at least a day',
  })
}

export const sequenceFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'sequence',
    family: 'array',
    summary: 'Makes an array of the values from start to stop, both included, in steps of 1 or the step given.',
    examples: [
      ['SELECT sequence(5, 1)', '[5, 4, 3, 2, 1]'],
      ["SELECT sequence(DATE '2018-01-01', DATE '2018-03-01', INTERVAL 1 MONTH)", '[2018-01-01, 2018-02-01, 2018-03-01]'],
    ],
    nulls: 'propagate',
    resolve: resolveSequence,
    bind: bindSequence,
  }),
]
