import fc from 'fast-check'
import {
  arrayType,
  BIGINT,
  BINARY,
  BOOLEAN,
  CALENDAR_INTERVAL,
  DATE,
  DAY_TIME,
  type DataType,
  DOUBLE,
  decimalType,
  FLOAT,
  field,
  INT,
  mapType,
  SMALLINT,
  STRING,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
  timeType,
  VOID,
  YEAR_MONTH,
} from '../../../engine/types/data-type.ts'
import { MapValue, type Value } from '../../../engine/types/value.ts'

/** Every kind of type, and nested ones. */
export const SAMPLE_TYPES: readonly DataType[] = [
  VOID,
  BOOLEAN,
  TINYINT,
  SMALLINT,
  INT,
  BIGINT,
  FLOAT,
  DOUBLE,
  decimalType(9, 2),
  decimalType(38, 4),
  STRING,
  BINARY,
  DATE,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  timeType(6),
  YEAR_MONTH,
  DAY_TIME,
  CALENDAR_INTERVAL,
  arrayType(INT),
  arrayType(arrayType(STRING)),
  mapType(STRING, BIGINT),
  structType([field('a', INT), field('b', STRING), field('c', arrayType(decimalType(20, 1)))]),
  arrayType(structType([field('x', BOOLEAN), field('y', DOUBLE)])),
]

export function arbitraryValue(type: DataType): fc.Arbitrary<Value> {
  return fc.option(presentValue(type), { nil: null, freq: 4 })
}

function presentValue(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'void':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'tinyint':
      return fc.integer({ min: -128, max: 127 })
    case 'smallint':
      return fc.integer({ min: -32768, max: 32767 })
    case 'int':
    case 'date':
    case 'interval_year_month':
      return fc.integer()
    case 'float':
      return fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN))
    case 'double':
      return fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN))
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.bigInt({ min: -limit, max: limit }))
    }
    case 'string':
      return fc.oneof(fc.constantFrom('', 'a', 'ab', 'ä', '😀', 'x'.repeat(40)), fc.string({ maxLength: 12 }))
    case 'binary':
      return fc.uint8Array({ maxLength: 6 })
    case 'array':
      return fc.array(arbitraryValue(type.element), { maxLength: 4 })
    case 'map':
      return fc
        .uniqueArray(fc.tuple(presentValue(type.key), arbitraryValue(type.value)), { maxLength: 3, selector: ([key]) => key })
        .map((entries) => new MapValue(entries))
    case 'struct':
      return fc.tuple(...type.fields.map((f) => arbitraryValue(f.type)))
    case 'interval':
      return fc.record({
        months: fc.integer(),
        days: fc.integer(),
        microseconds: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      })
    default:
      return fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }))
  }
}
