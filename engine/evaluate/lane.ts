import type { DataType } from '../types/data-type.ts'

/**
 * How generated code holds the value of one row in local variables.
 *
 * | lane   | types                                             | JavaScript value                                        |
 * |--------|---------------------------------------------------|---------------------------------------------------------|
 * | bit    | BOOLEAN                                           | 0/1 or false/true; always 0 when NULL                   |
 * | int    | TINYINT, SMALLINT, INT, DATE, year-month interval | number, an int32                                        |
 * | long   | BIGINT, TIMESTAMP(_NTZ), TIME, day-time interval, DECIMAL | bigint within 64 bits: a wider decimal takes the slow path |
 * | double | FLOAT, DOUBLE                                     | number                                                  |
 * | text   | STRING, BINARY                                    | a range of bytes                                        |
 *
 * Every part is the text of an expression without side effects, cheap to repeat. `isNull` is '0' (never), '1' (always) or a name that
 * holds 0 or 1; the value means nothing when it is 1 (but for bits).
 */
export type Lane = ScalarLane | TextLane
export type ScalarLaneKind = 'bit' | 'int' | 'long' | 'double'
export interface ScalarLane {
  readonly kind: ScalarLaneKind
  readonly value: string
  readonly isNull: string
  /** The value of a literal. */
  readonly constant?: number | bigint | undefined
  /** A long read from a column: the expressions of its low and high int32 halves. */
  readonly halves?: { readonly low: string; readonly high: string } | undefined
}
export interface TextLane {
  readonly kind: 'text'
  readonly bytes: string
  readonly start: string
  readonly end: string
  readonly isNull: string
  readonly constant?: Uint8Array | undefined
  /** Asks once a batch whether the text holds ASCII alone, one byte a character; gives the name of the answer. */
  readonly isAscii?: (() => string) | undefined
}
export type LaneKind = Lane['kind']

/** undefined: values of the type have no lane; expressions of it are interpreted, or built column by column. */
export function laneOf(type: DataType): LaneKind | undefined {
  switch (type.kind) {
    case 'boolean':
      return 'bit'
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
    case 'interval_year_month':
      return 'int'
    case 'bigint':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'time':
    case 'interval_day_time':
    case 'decimal':
      return 'long'
    case 'float':
    case 'double':
      return 'double'
    case 'string':
    case 'binary':
      return 'text'
    default:
      return undefined
  }
}

export function isWide(type: DataType): boolean {
  return type.kind === 'decimal' && type.precision > 18
}

/** NULL if any is. */
export function anyNull(...nulls: readonly string[]): string {
  if (nulls.includes('1')) return '1'
  const possible = [...new Set(nulls.filter((isNull) => isNull !== '0'))]
  if (possible.length === 0) return '0'
  return possible.length === 1 ? possible[0]! : `(${possible.join(' | ')})`
}
