import { ExecutionError } from '../../errors/engine-error.ts'

const ANSI_SETTING = '"spark.sql.ansi.enabled"'

/** `instead` is the function that gives NULL, where there is one. */
export function arithmeticOverflow(message: string, instead?: string): ExecutionError {
  return new ExecutionError('ARITHMETIC_OVERFLOW', {
    message,
    ...(instead !== undefined && { hint: `Use "${instead}" to get NULL instead.` }),
    parameters: {
      message,
      alternative: instead === undefined ? '' : ` Use '${instead}' to tolerate overflow and return NULL instead.`,
      config: ANSI_SETTING,
    },
  })
}
export function binaryOverflow(left: string, symbol: string, right: string, instead: string): ExecutionError {
  return new ExecutionError('BINARY_ARITHMETIC_OVERFLOW', {
    message: `${left} ${symbol} ${right} overflows`,
    hint: `Use "${instead}" to get NULL instead.`,
    parameters: { value1: left, symbol, value2: right, functionName: `\`${instead}\`` },
  })
}
export function divideByZero(): ExecutionError {
  return new ExecutionError('DIVIDE_BY_ZERO', {
    message: 'division by zero',
    hint: 'Use "try_divide" to get NULL instead.',
    parameters: { config: ANSI_SETTING },
  })
}
export function remainderByZero(): ExecutionError {
  return new ExecutionError('REMAINDER_BY_ZERO', {
    message: 'remainder by zero',
    hint: 'Use "try_mod" to get NULL instead.',
    parameters: { config: ANSI_SETTING },
  })
}
export function intervalDividedByZero(): ExecutionError {
  return new ExecutionError('INTERVAL_DIVIDED_BY_ZERO', {
    message: 'division of an interval by zero',
    hint: 'Use "try_divide" to get NULL instead.',
  })
}
/** `instead` undefined: there is no function that tolerates it. */
export function intervalOverflow(instead?: string): ExecutionError {
  const condition = instead === undefined ? 'WITHOUT_SUGGESTION' : 'WITH_SUGGESTION'
  return new ExecutionError(`INTERVAL_ARITHMETIC_OVERFLOW.${condition}`, {
    message: 'interval arithmetic overflows',
    hint: instead === undefined ? 'Use smaller intervals.' : `Use "${instead}" to get NULL instead.`,
    ...(instead !== undefined && { parameters: { functionName: `\`${instead}\`` } }),
  })
}
