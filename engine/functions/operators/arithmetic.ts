import { ExecutionError } from '../../errors/engine-error.ts'
import { castFunction } from '../../types/cast.ts'
import { widerType } from '../../types/coercion.ts'
import {
  BIGINT,
  CALENDAR_INTERVAL,
  DAY_TIME,
  type DataType,
  DOUBLE,
  isIntegral,
  isNumeric,
  sameType,
  YEAR_MONTH,
} from '../../types/data-type.ts'
import { decimalFor, decimalForInteger } from '../../types/decimal.ts'
import type { CalendarInterval, Value } from '../../types/value.ts'
import { differentOperandTypes, unexpectedInputType, unsuitableOperands, wrongOperandType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
  type ScalarFunction,
  type Signature,
} from '../function.ts'
import { checkCount, NUMERIC, REAL } from '../signature.ts'
import { arithmeticOverflow, intervalDividedByZero, intervalOverflow } from './arithmetic-errors.ts'
import { isTimestamp, resolveDatetimeAddition, resolveDatetimeSubtraction } from './datetime-arithmetic.ts'
import { datetimeAddition, datetimeSubtraction } from './datetime-operation.ts'
import { decimalResultType, isDecimal } from './decimal-arithmetic.ts'
import {
  checkMicros,
  checkMonths,
  divideInterval,
  negateInterval,
  scaleCalendarInterval,
  scaleInterval,
} from './interval-arithmetic.ts'
import {
  BIGINT_MIN,
  INT_RANGES,
  type NumberOperator,
  numberOperation,
  wrappingNegation,
  wrappingOperation,
} from './number-arithmetic.ts'

const NUMERIC_OR_INTERVAL = '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")'

/**
 * The two sides as numbers: text takes the wide type of the other side's class, integers next to decimals become decimals (a literal one of
 * just its digits), everything else the common type. Decimals keep their own precision each.
 */
function numericOperands(args: readonly Argument[], site: CallSite, required: string): [DataType, DataType] {
  const [left, right] = [args[0]!, args[1]!]
  const [l, r] = promoted(left.type, right.type, site.settings.ansi)
  if (l.kind === 'void' && r.kind === 'void') return [DOUBLE, DOUBLE]
  if (l.kind === 'void' && isNumeric(r)) return [r, r]
  if (r.kind === 'void' && isNumeric(l)) return [l, l]
  if (isNumeric(l) && isNumeric(r)) {
    if (isDecimal(l) && isDecimal(r)) return [l, r]
    if (isDecimal(l) && isIntegral(r)) return [l, decimalOfOperand(right)]
    if (isDecimal(r) && isIntegral(l)) return [decimalOfOperand(left), r]
    const common = isDecimal(l) || isDecimal(r) ? DOUBLE : (widerType(l, r, site.settings.ansi) ?? DOUBLE)
    return [common, common]
  }
  // Text alone is left where nothing gives it a type.
  if (l.kind === 'void' || r.kind === 'void') throw unsuitableOperands(site, required, left.type, right.type)
  throw sameType(l, r) ? wrongOperandType(site, required, l) : differentOperandTypes(site, l, r)
}
function promoted(left: DataType, right: DataType, ansi: boolean): [DataType, DataType] {
  if (!ansi) return [left.kind === 'string' ? DOUBLE : left, right.kind === 'string' ? DOUBLE : right]
  if (left.kind === 'string' && right.kind !== 'string') return [promotedText(right) ?? left, right]
  if (right.kind === 'string' && left.kind !== 'string') return [left, promotedText(left) ?? right]
  return [left, right]
}
function promotedText(other: DataType): DataType | undefined {
  if (isIntegral(other)) return BIGINT
  if (isNumeric(other)) return DOUBLE
  return other.kind === 'boolean' ||
    other.kind === 'binary' ||
    other.kind === 'date' ||
    other.kind === 'time' ||
    isTimestamp(other)
    ? other
    : undefined
}
/** An integer written out as a literal counts with its own digits. */
function decimalOfOperand(argument: Argument): DataType {
  const digits = /^-?(\d+)$/.exec(argument.text)
  // A TINYINT written out counts with all that its type has, as in Spark.
  return digits && argument.constant !== undefined && argument.type.kind !== 'tinyint'
    ? decimalForInteger(BigInt(digits[1]!))
    : (decimalFor(argument.type) ?? argument.type)
}
/** A text next to an integer becomes BIGINT, and so does the integer; what is left to widen is widened here. */
function widened([left, right]: [DataType, DataType], ansi: boolean): [DataType, DataType] {
  if (isDecimal(left) || isDecimal(right)) return [left, right]
  const common = widerType(left, right, ansi) ?? DOUBLE
  return [common, common]
}

