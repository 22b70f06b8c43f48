/**
 * One SQL value as the interpreter sees it ("plain values"): the reference representation that literals, the interpreter,
 * aggregate buffers off the fast path and row conversion share. Columns hold the same values in Arrow layout.
 *
 * | SQL type                              | value                                                        |
 * |---------------------------------------|--------------------------------------------------------------|
 * | NULL of any type                      | null                                                         |
 * | BOOLEAN                               | boolean                                                      |
 * | TINYINT SMALLINT INT, FLOAT, DOUBLE   | number (FLOAT already rounded with Math.fround)              |
 * | BIGINT                                | bigint                                                       |
 * | DECIMAL(p,s)                          | bigint, unscaled (12.50 at scale 2 is 1250n)                 |
 * | STRING                                | string                                                       |
 * | BINARY                                | Uint8Array                                                   |
 * | DATE                                  | number, days since 1970-01-01                                |
 * | TIME(p)                               | bigint, nanoseconds since midnight                           |
 * | TIMESTAMP, TIMESTAMP_NTZ              | bigint, microseconds since 1970-01-01 00:00:00 (UTC; local)  |
 * | INTERVAL year-month                   | number, months                                               |
 * | INTERVAL day-time                     | bigint, microseconds                                         |
 * | calendar interval                     | CalendarInterval                                             |
 * | ARRAY, STRUCT                         | Value[] (elements; fields in order)                          |
 * | MAP                                   | MapValue (entries in insertion order, keys distinct)         |
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | CalendarInterval | MapValue | readonly Value[]

export interface CalendarInterval {
  readonly months: number
  readonly days: number
  readonly microseconds: bigint
}

export class MapValue {
  readonly entries: readonly (readonly [Value, Value])[]
  constructor(entries: readonly (readonly [Value, Value])[]) {
    this.entries = entries
  }
}

export type Row = readonly Value[]
