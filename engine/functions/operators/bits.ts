import { ExecutionError } from '../../errors/engine-error.ts'
import { widerType } from '../../types/coercion.ts'
import { BIGINT, type DataType, INT, isIntegral, TINYINT } from '../../types/data-type.ts'
import { unexpectedInputType, unsuitableOperands } from '../call-errors.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { checkCount, INTEGRAL, WHOLE } from '../signature.ts'

function bitwiseTypes(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [left, right] = [args[0]!.type, args[1]!.type]
  const type = widerType(left, right)
  if (type?.kind === 'void') return { arguments: [INT, INT], returns: INT }
  if (type === undefined || !isIntegral(type)) throw unsuitableOperands(site, '"INTEGRAL"', left, right)
  return { arguments: [type, type], returns: type }
}
type OnNumbers = (a: number, b: number) => number
type OnBigints = (a: bigint, b: bigint) => bigint
function bitwise(name: string, summary: string, result: string, small: OnNumbers, large: OnBigints): FunctionRecord {
  return defineScalar({
    name,
    family: 'bitwise',
    summary,
    examples: [[`SELECT 3 ${name} 5`, result]],
    nulls: 'propagate',
    resolve: bitwiseTypes,
    bind: (signature): Evaluate => (signature.returns.kind === 'bigint' ? large : small),
  })
}

/** Shifts take INT or BIGINT, smaller integers becoming INT; the number of places counts modulo the width, as in Java. */
function shiftTypes(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const [value, places] = [args[0]!, args[1]!]
  const type: DataType | undefined = value.type.kind === 'bigint' ? BIGINT : WHOLE.convert(value.type)
  if (type === undefined) throw unexpectedInputType(site, 0, value, '("INT" or "BIGINT")')
  if (WHOLE.convert(places.type) === undefined) throw unexpectedInputType(site, 1, places, WHOLE.text)
  return { arguments: [type, INT], returns: type }
}
function shift(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  example: readonly [string, string],
  small: OnNumbers,
  large: (a: bigint, places: bigint) => bigint,
): FunctionRecord {
  return defineScalar({
    name,
    aliases,
    family: 'bitwise',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: shiftTypes,
    bind: (signature): Evaluate =>
      signature.returns.kind === 'bigint'
        ? (a: bigint, places: number) => BigInt.asIntN(64, large(a, BigInt(places & 63)))
        : small,
  })
}

const WIDTHS: Partial<Record<DataType['kind'], number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 }
function onesOf(value: bigint): number {
  let bits = BigInt.asUintN(64, value)
  let count = 0
  for (; bits !== 0n; bits &= bits - 1n) count++
  return count
}
function bitAt(width: number): Evaluate {
  return (value: number | bigint, position: number) => {
    if (position < 0 || position >= width)
      throw new ExecutionError('INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE', {
        message: `bit position ${position} is outside 0 to ${width - 1}`,
        parameters: {
          parameter: '`pos`',
          functionName: '`bit_get`',
          upper: String(width),
          invalidValue: String(position),
        },
      })
    return Number((BigInt(value) >> BigInt(position)) & 1n)
  }
}

export const bitFunctions: readonly FunctionRecord[] = [
  bitwise(
    '&',
    'Returns the bits that are set in both.',
    '1',
    (a, b) => a & b,
    (a, b) => a & b,
  ),
  bitwise(
    '|',
    'Returns the bits that are set in one of them or both.',
    '7',
    (a, b) => a | b,
    (a, b) => a | b,
  ),
  bitwise(
    '^',
    'Returns the bits that are set in one of them only.',
    '6',
    (a, b) => a ^ b,
    (a, b) => a ^ b,
  ),
  defineScalar({
    name: '~',
    family: 'bitwise',
    summary: 'Turns every bit over.',
    examples: [['SELECT ~0', '-1']],
    nulls: 'propagate',
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const type = INTEGRAL.convert(args[0]!.type)
      if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, INTEGRAL.text)
      return { arguments: [type], returns: type }
    },
    bind: (signature): Evaluate => (signature.returns.kind === 'bigint' ? (a: bigint) => ~a : (a: number) => ~a),
  }),
  shift(
    ['<<', 'shiftleft'],
    'Shifts the bits to the left.',
    ['SELECT 2 << 1', '4'],
    (a, n) => a << n,
    (a, n) => a << n,
  ),
  shift(
    ['>>', 'shiftright'],
    'Shifts the bits to the right, keeping the sign.',
    ['SELECT 4 >> 1', '2'],
    (a, n) => a >> n,
    (a, n) => a >> n,
  ),
  shift(
    ['>>>', 'shiftrightunsigned'],
    'Shifts the bits to the right, filling with zeros.',
    ['SELECT 4 >>> 1', '2'],
    (a, n) => (a >>> n) | 0,
    (a, n) => BigInt.asUintN(64, a) >> n,
  ),
  defineScalar({
    name: 'bit_count',
    family: 'bitwise',
    summary: 'Counts the bits that are set in a number or boolean.',
    examples: [['SELECT bit_count(7)', '3']],
    nulls: 'propagate',
    resolve: (args, site) => {
      checkCount(args, site, 1)
      const type = args[0]!.type.kind === 'boolean' ? args[0]!.type : INTEGRAL.convert(args[0]!.type)
      if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, '("INTEGRAL" or "BOOLEAN")')
      return { arguments: [type], returns: INT }
    },
    bind: () => (value: number | bigint | boolean) => onesOf(BigInt(value)),
  }),
  defineScalar({
    name: 'bit_get',
    aliases: ['getbit'],
    family: 'bitwise',
    summary: 'Returns the bit at a position, counted from the right from 0.',
    examples: [['SELECT bit_get(11, 2)', '0']],
    nulls: 'propagate',
    resolve: (args, site) => {
      checkCount(args, site, 2)
      const type = INTEGRAL.convert(args[0]!.type)
      if (type === undefined) throw unexpectedInputType(site, 0, args[0]!, INTEGRAL.text)
      if (WHOLE.convert(args[1]!.type) === undefined) throw unexpectedInputType(site, 1, args[1]!, WHOLE.text)
      return { arguments: [type, INT], returns: TINYINT }
    },
    bind: (signature) => bitAt(WIDTHS[signature.arguments[0]!.kind] ?? 64),
  }),
]
