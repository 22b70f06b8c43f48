import { BIGINT, type DataType, DOUBLE, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { unexpectedInputType } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { arithmeticOverflow } from '../operators/arithmetic-errors.ts'
import { checkMicros, checkMonths } from '../operators/interval-arithmetic.ts'
import { BIGINT_MIN, INT_RANGES, wrappingNegation } from '../operators/number-arithmetic.ts'
import { checkCount, exactly, NUMERIC, REAL, TEXT, takes, WHOLE } from '../signature.ts'

type Compute = (x: number) => number | null
/** A function of one DOUBLE. */
function real(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  example: readonly [string, string],
  compute: Compute,
  nullable?: boolean,
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'math',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([REAL], DOUBLE, nullable ? { nullable } : {}),
    bind: () => compute,
  })
}
/** A function of two DOUBLEs. */
function real2(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  example: readonly [string, string],
  compute: (x: number, y: number) => number,
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'math',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: takes([REAL, REAL], DOUBLE),
    bind: () => compute,
  })
}
function constant(name: string, summary: string, result: string, value: number): FunctionRecord {
  return defineScalar({
    name,
    family: 'math',
    summary,
    examples: [[`SELECT ${name}()`, result]],
    nulls: 'propagate',
    resolve: takes([], DOUBLE, { nullable: false }),
    bind: () => () => value,
  })
}
/** NULL where the logarithm does not exist. */
function above(limit: number, compute: (x: number) => number): Compute {
  return (x) => (x <= limit ? null : compute(x))
}
/** Java's exp(1) is one unit in the last place above Math.E, which V8 returns. */
function exp(x: number): number {
  return x === 1 ? Math.E + 2 ** -51 : Math.exp(x)
}
function log2(x: number): number {
  return Math.log(x) / Math.LN2
}
function atanh(x: number): number {
  return 0.5 * (Math.log1p(x) - Math.log1p(-x))
}
/** As exp: only at 1 does Java differ. */
function cosh(x: number): number {
  return Math.abs(x) === 1 ? exp(1) / 2 + 0.5 / exp(1) : Math.cosh(x)
}
/** Rounds to the nearest whole number, halves to the even one. */
function rint(x: number): number {
  const rounded = Math.round(x)
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

function resolveLog(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  return takes(
    args.map(() => REAL),
    DOUBLE,
    { nullable: true },
  )(args, site)
}
/** log(x), and log(base, x). */
function logarithm(first: number, second?: number): Value {
  if (second === undefined) return first <= 0 ? null : Math.log(first)
  return first <= 0 || second <= 0 ? null : Math.log(second) / Math.log(first)
}

const INTERVAL_KINDS = new Set<DataType['kind']>(['interval_day_time', 'interval_year_month'])
const NUMERIC_OR_INTERVAL = '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")'
function numberOrInterval(args: readonly Argument[], site: CallSite): DataType {
  checkCount(args, site, 1)
  const type = INTERVAL_KINDS.has(args[0]!.type.kind) ? args[0]!.type : NUMERIC.convert(args[0]!.type)
  if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, NUMERIC_OR_INTERVAL)
  return type
}
function absolute(type: DataType): Evaluate {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const { min } = INT_RANGES[type.kind]
      return (a: number) => {
        if (a === min) throw arithmeticOverflow('overflow')
        return Math.abs(a)
      }
    }
    case 'bigint':
      return (a: bigint) => {
        if (a === BIGINT_MIN) throw arithmeticOverflow('overflow')
        return a < 0n ? -a : a
      }
    case 'decimal':
      return (a: bigint) => (a < 0n ? -a : a)
    case 'interval_year_month':
      return (a: number) => checkMonths(Math.abs(a))
    case 'interval_day_time':
      return (a: bigint) => checkMicros(a < 0n ? -a : a)
    default:
      return Math.abs
  }
}
/** Of a number as a DOUBLE, or of an interval. */
function sign(value: number | bigint): number {
  return typeof value === 'bigint' ? (value > 0n ? 1 : value < 0n ? -1 : 0) : Math.sign(value)
}

