import type { Column } from './column.ts'
import type { Timestamp } from './timestamp.ts'

/**
 * The TypeScript type of rows, followed through the DataFrame API at compile time. Nothing here exists at run time.
 * `AnyRow` is the row whose columns are not known to the type checker: every name is allowed.
 */
export type AnyRow = Record<string, unknown>

export type ColumnName<Row> = keyof Row & string

/** The TypeScript value of a SQL type text, as docs/typescript.md's table says; `unknown` for nested and unusual types. */
export type ValueOfType<Text extends string> =
  Lowercase<Text> extends 'boolean'
    ? boolean
    : Lowercase<Text> extends 'tinyint' | 'byte' | 'smallint' | 'short' | 'int' | 'integer' | 'float' | 'real' | 'double'
      ? number
      : Lowercase<Text> extends 'bigint' | 'long'
        ? bigint
        : Lowercase<Text> extends
              | 'string'
              | 'date'
              | 'timestamp_ntz'
              | `decimal${string}`
              | `dec${string}`
              | `numeric${string}`
              | `char${string}`
              | `varchar${string}`
          ? string
          : Lowercase<Text> extends 'binary'
            ? Uint8Array
            : Lowercase<Text> extends 'timestamp' | 'timestamp_ltz'
              ? Timestamp
              : unknown

/** A schema as an object: `{ user: 'string', at: 'timestamp' }`. */
export type SchemaObject = Readonly<Record<string, string>>
export type RowOfSchemaObject<S extends SchemaObject> = { [K in keyof S & string]: ValueOfType<S[K]> | null }

type Trim<T extends string> = T extends ` ${infer R}` | `\n${infer R}`
  ? Trim<R>
  : T extends `${infer R} ` | `${infer R}\n`
    ? Trim<R>
    : T
type FirstWord<T extends string> = T extends `${infer Word} ${string}` ? Word : T
type RowOfColumn<T extends string> =
  Trim<T> extends `${infer Name} ${infer Rest}`
    ? {
        [K in Name]: Trim<Rest> extends `${string} NOT NULL`
          ? ValueOfType<FirstWord<Trim<Rest>>>
          : ValueOfType<FirstWord<Trim<Rest>>> | null
      }
    : AnyRow
type RowOfColumns<T extends string> = T extends `${infer First},${infer Rest}`
  ? RowOfColumn<First> & RowOfColumns<Rest>
  : RowOfColumn<T>
/** The row of a DDL text. Commas inside types (decimal(10,2), map<…>) are beyond the type checker: such schemas give AnyRow. */
export type RowOfDdl<T extends string> = string extends T
  ? AnyRow
  : T extends `${string}(${string}` | `${string}<${string}`
    ? AnyRow
    : Flatten<RowOfColumns<T>>

/** Shows an intersection as one object in editors. */
export type Flatten<T> = { [K in keyof T]: T[K] }
type UnionToIntersection<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never

type Selected<Row, C> = C extends '*'
  ? Row
  : C extends keyof Row & string
    ? Pick<Row, C>
    : C extends string
      ? AnyRow
      : C extends Column<infer V, infer N>
        ? string extends N
          ? AnyRow
          : { [K in N]: unknown extends V ? (K extends keyof Row ? Row[K] : unknown) : V }
        : AnyRow
/** The row of a select list; AnyRow as soon as one entry's name is not known. */
export type RowOfSelect<Row, C extends readonly unknown[]> =
  AnyRow extends Selected<Row, C[number]> ? AnyRow : Flatten<UnionToIntersection<Selected<Row, C[number]>>>
