import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import { type DataType, type DecimalType, isIntegral, sameType } from '../../types/data-type.ts'
import { laneOf, type ScalarLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { LONG_MIN, longProduct, longSum, narrowed, nullsOf, scaledUp } from './numbers.ts'
import type { Template } from './table.ts'
import { timeSum } from './time.ts'

/**
 * Numbers. Integers are computed in 32 or 64 bits and checked afterwards; a row that overflows or divides by zero goes the slow way,
 * where the interpreter raises what there is to raise. Rules for bigints that keep V8 in machine words: every intermediate is cut by
 * BigInt.asIntN(64, …), constants are literals in the source, no Number(bigint), no BigInt(number), overflow by the xor of signs.
 */
export const arithmeticTemplates: Readonly<Record<string, Template>> = {
  '+': (code, call) => sum(code, call, '+'),
  '-': (code, call) => sum(code, call, '-'),
  '*': product,
  '/': quotient,
  '%': (code, call) => remainder(code, call, false),
  mod: (code, call) => remainder(code, call, false),
  pmod: (code, call) => remainder(code, call, true),
  div: wholeQuotient,
  // What overflows takes the slow way, where the interpreter gives NULL.
  try_add: (code, call) => sum(code, call, '+'),
  try_subtract: (code, call) => sum(code, call, '-'),
  try_multiply: product,
  try_divide: (code, call) => {
    if (typeOf(call).kind !== 'double') return undefined
    const [x, y] = sameOperands(code, call) ?? []
    if (x === undefined || y === undefined) return undefined
    const isNull = code.out.constant(`${nullsOf(code, x, y)} | (${y.value} === 0)`, 'n')
    return { kind: 'double', value: code.out.constant(`${x.value} / ${y.value}`), isNull }
  },
  try_mod: (code, call) => remainder(code, call, false),
  negative,
  positive: (code, call) => (isNumber(typeOf(call)) ? code.lane(call.args[0]!) : undefined),
  abs: absolute,
  '&': (code, call) => bitwise(code, call, '&'),
  '|': (code, call) => bitwise(code, call, '|'),
  '^': (code, call) => bitwise(code, call, '^'),
  '~': (code, call) => {
    if (!isIntegral(typeOf(call))) return undefined
    const lane = code.scalar(call.args[0]!)
    return { ...lane, value: code.out.constant(`~${lane.value}`), constant: undefined, halves: undefined }
  },
}

export function isNumber(type: DataType): boolean {
  return NUMBER_KINDS.has(type.kind)
}
const NUMBER_KINDS: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'decimal'])

/** Two arguments of the result's own type, none of them a decimal. */
function sameOperands(code: RowCode, call: Call): [ScalarLane, ScalarLane] | undefined {
  const [left, right] = call.args as [Expression, Expression]
  const type = typeOf(call)
  if (!isNumber(type) || type.kind === 'decimal' || call.args.length !== 2) return undefined
  if (!sameType(typeOf(left), type) || !sameType(typeOf(right), type)) return undefined
  return [code.scalar(left), code.scalar(right)]
}

function decimalOperands(call: Call): [DecimalType, DecimalType, DecimalType] | undefined {
  const [left, right, result] = [typeOf(call.args[0]!), typeOf(call.args[1]!), typeOf(call)]
  return left.kind === 'decimal' && right.kind === 'decimal' && result.kind === 'decimal' ? [left, right, result] : undefined
}

function sum(code: RowCode, call: Call, symbol: '+' | '-'): ScalarLane | undefined {
  const decimals = decimalOperands(call)
  if (decimals !== undefined) return decimalSum(code, call, symbol, decimals)
  if (!isNumber(typeOf(call))) return timeSum(code, call, symbol)
  const operands = sameOperands(code, call)
  if (operands === undefined) return undefined
  const [x, y] = operands
  const isNull = nullsOf(code, x, y)
  const type = typeOf(call)
  if (type.kind === 'double') return { kind: 'double', value: code.out.constant(`${x.value} ${symbol} ${y.value}`), isNull }
  if (type.kind === 'float')
    return { kind: 'double', value: code.out.constant(`Math.fround(${x.value} ${symbol} ${y.value})`), isNull }
  if (type.kind === 'bigint') return { kind: 'long', value: longSum(code, symbol, x, y, isNull), isNull }
  const exact = code.out.constant(`${x.value} ${symbol} ${y.value}`)
  return { kind: 'int', value: narrowed(code, exact, type, isNull), isNull }
}

