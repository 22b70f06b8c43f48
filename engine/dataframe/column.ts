import { UsageError } from '../errors/engine-error.ts'
import { alias, call, type Expression, nameRef, type SortOrder, type Star, type WindowCall } from '../expr/expression.ts'
import type { DataType } from '../types/data-type.ts'
import { literalOf } from './literal-values.ts'
import { sqlFrontend } from './sql-texts.ts'

/** A value that stands for an expression: a Column, or a plain TypeScript value that becomes a literal. */
export type ColumnValue = Column | string | number | bigint | boolean | Date | Uint8Array | null

/**
 * An expression over the columns of a DataFrame, not yet resolved. `Value` is the TypeScript type of its values where it is known,
 * `Name` the name of the column it makes in a `select`; both serve types only. Methods carry Spark's names.
 */
export class Column<Value = unknown, Name extends string = string> {
  readonly expression: Expression
  /** Type-level only: never set. */
  declare readonly valueType?: Value
  declare readonly nameType?: Name

  constructor(expression: Expression) {
    this.expression = expression
  }

  /** Names the column this expression makes. */
  as<N extends string>(name: N): Column<Value, N> {
    return new Column(alias(this.expression, name))
  }
  alias<N extends string>(name: N): Column<Value, N> {
    return this.as(name)
  }
  name<N extends string>(name: N): Column<Value, N> {
    return this.as(name)
  }

  /** `=`: NULL when either side is. */
  equalTo(other: ColumnValue): Column<boolean> {
    return this.#binary('=', other)
  }
  eq(other: ColumnValue): Column<boolean> {
    return this.equalTo(other)
  }
  notEqual(other: ColumnValue): Column<boolean> {
    return new Column(call('not', [call('=', [this.expression, expressionOf(other)])]))
  }
  neq(other: ColumnValue): Column<boolean> {
    return this.notEqual(other)
  }
  /** `<=>`: never NULL; NULL equals NULL. */
  eqNullSafe(other: ColumnValue): Column<boolean> {
    return this.#binary('<=>', other)
  }
  lt(other: ColumnValue): Column<boolean> {
    return this.#binary('<', other)
  }
  leq(other: ColumnValue): Column<boolean> {
    return this.#binary('<=', other)
  }
  gt(other: ColumnValue): Column<boolean> {
    return this.#binary('>', other)
  }
  geq(other: ColumnValue): Column<boolean> {
    return this.#binary('>=', other)
  }
  between(lower: ColumnValue, upper: ColumnValue): Column<boolean> {
    return new Column(call('and', [this.geq(lower).expression, this.leq(upper).expression]))
  }
  isin(...values: readonly ColumnValue[]): Column<boolean> {
    return new Column(call('in', [this.expression, ...values.map(expressionOf)]))
  }

  and(other: ColumnValue): Column<boolean> {
    return this.#binary('and', other)
  }
  or(other: ColumnValue): Column<boolean> {
    return this.#binary('or', other)
  }
  not(): Column<boolean> {
    return new Column(call('not', [this.expression]))
  }

  plus(other: ColumnValue): Column<Value> {
    return this.#binary('+', other)
  }
  minus(other: ColumnValue): Column<Value> {
    return this.#binary('-', other)
  }
  multiply(other: ColumnValue): Column<Value> {
    return this.#binary('*', other)
  }
  times(other: ColumnValue): Column<Value> {
    return this.multiply(other)
  }
  divide(other: ColumnValue): Column {
    return this.#binary('/', other)
  }
  mod(other: ColumnValue): Column<Value> {
    return this.#binary('%', other)
  }
  negate(): Column<Value> {
    return new Column(call('negative', [this.expression]))
  }
  bitwiseAND(other: ColumnValue): Column<Value> {
    return this.#binary('&', other)
  }
  bitwiseOR(other: ColumnValue): Column<Value> {
    return this.#binary('|', other)
  }
  bitwiseXOR(other: ColumnValue): Column<Value> {
    return this.#binary('^', other)
  }

  isNull(): Column<boolean> {
    return new Column(call('isnull', [this.expression]))
  }
  isNotNull(): Column<boolean> {
    return new Column(call('isnotnull', [this.expression]))
  }
  isNaN(): Column<boolean> {
    return new Column(call('isnan', [this.expression]))
  }

  like(pattern: string): Column<boolean> {
    return this.#binary('like', pattern)
  }
  ilike(pattern: string): Column<boolean> {
    return this.#binary('ilike', pattern)
  }
  rlike(pattern: string): Column<boolean> {
    return this.#binary('rlike', pattern)
  }
  startsWith(prefix: ColumnValue): Column<boolean> {
    return this.#binary('startswith', prefix)
  }
  endsWith(suffix: ColumnValue): Column<boolean> {
    return this.#binary('endswith', suffix)
  }
  contains(part: ColumnValue): Column<boolean> {
    return this.#binary('contains', part)
  }
  /** Characters from `position` (1 is the first), `length` of them. */
  substr(position: ColumnValue, length: ColumnValue): Column<string> {
    return new Column(call('substring', [this.expression, expressionOf(position), expressionOf(length)]))
  }

