import { InternalError } from '../errors/engine-error.ts'
import type { Span } from '../errors/span.ts'
import type { DataType, FieldMetadata } from '../types/data-type.ts'
import type { Value } from '../types/value.ts'

/**
 * Expressions: frozen plain data, one union for both frontends and every stage. What a stage may hold:
 *
 * - from the frontends: names, stars, calls by name, casts, unnamed parts; no types.
 * - after analysis: every node has `type` and `nullable`; names have become columns (by id), stars are gone,
 *   implicit casts are inserted, aggregate functions are `aggregate` nodes.
 * - in the incremental plan: columns have become `bound` (by position in the operator's input).
 *
 * Operators are calls too: `a + b` is call '+', AND is call 'and', `x IS NULL` is call 'isnull', `x[i]` is call 'element' (see OPERATOR_NAMES).
 */
export type Expression =
  | Literal
  | NameRef
  | Star
  | ColumnRef
  | BoundRef
  | Alias
  | Call
  | AggregateCall
  | WindowCall
  | Cast
  | CaseWhen
  | GetField
  | Lambda
  | LambdaVariable
  | Subquery
  | SortOrder
  | Parameter

interface Typed {
  readonly span?: Span | undefined
}

export interface Literal extends Typed {
  readonly kind: 'literal'
  readonly value: Value
  readonly type: DataType
  readonly nullable: boolean
  /** Analysis replaced what was written by this value; the text to print instead of it. */
  readonly writtenAs?: string | undefined
}
/** `a`, `t.a`, `a.b.c`: not yet known which part is a relation, a column, a field. */
export interface NameRef extends Typed {
  readonly kind: 'name'
  readonly parts: readonly string[]
  readonly type?: undefined
  readonly nullable?: undefined
}
/** `*`, `t.*`, `* EXCEPT (a, b)`; `replace` gives columns another value in their place (`|> SET a = …`). */
export interface Star extends Typed {
  readonly kind: 'star'
  readonly target: readonly string[]
  readonly except: readonly (readonly string[])[]
  readonly replace?: readonly { readonly name: string; readonly value: Expression }[] | undefined
  readonly type?: undefined
  readonly nullable?: undefined
}
/** A column of an analysed plan: identity is `id`, unique in the process; the name is for people and output. */
export interface ColumnRef extends Typed {
  readonly kind: 'column'
  readonly id: number
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
  readonly metadata?: FieldMetadata | undefined
  /** Relation aliases under which the column can be named, outermost last part: ['t'] or ['catalog','t']. */
  readonly qualifier: readonly string[]
}
/** The value at a position of the operator's input. */
export interface BoundRef extends Typed {
  readonly kind: 'bound'
  readonly ordinal: number
  readonly type: DataType
  readonly nullable: boolean
}
/** A named output. After analysis `id` is the id of the column it makes. */
export interface Alias extends Typed {
  readonly kind: 'alias'
  readonly name: string
  /** `explode(m) AS (k, v)`: names for the columns of a generator, when they are several. */
  readonly names?: readonly string[] | undefined
  readonly child: Expression
  readonly id?: number | undefined
  readonly metadata?: FieldMetadata | undefined
  readonly type?: DataType | undefined
  readonly nullable?: boolean | undefined
}
/** A scalar, table or not yet resolved function. `name` is lower case; the record is found in the registry by it. */
export interface Call extends Typed {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expression[]
  readonly distinct?: boolean | undefined
  readonly filter?: Expression | undefined
  /** FILTER, ORDER BY of WITHIN GROUP, IGNORE NULLS: only aggregates take them; analysis refuses them elsewhere. */
  readonly withinGroup?: readonly SortOrder[] | undefined
  readonly ignoreNulls?: boolean | undefined
  /** `f(name => value)`: one entry an argument, undefined where positional. */
  readonly argumentNames?: readonly (string | undefined)[] | undefined
  /** Analysis replaced what was written by this call; the text to print instead of it. */
  readonly writtenAs?: string | undefined
  /** The function that names show: of LIKE ALL and its kin, which the frontends write out as comparisons of one operand; `negative` for -x. */
  readonly calledAs?: string | undefined
  readonly type?: DataType | undefined
  readonly nullable?: boolean | undefined
}
/** A resolved aggregate function inside an Aggregate node (or OVER). */
export interface AggregateCall extends Typed {
  readonly kind: 'aggregate'
  readonly name: string
  readonly args: readonly Expression[]
  readonly distinct: boolean
  readonly filter?: Expression | undefined
  readonly ignoreNulls?: boolean | undefined
  readonly withinGroup?: readonly SortOrder[] | undefined
  readonly type: DataType
  readonly nullable: boolean
}
/** `f(…) OVER (PARTITION BY … ORDER BY … frame)`. */
export interface WindowCall extends Typed {
  readonly kind: 'over'
  readonly call: Expression
  readonly windowName?: string | undefined
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortOrder[]
  readonly frame?: WindowFrame | undefined
  readonly type?: DataType | undefined
  readonly nullable?: boolean | undefined
}
export interface WindowFrame {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly start: FrameBound
  readonly end: FrameBound
}
export type FrameBound =
  | { readonly kind: 'unbounded_preceding' | 'current_row' | 'unbounded_following' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression }
export interface Cast extends Typed {
  readonly kind: 'cast'
  readonly child: Expression
  readonly type: DataType
  /** `try_cast`: NULL instead of an error. */
  readonly tolerant: boolean
  /** Inserted by analysis, not written by the user; not shown in column names. */
  readonly implicit: boolean
  readonly nullable?: boolean | undefined
}
/** `CASE WHEN c1 THEN v1 … ELSE e END`; the form with an operand is lowered to equalities. */
export interface CaseWhen extends Typed {
  readonly kind: 'case'
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
  readonly otherwise?: Expression | undefined
  readonly type?: DataType | undefined
  readonly nullable?: boolean | undefined
}
/** A field of a struct (or of each struct of an array), by position; only after analysis. */
export interface GetField extends Typed {
  readonly kind: 'field'
  readonly child: Expression
  readonly ordinal: number
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
}
export interface Lambda extends Typed {
  readonly kind: 'lambda'
  readonly parameters: readonly string[]
  /** After analysis: the variables the parameters became. */
  readonly variables?: readonly LambdaVariable[] | undefined
  readonly body: Expression
  readonly type?: DataType | undefined
  readonly nullable?: boolean | undefined
}
export interface LambdaVariable extends Typed {
  readonly kind: 'lambda_variable'
  readonly id: number
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
}
/** A query inside an expression. `query` is a LogicalPlan, opaque at this layer. */
export interface Subquery extends Typed {
  readonly kind: 'subquery'
  readonly form: 'scalar' | 'in' | 'exists'
  /** Left side of IN (one or several values). */
  readonly needles: readonly Expression[]
  readonly query: object
  /** After analysis: the columns of the query around that it reads, in order, as often as it does. */
  readonly outer?: readonly ColumnRef[] | undefined
  readonly type?: DataType | undefined
  readonly nullable?: boolean | undefined
}
export interface SortOrder extends Typed {
  readonly kind: 'order'
  readonly child: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
  readonly type?: undefined
  readonly nullable?: undefined
}
/** `:name` or `?`. */
export interface Parameter extends Typed {
  readonly kind: 'parameter'
  readonly name: string
  readonly type?: undefined
  readonly nullable?: undefined
}

/** Call names of operators. Comparison by words too: BETWEEN is `and(>=, <=)` by the parser, `!=` is not(=), NOT IN is not(in). */
export const OPERATOR_NAMES = [
  '+',
  '-',
  '*',
  '/',
  '%',
  'div',
  'negative',
  'positive',
  '~',
  '&',
  '|',
  '^',
  '<<',
  '>>',
  '>>>',
  '||',
  '=',
  '<=>',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
  'not',
  'in',
  'like',
  'ilike',
  'rlike',
  'isnull',
  'isnotnull',
  'istrue',
  'isfalse',
  'element',
] as const

let lastColumnId = 0
/** A fresh column id. Ids name columns inside one process and are never written to a checkpoint. */
export function nextColumnId(): number {
  return ++lastColumnId
}

/** The type of an analysed expression. */
export function typeOf(expression: Expression): DataType {
  const type = expression.kind === 'order' ? typeOf(expression.child) : expression.type
  if (type === undefined) throw new InternalError(`expression ${expression.kind} has no type yet`)
  return type
}
export function isNullable(expression: Expression): boolean {
  return expression.nullable ?? true
}

// Short constructors, used by both frontends and analysis.
export function literal(value: Value, type: DataType, span?: Span): Literal {
  return { kind: 'literal', value, type, nullable: value === null, ...(span && { span }) }
}
export function nameRef(parts: readonly string[], span?: Span): NameRef {
  return { kind: 'name', parts, ...(span && { span }) }
}
export function call(name: string, args: readonly Expression[], span?: Span): Call {
  return { kind: 'call', name, args, ...(span && { span }) }
}
export function alias(child: Expression, name: string, span?: Span): Alias {
  return { kind: 'alias', name, child, ...(span && { span }) }
}
