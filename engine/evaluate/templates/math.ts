import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import { type DataType, isIntegral } from '../../types/data-type.ts'
import { boundFunction } from '../interpret.ts'
import type { ScalarLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { nullsOf, wholeToLong } from './numbers.ts'
import { roundsDoubleTo } from './rounding.ts'
import type { Template } from './table.ts'

/** Functions of numbers. Those of one DOUBLE that are a method of Math are that method in the code; others call the record's own function. */
export const mathTemplates: Readonly<Record<string, Template>> = {
  ...Object.fromEntries(
    ['sqrt', 'expm1', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'tanh', 'asinh', 'acosh'].map((name) => [
      name,
      (code: RowCode, call: Call) => ofDouble(code, call, (x) => `Math.${name}(${x})`),
    ]),
  ),
  ...Object.fromEntries(
    ['exp', 'cbrt', 'rint', 'cosh', 'atanh'].map((name) => [
      name,
      (code: RowCode, call: Call) => ofDouble(code, call, ownFunction(code, call)),
    ]),
  ),
  degrees: (code, call) => ofDouble(code, call, (x) => `${x} * ${180 / Math.PI}`),
  radians: (code, call) => ofDouble(code, call, (x) => `${x} * ${Math.PI / 180}`),
  cot: (code, call) => ofDouble(code, call, (x) => `1 / Math.tan(${x})`),
  sec: (code, call) => ofDouble(code, call, (x) => `1 / Math.cos(${x})`),
  csc: (code, call) => ofDouble(code, call, (x) => `1 / Math.sin(${x})`),
  ln: (code, call) => logarithm(code, call, 0, (x) => `Math.log(${x})`),
  log10: (code, call) => logarithm(code, call, 0, (x) => `Math.log10(${x})`),
  log2: (code, call) => logarithm(code, call, 0, (x) => `Math.log(${x}) / Math.LN2`),
  log1p: (code, call) => logarithm(code, call, -1, (x) => `Math.log1p(${x})`),
  log: (code, call) => (call.args.length === 1 ? logarithm(code, call, 0, (x) => `Math.log(${x})`) : undefined),
  pow: (code, call) => ofDoubles(code, call, (x, y) => `${x} ** ${y}`),
  power: (code, call) => ofDoubles(code, call, (x, y) => `${x} ** ${y}`),
  hypot: (code, call) => ofDoubles(code, call, (x, y) => `Math.hypot(${x}, ${y})`),
  atan2: (code, call) => ofDoubles(code, call, (y, x) => `Math.atan2(${y} + 0, ${x} + 0)`),
  sign: (code, call) => ofDouble(code, call, (x) => `Math.sign(${x})`),
  signum: (code, call) => ofDouble(code, call, (x) => `Math.sign(${x})`),
  floor: (code, call) => wholeNumber(code, call, 'floor'),
  ceil: (code, call) => wholeNumber(code, call, 'ceil'),
  ceiling: (code, call) => wholeNumber(code, call, 'ceil'),
  round: (code, call) => rounded(code, call),
  bround: (code, call) => rounded(code, call),
  shiftleft: (code, call) => shifted(code, call, '<<'),
  '<<': (code, call) => shifted(code, call, '<<'),
  shiftright: (code, call) => shifted(code, call, '>>'),
  '>>': (code, call) => shifted(code, call, '>>'),
  shiftrightunsigned: (code, call) => shifted(code, call, '>>>'),
  '>>>': (code, call) => shifted(code, call, '>>>'),
  bit_count: bitCount,
  bit_get: bitAt,
  getbit: bitAt,
}

/** Of arguments that are all DOUBLE, and so is the result. */
function doubles(code: RowCode, call: Call, count: number): ScalarLane[] | undefined {
  if (call.args.length !== count || typeOf(call).kind !== 'double') return undefined
  if (!call.args.every((arg) => typeOf(arg).kind === 'double')) return undefined
  return call.args.map((arg) => code.scalar(arg))
}

function ofDouble(code: RowCode, call: Call, compute: (x: string) => string): ScalarLane | undefined {
  const [x] = doubles(code, call, 1) ?? []
  return x && { kind: 'double', value: code.out.constant(compute(x.value)), isNull: x.isNull }
}

function ofDoubles(code: RowCode, call: Call, compute: (x: string, y: string) => string): ScalarLane | undefined {
  const [x, y] = doubles(code, call, 2) ?? []
  return x && y && { kind: 'double', value: code.out.constant(compute(x.value, y.value)), isNull: nullsOf(code, x, y) }
}

/** The record's function of one DOUBLE, which neither fails nor gives NULL. */
function ownFunction(code: RowCode, call: Call): (x: string) => string {
  const { functions, context } = code.options
  const evaluate = code.out.capture(boundFunction(call, functions, context)!.evaluate, 'f')
  return (x) => `${evaluate}(${x})`
}

/** NULL at and below the limit. */
function logarithm(code: RowCode, call: Call, limit: number, compute: (x: string) => string): ScalarLane | undefined {
  const [x] = doubles(code, call, 1) ?? []
  if (x === undefined) return undefined
  const isNull = code.out.constant(
    x.isNull === '0' ? `${x.value} <= ${limit} ? 1 : 0` : `${x.isNull} | (${x.value} <= ${limit})`,
    'n',
  )
  return { kind: 'double', value: code.out.constant(compute(x.value)), isNull }
}

/** floor and ceil of a DOUBLE as BIGINT; of a BIGINT it is the number itself. */
function wholeNumber(code: RowCode, call: Call, method: 'floor' | 'ceil'): ScalarLane | undefined {
  if (call.args.length !== 1 || typeOf(call).kind !== 'bigint') return undefined
  const argument = call.args[0]!
  if (typeOf(argument).kind === 'bigint') return code.scalar(argument)
  if (typeOf(argument).kind !== 'double') return undefined
  const x = code.scalar(argument)
  const whole = code.out.constant(`Math.${method}(${x.value}) + 0`)
  code.guard(`!(${whole} > -9007199254740992 && ${whole} < 9007199254740992)`, x.isNull)
  return { kind: 'long', value: wholeToLong(code, whole), isNull: x.isNull }
}

/** round and bround of a DOUBLE or FLOAT to a constant number of digits, and of an integer that has no digits to lose. */
function rounded(code: RowCode, call: Call): ScalarLane | undefined {
  const [argument, digits] = call.args as [Expression, Expression | undefined]
  const type = typeOf(argument)
  const scale = digits === undefined ? 0 : code.constant(digits)
  if (typeof scale !== 'number') return undefined
  if (isIntegral(type) && scale >= 0) return code.scalar(argument)
  if ((type.kind !== 'double' && type.kind !== 'float') || Math.abs(scale) > 15) return undefined
  const x = code.scalar(argument)
  const value = code.out.constant(`${code.out.capture(roundsDoubleTo(scale), 'round')}(${x.value})`)
  // Close to a half the digits of the shortest text decide, which are the interpreter's; NaN takes that way too.
  code.guard(`${value} !== ${value}`, x.isNull)
  return { kind: 'double', value: type.kind === 'float' ? code.out.constant(`Math.fround(${value})`) : value, isNull: x.isNull }
}

/** By a number of places that counts modulo the width, as in Java. */
function shifted(code: RowCode, call: Call, symbol: '<<' | '>>' | '>>>'): ScalarLane | undefined {
  const [left, right] = call.args as [Expression, Expression]
  const type = typeOf(call)
  if (typeOf(right).kind !== 'int' || typeOf(left).kind !== type.kind) return undefined
  if (type.kind === 'int') {
    const [x, places] = [code.scalar(left), code.scalar(right)]
    const shifted = `${x.value} ${symbol} ${places.value}`
    const value = code.out.constant(symbol === '>>>' ? `(${shifted}) | 0` : shifted)
    return { kind: 'int', value, isNull: nullsOf(code, x, places) }
  }
  const given = code.constant(right)
  if (type.kind !== 'bigint' || typeof given !== 'number' || symbol === '>>>') return undefined
  const x = code.scalar(left)
  const places = given & 63
  const value = symbol === '<<' ? `${x.value} * ${1n << BigInt(places)}n` : `${x.value} >> ${places}n`
  return { kind: 'long', value: code.out.constant(`BigInt.asIntN(64, ${value})`), isNull: x.isNull }
}

function bitCount(code: RowCode, call: Call): ScalarLane | undefined {
  const type = typeOf(call.args[0]!)
  const x = code.scalar(call.args[0]!)
  if (type.kind === 'boolean') return { kind: 'int', value: code.out.constant(`${x.value} & 1`), isNull: x.isNull }
  const ones = code.out.capture(onesOf, 'onesOf')
  if (x.kind === 'int') {
    // A negative number counts in 64 bits.
    const value = code.out.constant(`${ones}(${x.value}) + (${x.value} < 0 ? 32 : 0)`)
    return { kind: 'int', value, isNull: x.isNull }
  }
  if (x.halves === undefined) return undefined
  return { kind: 'int', value: code.out.constant(`${ones}(${x.halves.low}) + ${ones}(${x.halves.high})`), isNull: x.isNull }
}
function onesOf(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

const WIDTHS: Readonly<Partial<Record<DataType['kind'], number>>> = { tinyint: 8, smallint: 16, int: 32 }
function bitAt(code: RowCode, call: Call): ScalarLane | undefined {
  const [left, right] = call.args as [Expression, Expression]
  const width = WIDTHS[typeOf(left).kind]
  if (width === undefined) return undefined
  const [x, position] = [code.scalar(left), code.scalar(right)]
  const isNull = nullsOf(code, x, position)
  code.guard(`${position.value} < 0 || ${position.value} >= ${width}`, isNull)
  return { kind: 'int', value: code.out.constant(`(${x.value} >> ${position.value}) & 1`), isNull }
}
