import { ExecutionError } from '../../errors/engine-error.ts'
import { type DataType, type DecimalType, decimalType, MAX_PRECISION } from '../../types/data-type.ts'
import {
  addType,
  divideType,
  fitsPrecision,
  formatDecimal,
  integralDivideType,
  multiplyType,
  powerOfTen,
  remainderType,
  rescale,
} from '../../types/decimal.ts'

export type DecimalOperator = '+' | '-' | '*' | '/' | '%' | 'div'

/** The result type; `exact` is the setting decimalOperations.allowPrecisionLoss turned off: the scale is kept and overflow risked. */
export function decimalResultType(operator: DecimalOperator, left: DecimalType, right: DecimalType, exact = false): DecimalType {
  if (exact) return exactResultType(operator, left, right)
  switch (operator) {
    case '+':
    case '-':
      return addType(left, right)
    case '*':
      return multiplyType(left, right)
    case '/':
      return divideType(left, right)
    case '%':
      return remainderType(left, right)
    case 'div':
      return integralDivideType(left, right)
  }
}
function exactResultType(operator: DecimalOperator, left: DecimalType, right: DecimalType): DecimalType {
  const { precision: p1, scale: s1 } = left
  const { precision: p2, scale: s2 } = right
  const bounded = (precision: number, scale: number): DecimalType =>
    decimalType(Math.min(precision, MAX_PRECISION), Math.min(scale, MAX_PRECISION))
  const scale = Math.max(s1, s2)
  switch (operator) {
    case '+':
    case '-':
      return bounded(scale + Math.max(p1 - s1, p2 - s2) + 1, scale)
    case '*':
      return bounded(p1 + p2 + 1, s1 + s2)
    case '/': {
      const whole = Math.min(MAX_PRECISION, p1 - s1 + s2)
      const fraction = Math.min(MAX_PRECISION, Math.max(6, s1 + p2 + 1))
      const excess = whole + fraction - MAX_PRECISION
      if (excess <= 0) return bounded(whole + fraction, fraction)
      return bounded(MAX_PRECISION, fraction - Math.floor(excess / 2) - 1)
    }
    case '%':
      return bounded(Math.min(p1 - s1, p2 - s2) + scale, scale)
    case 'div':
      return bounded(p1 - s1 + s2, 0)
  }
}

/** The unscaled value, rounded half up to the type's scale, or NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION. */
export function fitDecimal(unscaled: bigint, scale: number, type: DecimalType): bigint {
  const value = rescale(unscaled, scale, type.scale)
  if (fitsPrecision(value, type.precision)) return value
  throw decimalOutOfRange(formatDecimal(unscaled, scale), type)
}
export function decimalOutOfRange(text: string, type: DecimalType): ExecutionError {
  return new ExecutionError('NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION', {
    message: `${text} does not fit DECIMAL(${type.precision},${type.scale})`,
    hint: 'Cast to a decimal type with more digits first.',
    parameters: {
      value: text,
      precision: String(type.precision),
      scale: String(type.scale),
      config: '"spark.sql.ansi.enabled"',
    },
  })
}

/** The operation on unscaled values of the two types, giving one of `type`; the divisor is not zero. */
export function decimalOperation(
  operator: DecimalOperator,
  left: DecimalType,
  right: DecimalType,
  type: DecimalType,
): (a: bigint, b: bigint) => bigint {
  const scale = Math.max(left.scale, right.scale)
  const liftLeft = powerOfTen(scale - left.scale)
  const liftRight = powerOfTen(scale - right.scale)
  switch (operator) {
    case '+':
      return (a, b) => fitDecimal(a * liftLeft + b * liftRight, scale, type)
    case '-':
      return (a, b) => fitDecimal(a * liftLeft - b * liftRight, scale, type)
    case '*':
      return (a, b) => fitDecimal(a * b, left.scale + right.scale, type)
    case '/': {
      // Spark divides to 38 digits after the point, cutting off, and rounds that to the result's scale.
      const shiftUp = powerOfTen(MAX_PRECISION + right.scale)
      const shiftDown = powerOfTen(left.scale)
      return (a, b) => fitDecimal((a * shiftUp) / (b * shiftDown), MAX_PRECISION, type)
    }
    case '%':
      return (a, b) => fitDecimal((a * liftLeft) % (b * liftRight), scale, type)
    case 'div':
      return (a, b) => (a * liftLeft) / (b * liftRight)
  }
}

export function isDecimal(type: DataType): type is DecimalType {
  return type.kind === 'decimal'
}
