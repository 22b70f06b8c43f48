import { randomUUID } from 'node:crypto'
import { castFunction } from '../../types/cast.ts'
import { widestType } from '../../types/coercion.ts'
import { BIGINT, type DataType, DOUBLE, FLOAT, INT, isIntegral, STRING } from '../../types/data-type.ts'
import { decimalToNumber } from '../../types/decimal.ts'
import { xxHash64 } from '../../types/hash.ts'
import type { Value } from '../../types/value.ts'
import { XorShiftRandom } from '../../types/xorshift-random.ts'
import { mustBeConstant, outOfRange, unexpectedInputType } from '../call-errors.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type EvaluationContext,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { isDecimal } from '../operators/decimal-arithmetic.ts'
import { checkCount, exactly, NUMERIC, oneOf, WHOLE } from '../signature.ts'
import { MersenneTwister } from './random-generator.ts'

/** Functions that draw numbers. None is folded: each row gets a value of its own. */
const SEED = oneOf(WHOLE, exactly(BIGINT))

/**
 * A generator for a call. With a seed it goes on from row to row, as Spark's does in one partition. Without one it starts anew with each
 * epoch from what is the same on a replay, so that a repeated epoch draws the same numbers.
 */
function generatorFor(seed: Value | undefined, context: EvaluationContext): () => XorShiftRandom {
  if (seed !== undefined) {
    const random = new XorShiftRandom(BigInt(Number(seed ?? 0)))
    return () => random
  }
  let key = ''
  let random = new XorShiftRandom(0n)
  return () => {
    const { timestampMs, epochId } = context.epoch
    const current = `${timestampMs} ${epochId}`
    if (current !== key) {
      key = current
      random = new XorShiftRandom(xxHash64(current, STRING, 42n))
    }
    return random
  }
}
function constantSeed(argument: Argument, index: number, site: CallSite): DataType {
  const type = SEED.convert(argument.type)
  if (type === undefined) throw unexpectedInputType(site, index, argument, SEED.text)
  if (argument.constant === undefined) throw mustBeConstant(site, argument, 'seed', 'BIGINT')
  return type
}
function resolveRandom(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 0, 1)
  return { arguments: args.map((a, i) => constantSeed(a, i, site)), returns: DOUBLE, nullable: false }
}

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** Text of 0-9, a-z, A-Z. */
function resolveRandomText(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const length = args[0]!
  if (WHOLE.convert(length.type) === undefined) throw unexpectedInputType(site, 0, length, WHOLE.text)
  if (length.constant === undefined) throw mustBeConstant(site, length, 'length', 'INT')
  if (Number(length.constant) < 0) throw outOfRange(site, 'length', '[0, 2147483647]', String(length.constant))
  return { arguments: [INT, ...args.slice(1).map((a) => constantSeed(a, 1, site))], returns: STRING, nullable: false }
}

/** A number from the first to below the second argument, of their common type. */
function resolveUniform(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2, 3)
  const bounds = args.slice(0, 2).map((argument, i) => {
    const type = NUMERIC.convert(argument.type)
    if (type === undefined || argument.type.kind === 'string')
      throw unexpectedInputType(site, i, argument, '("INTEGRAL" or "FLOAT")')
    if (argument.constant === undefined) throw mustBeConstant(site, argument, i === 0 ? 'min' : 'max', 'NUMERIC')
    return type
  })
  const common = widestType(bounds) ?? DOUBLE
  const returns = isIntegral(common) || isDecimal(common) ? common : common.kind === 'float' ? FLOAT : DOUBLE
  return {
    arguments: [returns, returns, ...args.slice(2).map((a) => constantSeed(a, 2, site))],
    returns,
    nullable: args.some((a) => a.constant === null),
  }
}
function bindUniform(signature: Signature, context: EvaluationContext): Evaluate {
  const generator = generatorFor(signature.constants[2], context)
  const type = signature.returns
  const number = (value: number | bigint): number =>
    isDecimal(type) ? decimalToNumber(value as bigint, type.scale) : Number(value)
  const back = castFunction(DOUBLE, type, { timeZone: 'UTC', ansi: false, tolerant: false })
  return (low: number | bigint | null, high: number | bigint | null) => {
    if (low === null || high === null) return null
    return back(number(low) + generator().nextDouble() * (number(high) - number(low)))
  }
}

/** A version 4 UUID of a seeded generator. */
function seededUuid(random: MersenneTwister): string {
  const high = (BigInt.asUintN(64, random.nextInt64()) & 0xffff_ffff_ffff_0fffn) | 0x4000n
  const low = (BigInt.asUintN(64, random.nextInt64()) | 0x8000_0000_0000_0000n) & 0xbfff_ffff_ffff_ffffn
  const digits = high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export const randomFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'rand',
    aliases: ['random'],
    family: 'math',
    summary: 'Draws a number from 0 to below 1, the same ones for the same seed.',
    examples: [['SELECT rand(0)', '0.7604953758285915']],
    nulls: 'custom',
    deterministic: false,
    resolve: resolveRandom,
    bind: (signature, context) => {
      const generator = generatorFor(signature.constants[0], context)
      return () => generator().nextDouble()
    },
  }),
  defineScalar({
    name: 'randn',
    family: 'math',
    summary: 'Draws a number of the standard normal distribution.',
    examples: [['SELECT randn(0)', '1.6034991609278433']],
    nulls: 'custom',
    deterministic: false,
    resolve: resolveRandom,
    bind: (signature, context) => {
      const generator = generatorFor(signature.constants[0], context)
      return () => generator().nextGaussian()
    },
  }),
  defineScalar({
    name: 'randstr',
    family: 'string',
    summary: 'Draws text of a length from digits and letters.',
    examples: [['SELECT randstr(5, 0)', 'ceV0P']],
    nulls: 'custom',
    deterministic: false,
    resolve: resolveRandomText,
    bind: (signature, context) => {
      const generator = generatorFor(signature.constants[1], context)
      return (length: number) => {
        let text = ''
        for (let i = 0; i < length; i++) text += CHARACTERS[generator().nextInt(CHARACTERS.length)]
        return text
      }
    },
  }),
  defineScalar({
    name: 'uniform',
    family: 'math',
    summary: 'Draws a number from the first to below the second argument.',
    examples: [['SELECT uniform(10, 20, 0)', '17']],
    nulls: 'custom',
    deterministic: false,
    resolve: resolveUniform,
    bind: bindUniform,
  }),
  defineScalar({
    name: 'uuid',
    family: 'misc',
    summary: 'Makes a random UUID; with a seed the same ones each time.',
    examples: [['SELECT uuid(0)', '269567e9-5d09-4af5-b20f-16851fc4a81a']],
    nulls: 'custom',
    deterministic: false,
    resolve: (args, site) => {
      checkCount(args, site, 0, 1)
      return { arguments: args.map((a, i) => constantSeed(a, i, site)), returns: STRING, nullable: false }
    },
    bind: (signature) => {
      const seed = signature.constants[0]
      if (seed === undefined) return () => randomUUID()
      const random = new MersenneTwister(BigInt(Number(seed ?? 0)))
      return () => seededUuid(random)
    },
  }),
]