function resultOf(operator: NumberOperator, left: DataType, right: DataType, site: CallSite): DataType {
  if (isDecimal(left) && isDecimal(right))
    return decimalResultType(operator === 'pmod' ? '%' : operator, left, right, keepsScale(site))
  return left
}
/** Decimal results keep their scale at the price of overflow. */
function keepsScale(site: CallSite): boolean {
  return site.settings.get('spark.sql.decimalOperations.allowPrecisionLoss')?.toLowerCase() === 'false'
}
function numeric(operator: NumberOperator, required: string) {
  return (args: readonly Argument[], site: CallSite): Resolution => {
    const [left, right] = widened(numericOperands(args, site, required), site.settings.ansi)
    return { arguments: [left, right], returns: resultOf(operator, left, right, site) }
  }
}
const addNumbers = numeric('+', NUMERIC_OR_INTERVAL)
const subtractNumbers = numeric('-', NUMERIC_OR_INTERVAL)
const multiplyNumbers = numeric('*', '"NUMERIC"')
const divideByNumbers = (args: readonly Argument[], site: CallSite): Resolution => {
  const [left, right] = numericOperands(args, site, '("DOUBLE" or "DECIMAL")')
  if (isDecimal(left) && isDecimal(right)) return { arguments: [left, right], returns: resultOf('/', left, right, site) }
  return { arguments: [DOUBLE, DOUBLE], returns: DOUBLE }
}
const INTERVAL_KINDS = new Set(['interval', 'interval_year_month', 'interval_day_time'])

/** An interval times or by a number: the interval's widest type of its kind. `at`: where the interval stands. */
function scaled(args: readonly Argument[], at: 0 | 1, site: CallSite): Resolution | undefined {
  const interval = args[at]!.type
  if (!INTERVAL_KINDS.has(interval.kind)) return undefined
  const other = args[1 - at]!
  const returns =
    interval.kind === 'interval' ? CALENDAR_INTERVAL : interval.kind === 'interval_year_month' ? YEAR_MONTH : DAY_TIME
  if (interval.kind === 'interval' && REAL.convert(other.type) === undefined) throw unexpectedInputType(site, 1, other, REAL.text)
  const number = interval.kind === 'interval' ? DOUBLE : NUMERIC.convert(other.type)
  if (number === undefined || INTERVAL_KINDS.has(other.type.kind)) throw unexpectedInputType(site, 1, other, NUMERIC.text)
  return { arguments: at === 0 ? [interval, number] : [number, interval], returns }
}
function scaledBy(interval: DataType, number: DataType, operator: '*' | '/'): Evaluate | undefined {
  const instead = operator === '*' ? 'try_multiply' : 'try_divide'
  switch (interval.kind) {
    case 'interval': {
      if (operator === '*') return scaleCalendarInterval
      return (a: CalendarInterval, b: number) => {
        if (b === 0) throw intervalDividedByZero()
        return scaleCalendarInterval(a, 1 / b)
      }
    }
    case 'interval_year_month': {
      const scale = operator === '*' ? scaleInterval(number) : divideInterval(number)
      return (a: number, b) => checkMonths(Number(scale(BigInt(a), b)), instead)
    }
    case 'interval_day_time': {
      const scale = operator === '*' ? scaleInterval(number) : divideInterval(number)
      return (a: bigint, b) => checkMicros(scale(a, b), instead)
    }
    default:
      return undefined
  }
}

