import { BIGINT, BINARY, type DataType, DOUBLE } from '../../types/data-type.ts'
import { decimalToNumber } from '../../types/decimal.ts'
import { HASH_SEED, xxHash64 } from '../../types/hash.ts'
import type { Value } from '../../types/value.ts'
import { mustBeConstant, outOfRange, unexpectedInputType } from '../call-errors.ts'
import {
  type AggregateFunction,
  type Argument,
  type BoundAggregate,
  type CallSite,
  defineAggregate,
  type Resolution,
  type Signature,
} from '../function.ts'
import { isDecimal } from '../operators/decimal-arithmetic.ts'
import { checkCount, REAL } from '../signature.ts'
import { CARDINALITIES, LINEAR_COUNTING_LIMITS, RAW_ESTIMATES } from './hyperloglog-tables.ts'

/**
 * HyperLogLog++ with the numbers that Spark gives: 64-bit xxHash, 2^p registers, bias corrected by the six nearest measured estimates.
 * Buffer: [one byte a register]. Source: Spark's HyperLogLogPlusPlusHelper.
 */
const DEFAULT_DEVIATION = 0.05
const NEIGHBOURS = 6
const SEED = BigInt(HASH_SEED)

function addressBits(deviation: number): number {
  return Math.ceil((2 * Math.log(1.106 / deviation)) / Math.LN2)
}
function alphaM2(bits: number, registers: number): number {
  const alpha = [0.673, 0.697, 0.709][bits - 4] ?? 0.7213 / (1 + 1.079 / registers)
  return alpha * registers * registers
}
function bias(estimate: number, bits: number): number {
  const estimates = RAW_ESTIMATES[bits - 4]!
  const cardinalities = CARDINALITIES[bits - 4]!
  const above = estimates.findIndex((value) => value >= estimate)
  const nearest = above < 0 ? estimates.length : above
  const distance = (i: number): number => (estimate - estimates[i]!) ** 2
  let low = Math.max(nearest - NEIGHBOURS + 1, 0)
  let high = Math.min(low + NEIGHBOURS, estimates.length)
  while (high < estimates.length && distance(high) < distance(low)) {
    low++
    high++
  }
  let sum = 0
  for (let i = low; i < high; i++) sum += estimates[i]! - cardinalities[i]!
  return sum / (high - low)
}
function estimate(registers: Uint8Array, bits: number): bigint {
  const m = registers.length
  let inverse = 0
  let empty = 0
  for (const register of registers) {
    inverse += 2 ** -register
    if (register === 0) empty++
  }
  const raw = alphaM2(bits, m) / inverse
  const corrected = bits < 19 && raw < 5 * m ? raw - bias(raw, bits) : raw
  const linear = m * Math.log(m / empty)
  const useLinear = empty > 0 && ((bits < 19 && linear <= LINEAR_COUNTING_LIMITS[bits - 4]!) || raw <= 2.5 * m)
  return BigInt(Math.round(useLinear ? linear : corrected))
}

function deviationOf(constant: Value | undefined, type: DataType | undefined): number {
  if (constant == null || type === undefined) return DEFAULT_DEVIATION
  return isDecimal(type) ? decimalToNumber(constant as bigint, type.scale) : Number(constant)
}
function resolveCount(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 1, 2)
  const deviation = args[1]
  if (deviation === undefined) return { arguments: [args[0]!.type], returns: BIGINT, nullable: false }
  if (REAL.convert(deviation.type) === undefined) throw unexpectedInputType(site, 1, deviation, REAL.text)
  if (deviation.constant === undefined) throw mustBeConstant(site, deviation, 'relativeSD', 'DOUBLE')
  const value = deviationOf(deviation.constant, deviation.type)
  // Fewer than four address bits are no sketch any more, and more than twenty-four take too much memory for each group.
  if (!(value >= 0.0003 && value <= 0.39)) throw outOfRange(site, 'relativeSD', '[0.0003, 0.39]', String(value))
  return { arguments: [args[0]!.type, DOUBLE], returns: BIGINT, nullable: false }
}
function bindCount(signature: Signature): BoundAggregate {
  const type = signature.arguments[0]!
  const bits = addressBits(deviationOf(signature.constants[1], signature.arguments[1]))
  const shift = BigInt(64 - bits)
  const padding = 1n << BigInt(bits - 1)
  return {
    buffer: [BINARY],
    init: () => [new Uint8Array(2 ** bits)],
    update: (buffer, args) => {
      const value = args[0]!
      if (value === null) return
      const hash = BigInt.asUintN(64, xxHash64(value, type, SEED))
      const index = Number(hash >> shift)
      const rest = BigInt.asUintN(64, hash << BigInt(bits)) | padding
      const zeros = 64 - rest.toString(2).length
      const registers = buffer[0] as Uint8Array
      if (zeros + 1 > registers[index]!) registers[index] = zeros + 1
    },
    merge: (buffer, other) => {
      const [registers, others] = [buffer[0] as Uint8Array, other[0] as Uint8Array]
      for (let i = 0; i < registers.length; i++) registers[i] = Math.max(registers[i]!, others[i]!)
    },
    finish: (buffer) => estimate(buffer[0] as Uint8Array, bits),
  }
}

export const approximateCountFunctions: readonly AggregateFunction[] = [
  defineAggregate({
    name: 'approx_count_distinct',
    summary: 'Estimates the number of distinct values by HyperLogLog++, within a relative standard deviation (0.05 by default).',
    examples: [['SELECT approx_count_distinct(a) FROM VALUES (1), (1), (2), (2), (3) AS t(a)', '3']],
    version: 1,
    countsNothingAs: 0n,
    resolve: resolveCount,
    bind: bindCount,
  }),
]
