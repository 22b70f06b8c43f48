import { UsageError } from '../errors/engine-error.ts'
import { castFunction } from '../types/cast.ts'
import { compareValues } from '../types/compare.ts'
import { type DataType, type Schema, STRING } from '../types/data-type.ts'
import { hiveText } from '../types/text.ts'
import { MapValue, type Row, type Value } from '../types/value.ts'

/** Rows of stream tests: JSON arrays, cells as FORMAT.md of the stream tests says. */
export type Cell = null | boolean | number | string | readonly Cell[]

export function parseRow(text: string, schema: Schema, timeZone: string): Row {
  let cells: unknown
  try {
    cells = JSON.parse(text)
  } catch (cause) {
    throw new UsageError('INVALID_STREAM_TEST', { message: `the row is not JSON: ${text}`, cause })
  }
  if (!Array.isArray(cells) || cells.length !== schema.length) {
    throw new UsageError('INVALID_STREAM_TEST', { message: `the row does not have ${schema.length} values: ${text}` })
  }
  return schema.map((f, i) => fromCell(cells[i] as Cell, f.type, timeZone))
}

function fromCell(cell: Cell, type: DataType, timeZone: string): Value {
  if (cell === null) return null
  switch (type.kind) {
    case 'boolean':
      return cell as boolean
    case 'tinyint':
    case 'smallint':
    case 'int':
      return Number(cell)
    case 'float':
      return Math.fround(Number(cell))
    case 'double':
      return Number(cell)
    case 'bigint':
      return BigInt(cell as string | number)
    case 'string':
      return cell as string
    case 'binary':
      return Uint8Array.from(Buffer.from(cell as string, 'base64'))
    case 'array':
      return (cell as readonly Cell[]).map((element) => fromCell(element, type.element, timeZone))
    case 'struct':
      return (cell as readonly Cell[]).map((element, i) => fromCell(element, type.fields[i]!.type, timeZone))
    case 'map':
      return new MapValue(
        (cell as readonly (readonly [Cell, Cell])[]).map(([k, v]) => [
          fromCell(k, type.key, timeZone),
          fromCell(v, type.value, timeZone),
        ]),
      )
    default:
      return castFunction(STRING, type, { timeZone, ansi: true, tolerant: false })(String(cell))
  }
}

export function cellsOf(row: Row, schema: Schema, timeZone: string): Cell[] {
  return row.map((value, i) => toCell(value, schema[i]!.type, timeZone))
}

function toCell(value: Value, type: DataType, timeZone: string): Cell {
  if (value === null) return null
  switch (type.kind) {
    case 'boolean':
      return value as boolean
    case 'tinyint':
    case 'smallint':
    case 'int':
      return value as number
    case 'float':
    case 'double': {
      const number = value as number
      return Number.isFinite(number) ? (type.kind === 'float' ? shortestFloat(number) : number) : String(number)
    }
    case 'bigint': {
      const integer = value as bigint
      return integer >= -(2n ** 53n) && integer <= 2n ** 53n ? Number(integer) : String(integer)
    }
    case 'string':
      return value as string
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'array':
      return (value as readonly Value[]).map((element) => toCell(element, type.element, timeZone))
    case 'struct':
      return (value as readonly Value[]).map((element, i) => toCell(element, type.fields[i]!.type, timeZone))
    case 'map': {
      const compare = compareValues(type.key)
      return [...(value as MapValue).entries]
        .sort(([a], [b]) => compare(a, b))
        .map(([k, v]) => [toCell(k, type.key, timeZone), toCell(v, type.value, timeZone)])
    }
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamp_ntz':
      return hiveText(value, type, timeZone)
    default:
      return castFunction(type, STRING, { timeZone, ansi: true, tolerant: false })(value) as string
  }
}

/** The shortest decimal that reads back as the same FLOAT. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

/** Equal cells; fractional numbers within a relative 1e-9. */
export function sameCell(left: Cell, right: Cell): boolean {
  if (typeof left === 'number' && typeof right === 'number') {
    if (left === right) return true
    if (Number.isInteger(left) && Number.isInteger(right)) return false
    return Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right))
  }
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((cell, i) => sameCell(cell as Cell, right[i] as Cell))
  return left === right
}

/** What differs between two lists of rows, as text; undefined when they are the same (as multisets unless `ordered`). */
export function rowsDiffer(
  expected: readonly (readonly Cell[])[],
  actual: readonly (readonly Cell[])[],
  ordered: boolean,
): boolean {
  if (expected.length !== actual.length) return true
  if (ordered) return expected.some((row, i) => !sameCell(row, actual[i]!))
  const left = [...actual]
  for (const row of expected) {
    const at = left.findIndex((other) => sameCell(row, other))
    if (at < 0) return true
    left.splice(at, 1)
  }
  return false
}
export function rowsText(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => JSON.stringify(row)).join('\n')
}
