import { AnalysisError } from '../errors/engine-error.ts'
import {
  type Alias,
  type Call,
  type ColumnRef,
  type Expression,
  isNullable,
  literal,
  nextColumnId,
  typeOf,
} from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { printExpression } from '../expr/print.ts'
import { transformUp } from '../expr/walk.ts'
import { quotedType } from '../functions/call-errors.ts'
import type { LogicalPlan, SessionWindow, TimeWindow } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import {
  CALENDAR_INTERVAL,
  DAY_TIME,
  type DataType,
  type FieldMetadata,
  field,
  type StructType,
  sqlTypeName,
  structType,
  TIMESTAMP,
} from '../types/data-type.ts'
import { parseIntervalText } from '../types/interval.ts'
import type { CalendarInterval } from '../types/value.ts'
import { castTo } from './coerce-types.ts'
import { constantOf, typedCall } from './resolve-functions.ts'
import type { AnalysisContext } from './scope.ts'

/** Calls that make a window, and what the column is called. */
export const WINDOW_NAMES: ReadonlyMap<string, 'window' | 'session_window'> = new Map([
  ['window', 'window'],
  ['cumulate_window', 'window'],
  ['session_window', 'session_window'],
])
export const TIME_WINDOW_CALLS: ReadonlySet<string> = new Set([...WINDOW_NAMES.keys(), 'window_time'])

/** Numbers of arguments. */
const ARITIES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  window: [2, 4],
  cumulate_window: [3, 4],
  session_window: [2, 2],
  window_time: [1, 1],
}

const MICROS_PER_DAY = 86_400_000_000n

/** Types window(), session_window(), window_time() (the rules are spark.md 2.1 to 2.3) and cumulate_window(time, step, size [, start]) (Flink's CUMULATE). */
export function typedWindowCall(e: Call, args: readonly Expression[], context: AnalysisContext): Expression {
  const [min, max] = ARITIES[e.name]!
  if (args.length < min || args.length > max)
    throw new AnalysisError('WRONG_NUM_ARGS.WITHOUT_SUGGESTION', {
      message: `function "${e.name}" takes ${min === max ? min : `${min} to ${max}`} arguments, not ${args.length}`,
      span: e.span,
      parameters: {
        functionName: `\`${e.name}\``,
        expectedNum: min === max ? String(min) : min === 2 ? '[2, 3, 4]' : '[3, 4]',
        actualNum: String(args.length),
      },
    })
  if (e.name === 'window_time') {
    const window = args[0]!
    const type = typeOf(window)
    if (!isWindowStruct(type))
      throw new AnalysisError('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE', {
        message: `window_time takes a window made by window() or session_window(), not ${sqlTypeName(type)}`,
        span: e.span,
        parameters: {
          sqlExpr: `"${printExpression({ ...e, args })}"`,
          paramIndex: 'first',
          requiredType: '"STRUCT<start: TIMESTAMP, end: TIMESTAMP>" or "STRUCT<start: TIMESTAMP_NTZ, end: TIMESTAMP_NTZ>"',
          inputSql: `"${printExpression(window)}"`,
          inputType: quotedType(type),
        },
      })
    return { ...e, args, type: type.fields[0]!.type, nullable: isNullable(window) }
  }
  const time = timeArgument(e, args[0]!)
  const input = isWindowStruct(typeOf(time)) ? (typeOf(time) as StructType).fields[0]!.type : typeOf(time)
  const typed: Call = { ...e, args: [time, ...args.slice(1)], type: windowType(input), nullable: false }
  if (e.name !== 'session_window') windowShape(typed, context)
  return typed
}

function isWindowStruct(type: DataType): type is StructType {
  return (
    type.kind === 'struct' &&
    type.fields.length === 2 &&
    (type.fields[0]!.type.kind === 'timestamp' || type.fields[0]!.type.kind === 'timestamp_ntz') &&
    type.fields[1]!.type.kind === type.fields[0]!.type.kind
  )
}
function windowType(time: DataType): StructType {
  return structType([field('start', time), field('end', time)])
}

function timeArgument(e: Call, time: Expression): Expression {
  const type = typeOf(time)
  if (type.kind === 'timestamp' || type.kind === 'timestamp_ntz' || isWindowStruct(type)) return time
  if (type.kind === 'string' || type.kind === 'date' || type.kind === 'void') return castTo(time, TIMESTAMP)
  throw new AnalysisError('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE', {
    message: `the first argument of "${e.name}" must be a time, not ${sqlTypeName(type)}`,
    span: time.span ?? e.span,
    parameters: {
      sqlExpr: `"${printExpression({ ...e, args: [time, ...e.args.slice(1)] })}"`,
      paramIndex: 'first',
      requiredType: '("TIMESTAMP" or "TIMESTAMP WITHOUT TIME ZONE")',
      inputSql: `"${printExpression(time)}"`,
      inputType: quotedType(type),
    },
  })
}

