import type { Span } from '../errors/span.ts'
import type { DataType } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import type { Value } from '../types/value.ts'
import type { ColumnKernel, FieldsRead, GeneratorKernel } from './column-kernel.ts'

/**
 * A function is one record. `resolve` is its typing, `bind` its meaning (one row of plain values: the truth), and where
 * engine/evaluate has a template for its name, generated code is its speed.
 */
export type FunctionFamily =
  | 'operator'
  | 'conditional'
  | 'string'
  | 'regexp'
  | 'math'
  | 'bitwise'
  | 'datetime'
  | 'interval'
  | 'json'
  | 'csv'
  | 'xml'
  | 'url'
  | 'avro'
  | 'hash'
  | 'array'
  | 'map'
  | 'struct'
  | 'higher-order'
  | 'conversion'
  | 'misc'
  | 'aggregate'
  | 'window'
  | 'generator'

/** What analysis knows of an argument when it resolves a call. */
export interface Argument {
  readonly type: DataType
  readonly nullable: boolean
  /** The value when the argument is foldable to a constant; undefined otherwise. (null is the constant NULL.) */
  readonly constant: Value | undefined
  readonly span: Span | undefined
  /** As printed in Spark's messages, for example `"(a + 1)"` without the quotes. */
  readonly text: string
  /** The name it brings along: that of a column, a field or a map's key. */
  readonly name?: string | undefined
}
export interface CallSite {
  /** As the user wrote it (for messages) and the printed call. */
  readonly name: string
  readonly text: string
  readonly span: Span | undefined
  readonly settings: Settings
  /** For schema arguments; undefined where no SQL compiler is at hand. */
  readonly ddl?: DdlReader | undefined
  /** Aggregates only: the call's WITHIN GROUP orders, whose keys are the last of the arguments. */
  readonly orders?: readonly ArgumentOrder[]
}
/** Reads types written as text; the SQL compiler hands it in. @throws ParseError */
export interface DdlReader {
  /** A type (`array<int>`), or columns (`a INT, b STRING`) as a struct. */
  parse(text: string): DataType
}
/** Direction of one WITHIN GROUP sort key. */
export interface ArgumentOrder {
  readonly descending: boolean
  readonly nullsFirst: boolean
}
export interface Resolution {
  /** The types the arguments must have: analysis inserts the casts. Same length as the arguments. */
  readonly arguments: readonly DataType[]
  readonly returns: DataType
  /** Overrides the null rule: may the result be NULL? */
  readonly nullable?: boolean
}

/** Things of the running query that evaluation may read. `epoch` is replaced in place at the start of each epoch. */
export interface EvaluationContext {
  readonly timeZone: string
  readonly settings: Settings
  /** The processing time of the epoch, the same for every row and on replay. */
  readonly epoch: {
    timestampMs: number
    epochId: number
    /** The clock on the wall when the epoch began to run: now() in a stream. Not the same on replay. Undefined in batch queries, where the two are one. */
    wallMs?: number
  }
}

/** A bound call: types are fixed, patterns and zones prepared. */
export interface Signature {
  readonly arguments: readonly DataType[]
  readonly nullable: readonly boolean[]
  readonly constants: readonly (Value | undefined)[]
  readonly returns: DataType
  /** Aggregates only: FIRST(x) IGNORE NULLS. */
  readonly ignoreNulls?: boolean
  /** Aggregates only: see CallSite.orders. */
  readonly orders?: readonly ArgumentOrder[]
}
// biome-ignore lint/suspicious/noExplicitAny: each function narrows its own arguments; the signature has fixed their types by then
export type Evaluate = (...args: any[]) => Value

/** A parameter that can be given by name; one with a default may be left out before others. */
export interface ParameterName {
  readonly name: string
  readonly byDefault?: { readonly value: Value; readonly type: DataType }
}

export interface LambdaParameter {
  readonly type: DataType
  readonly nullable: boolean
}

export interface ScalarFunction {
  readonly kind: 'scalar'
  readonly name: string
  readonly aliases?: readonly string[]
  /** Names for `f(name => value)`, in order; undefined: arguments go by position only. */
  readonly parameters?: readonly ParameterName[]
  readonly family: FunctionFamily
  /** One sentence, third person: "Repeats text count times." */
  readonly summary: string
  /** [SQL, the result as Spark shows it]: run as tests, printed in docs/functions.md. */
  readonly examples: readonly (readonly [string, string])[]
  /** 'propagate': NULL if any argument is NULL and `evaluate` never sees one. 'custom': `evaluate` gets NULLs as null. */
  readonly nulls: 'propagate' | 'custom'
  /** false: different for each row or run (rand, uuid); never folded. 'epoch': constant within an epoch (current_timestamp). Default true. */
  readonly deterministic?: boolean | 'epoch'
  /**
   * For higher-order functions: the parameters of the lambda at `index`, given the arguments before it and how many parameters the lambda has
   * (undefined: an expression stands in its place). Undefined where no lambda belongs.
   */
  readonly lambdaParameters?: (
    index: number,
    before: readonly Argument[],
    site: CallSite,
    given: number | undefined,
  ) => readonly LambdaParameter[] | undefined
  /** Types the call or throws AnalysisError (DATATYPE_MISMATCH.…, WRONG_NUM_ARGS). */
  readonly resolve: (args: readonly Argument[], site: CallSite) => Resolution
  readonly bind: (signature: Signature, context: EvaluationContext) => Evaluate
  /**
   * The function over whole columns; undefined where these arguments have no such form. `fields`: what is read of a struct it gives; the rest
   * may be columns of VOID.
   */
  readonly bindColumns?: (
    signature: Signature,
    context: EvaluationContext,
    fields: FieldsRead | undefined,
  ) => ColumnKernel | undefined
}