  /** A field of a struct. */
  getField(name: string): Column {
    return new Column(call('element', [this.expression, literalOf(name)]))
  }
  /** An element of an array (0 is the first) or the value of a map's key. */
  getItem(key: ColumnValue): Column {
    return this.#binary('element', key)
  }

  /** `type` as DDL writes it: 'int', 'decimal(10,2)', 'array<string>'. */
  cast(type: string | DataType): Column {
    return new Column({ kind: 'cast', child: this.expression, type: dataTypeOf(type), tolerant: false, implicit: false })
  }
  /** As `cast`, with NULL where it would fail. */
  try_cast(type: string | DataType): Column {
    return new Column({ kind: 'cast', child: this.expression, type: dataTypeOf(type), tolerant: true, implicit: false })
  }

  /** After `when(…)` and its chained `when`s: the value where no condition held. */
  otherwise(value: ColumnValue): Column<Value> {
    const e = this.expression
    if (e.kind !== 'case' || e.otherwise !== undefined) {
      throw new UsageError('INVALID_METHOD_CALL', {
        message: 'otherwise() can only follow when() once',
        hint: 'Begin with when(condition, value).',
      })
    }
    return new Column({ ...e, otherwise: expressionOf(value) })
  }
  when(condition: Column, value: ColumnValue): Column<Value> {
    const e = this.expression
    if (e.kind !== 'case' || e.otherwise !== undefined) {
      throw new UsageError('INVALID_METHOD_CALL', {
        message: 'when() can only follow when()',
        hint: 'Begin with when(condition, value) from the functions.',
      })
    }
    return new Column({ ...e, branches: [...e.branches, { when: condition.expression, then: expressionOf(value) }] })
  }

  /** Ascending, NULLs first. */
  asc(): SortedColumn {
    return new SortedColumn(sortOrder(this.expression, false, true))
  }
  /** Descending, NULLs last. */
  desc(): SortedColumn {
    return new SortedColumn(sortOrder(this.expression, true, false))
  }
  asc_nulls_last(): SortedColumn {
    return new SortedColumn(sortOrder(this.expression, false, false))
  }
  desc_nulls_first(): SortedColumn {
    return new SortedColumn(sortOrder(this.expression, true, true))
  }

  /** Makes a window function of it (batch queries only: Spark's streams refuse OVER). */
  over(window: WindowSpecification = {}): Column<Value> {
    const over: WindowCall = {
      kind: 'over',
      call: this.expression,
      partitionBy: (window.partitionBy ?? []).map((c) => columnOf(c).expression),
      orderBy: (window.orderBy ?? []).map(orderOf),
    }
    return new Column(over)
  }

  #binary<T>(name: string, other: ColumnValue): Column<T> {
    return new Column(call(name, [this.expression, expressionOf(other)]))
  }
}

export interface WindowSpecification {
  readonly partitionBy?: readonly (string | Column)[]
  readonly orderBy?: readonly (string | Column | SortedColumn)[]
}

/** A column with a direction, for orderBy. */
export class SortedColumn {
  readonly order: SortOrder
  constructor(order: SortOrder) {
    this.order = order
  }
}

function sortOrder(child: Expression, descending: boolean, nullsFirst: boolean): SortOrder {
  return { kind: 'order', child, descending, nullsFirst }
}

export function orderOf(column: string | Column | SortedColumn): SortOrder {
  if (column instanceof SortedColumn) return column.order
  return sortOrder(columnOf(column).expression, false, true)
}

/** The column of that name; dots reach into aliases and structs; '*' is all columns; back-ticks quote a part. */
export function col<N extends string>(name: N): Column<unknown, N> {
  return new Column(nameExpression(name))
}
export function nameExpression(name: string): Expression {
  if (name === '*') return star([])
  if (name.endsWith('.*')) return star(nameParts(name.slice(0, -2)))
  return nameRef(nameParts(name))
}
function star(target: readonly string[]): Star {
  return { kind: 'star', target, except: [] }
}

/** `a.b` is two parts, "`a.b`" one; a doubled back-tick inside quotes is a back-tick. */
function nameParts(name: string): string[] {
  const parts: string[] = []
  let part = ''
  let i = 0
  while (i < name.length) {
    const char = name[i]!
    if (char === '.') {
      parts.push(part)
      part = ''
      i++
    } else if (char === '`' && part === '') {
      for (i++; i < name.length; i++) {
        if (name[i] !== '`') part += name[i]
        else if (name[i + 1] === '`') {
          part += '`'
          i++
        } else break
      }
      if (i >= name.length) {
        throw new UsageError('INVALID_ATTRIBUTE_NAME_SYNTAX', {
          message: `the column name "${name}" has an unclosed back-tick`,
          hint: 'Close it, or double a back-tick that is part of the name.',
        })
      }
      i++
    } else {
      part += char
      i++
    }
  }
  parts.push(part)
  return parts
}

/** A name or a Column as a Column. */
export function columnOf(column: string | Column): Column {
  return typeof column === 'string' ? col(column) : column
}
/** A Column's expression, or the literal of a plain value: strings are text here, not names. */
export function expressionOf(value: ColumnValue): Expression {
  return value instanceof Column ? value.expression : literalOf(value)
}

export function dataTypeOf(type: string | DataType): DataType {
  return typeof type === 'string' ? sqlFrontend().parseType(type) : type
}