function factorial(n: number): Value {
  if (n < 0 || n > 20) return null
  let product = 1n
  for (let i = 2n; i <= BigInt(n); i++) product *= i
  return product
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** A number written in one base in another; digits after the first that is none are left out. A negative target base gives a signed number. */
function convertBase(text: string, from: number, to: number): Value {
  if (from < 2 || from > 36 || Math.abs(to) < 2 || Math.abs(to) > 36) return null
  const trimmed = text.replace(/^ +| +$/g, '')
  if (trimmed === '') return null
  const negative = trimmed.startsWith('-')
  let value = 0n
  for (const char of trimmed.slice(negative ? 1 : 0).toUpperCase()) {
    const digit = DIGITS.indexOf(char)
    if (digit < 0 || digit >= from) break
    value = value * BigInt(from) + BigInt(digit)
    if (value >= 1n << 64n) throw arithmeticOverflow('overflow in function conv()')
  }
  if (negative && to > 0) value = value > 0n && BigInt.asIntN(64, value) < 0n ? (1n << 64n) - 1n : BigInt.asUintN(64, -value)
  if (to < 0) {
    const signed = negative ? BigInt.asIntN(64, -value) : BigInt.asIntN(64, value)
    const size = signed < 0n ? -signed : signed
    return `${signed < 0n ? '-' : ''}${size.toString(-to).toUpperCase()}`
  }
  return value.toString(to).toUpperCase()
}

/** 0 below the range, n + 1 above it, counted downwards when the range is. */
function widthBucket(value: number, min: number, max: number, count: bigint): Value {
  const n = Number(count)
  if (
    n <= 0 ||
    n === Number.MAX_SAFE_INTEGER ||
    Number.isNaN(value) ||
    !Number.isFinite(min) ||
    !Number.isFinite(max) ||
    min === max
  )
    return null
  const [lower, upper] = [Math.min(min, max), Math.max(min, max)]
  if (min < max) {
    if (value < lower) return 0n
    return value >= upper ? count + 1n : BigInt(Math.trunc((n * (value - lower)) / (upper - lower))) + 1n
  }
  if (value > upper) return 0n
  return value <= lower ? count + 1n : BigInt(Math.trunc((n * (upper - value)) / (upper - lower))) + 1n
}
function resolveWidthBucket(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 4)
  const kind = args[0]!.type.kind
  if (!INTERVAL_KINDS.has(kind)) return takes([REAL, REAL, REAL, exactly(BIGINT)], BIGINT, { nullable: true })(args, site)
  for (const i of [1, 2])
    if (args[i]!.type.kind !== kind) throw unexpectedInputType(site, i, args[i]!, `"${args[0]!.type}"`.toUpperCase())
  const count = exactly(BIGINT).convert(args[3]!.type)
  if (count === undefined) throw unexpectedInputType(site, 3, args[3]!, '"BIGINT"')
  return { arguments: [args[0]!.type, args[1]!.type, args[2]!.type, BIGINT], returns: BIGINT, nullable: true }
}

const words = new DataView(new ArrayBuffer(8))
function withHighWord(value: number, high: number): number {
  words.setFloat64(0, value)
  words.setUint32(0, high)
  return words.getFloat64(0)
}
function highWord(value: number): number {
  words.setFloat64(0, value)
  return words.getUint32(0)
}
/** The cube root of fdlibm 5.3, as in Java's StrictMath: Math.cbrt is of a later version, and differs in last digits. */
function cbrt(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return x
  const size = Math.abs(x)
  let t =
    size < 2 ** -1022
      ? withHighWord(2 ** 54 * size, Math.trunc(highWord(2 ** 54 * size) / 3) + 696219795)
      : withHighWord(0, Math.trunc(highWord(size) / 3) + 715094163)
  const s = 19 / 35 + ((t * t) / size) * t
  t *= 5 / 14 + 45 / 28 / (s + 99 / 70 - 864 / 1225 / s)
  // Cut to 20 bits, a little above the root; then one step of Newton's.
  words.setFloat64(0, t)
  t = withHighWord(0, words.getUint32(0) + 1)
  const r = size / (t * t)
  t += t * ((r - t) / (t + t + r))
  return x < 0 ? -t : t
}

