import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtinFunctions } from '../../../../engine/functions/builtin.ts'
import type { BoundAggregate, EvaluationContext, Signature } from '../../../../engine/functions/function.ts'
import { BIGINT, type DataType, DOUBLE, decimalType, INT, STRING } from '../../../../engine/types/data-type.ts'
import { Settings } from '../../../../engine/types/settings.ts'
import type { Value } from '../../../../engine/types/value.ts'

const settings = new Settings([['spark.sql.session.timeZone', 'UTC']])
const context: EvaluationContext = { timeZone: 'UTC', settings, epoch: { timestampMs: 0, epochId: 0 } }

/** The aggregate over one or more arguments of the given types; `constants` are undefined for columns. */
function bound(name: string, types: readonly DataType[], constants: readonly (Value | undefined)[] = []): BoundAggregate {
  const record = builtinFunctions().find(name)
  if (record?.kind !== 'aggregate') throw new Error(`${name} is no aggregate`)
  const site = { name, text: name, span: undefined, settings }
  const args = types.map((type, i) => ({ type, nullable: true, constant: constants[i], span: undefined, text: `a${i}` }))
  const resolution = record.resolve(args, site)
  const signature: Signature = {
    arguments: resolution.arguments,
    nullable: types.map(() => true),
    constants: types.map((_type, i) => constants[i]),
    returns: resolution.returns,
  }
  return record.bind(signature, context)
}
function result(aggregate: BoundAggregate, rows: readonly (readonly Value[])[]): Value {
  const buffer = aggregate.init()
  for (const row of rows) aggregate.update(buffer, row)
  return aggregate.finish(buffer)
}

const ints = fc.array(fc.option(fc.integer({ min: -1000, max: 1000 })), { maxLength: 40 })
const DECIMAL = decimalType(10, 2)

/** Aggregates whose answer over whole numbers has no rounding, so that merging may not change a digit. */
const EXACT: readonly (readonly [string, BoundAggregate, (n: number | null) => readonly Value[]])[] = [
  ['count', bound('count', [INT]), (n) => [n]],
  ['count_if', bound('count_if', [{ ...INT, kind: 'boolean' } as DataType]), (n) => [n === null ? null : n > 0]],
  ['sum of INT', bound('sum', [INT]), (n) => [n]],
  ['sum of BIGINT', bound('sum', [BIGINT]), (n) => [n === null ? null : BigInt(n)]],
  ['sum of DECIMAL', bound('sum', [DECIMAL]), (n) => [n === null ? null : BigInt(n)]],
  ['try_sum', bound('try_sum', [INT]), (n) => [n]],
  ['avg of INT', bound('avg', [INT]), (n) => [n]],
  ['avg of DECIMAL', bound('avg', [DECIMAL]), (n) => [n === null ? null : BigInt(n)]],
  ['min', bound('min', [INT]), (n) => [n]],
  ['max', bound('max', [STRING]), (n) => [n === null ? null : String(n)]],
  ['bit_xor', bound('bit_xor', [INT]), (n) => [n]],
  ['percentile', bound('percentile', [INT, DOUBLE], [undefined, 0.3]), (n) => [n, 0.3]],
  ['median', bound('median', [INT]), (n) => [n]],
  ['mode, the smallest', bound('mode', [INT, { ...INT, kind: 'boolean' } as DataType], [undefined, true]), (n) => [n, true]],
  ['approx_count_distinct', bound('approx_count_distinct', [INT]), (n) => [n]],
  ['collect_list', bound('collect_list', [INT]), (n) => [n]],
  ['collect_set', bound('collect_set', [INT]), (n) => [n]],
  ['listagg', bound('listagg', [STRING]), (n) => [n === null ? null : String(n)]],
  ['first', bound('first', [INT]), (n) => [n]],
  ['last', bound('last', [INT]), (n) => [n]],
]

describe('an answer does not depend on where the input is cut', () => {
  test.each(EXACT)('%s', (_name, aggregate, row) => {
    fc.assert(
      fc.property(ints, fc.nat(40), (values, cut) => {
        const rows = values.map(row)
        const [left, right] = [aggregate.init(), aggregate.init()]
        for (const [i, args] of rows.entries()) aggregate.update(i < cut ? left : right, args)
        aggregate.merge(left, right)
        expect(aggregate.finish(left)).toEqual(result(aggregate, rows))
      }),
      { numRuns: 60 },
    )
  })
})

describe('retract undoes update', () => {
  const retractable = EXACT.filter(([, aggregate]) => aggregate.retract !== undefined)
  test('the exact counts and decimal means have it', () => {
    expect(retractable.map(([name]) => name)).toEqual(['count', 'count_if', 'avg of DECIMAL'])
  })
  test.each(retractable)('%s', (_name, aggregate, row) => {
    fc.assert(
      fc.property(ints, ints, (kept, undone) => {
        const buffer = aggregate.init()
        for (const n of [...kept, ...undone]) aggregate.update(buffer, row(n))
        for (const n of undone) aggregate.retract!(buffer, row(n))
        expect(aggregate.finish(buffer)).toEqual(result(aggregate, kept.map(row)))
      }),
      { numRuns: 60 },
    )
  })
})

describe('moments', () => {
  test('merged moments agree with those in one go up to rounding', () => {
    for (const name of ['var_samp', 'skewness', 'kurtosis']) {
      const aggregate = bound(name, [DOUBLE])
      fc.assert(
        fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 30 }), fc.nat(30), (values, cut) => {
          const [left, right] = [aggregate.init(), aggregate.init()]
          for (const [i, n] of values.entries()) aggregate.update(i < cut ? left : right, [n])
          aggregate.merge(left, right)
          const [merged, whole] = [
            aggregate.finish(left),
            result(
              aggregate,
              values.map((n) => [n]),
            ),
          ]
          if (merged === null || whole === null) expect(merged).toBe(whole)
          else expect(merged as number).toBeCloseTo(whole as number, 6)
        }),
        { numRuns: 60 },
      )
    }
  })
})

describe('buffers of the kernels are the natural columns', () => {
  test.each([
    ['count', [INT], 'count', 'bigint'],
    ['sum', [INT], 'sum_int64', 'bigint'],
    ['sum', [DOUBLE], 'sum_float64', 'double'],
    ['sum', [decimalType(8, 2)], 'sum_decimal64', 'decimal(18,2)'],
    ['avg', [BIGINT], 'avg_int64', 'double, bigint'],
    ['avg', [DOUBLE], 'avg_float64', 'double, bigint'],
    ['min', [INT], 'min_fixed', 'int'],
    ['max', [STRING], 'max_text', 'string'],
  ])('%s of %s', (name, types, kernel, buffer) => {
    const aggregate = bound(name, types)
    expect([aggregate.kernel, aggregate.buffer.join(', ')]).toEqual([kernel, buffer])
  })
})