interface WindowShape {
  readonly sizeMicros: bigint
  readonly slideMicros: bigint
  readonly startMicros: bigint
  readonly cumulative?: true
}

function windowShape(e: Call, context: AnalysisContext): WindowShape {
  const isCumulative = e.name === 'cumulate_window'
  const [size, slide] = isCumulative ? [e.args[2]!, e.args[1]!] : [e.args[1]!, e.args[2]]
  const sizeMicros = constantDuration(e, size, 'window duration', context)
  const slideMicros = slide ? constantDuration(e, slide, isCumulative ? 'step' : 'slide duration', context) : sizeMicros
  const startMicros = e.args[3] ? constantDuration(e, e.args[3], 'start time', context) : 0n
  const positive = (name: string, value: bigint): void => {
    if (value > 0n) return
    throw new AnalysisError('DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE', {
      message: `the ${name.replace('_', ' ')} of a window must be greater than zero`,
      span: e.span,
      parameters: {
        sqlExpr: `"${printExpression(e)}"`,
        exprName: name,
        valueRange: '(0, 9223372036854775807]',
        currentValue: `${value}L`,
      },
    })
  }
  positive('window_duration', sizeMicros)
  positive('slide_duration', slideMicros)
  const violated = (constraint: string, message: string): AnalysisError =>
    new AnalysisError('DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION', {
      message,
      span: e.span,
      parameters: { sqlExpr: `"${printExpression(e)}"`, constraint },
    })
  if (slideMicros > sizeMicros)
    throw violated('window_duration >= slide_duration', 'the slide of a window must not be longer than the window')
  if ((startMicros < 0n ? -startMicros : startMicros) >= slideMicros)
    throw violated('abs(start_time) < slide_duration', 'the start offset of a window must be shorter than its slide')
  if (!isCumulative) return { sizeMicros, slideMicros, startMicros }
  if (sizeMicros % slideMicros !== 0n)
    throw violated('window_duration % step = 0', 'the size of cumulative windows must be a multiple of their step')
  return { sizeMicros, slideMicros, startMicros, cumulative: true }
}

/** In microseconds. A bare whole number counts them, as in Spark; Spark takes no INTERVAL here. */
function constantDuration(e: Call, arg: Expression, what: string, context: AnalysisContext): bigint {
  const interval = durationOf(arg, context)
  if (interval === undefined) {
    const value = constantOf(arg, context)
    const { kind } = typeOf(arg)
    if ((kind === 'int' || kind === 'bigint') && (typeof value === 'number' || typeof value === 'bigint')) return BigInt(value)
    const span = arg.span ?? e.span
    if (typeof value === 'string')
      throw new AnalysisError('CANNOT_PARSE_INTERVAL', {
        message: `the ${what} of "${e.name}" must be a duration such as '10 minutes', not '${value}'`,
        span,
        parameters: { intervalString: value },
      })
    throw new AnalysisError('_LEGACY_ERROR_TEMP_1207', {
      message: `the ${what} of "${e.name}" must be a constant duration such as '10 minutes'`,
      detail: `It is "${printExpression(arg)}".`,
      span,
    })
  }
  if (interval.months !== 0)
    throw new AnalysisError('_LEGACY_ERROR_TEMP_3231', {
      message: `the ${what} of "${e.name}" cannot hold months or years, which have no fixed length`,
      hint: 'Write days, hours or shorter units.',
      span: arg.span ?? e.span,
      parameters: { interval: printExpression(arg) },
    })
  return BigInt(interval.days) * MICROS_PER_DAY + interval.microseconds
}

/** A constant text or interval as a calendar interval; undefined when it is neither. */
export function durationOf(arg: Expression, context: AnalysisContext): CalendarInterval | undefined {
  const value = constantOf(arg, context)
  if (value === undefined || value === null) return undefined
  const type = typeOf(arg)
  if (typeof value === 'string') return parseIntervalText(value)
  if (type.kind === 'interval_day_time' && typeof value === 'bigint') return { months: 0, days: 0, microseconds: value }
  if (type.kind === 'interval_year_month' && typeof value === 'number') return { months: value, days: 0, microseconds: 0n }
  if (type.kind === 'interval') return value as CalendarInterval
  return undefined
}

/**
 * Takes window(), session_window() and window_time() out of the expressions of one operator: each distinct one becomes a column that
 * a node below appends. Two different windows are refused, as they would multiply the rows.
 */
export class WindowExtraction {
  readonly #context: AnalysisContext
  readonly #times = new Map<string, ColumnRef>()
  #window: { readonly meaning: string; readonly column: ColumnRef } | undefined
  #input: LogicalPlan

  constructor(input: LogicalPlan, context: AnalysisContext) {
    this.#input = input
    this.#context = context
  }

  /** The input with the columns taken so far. */
  get input(): LogicalPlan {
    return this.#input
  }
  /** The window column, when there is one. */
  get columns(): readonly ColumnRef[] {
    return this.#window === undefined ? [] : [this.#window.column]
  }

