import { mayFail, widerType } from './coercion.ts'
import {
  arrayType,
  BIGINT,
  type DataType,
  DOUBLE,
  FLOAT,
  field,
  INT,
  isIntegral,
  isNumeric,
  mapType,
  SMALLINT,
  sameType,
  structType,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
} from './data-type.ts'
import { decimalFor, decimalHolds } from './decimal.ts'

const NUMBERS: readonly DataType[] = [TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE]

/**
 * The type that holds the values of both without loss: what functions of an array and a value, of two arrays, or of a map and a key bring
 * them to. Narrower than the least common type: texts meet only texts, decimals only what they hold. Source: Spark's findTightestCommonType.
 */
export function tightestType(a: DataType, b: DataType): DataType | undefined {
  if (sameType(a, b, true)) return a
  if (a.kind === 'void') return b
  if (b.kind === 'void') return a
  if (isNumeric(a) && isNumeric(b)) return tightestNumber(a, b)
  if (a.kind !== b.kind) return tightestTime(a, b)
  switch (a.kind) {
    case 'string':
      return a.length === (b as typeof a).length ? a : widerType(a, b)
    // There is one, but intervals of other units are not cast to it implicitly.
    case 'interval_year_month':
    case 'interval_day_time':
      return undefined
    case 'array': {
      const other = b as typeof a
      const element = tightestType(a.element, other.element)
      return (
        element &&
        arrayType(element, a.containsNull || other.containsNull || mayFail(a.element, element) || mayFail(other.element, element))
      )
    }
    case 'map': {
      const other = b as typeof a
      const key = tightestType(a.key, other.key)
      const value = tightestType(a.value, other.value)
      if (key === undefined || value === undefined || mayFail(a.key, key) || mayFail(other.key, key)) return undefined
      return mapType(key, value, a.valueContainsNull || other.valueContainsNull)
    }
    case 'struct': {
      const other = (b as typeof a).fields
      if (a.fields.length !== other.length) return undefined
      const fields = a.fields.map((left, i) => {
        const right = other[i]!
        if (left.name.toLowerCase() !== right.name.toLowerCase()) return undefined
        const type = tightestType(left.type, right.type)
        return type && field(left.name, type, left.nullable || right.nullable)
      })
      return fields.every((f) => f !== undefined) ? structType(fields) : undefined
    }
    default:
      return undefined
  }
}

function tightestNumber(a: DataType, b: DataType): DataType | undefined {
  if (a.kind !== 'decimal' && b.kind !== 'decimal') {
    const rank = (type: DataType): number => NUMBERS.findIndex((n) => n.kind === type.kind)
    return rank(a) > rank(b) ? a : b
  }
  const [decimal, other] = a.kind === 'decimal' ? [a, b] : [b, a]
  if (decimal.kind !== 'decimal' || !isIntegral(other)) return undefined
  return decimalHolds(decimal, decimalFor(other)!) ? decimal : undefined
}

function tightestTime(a: DataType, b: DataType): DataType | undefined {
  const kinds = [a.kind, b.kind]
  if (kinds.some((kind) => kind !== 'date' && kind !== 'timestamp' && kind !== 'timestamp_ntz')) return undefined
  return kinds.includes('timestamp') ? TIMESTAMP : TIMESTAMP_NTZ
}

/** The least common type of several where texts meet only texts, at any depth. */
export function widestTypeWithoutText(types: readonly DataType[]): DataType | undefined {
  let result: DataType | undefined = types[0]
  for (let i = 1; i < types.length && result !== undefined; i++)
    result = mixesText(result, types[i]!) ? undefined : widerType(result, types[i]!)
  return result
}

function mixesText(a: DataType, b: DataType): boolean {
  if (a.kind === 'void' || b.kind === 'void') return false
  if (a.kind !== b.kind) return a.kind === 'string' || b.kind === 'string'
  switch (a.kind) {
    case 'array':
      return mixesText(a.element, (b as typeof a).element)
    case 'map':
      return mixesText(a.key, (b as typeof a).key) || mixesText(a.value, (b as typeof a).value)
    case 'struct': {
      const other = (b as typeof a).fields
      return a.fields.some((f, i) => i < other.length && mixesText(f.type, other[i]!.type))
    }
    default:
      return false
  }
}