export interface AggregateFunction {
  readonly kind: 'aggregate'
  readonly name: string
  readonly aliases?: readonly string[]
  /** Names for `f(name => value)`, in order; undefined: arguments go by position only. */
  readonly parameters?: readonly ParameterName[]
  readonly family: 'aggregate'
  readonly summary: string
  readonly examples: readonly (readonly [string, string])[]
  readonly resolve: (args: readonly Argument[], site: CallSite) => Resolution
  readonly bind: (signature: Signature, context: EvaluationContext) => BoundAggregate
  /** Of the buffer, as written to state. */
  readonly version: number
  /** Takes WITHIN GROUP (ORDER BY …); the sort keys then follow the arguments in `resolve`, `bind` and `update`. Default: not taken. */
  readonly withinGroup?: 'required' | 'optional'
  /** DISTINCT makes no sense: mode, percentile_cont. */
  readonly refusesDistinct?: boolean
  /** Takes IGNORE NULLS and RESPECT NULLS. */
  readonly nullTreatment?: boolean
  /** The result over no rows is not NULL (count). */
  readonly countsNothingAs?: Value
}

/**
 * The meaning of an aggregate as plain values. Buffers are arrays of Values of the types in `buffer`; `update` and `merge` change them in place.
 * merge is associative and commutative but for first, last and collect, which keep input order. retract undoes an update.
 */
export interface BoundAggregate {
  readonly buffer: readonly DataType[]
  readonly init: () => Value[]
  readonly update: (buffer: Value[], args: readonly Value[]) => void
  readonly merge: (buffer: Value[], other: readonly Value[]) => void
  readonly finish: (buffer: readonly Value[]) => Value
  readonly retract?: (buffer: Value[], args: readonly Value[]) => void
  /** Name of a columnar kernel of engine/operators/stateful/kernels that does the same on typed arrays; undefined: the generic path. */
  readonly kernel?: string
}

/** explode and the like: one row in, several out. */
export interface GeneratorFunction {
  readonly kind: 'generator'
  readonly name: string
  readonly aliases?: readonly string[]
  /** Names for `f(name => value)`, in order; undefined: arguments go by position only. */
  readonly parameters?: readonly ParameterName[]
  readonly family: 'generator'
  readonly summary: string
  readonly examples: readonly (readonly [string, string])[]
  readonly outer: boolean
  readonly resolve: (
    args: readonly Argument[],
    site: CallSite,
  ) => Resolution & {
    readonly columns: readonly { readonly name: string; readonly type: DataType; readonly nullable: boolean }[]
  }
  /** The rows one input row makes. */
  readonly bind: (signature: Signature, context: EvaluationContext) => (args: readonly Value[]) => Iterable<readonly Value[]>
  /** Where each input row makes exactly one row: those rows as columns. undefined where these arguments have no such form. */
  readonly bindColumns?: (signature: Signature, context: EvaluationContext) => GeneratorKernel | undefined
}

/** window(), session_window(), ranking functions and grouping(): the planner's own, only typed here. */
export interface PlannerFunction {
  readonly kind: 'planner'
  readonly name: string
  readonly aliases?: readonly string[]
  readonly family: FunctionFamily
  readonly summary: string
  readonly examples: readonly (readonly [string, string])[]
  readonly resolve: (args: readonly Argument[], site: CallSite) => Resolution
}

export type FunctionRecord = ScalarFunction | AggregateFunction | GeneratorFunction | PlannerFunction

export function defineScalar(record: Omit<ScalarFunction, 'kind'>): ScalarFunction {
  return { kind: 'scalar', ...record }
}
export function defineAggregate(record: Omit<AggregateFunction, 'kind' | 'family'>): AggregateFunction {
  return { kind: 'aggregate', family: 'aggregate', ...record }
}
export function defineGenerator(record: Omit<GeneratorFunction, 'kind' | 'family'>): GeneratorFunction {
  return { kind: 'generator', family: 'generator', ...record }
}
export function definePlanner(record: Omit<PlannerFunction, 'kind'>): PlannerFunction {
  return { kind: 'planner', ...record }
}