  take(e: Expression): Expression {
    return transformUp(e, (node) => (node.kind === 'call' && TIME_WINDOW_CALLS.has(node.name) ? this.#column(node) : node))
  }

  #column(e: Call): ColumnRef {
    const meaning = meaningOf(e)
    if (e.name === 'window_time') {
      const known = this.#times.get(meaning)
      if (known !== undefined) return known
      const [next, column] = appendWindowTime(e, this.#input, this.#context)
      this.#input = next
      this.#times.set(meaning, column)
      return column
    }
    if (this.#window !== undefined) {
      if (this.#window.meaning === meaning) return this.#window.column
      throw new AnalysisError('_LEGACY_ERROR_TEMP_1039', {
        message: 'an operator can have one time or session window only: several would multiply the rows',
        hint: 'Make the second window in a query above this one, from window_time of the first.',
        span: e.span,
      })
    }
    const node =
      e.name === 'session_window' ? sessionWindow(e, this.#input, this.#context) : timeWindow(e, this.#input, this.#context)
    this.#input = node
    this.#window = { meaning, column: node.window }
    return node.window
  }
}

/** Time of a window call: over a window struct it is the window's time. Adds that as a column below when needed. */
function timeOver(e: Call, input: LogicalPlan, context: AnalysisContext): [LogicalPlan, Expression] {
  const time = e.args[0]!
  if (typeOf(time).kind !== 'struct') return [input, time]
  return appendWindowTime({ kind: 'call', name: 'window_time', args: [time], span: e.span }, input, context)
}

function windowColumn(name: 'window' | 'session_window', type: DataType, time: Expression): ColumnRef {
  const delay = time.kind === 'column' ? time.metadata?.watermarkDelayMs : undefined
  const metadata: FieldMetadata = { timeWindow: name, ...(delay !== undefined && { watermarkDelayMs: delay }) }
  return { kind: 'column', id: nextColumnId(), name, type, nullable: false, metadata, qualifier: [] }
}

function timeWindow(e: Call, input: LogicalPlan, context: AnalysisContext): TimeWindow {
  const [below, time] = timeOver(e, input, context)
  const window = windowColumn('window', windowType(typeOf(time)), time)
  return { kind: 'time_window', time, ...windowShape(e, context), window, input: below, span: e.span }
}

function sessionWindow(e: Call, input: LogicalPlan, context: AnalysisContext): SessionWindow {
  const [below, time] = timeOver(e, input, context)
  const window = windowColumn('session_window', windowType(typeOf(time)), time)
  return { kind: 'session_window', time, gap: sessionGap(e, context), window, input: below, span: e.span }
}

function sessionGap(e: Call, context: AnalysisContext): Expression {
  const gap = e.args[1]!
  const type = typeOf(gap)
  const constant = durationOf(gap, context)
  if (constant !== undefined) {
    if (constant.months === 0) return literal(BigInt(constant.days) * MICROS_PER_DAY + constant.microseconds, DAY_TIME, gap.span)
    return literal(constant, CALENDAR_INTERVAL, gap.span)
  }
  if (type.kind === 'interval' || type.kind === 'interval_day_time') return gap
  if (type.kind === 'string') return castTo(gap, CALENDAR_INTERVAL)
  throw new AnalysisError('_LEGACY_ERROR_TEMP_1040', {
    message: `the gap of session_window must be a duration, not ${sqlTypeName(type)}`,
    span: gap.span ?? e.span,
    parameters: { dt: String(type) },
  })
}

/** Appends the last instant of a window (its end less 1 µs) as a column that keeps the mark of an event time. */
function appendWindowTime(e: Call, input: LogicalPlan, context: AnalysisContext): [LogicalPlan, ColumnRef] {
  const window = e.args[0]!
  if (window.kind !== 'column' || window.metadata?.timeWindow === undefined)
    throw new AnalysisError('_LEGACY_ERROR_TEMP_3101', {
      message: `window_time takes a column made by window() or session_window(); "${printExpression(window)}" is none`,
      span: e.span,
    })
  const end: Expression = {
    kind: 'field',
    child: window,
    ordinal: 1,
    name: 'end',
    type: (window.type as StructType).fields[1]!.type,
    nullable: isNullable(window) || (window.type as StructType).fields[1]!.nullable,
  }
  const child = typedCall({ kind: 'call', name: '-', args: [] }, [end, literal(1n, DAY_TIME)], context)
  const delay = window.metadata.watermarkDelayMs
  const time: Alias = {
    kind: 'alias',
    name: printExpression({ ...e, args: [window] }),
    child,
    id: nextColumnId(),
    type: typeOf(child),
    nullable: isNullable(child),
    ...(delay !== undefined && { metadata: { watermarkDelayMs: delay } }),
  }
  return [{ kind: 'project', expressions: [...outputOf(input), time], input }, columnOf(time)]
}
