import { castFunction } from '../../engine/types/cast.ts'
import { BIGINT, DATE, type DataType, DOUBLE, field, INT, type Schema, STRING, TIMESTAMP } from '../../engine/types/data-type.ts'
import { parseDate } from '../../engine/types/date.ts'
import { parseTimestamp } from '../../engine/types/timestamp.ts'
import type { Value } from '../../engine/types/value.ts'
import { zoneOf } from '../../engine/types/zone.ts'
import type { FoundFile } from './find-files.ts'

/** Columns that key=value directories make. Types given by the user win; else the narrowest that all values have. */
export function partitionSchemaOf(files: readonly FoundFile[], given: Schema | undefined, timeZone: string): Schema {
  const names = files.find((file) => file.partition.length > 0)?.partition.map((p) => p.name) ?? []
  return names.map((name) => {
    const wanted = given?.find((f) => f.name.toLowerCase() === name.toLowerCase())
    if (wanted !== undefined) return field(wanted.name, wanted.type, true)
    const values = files.map((file) => file.partition.find((p) => p.name === name)?.value).filter((v) => v !== undefined)
    return field(name, inferType(values, timeZone), true)
  })
}

function inferType(values: readonly string[], timeZone: string): DataType {
  const zone = zoneOf(timeZone)
  if (values.length === 0) return STRING
  if (values.every((v) => /^[+-]?\d{1,10}$/.test(v) && Number(v) >= -2147483648 && Number(v) <= 2147483647)) return INT
  if (values.every((v) => /^[+-]?\d{1,19}$/.test(v) && BigInt.asIntN(64, BigInt(v)) === BigInt(v))) return BIGINT
  if (values.every((v) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(v))) return DOUBLE
  if (values.every((v) => /^\d{4}-\d{2}-\d{2}$/.test(v) && parseDate(v) !== undefined)) return DATE
  if (values.every((v) => /^\d{4}-\d{2}-\d{2}[ T]\d/.test(v) && parseTimestamp(v, zone) !== undefined)) return TIMESTAMP
  return STRING
}

/** The value of partition column `column` for a file. */
export function partitionValueReader(schema: Schema, timeZone: string): (file: FoundFile, column: number) => Value {
  const casts = schema.map((f) => castFunction(STRING, f.type, { timeZone, ansi: true, tolerant: false }))
  return (file, column) => {
    const name = schema[column]!.name.toLowerCase()
    const value = file.partition.find((p) => p.name.toLowerCase() === name)?.value
    return value === undefined ? null : casts[column]!(value)
  }
}