export const mathFunctions: readonly FunctionRecord[] = [
  constant('pi', 'Returns the ratio of a circle to its diameter.', '3.141592653589793', Math.PI),
  constant('e', "Returns Euler's number.", '2.718281828459045', Math.E),
  real(['exp'], 'Returns e to the power of a number.', ['SELECT exp(0)', '1.0'], exp),
  real(['expm1'], 'Returns e to the power of a number, minus 1.', ['SELECT expm1(0)', '0.0'], Math.expm1),
  real(
    ['ln'],
    'Returns the natural logarithm; NULL for numbers that are not positive.',
    ['SELECT ln(1)', '0.0'],
    above(0, Math.log),
    true,
  ),
  real(
    ['log10'],
    'Returns the logarithm to base 10; NULL for numbers that are not positive.',
    ['SELECT log10(10)', '1.0'],
    above(0, Math.log10),
    true,
  ),
  real(
    ['log2'],
    'Returns the logarithm to base 2; NULL for numbers that are not positive.',
    ['SELECT log2(2)', '1.0'],
    above(0, log2),
    true,
  ),
  real(
    ['log1p'],
    'Returns the natural logarithm of 1 plus a number; NULL for −1 and below.',
    ['SELECT log1p(0)', '0.0'],
    above(-1, Math.log1p),
    true,
  ),
  real(['sqrt'], 'Returns the square root; NaN for negative numbers.', ['SELECT sqrt(4)', '2.0'], Math.sqrt),
  real(['cbrt'], 'Returns the cube root.', ['SELECT cbrt(27.0)', '3.0'], cbrt),
  real(['rint'], 'Returns the nearest whole number as a DOUBLE, halves to the even one.', ['SELECT rint(12.3456)', '12.0'], rint),
  real(['degrees'], 'Turns radians into degrees.', ['SELECT degrees(3.141592653589793)', '180.0'], (x) => x * (180 / Math.PI)),
  real(['radians'], 'Turns degrees into radians.', ['SELECT radians(180)', '3.141592653589793'], (x) => x * (Math.PI / 180)),
  real(['sin'], 'Returns the sine.', ['SELECT sin(0)', '0.0'], Math.sin),
  real(['cos'], 'Returns the cosine.', ['SELECT cos(0)', '1.0'], Math.cos),
  real(['tan'], 'Returns the tangent.', ['SELECT tan(0)', '0.0'], Math.tan),
  real(['cot'], 'Returns the cotangent.', ['SELECT cot(1)', '0.6420926159343306'], (x) => 1 / Math.tan(x)),
  real(['sec'], 'Returns the secant.', ['SELECT sec(0)', '1.0'], (x) => 1 / Math.cos(x)),
  real(['csc'], 'Returns the cosecant.', ['SELECT csc(1)', '1.1883951057781212'], (x) => 1 / Math.sin(x)),
  real(['asin'], 'Returns the arc sine; NaN outside of −1 to 1.', ['SELECT asin(0)', '0.0'], Math.asin),
  real(['acos'], 'Returns the arc cosine; NaN outside of −1 to 1.', ['SELECT acos(1)', '0.0'], Math.acos),
  real(['atan'], 'Returns the arc tangent.', ['SELECT atan(0)', '0.0'], Math.atan),
  real(['sinh'], 'Returns the hyperbolic sine.', ['SELECT sinh(0)', '0.0'], Math.sinh),
  real(['cosh'], 'Returns the hyperbolic cosine.', ['SELECT cosh(0)', '1.0'], cosh),
  real(['tanh'], 'Returns the hyperbolic tangent.', ['SELECT tanh(0)', '0.0'], Math.tanh),
  real(['asinh'], 'Returns the inverse hyperbolic sine.', ['SELECT asinh(0)', '0.0'], Math.asinh),
  real(['acosh'], 'Returns the inverse hyperbolic cosine.', ['SELECT acosh(1)', '0.0'], Math.acosh),
  real(['atanh'], 'Returns the inverse hyperbolic tangent.', ['SELECT atanh(0)', '0.0'], atanh),
  real2(['pow', 'power'], 'Raises the first number to the power of the second.', ['SELECT pow(2, 3)', '8.0'], (x, y) => x ** y),
  real2(['hypot'], 'Returns the length of the hypotenuse.', ['SELECT hypot(3, 4)', '5.0'], Math.hypot),
  // Negative zeros count as zero, as in Spark.
  real2(['atan2'], 'Returns the angle of the point (x, y), given as y, x.', ['SELECT atan2(0, 0)', '0.0'], (y, x) =>
    Math.atan2(y + 0, x + 0),
  ),
  defineScalar({
    name: 'log',
    family: 'math',
    summary: 'Returns the natural logarithm, or the logarithm of the second argument to the base of the first.',
    examples: [['SELECT log(10, 100)', '2.0']],
    nulls: 'propagate',
    resolve: resolveLog,
    bind: () => logarithm,
  }),
  defineScalar({
    name: 'abs',
    family: 'math',
    summary: 'Returns the absolute value of a number or interval.',
    examples: [['SELECT abs(-1)', '1']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const type = numberOrInterval(args, site)
      return { arguments: [type], returns: type }
    },
    bind: (signature, { settings }) => {
      const type = signature.arguments[0]!
      const negate = settings.ansi ? undefined : wrappingNegation(type)
      return negate === undefined ? absolute(type) : (a: number | bigint) => (a < 0 ? negate(a) : a)
    },
  }),
  defineScalar({
    name: 'sign',
    aliases: ['signum'],
    family: 'math',
    summary: 'Returns −1, 0 or 1 by the sign of a number or interval.',
    examples: [['SELECT sign(40)', '1.0']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const type = numberOrInterval(args, site)
      return { arguments: [INTERVAL_KINDS.has(type.kind) ? type : DOUBLE], returns: DOUBLE }
    },
    bind: () => sign,
  }),
  defineScalar({
    name: 'factorial',
    family: 'math',
    summary: 'Returns the factorial of a number from 0 to 20, NULL for others.',
    examples: [['SELECT factorial(5)', '120']],
    nulls: 'propagate',
    resolve: takes([WHOLE], BIGINT, { nullable: true }),
    bind: () => factorial,
  }),
  defineScalar({
    name: 'bin',
    family: 'math',
    summary: 'Writes an integer in binary digits.',
    examples: [['SELECT bin(13)', '1101']],
    nulls: 'propagate',
    resolve: takes([exactly(BIGINT)], STRING),
    bind: () => (value: bigint) => BigInt.asUintN(64, value).toString(2),
  }),
  defineScalar({
    name: 'conv',
    family: 'math',
    summary: 'Converts a number from one base to another.',
    examples: [["SELECT conv('100', 2, 10)", '4']],
    nulls: 'propagate',
    resolve: takes([TEXT, WHOLE, WHOLE], STRING, { nullable: true }),
    bind: () => convertBase,
  }),
  defineScalar({
    name: 'width_bucket',
    family: 'math',
    summary: 'Returns the number of the bucket a value falls into among equal ones from a minimum to a maximum.',
    examples: [['SELECT width_bucket(5.3, 0.2, 10.6, 5)', '3']],
    nulls: 'propagate',
    resolve: resolveWidthBucket,
    bind: (signature): Evaluate =>
      signature.arguments[0]!.kind === 'double'
        ? widthBucket
        : (value, min, max, count: bigint) => widthBucket(Number(value), Number(min), Number(max), count),
  }),
]
