import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { DATE, type DataType, TIMESTAMP, TIMESTAMP_NTZ, timeType } from '../../types/data-type.ts'
import type { Settings } from '../../types/settings.ts'
import { DEFAULT_TIME_PRECISION } from '../../types/time.ts'
import { UTC, type Zone, zoneOf } from '../../types/zone.ts'
import type { CallSite, EvaluationContext } from '../function.ts'
import { type Accepted, exactly, type Resolve } from '../signature.ts'

/** Parameter types and errors that the date-time functions share. */

export const TIME_TYPE = timeType(DEFAULT_TIME_PRECISION)

/** TIME of any precision; nothing is cast to it. */
export const ANY_TIME: Accepted = {
  text: '"TIME"',
  convert: (type) => (type.kind === 'time' ? type : type.kind === 'void' ? TIME_TYPE : undefined),
}

/** TIME of any precision; text becomes TIME(6). */
export const TIME_OR_TEXT: Accepted = {
  text: ANY_TIME.text,
  convert: (type) => (type.kind === 'string' ? TIME_TYPE : ANY_TIME.convert(type)),
}

/** TIME is off unless the session turns it on, as in Spark 4.3. */
export function requireTimeType(site: CallSite): void {
  if (site.settings.flag('spark.sql.timeType.enabled')) return
  throw new AnalysisError('UNSUPPORTED_TIME_TYPE', {
    message: 'the data type TIME is not supported',
    hint: 'Turn it on with SET spark.sql.timeType.enabled = true.',
    span: site.span,
  })
}
/** Typing of a function that takes or gives TIME. */
export function withTimeType(resolve: Resolve): Resolve {
  return (args, site) => {
    requireTimeType(site)
    return resolve(args, site)
  }
}

/** The type that TIMESTAMP means in the session (`spark.sql.timestampType`). */
export function sessionTimestamp(settings: Settings): DataType {
  return settings.get('spark.sql.timestampType') === 'TIMESTAMP_NTZ' ? TIMESTAMP_NTZ : TIMESTAMP
}

/** Dates for functions of a whole date: timestamps are cut to their date. */
export const DATE_LIKE: Accepted = exactly(DATE)

/** TIMESTAMP only: dates, local timestamps and text are cast to it. */
export const INSTANT: Accepted = exactly(TIMESTAMP)

/** DATE, to which a TIME is not even taken to be storable. */
export const MOVED_DATE: Accepted = {
  text: DATE_LIKE.text,
  convert: (type) => (type.kind === 'time' ? undefined : DATE_LIKE.convert(type)),
}

/** The zone whose clock shows values of the type: the session's for TIMESTAMP, none for TIMESTAMP_NTZ. */
export function clockOf(type: DataType, context: EvaluationContext): Zone {
  return type.kind === 'timestamp' ? zoneOf(context.timeZone) : UTC
}

/** A text that does not match its pattern. `instead` names the function that gives NULL. */
export function cannotParse(text: string, pattern: string, instead: string): ExecutionError {
  const message = `text '${text}' does not match the pattern '${pattern}'`
  return new ExecutionError('CANNOT_PARSE_TIMESTAMP', {
    message,
    hint: `${instead} gives NULL for text that does not match.`,
    parameters: { message, func: `\`${instead}\`` },
  })
}

export function cannotParseTime(text: string, pattern: string): ExecutionError {
  return new ExecutionError('CANNOT_PARSE_TIME', {
    message: `text '${text}' does not match the pattern '${pattern}'`,
    hint: 'try_to_time gives NULL for text that does not match.',
    parameters: { input: `'${text}'`, format: `'${pattern}'` },
  })
}

export function fieldOutOfBounds(message: string): ExecutionError {
  return new ExecutionError('DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION', { message, parameters: { rangeMessage: message } })
}

export function datetimeOverflow(operation: string): ExecutionError {
  return new ExecutionError('DATETIME_OVERFLOW', {
    message: `the result is out of range: ${operation}`,
    parameters: { operation },
  })
}

/** Keeps what was made of the last texts of an argument: patterns and zones are nearly always the same for every row. */
export function remember<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>()
  return (text) => {
    let result = made.get(text)
    if (result === undefined) {
      if (made.size >= REMEMBERED) made.clear()
      result = make(text)
      made.set(text, result)
    }
    return result
  }
}
const REMEMBERED = 256
