import { ExecutionError } from '../errors/engine-error.ts'
import { type DataType, sqlTypeName } from './data-type.ts'
import { formatDecimal } from './decimal.ts'
import { sqlLiteral } from './literal.ts'
import { formatDouble, formatFloat } from './number-text.ts'
import type { Value } from './value.ts'
import type { Zone } from './zone.ts'

/**
 * What a cast does with a value it cannot take: throw Spark's condition, or give NULL (try_cast, and most casts with ANSI off).
 * Casts call `fail.…` and return what it gives, so that the tolerant path costs no exception.
 */
export interface CastFailure {
  /** CAST_INVALID_INPUT: the text does not read as the type. `from` is the type the message names. */
  malformed(value: Value, from: DataType, to: DataType): null
  /** CAST_OVERFLOW: the value is outside the range of the type. */
  overflow(value: Value, from: DataType, to: DataType, zone?: Zone): null
  /** NUMERIC_VALUE_OUT_OF_RANGE: the decimal has too many digits for its precision. */
  outOfRange(unscaled: bigint, scale: number, precision: number, targetScale: number): null
  /** Any other refusal. */
  raise(error: () => ExecutionError): null
}

export const TOLERANT: CastFailure = {
  malformed: () => null,
  overflow: () => null,
  outOfRange: () => null,
  raise: () => null,
}

export const STRICT: CastFailure = {
  malformed(value, from, to) {
    throw invalidInput(value, from, to)
  },
  overflow(value, from, to, zone) {
    throw castOverflow(value, from, to, zone)
  },
  outOfRange(unscaled, scale, precision, targetScale) {
    throw decimalOutOfRange(unscaled, scale, precision, targetScale)
  },
  raise(error) {
    throw error()
  },
}

/** The value as Spark's messages print it: as a literal, but floating-point specials bare. */
function valueText(value: Value, type: DataType, zone?: Zone): string {
  if (type.kind === 'float') return formatFloat(value as number)
  if (type.kind === 'double' && !Number.isFinite(value)) return formatDouble(value as number)
  return sqlLiteral(value, type, zone)
}

const ANSI_CONFIG = '"spark.sql.ansi.enabled"'
const quotedType = (type: DataType) => `"${sqlTypeName(type)}"`

export function invalidInput(value: Value, from: DataType, to: DataType): ExecutionError {
  const expression = valueText(value, from)
  return new ExecutionError('CAST_INVALID_INPUT', {
    message: `the value ${expression} of type ${quotedType(from)} cannot be cast to ${quotedType(to)}: it is malformed`,
    hint: 'Correct the value or change the target type. try_cast gives NULL for malformed input instead.',
    parameters: { expression, sourceType: quotedType(from), targetType: quotedType(to), ansiConfig: ANSI_CONFIG },
  })
}

export function castOverflow(value: Value, from: DataType, to: DataType, zone?: Zone): ExecutionError {
  const literal = valueText(value, from, zone)
  return new ExecutionError('CAST_OVERFLOW', {
    message: `the value ${literal} of type ${quotedType(from)} cannot be cast to ${quotedType(to)}: it overflows`,
    hint: 'try_cast gives NULL for an overflow instead.',
    parameters: { value: literal, sourceType: quotedType(from), targetType: quotedType(to), ansiConfig: ANSI_CONFIG },
  })
}

export function decimalOutOfRange(unscaled: bigint, scale: number, precision: number, targetScale: number): ExecutionError {
  const value = formatDecimal(unscaled, scale)
  return new ExecutionError('NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION', {
    message: `${value} does not fit decimal(${precision},${targetScale})`,
    hint: 'Choose a wider decimal type. With "spark.sql.ansi.enabled" set to "false" the result is NULL.',
    parameters: { value, precision: String(precision), scale: String(targetScale), config: ANSI_CONFIG },
  })
}

/** A text whose whole part has more digits than any decimal. */
export function decimalTooLong(text: string): ExecutionError {
  return new ExecutionError('NUMERIC_OUT_OF_SUPPORTED_RANGE', {
    message: `the value ${text} cannot be read as a decimal: it has more than 38 digits before the point`,
    parameters: { value: text },
  })
}

export function invalidIntervalText(text: string, what: 'year-month' | 'day-time', to: DataType, field?: string): ExecutionError {
  if (field !== undefined) {
    return new ExecutionError('INVALID_INTERVAL_FORMAT.INTERVAL_PARSING', {
      message: `the text '${text}' is not a ${what} interval: ${field}`,
      parameters: { input: text, interval: what },
    })
  }
  // Day-time texts may have been right for other units, which Spark's condition says with a notice.
  const condition = what === 'day-time' ? 'UNMATCHED_FORMAT_STRING_WITH_NOTICE' : 'UNMATCHED_FORMAT_STRING'
  return new ExecutionError(`INVALID_INTERVAL_FORMAT.${condition}`, {
    message: `the text '${text}' does not have the form of ${sqlTypeName(to)}`,
    detail: 'The fields of the text must be those of the type, as in 1-2 for YEAR TO MONTH or 1 02:03:04.5 for DAY TO SECOND.',
    parameters: { input: text, intervalStr: what, typeName: String(to) },
  })
}