interface BinaryDefinition {
  readonly resolve: (args: readonly Argument[], site: CallSite) => Resolution
  readonly bind: (signature: Signature, context: EvaluationContext) => Evaluate
}
const binary = (resolve: BinaryDefinition['resolve'], bind: BinaryDefinition['bind']): BinaryDefinition => ({
  resolve: (args, site) => {
    checkCount(args, site, 2)
    return resolve(args, site)
  },
  bind,
})
function onNumbers(operator: NumberOperator, { arguments: [left, right], returns }: Signature): Evaluate {
  return numberOperation(operator, left!, right!, returns)
}

/** What fails under ANSI rules alone; intervals and moments that overflow fail in both modes. */
const NULL_WITHOUT_ANSI = ['DIVIDE_BY_ZERO', 'REMAINDER_BY_ZERO', 'INTERVAL_DIVIDED_BY_ZERO', 'NUMERIC_VALUE_OUT_OF_RANGE']

/** An operator in the session's mode. ANSI off: integers wrap; decimals that do not fit and zero divisors give NULL. */
function inMode(operator: NumberOperator, definition: BinaryDefinition): BinaryDefinition {
  return {
    resolve: (args, site) => {
      const found = definition.resolve(args, site)
      return site.settings.ansi ? found : { ...found, nullable: true }
    },
    bind: (signature, context) => {
      if (context.settings.ansi) return definition.bind(signature, context)
      const wrapped = wrappingOperation(operator, signature.arguments[0]!, signature.arguments[1]!)
      return wrapped ?? nullOn(NULL_WITHOUT_ANSI, definition.bind(signature, context))
    },
  }
}

const ADD = binary(
  (args, site) => resolveDatetimeAddition(args, site) ?? addNumbers(args, site),
  (signature, context) => datetimeAddition(signature, context) ?? onNumbers('+', signature),
)
const SUBTRACT = binary(
  (args, site) => resolveDatetimeSubtraction(args, site) ?? subtractNumbers(args, site),
  (signature, context) => datetimeSubtraction(signature, context) ?? onNumbers('-', signature),
)
const MULTIPLY = binary(
  (args, site) => scaled(args, 0, site) ?? scaled(args, 1, site) ?? multiplyNumbers(args, site),
  (signature) => {
    const [left, right] = [signature.arguments[0]!, signature.arguments[1]!]
    const reversed = scaledBy(right, left, '*')
    return scaledBy(left, right, '*') ?? (reversed ? (a, b) => reversed(b, a) : onNumbers('*', signature))
  },
)
const DIVIDE = binary(
  (args, site) => {
    const [by, of] = [args[1]!, args[0]!.type]
    if (INTERVAL_KINDS.has(by.type.kind))
      throw INTERVAL_KINDS.has(of.kind)
        ? unexpectedInputType(site, 1, by, NUMERIC.text)
        : differentOperandTypes(site, of, by.type)
    return scaled(args, 0, site) ?? divideByNumbers(args, site)
  },
  (signature) => scaledBy(signature.arguments[0]!, signature.arguments[1]!, '/') ?? onNumbers('/', signature),
)
const REMAINDER = binary(numeric('%', '"NUMERIC"'), (signature) => onNumbers('%', signature))
const POSITIVE_REMAINDER = binary(numeric('pmod', '"NUMERIC"'), (signature) => onNumbers('pmod', signature))