function product(code: RowCode, call: Call): ScalarLane | undefined {
  const decimals = decimalOperands(call)
  if (decimals !== undefined) {
    const [left, right, result] = decimals
    if (result.scale !== left.scale + right.scale) return undefined
    const [x, y] = [code.scalar(call.args[0]!), code.scalar(call.args[1]!)]
    const isNull = nullsOf(code, x, y)
    const fits = left.precision + right.precision <= 18
    const value = fits ? code.out.constant(`BigInt.asIntN(64, ${x.value} * ${y.value})`) : longProduct(code, x, y, isNull)
    return { kind: 'long', value, isNull }
  }
  const operands = sameOperands(code, call)
  if (operands === undefined) return undefined
  const [x, y] = operands
  const isNull = nullsOf(code, x, y)
  const type = typeOf(call)
  if (type.kind === 'double') return { kind: 'double', value: code.out.constant(`${x.value} * ${y.value}`), isNull }
  if (type.kind === 'float') return { kind: 'double', value: code.out.constant(`Math.fround(${x.value} * ${y.value})`), isNull }
  if (type.kind === 'bigint') return { kind: 'long', value: longProduct(code, x, y, isNull), isNull }
  const exact = code.out.constant(`${x.value} * ${y.value}`)
  return { kind: 'int', value: narrowed(code, exact, type, isNull), isNull }
}

function decimalSum(
  code: RowCode,
  call: Call,
  symbol: '+' | '-',
  [left, right, result]: readonly [DecimalType, DecimalType, DecimalType],
): ScalarLane | undefined {
  if (result.scale !== Math.max(left.scale, right.scale)) return undefined
  // Once precision 38 is reached the sum may have a digit too many, which only the interpreter checks.
  if (result.precision <= Math.max(left.precision - left.scale, right.precision - right.scale) + result.scale) return undefined
  const x = scaledUp(code, code.scalar(call.args[0]!), left, result.scale - left.scale)
  const y = scaledUp(code, code.scalar(call.args[1]!), right, result.scale - right.scale)
  const isNull = nullsOf(code, x, y)
  if (result.precision <= 18)
    return { kind: 'long', value: code.out.constant(`BigInt.asIntN(64, ${x.value} ${symbol} ${y.value})`), isNull }
  return { kind: 'long', value: longSum(code, symbol, x, y, isNull), isNull }
}

function quotient(code: RowCode, call: Call): ScalarLane | undefined {
  if (typeOf(call).kind !== 'double') return undefined
  const operands = sameOperands(code, call)
  if (operands === undefined) return undefined
  const [x, y] = operands
  const isNull = nullsOf(code, x, y)
  if (y.constant === undefined || y.constant === 0) code.guard(`${y.value} === 0`, isNull)
  return { kind: 'double', value: code.out.constant(`${x.value} / ${y.value}`), isNull }
}

function wholeQuotient(code: RowCode, call: Call): ScalarLane | undefined {
  if (typeOf(call).kind !== 'bigint') return undefined
  const operands = sameOperands(code, call)
  if (operands === undefined) return undefined
  const [x, y] = operands
  const isNull = nullsOf(code, x, y)
  return { kind: 'long', value: longDivision(code, '/', x, y, isNull), isNull }
}

