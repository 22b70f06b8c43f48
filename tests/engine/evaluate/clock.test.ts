import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../engine/columnar/arena.ts'
import { EngineError } from '../../../engine/errors/engine-error.ts'
import { compileProjection } from '../../../engine/evaluate/compile.ts'
import { type Expression, literal } from '../../../engine/expr/expression.ts'
import { BIGINT, DATE, type DataType, STRING, TIMESTAMP, TIMESTAMP_NTZ } from '../../../engine/types/data-type.ts'
import type { Value } from '../../../engine/types/value.ts'
import { batchOf, cast, column, context, functions, typed, valuesOf } from './both-ways.ts'

const text = (value: string): Expression => literal(value, STRING)
const at = column(0, TIMESTAMP)
const local = column(0, TIMESTAMP_NTZ)
const written = column(0, STRING)

const EXPRESSIONS: readonly (readonly [DataType, Expression])[] = [
  ...['hour', 'minute', 'second', 'unix_timestamp'].flatMap((name) => [
    [TIMESTAMP, typed(name, at)] as const,
    [TIMESTAMP_NTZ, typed(name, local)] as const,
  ]),
  [TIMESTAMP, cast(at, DATE)],
  [TIMESTAMP, cast(at, STRING)],
  [TIMESTAMP_NTZ, cast(local, STRING)],
  [STRING, cast(written, TIMESTAMP)],
  [STRING, cast(written, TIMESTAMP_NTZ)],
  ...['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'millisecond'].map(
    (unit) => [TIMESTAMP, typed('date_trunc', text(unit), at)] as const,
  ),
  [TIMESTAMP, typed('date_format', at, text('yyyy-MM-dd HH:mm:ss.SSS'))],
  [BIGINT, typed('from_unixtime', column(0, BIGINT))],
  ...['to_timestamp', 'to_date', 'unix_timestamp', 'to_timestamp_ntz'].map(
    (name) => [STRING, typed(name, written, text('yyyy-MM-dd HH:mm:ss'))] as const,
  ),
  [STRING, typed('to_date', written)],
]

/** Hours around the turns of the clock in Europe and America, days that a zone skipped, and any time. */
const micros = fc.oneof(
  fc.integer({ min: -200, max: 200 }).map((quarters) => 1_635_642_000_000_000n + BigInt(quarters) * 900_000_000n),
  fc.integer({ min: -200, max: 200 }).map((quarters) => 1_615_708_800_000_000n + BigInt(quarters) * 900_000_000n),
  fc.integer({ min: -200, max: 200 }).map((quarters) => 1_325_240_000_000_000n + BigInt(quarters) * 900_000_000n),
  fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
)
const VALUES: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  timestamp: micros,
  timestamp_ntz: micros,
  bigint: micros.map((value) => value / 1_000_000n),
  string: micros.map((value) => new Date(Number(value / 1000n)).toISOString().slice(0, 19).replace('T', ' ')),
}

test.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia', '+05:45'])(
  'what depends on the clock of %s is what the interpreter gives',
  (timeZone) => {
    const options = { functions, context: { ...context, timeZone } }
    for (const [type, e] of EXPRESSIONS) {
      const [interpreted, generated] = [false, true].map((codegen) => {
        const projection = compileProjection([e], { ...options, codegen })
        return (batch: ReturnType<typeof batchOf>): readonly Value[] | string => {
          try {
            return valuesOf(projection.evaluate(batch, null, new Arena(1 << 14))[0]!)
          } catch (error) {
            if (error instanceof EngineError && error.domain === 'user') return `${error.condition}: ${error.message}`
            throw error
          }
        }
      })
      fc.assert(
        fc.property(fc.array(fc.option(VALUES[type.kind]!, { nil: null, freq: 8 })), (values) => {
          const batch = batchOf(
            [type],
            values.map((value) => [value]),
          )
          expect(generated!(batch)).toEqual(interpreted!(batch))
        }),
        { numRuns: 30 },
      )
    }
  },
)