const WHOLE_DIVISION = '("BIGINT" or "DECIMAL" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")'
const DIV = binary(
  (args, site) => {
    const [left, right] = [args[0]!.type, args[1]!.type]
    const interval = [left, right].find((type) => type.kind === 'interval_year_month' || type.kind === 'interval_day_time')
    if (interval !== undefined && [left, right].every((type) => type.kind === interval.kind || type.kind === 'void'))
      return { arguments: [left.kind === 'void' ? interval : left, right.kind === 'void' ? interval : right], returns: BIGINT }
    // Integers are BIGINT here before anything else is looked at.
    const numbers = site.settings.ansi ? args : args.map((a) => (a.type.kind === 'string' ? { ...a, type: DOUBLE } : a))
    const whole = numbers.map((a) => (isIntegral(a.type) || a.type.kind === 'void' ? { ...a, type: BIGINT } : a))
    if (whole.some((a) => a.type.kind === 'double' || a.type.kind === 'float')) {
      const [l, r] = [whole[0]!.type, whole[1]!.type]
      const numbers = isNumeric(l) && isNumeric(r) && (isDecimal(l) || isDecimal(r))
      throw numbers ? wrongOperandType(site, WHOLE_DIVISION, DOUBLE) : unsuitableOperands(site, WHOLE_DIVISION, l, r)
    }
    const text = whole.findIndex((a) => a.type.kind === 'string')
    if (text >= 0 && isDecimal(whole[1 - text]!.type)) throw wrongOperandType(site, WHOLE_DIVISION, DOUBLE)
    const operands = numericOperands(
      args.map((a, i) => (isDecimal(args[1 - i]!.type) ? a : whole[i]!)),
      site,
      WHOLE_DIVISION,
    )
    return { arguments: operands, returns: BIGINT }
  },
  (signature) => {
    const kind = signature.arguments[0]!.kind
    if (kind === 'interval_year_month' || kind === 'interval_day_time')
      return (a: number | bigint, b: number | bigint) => {
        if (BigInt(b) === 0n) throw intervalDividedByZero()
        const result = BigInt(a) / BigInt(b)
        if (result === -BIGINT_MIN) throw intervalOverflow()
        return result
      }
    return onNumbers('div', signature)
  },
)

const TOLERATED = [
  'ARITHMETIC_OVERFLOW',
  'BINARY_ARITHMETIC_OVERFLOW',
  'DIVIDE_BY_ZERO',
  'REMAINDER_BY_ZERO',
  'INTERVAL_ARITHMETIC_OVERFLOW',
  'INTERVAL_DIVIDED_BY_ZERO',
  'NUMERIC_VALUE_OUT_OF_RANGE',
  'DATETIME_OVERFLOW',
  'INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION',
]
/** NULL where the operation itself fails; a failing argument fails all the same. */
function tolerant(definition: BinaryDefinition): BinaryDefinition {
  return {
    resolve: (args, site) => {
      const found = definition.resolve(args, site)
      // Text is read inside, where it may fail too.
      const types = args.map(({ type }, i) => (type.kind === 'string' ? type : found.arguments[i]!))
      return { ...found, arguments: types, nullable: true }
    },
    bind: (signature, context) => {
      if (signature.arguments.every((type) => type.kind !== 'string'))
        return nullOn(TOLERATED, definition.bind(signature, context))
      const site: CallSite = { name: '', text: '', span: undefined, settings: context.settings }
      const taken = definition.resolve(
        signature.arguments.map((type) => ({ type, nullable: true, constant: undefined, span: undefined, text: '' })),
        site,
      ).arguments
      const casts = signature.arguments.map((type, i) =>
        castFunction(type, taken[i]!, { timeZone: context.timeZone, ansi: context.settings.ansi, tolerant: false }),
      )
      const evaluate = definition.bind({ ...signature, arguments: taken }, context)
      return nullOn([...TOLERATED, 'CAST_INVALID_INPUT', 'CAST_OVERFLOW'], (a: Value, b: Value) =>
        evaluate(casts[0]!(a), casts[1]!(b)),
      )
    },
  }
}
function nullOn(conditions: readonly string[], evaluate: Evaluate): Evaluate {
  return (a, b) => {
    try {
      return evaluate(a, b)
    } catch (error) {
      if (error instanceof ExecutionError && conditions.includes(error.condition.split('.')[0]!)) return null
      throw error
    }
  }
}

function operator(
  name: string,
  summary: string,
  examples: ScalarFunction['examples'],
  definition: BinaryDefinition,
): FunctionRecord {
  return defineScalar({ name, family: 'operator', summary, examples, nulls: 'propagate', ...definition })
}