/** Bigint division throws for a divisor of 0, so it must not be reached with one, not even under a NULL. */
function longDivision(code: RowCode, symbol: '/' | '%', x: ScalarLane, y: ScalarLane, isNull: string): string {
  const ordinary = typeof y.constant === 'bigint' && y.constant !== 0n
  const mayOverflow = symbol === '/' && (!ordinary || y.constant === -1n) && (x.constant === undefined || x.constant === LONG_MIN)
  if (mayOverflow) code.guard(`${y.value} === -1n && ${x.value} === ${LONG_MIN}n`, isNull)
  if (ordinary) return code.out.constant(`BigInt.asIntN(64, ${x.value} ${symbol} ${y.value})`)
  code.guard(`${y.value} === 0n`, isNull)
  if (isNull === '0') return code.out.constant(`BigInt.asIntN(64, ${x.value} ${symbol} ${y.value})`)
  const slot = code.longSlot().long
  code.out.line(`if (${y.value} !== 0n) ${slot} = ${x.value} ${symbol} ${y.value}`)
  return code.out.constant(slot)
}

function remainder(code: RowCode, call: Call, positive: boolean): ScalarLane | undefined {
  const operands = sameOperands(code, call)
  const type = typeOf(call)
  if (operands === undefined || (positive && (type.kind === 'float' || type.kind === 'double'))) return undefined
  const [x, y] = operands
  const isNull = nullsOf(code, x, y)
  if (type.kind === 'bigint') {
    const rest = longDivision(code, '%', x, y, isNull)
    if (!positive) return { kind: 'long', value: rest, isNull }
    if (typeof y.constant !== 'bigint' || y.constant <= 0n) return undefined
    const slot = code.longSlot().long
    code.out.line(`if (${rest} < 0n) ${slot} = ${rest} + ${y.value}; else ${slot} = ${rest}`)
    return { kind: 'long', value: code.out.constant(slot), isNull }
  }
  if (positive && (typeof y.constant !== 'number' || y.constant <= 0)) return undefined
  if (y.constant === undefined || y.constant === 0) code.guard(`${y.value} === 0`, isNull)
  if (type.kind === 'double' || type.kind === 'float')
    return { kind: 'double', value: code.out.constant(`${x.value} % ${y.value}`), isNull }
  const rest = code.out.constant(`(${x.value} % ${y.value}) | 0`)
  return { kind: 'int', value: positive ? code.out.constant(`${rest} < 0 ? ${rest} + ${y.value} : ${rest}`) : rest, isNull }
}

function negative(code: RowCode, call: Call): ScalarLane | undefined {
  const type = typeOf(call)
  if (!isNumber(type)) return undefined
  const x = code.scalar(call.args[0]!)
  const { isNull } = x
  if (x.kind === 'double') return { kind: 'double', value: code.out.constant(`-${x.value}`), isNull }
  if (x.kind === 'int') return { kind: 'int', value: narrowed(code, code.out.constant(`0 - ${x.value}`), type, isNull), isNull }
  code.guard(`${x.value} === ${LONG_MIN}n`, isNull)
  return { kind: 'long', value: code.out.constant(`BigInt.asIntN(64, 0n - ${x.value})`), isNull }
}

function absolute(code: RowCode, call: Call): ScalarLane | undefined {
  const type = typeOf(call)
  if (!isNumber(type) || laneOf(type) === 'long') return undefined
  const x = code.scalar(call.args[0]!)
  const { isNull } = x
  if (x.kind === 'double') return { kind: 'double', value: code.out.constant(`Math.abs(${x.value})`), isNull }
  return { kind: 'int', value: narrowed(code, code.out.constant(`Math.abs(${x.value})`), type, isNull), isNull }
}

function bitwise(code: RowCode, call: Call, symbol: string): ScalarLane | undefined {
  const operands = sameOperands(code, call)
  const kind = laneOf(typeOf(call))
  if (operands === undefined || (kind !== 'int' && kind !== 'long')) return undefined
  const [x, y] = operands
  const value = `${x.value} ${symbol} ${y.value}`
  return { kind, value: code.out.constant(kind === 'long' ? `BigInt.asIntN(64, ${value})` : value), isNull: nullsOf(code, x, y) }
}
