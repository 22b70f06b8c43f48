import fc from 'fast-check'
import { sliceBatch } from '../../../engine/columnar/concat.ts'
import { OWNED_MEMORY } from '../../../engine/columnar/memory.ts'
import type { Expression } from '../../../engine/expr/expression.ts'
import { type DataType, TIMESTAMP } from '../../../engine/types/data-type.ts'
import type { Row, Value } from '../../../engine/types/value.ts'
import { batchOf, evaluateBothWays, selectBothWays } from './both-ways.ts'

export const LONG_MIN = -(2n ** 63n)
export const LONG_MAX = 2n ** 63n - 1n

/** Values of a type, the awkward ones often. */
export function valuesOfType(type: DataType): fc.Arbitrary<Value> {
  const whole = (bits: number): fc.Arbitrary<Value> => {
    const max = 2 ** (bits - 1) - 1
    return fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -max - 1, max }), fc.constantFrom(-max - 1, max))
  }
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'tinyint':
      return whole(8)
    case 'smallint':
      return whole(16)
    case 'int':
      return whole(32)
    case 'bigint':
      return fc.oneof(
        fc.bigInt({ min: -5n, max: 5n }),
        fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }),
        fc.bigInt({ min: LONG_MIN, max: LONG_MAX }),
        fc.constantFrom(LONG_MIN, LONG_MAX, 2n ** 53n + 1n, -(2n ** 31n), 2n ** 31n),
      )
    case 'float':
      return fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN, 1.5))
    case 'double':
      return fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, 1.5, 2147483648, -2147483648.5))
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return fc.oneof(
        fc.bigInt({ min: -1000n, max: 1000n }),
        fc.bigInt({ min: -limit, max: limit }),
        fc.constantFrom(limit, -limit),
      )
    }
    case 'string':
      return fc.oneof(
        fc.constantFrom(
          '',
          'a',
          'ab',
          'abc',
          ' ab ',
          'ä',
          'añb',
          '😀x',
          'view',
          'purchase',
          '12',
          '-7',
          '1.5',
          'x%y',
          '99999999999',
          'a,b,,c',
          '2021-02-03 04:05:06.5',
          '2021-02-03',
          '2021-02-30',
          '2024-02-29T23:59:59Z',
          '0001-01-01 00:00:00-08:30',
          '2021-10-31 02:30:00',
          '2021-02-03 04:05:06',
          '1999-12-31 24:00:00',
          '20210203',
          '12021-02-03',
          'aGk=',
          'a%41+%e2%82%ac',
          '%4',
          '%zz',
          '-12.345',
          '.5',
          '5.',
          '+0001.10',
          'YWJj',
          '4a4B',
          '<a><b>1.5</b></a>',
          'http://h.de/p?q=1',
        ),
        fc
          .array(fc.constantFrom('a', 'b', 'B', ',', '.', '-', ' ', 'ä', 'ß', '€', '😀', '1'), { maxLength: 7 })
          .map((parts) => parts.join('')),
        fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replace(/[\ud800-\udfff]/g, '?')),
      )
    case 'date':
      return fc.integer({ min: -100000, max: 100000 })
    case 'timestamp':
      return fc.oneof(
        fc.bigInt({ min: 0n, max: 4n * 10n ** 15n }),
        fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
      )
    case 'array':
      return fc.array(fc.option(valuesOfType(type.element), { nil: null, freq: 4 }), { maxLength: 4 })
    case 'timestamp_ntz':
      return valuesOfType(TIMESTAMP)
    case 'interval_year_month':
      return fc.integer({ min: -5000, max: 5000 })
    case 'time':
      return fc.bigInt({ min: 0n, max: 86_399_999_999_999n })
    case 'binary':
      return fc.oneof(
        fc.uint8Array({ maxLength: 9 }),
        fc.string({ unit: 'binary', maxLength: 6 }).map((text) => new TextEncoder().encode(text)),
      )
    default:
      return fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })
  }
}

function rowsOfTypes(types: readonly DataType[], withNulls: boolean): fc.Arbitrary<Row[]> {
  const cell = (type: DataType): fc.Arbitrary<Value> =>
    withNulls ? fc.option(valuesOfType(type), { nil: null, freq: 3 }) : valuesOfType(type)
  return fc.array(fc.tuple(...types.map(cell)), { maxLength: 24 })
}

/** Runs an expression over random batches: without and with NULLs, from the middle of larger arrays, all rows and selections of them. */
export function agrees(types: readonly DataType[], e: Expression, numRuns = 25): void {
  for (const withNulls of [false, true]) {
    fc.assert(
      fc.property(rowsOfTypes(types, withNulls), fc.nat(9), fc.array(fc.nat(40)), (rows, skip, picks) => {
        const whole = batchOf(types, rows)
        const batch = sliceBatch(whole, Math.min(skip, rows.length), rows.length, OWNED_MEMORY)
        evaluateBothWays(e, batch)
        const picked = [...new Set(picks.filter((row) => row < batch.rowCount))].sort((a, b) => a - b)
        const selection = { rows: Int32Array.from(picked), count: picked.length }
        evaluateBothWays(e, batch, selection)
        if (e.type?.kind === 'boolean') {
          selectBothWays(e, batch)
          selectBothWays(e, batch, selection)
        }
      }),
      { numRuns },
    )
  }
}