function negation(type: DataType): Evaluate {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const { min } = INT_RANGES[type.kind]
      return (a: number) => {
        if (a === min) throw arithmeticOverflow('overflow')
        return -a + 0
      }
    }
    case 'bigint':
      return (a: bigint) => {
        if (a === BIGINT_MIN) throw arithmeticOverflow('overflow')
        return -a
      }
    case 'interval':
      return negateInterval
    case 'interval_year_month':
      return (a: number) => checkMonths(-a + 0)
    case 'interval_day_time':
      return (a: bigint) => checkMicros(-a)
    default:
      return (a: number | bigint) => -a
  }
}
function unary(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1)
  const type = INTERVAL_KINDS.has(args[0]!.type.kind) ? args[0]!.type : NUMERIC.convert(args[0]!.type)
  if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, NUMERIC_OR_INTERVAL)
  return { arguments: [type], returns: type }
}

export const arithmeticFunctions: readonly FunctionRecord[] = [
  operator(
    '+',
    'Adds two numbers or intervals, or moves a date or timestamp by an interval.',
    [['SELECT 1 + 2', '3']],
    inMode('+', ADD),
  ),
  operator('-', 'Subtracts.', [['SELECT 2 - 1', '1']], inMode('-', SUBTRACT)),
  operator('*', 'Multiplies.', [['SELECT 2 * 3', '6']], inMode('*', MULTIPLY)),
  operator('/', 'Divides; integers give a DOUBLE.', [['SELECT 3 / 2', '1.5']], inMode('/', DIVIDE)),
  defineScalar({
    name: '%',
    aliases: ['mod'],
    family: 'operator',
    summary: 'Returns the remainder of a division, with the sign of the dividend.',
    examples: [
      ['SELECT -7 % 3', '-1'],
      ['SELECT mod(7, 3)', '1'],
    ],
    nulls: 'propagate',
    ...inMode('%', REMAINDER),
  }),
  operator('div', 'Divides and cuts off the fraction; the result is a BIGINT.', [['SELECT 7 div 2', '3']], inMode('div', DIV)),
  defineScalar({
    name: 'pmod',
    family: 'math',
    summary: 'Returns the remainder of a division as a number that is not negative.',
    examples: [['SELECT pmod(-7, 3)', '2']],
    nulls: 'propagate',
    ...inMode('pmod', POSITIVE_REMAINDER),
  }),
  defineScalar({
    name: 'try_add',
    family: 'math',
    summary: 'Adds as + does, but gives NULL on overflow.',
    examples: [['SELECT try_add(2147483647, 1)', 'NULL']],
    nulls: 'propagate',
    ...tolerant(ADD),
  }),
  defineScalar({
    name: 'try_subtract',
    family: 'math',
    summary: 'Subtracts as - does, but gives NULL on overflow.',
    examples: [['SELECT try_subtract(-2147483648, 1)', 'NULL']],
    nulls: 'propagate',
    ...tolerant(SUBTRACT),
  }),
  defineScalar({
    name: 'try_multiply',
    family: 'math',
    summary: 'Multiplies as * does, but gives NULL on overflow.',
    examples: [['SELECT try_multiply(2147483647, 2)', 'NULL']],
    nulls: 'propagate',
    ...tolerant(MULTIPLY),
  }),
  defineScalar({
    name: 'try_divide',
    family: 'math',
    summary: 'Divides as / does, but gives NULL for a zero divisor.',
    examples: [['SELECT try_divide(1, 0)', 'NULL']],
    nulls: 'propagate',
    ...tolerant(DIVIDE),
  }),
  defineScalar({
    name: 'try_mod',
    family: 'math',
    summary: 'Returns the remainder as % does, but gives NULL for a zero divisor.',
    examples: [['SELECT try_mod(1, 0)', 'NULL']],
    nulls: 'propagate',
    ...tolerant(REMAINDER),
  }),
  defineScalar({
    name: 'negative',
    family: 'math',
    summary: 'Negates a number or interval.',
    examples: [['SELECT negative(1)', '-1']],
    nulls: 'propagate',
    resolve: unary,
    bind: (signature, context) =>
      context.settings.ansi
        ? negation(signature.arguments[0]!)
        : (wrappingNegation(signature.arguments[0]!) ?? negation(signature.arguments[0]!)),
  }),
  defineScalar({
    name: 'positive',
    family: 'math',
    summary: 'Returns a number or interval as it is.',
    examples: [['SELECT positive(1)', '1']],
    nulls: 'propagate',
    resolve: unary,
    bind: () => (a) => a,
  }),
]
