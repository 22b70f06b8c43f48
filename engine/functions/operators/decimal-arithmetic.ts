import { ExecutionError } from '../../errors/engine-error.ts'
import { type DataType, type DecimalType, MAX_PRECISION } from '../../types/data-type.ts'
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

export function decimalResultType(operator: DecimalOperator, left: DecimalType, right: DecimalType): DecimalType {
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

/** The operation on unscaled values of the two types; the divisor is not zero. */
export function decimalOperation(
  operator: DecimalOperator,
  left: DecimalType,
  right: DecimalType,
): (a: bigint, b: bigint) => bigint {
  const type = decimalResultType(operator, left, right)
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
