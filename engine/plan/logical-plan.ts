import type { Span } from '../errors/span.ts'
import type { Alias, ColumnRef, Expression, SortOrder } from '../expr/expression.ts'
import type { Schema } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'

/**
 * Logical plans: frozen plain data, one union for both frontends and all of analysis and optimisation.
 * `streaming` is derived, never stored: a plan is streaming iff a `scan` below it is (`isStreaming`).
 *
 * Before analysis a plan holds names, stars, `unresolved_relation`, `with` and `pivot`; parts of it may be analysed already (a DataFrame
 * builds on analysed plans), and analysis leaves those as they are.
 *
 * After analysis:
 *
 * 1. None of the four is left. Every expression has `type` and `nullable`; casts are inserted, so that a call's arguments have the
 *    types that its record asked for. `outputOf` (plan/output.ts) gives every node's columns.
 * 2. A column id is made by one node: a scan, an Alias with an id, a window, generate or union output. Nodes that pass columns on keep the ids.
 *    Two scans of one relation have ids of their own (the source behind them is one: `relation.key`). An Expand passes its input's ids on
 *    beside its own. A union makes new ids; a column that every branch shows twice has one id at both places.
 * 3. `metadata.watermarkDelayMs` is on a column iff it is an event time there: set by `watermark`, kept by plain references, aliases,
 *    `time_window`, `session_window`, keys of grouping sets and window_time(), dropped by any other expression. Above a union it is the first branch's.
 * 4. An Aggregate's `aggregates` are columns of its keys and Aliases right over an `aggregate` call, nothing else; what is computed of
 *    them stands in a Project above, HAVING in a Filter between (marked `having`). DISTINCT is an Aggregate over all columns (marked
 *    `distinct`). `groupingSets` and `groupByAll` are gone: an Expand below, with the set's number among the keys.
 * 5. `over` stands only as an item of a Window, whose other OVER calls share its PARTITION BY and ORDER BY; generators only in a Generate;
 *    window(), session_window() and window_time() are nodes or columns. `using`, `natural` are gone. `byName` unions are by position.
 * 6. A Watermark stands over streams only and has `delayMs` and `output`. Limit and Offset have a literal INT. Deduplicate has `keys`.
 * 7. `subquery` expressions hold an analysed query; columns in it that it does not make are those of the query around (`outerColumns`).
 *    A lateral join's right side reads the left one's columns in the same way.
 *
 * After optimisation also: no `subquery`, no lateral join, no `alias` and `hint`; scans hold the columns that are read. Output columns keep
 * their ids, names and order. This holds without the optimiser too, but for `alias`, `hint` and pruning where they are not needed to plan.
 */
export type LogicalPlan =
  | UnresolvedRelation
  | Scan
  | LocalRelation
  | RangeRelation
  | OneRow
  | With
  | SubqueryAlias
  | Project
  | Filter
  | Aggregate
  | Expand
  | Join
  | AsOfJoin
  | Union
  | SetOperation
  | Recursion
  | RecursiveReference
  | Distinct
  | Deduplicate
  | Watermark
  | TimeWindow
  | SessionWindow
  | Generate
  | Window
  | Pivot
  | Sort
  | Limit
  | Offset
  | Sample
  | Repartition
  | Hint

interface Node {
  readonly span?: Span | undefined
}

/** A table, stream or view by name. `streamed`: `STREAM name`. Options: `WITH (…)`. */
export interface UnresolvedRelation extends Node {
  readonly kind: 'unresolved_relation'
  readonly name: readonly string[]
  readonly streamed: boolean
  readonly options: Readonly<Record<string, string>>
  /** A table function (`range(5)`, `explode(…)`) when set: its arguments. */
  readonly arguments?: readonly Expression[] | undefined
  /** `f(name => value)`: one entry an argument, undefined where positional. */
  readonly argumentNames?: readonly (string | undefined)[] | undefined
}

/**
 * Rows of a connector. `relation.key` says which source instance: scans with the same key share one source, so a stream used twice
 * is read once. `output` is what the relation declares; after pruning `columns` lists the ones to decode (undefined: all).
 */
export interface Scan extends Node {
  readonly kind: 'scan'
  readonly relation: RelationDefinition
  readonly output: readonly ColumnRef[]
  /** Predicates the decoder may use to skip rows; the Filter above stays the truth. */
  readonly filters?: readonly Expression[] | undefined
}
export interface RelationDefinition {
  /** Identity of the source instance inside the session. */
  readonly key: string
  /** As the user named it, for messages and EXPLAIN. */
  readonly name: string
  /** Connector name: 'json', 'socket', 'kafka', 'memory', … */
  readonly provider: string
  readonly options: Readonly<Record<string, string>>
  readonly schema: Schema
  readonly streaming: boolean
  /** Tables of the session that late rows and undecodable records of it go to (LATE DATA TO, BAD ROWS TO). */
  readonly lateDataTo?: string | undefined
  readonly badRowsTo?: string | undefined
}
/** Rows held in the plan: VALUES, createDataFrame, folded plans. */
export interface LocalRelation extends Node {
  readonly kind: 'local'
  readonly output: readonly ColumnRef[]
  readonly rows: readonly Row[]
  /** Before analysis: VALUES with expressions, and the column aliases given. */
  readonly expressions?: readonly (readonly Expression[])[] | undefined
  readonly columnNames?: readonly string[] | undefined
}
/** `range(start, end, step)`. */
export interface RangeRelation extends Node {
  readonly kind: 'range'
  readonly start: bigint
  readonly end: bigint
  readonly step: bigint
  readonly output: readonly ColumnRef[]
}
/** One row without columns: SELECT without FROM. */
export interface OneRow extends Node {
  readonly kind: 'one_row'
}
/** WITH name AS (…): gone after analysis. */
export interface With extends Node {
  readonly kind: 'with'
  readonly definitions: readonly {
    readonly name: string
    readonly columns: readonly string[]
    /** MAX RECURSION LEVEL of a recursive one. */
    readonly maxLevel?: number | undefined
    readonly query: LogicalPlan
    readonly span?: Span | undefined
  }[]
  readonly recursive: boolean
  readonly input: LogicalPlan
}
/** `input AS name (columns)`. Keeps column ids, sets qualifiers. */
export interface SubqueryAlias extends Node {
  readonly kind: 'alias'
  readonly name: string
  /** Where the view of that name lies, when not in the default schema: all of its name. */
  readonly qualifier?: readonly string[] | undefined
  readonly columns: readonly string[]
  readonly input: LogicalPlan
}
/** After analysis every entry is a ColumnRef or an Alias with id. */
export interface Project extends Node {
  readonly kind: 'project'
  readonly expressions: readonly Expression[]
  /** The pipe operator that it was written as; its expressions hold no aggregates. Gone after analysis. */
  readonly piped?: 'EXTEND' | 'SET' | undefined
  readonly input: LogicalPlan
}
/**
 * `having` marks a filter written as HAVING, whose names may reach the aggregate's input. `qualify` marks one written as QUALIFY, whose
 * condition may name the select list's columns and hold OVER calls. Both are gone after analysis.
 */
export interface Filter extends Node {
  readonly kind: 'filter'
  readonly condition: Expression
  readonly having?: boolean | undefined
  readonly qualify?: boolean | undefined
  /** Written behind a pipe: it sees what stands before it and nothing below. Gone after analysis, as on Sort. */
  readonly piped?: boolean | undefined
  readonly input: LogicalPlan
}
/**
 * GROUP BY. Before analysis `grouping` is as written (ordinals, aliases, `window(…)`), `aggregates` is the select list.
 * After analysis `grouping` holds ColumnRefs or Aliases with ids, computed from the input, `aggregates` holds Aliases/ColumnRefs that use
 * only grouping column ids and `aggregate` calls (whose arguments are over the input).
 */
export interface Aggregate extends Node {
  readonly kind: 'aggregate'
  readonly grouping: readonly Expression[]
  /** GROUPING SETS / CUBE / ROLLUP as written: index lists into `grouping`. Analysis turns it into an Expand below. */
  readonly groupingSets?: readonly (readonly number[])[] | undefined
  /** Was SELECT DISTINCT or UNION: keys and nothing else. */
  readonly distinct?: boolean | undefined
  /** GROUP BY ALL; `grouping` then holds that name as written, for inputs that have such a column. */
  readonly groupByAll?: boolean | undefined
  /** Written as the pipe operator AGGREGATE: what follows the keys in `aggregates` holds aggregates. Gone after analysis. */
  readonly piped?: boolean | undefined
  readonly aggregates: readonly Expression[]
  readonly input: LogicalPlan
}
/** Several output rows an input row, one per projection: grouping sets, windows that overlap. */
export interface Expand extends Node {
  readonly kind: 'expand'
  readonly projections: readonly (readonly Expression[])[]
  readonly output: readonly ColumnRef[]
  readonly input: LogicalPlan
}
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'left_semi' | 'left_anti' | 'cross'
export interface Join extends Node {
  readonly kind: 'join'
  readonly type: JoinType
  readonly left: LogicalPlan
  readonly right: LogicalPlan
  readonly condition?: Expression | undefined
  /** USING (…) and NATURAL: gone after analysis. */
  readonly using?: readonly string[] | undefined
  readonly natural?: boolean | undefined
  readonly lateral?: boolean | undefined
}
export interface AsOfJoin extends Node {
  readonly kind: 'asof_join'
  readonly type: 'inner' | 'left'
  readonly left: LogicalPlan
  readonly right: LogicalPlan
  readonly match: Expression
  readonly condition?: Expression | undefined
  readonly using?: readonly string[] | undefined
}
/** UNION ALL by position (`byName`: by column name). Column names and ids come from the first input via `output`. */
export interface Union extends Node {
  readonly kind: 'union'
  readonly inputs: readonly LogicalPlan[]
  readonly byName: boolean
  readonly allowMissing: boolean
  /** After analysis. */
  readonly output?: readonly ColumnRef[] | undefined
}
export interface SetOperation extends Node {
  readonly kind: 'set_operation'
  readonly operator: 'except' | 'intersect'
  readonly all: boolean
  readonly left: LogicalPlan
  readonly right: LogicalPlan
}
/**
 * A recursive WITH definition, after analysis: the rows of `anchor`, then those of `step` over the rows that came last, until none come.
 * Columns of both are by position.
 */
export interface Recursion extends Node {
  readonly kind: 'recursion'
  /** As the definition is called, for messages and EXPLAIN. */
  readonly name: string
  /** Ties the references inside `step` to it. */
  readonly reference: number
  readonly output: readonly ColumnRef[]
  readonly anchor: LogicalPlan
  readonly step: LogicalPlan
  /** MAX RECURSION LEVEL; undefined: the setting's. */
  readonly maxLevel: number | undefined
  /** Rows after which it may stop, found by the optimiser: a LIMIT above. 'all': LIMIT ALL, which lifts the limit on rows. */
  readonly rowLimit?: number | 'all' | undefined
}
/** In the step of a Recursion: the rows of the round before. */
export interface RecursiveReference extends Node {
  readonly kind: 'recursive_reference'
  readonly name: string
  readonly reference: number
  readonly output: readonly ColumnRef[]
}
/** SELECT DISTINCT, UNION without ALL. Streaming semantics: an aggregate over all columns. */
export interface Distinct extends Node {
  readonly kind: 'distinct'
  readonly input: LogicalPlan
}
/** dropDuplicates: the first row of each key passes. `columns` undefined: all columns. */
export interface Deduplicate extends Node {
  readonly kind: 'deduplicate'
  readonly columns?: readonly string[] | undefined
  /** After analysis. */
  readonly keys?: readonly ColumnRef[] | undefined
  readonly withinWatermark: boolean
  readonly input: LogicalPlan
}
/** withWatermark / WATERMARK … DELAY OF. `eventTime` is a name, or an alias for `WATERMARK expr AS name`; a column after analysis. */
export interface Watermark extends Node {
  readonly kind: 'watermark'
  readonly eventTime: Expression
  /** The interval text or expression as written; `delayMs` after analysis. */
  readonly delay: Expression
  readonly delayMs?: number | undefined
  /** After analysis: the input's columns, the event time carrying its mark. */
  readonly output?: readonly ColumnRef[] | undefined
  readonly input: LogicalPlan
}
/**
 * window(time, size, slide, start) as its own node: analysis takes the call out of whatever held it and puts this below. Appends `window`
 * (STRUCT<start, end>) to the input's columns; a row gives one row a window it lies in (newest start first), none when the time is NULL.
 */
export interface TimeWindow extends Node {
  readonly kind: 'time_window'
  /** TIMESTAMP or TIMESTAMP_NTZ. */
  readonly time: Expression
  readonly sizeMicros: bigint
  readonly slideMicros: bigint
  readonly startMicros: bigint
  /** cumulate_window(): windows that begin at multiples of the size and grow by the slide, of which the size is a multiple. */
  readonly cumulative?: true | undefined
  /** Carries `timeWindow: 'window'` and the watermark mark of `time`. */
  readonly window: ColumnRef
  readonly input: LogicalPlan
}
/** session_window(time, gap): appends [time, time + gap) as `window`; the Aggregate above that groups by it merges. Rows with NULL time or end <= start are dropped. */
export interface SessionWindow extends Node {
  readonly kind: 'session_window'
  readonly time: Expression
  /** Day-time or calendar interval; a literal when fixed. */
  readonly gap: Expression
  readonly window: ColumnRef
  readonly input: LogicalPlan
}
/** explode and the like: rows × generated rows. Output: input columns, then `output`. */
export interface Generate extends Node {
  readonly kind: 'generate'
  readonly generator: Expression
  /** LATERAL VIEW OUTER / explode_outer: a row with NULLs when nothing is generated. */
  readonly outer: boolean
  readonly qualifier: readonly string[]
  readonly columnNames: readonly string[]
  /** It was UNPIVOT, an inline() over an array of structs: columns that become one must be of one kind of type. Before analysis. */
  readonly unpivot?: boolean | undefined
  /** After analysis. */
  readonly output?: readonly ColumnRef[] | undefined
  readonly input: LogicalPlan
}
/** OVER calls of one specification, appended to the input's columns. */
export interface Window extends Node {
  readonly kind: 'window'
  readonly calls: readonly Alias[]
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortOrder[]
  readonly input: LogicalPlan
}
/**
 * PIVOT (aggregates FOR columns IN (values)): groups by the input's columns that neither `aggregates` nor `columns` name, with a column for
 * each aggregate of each value. Gone after analysis.
 */
export interface Pivot extends Node {
  readonly kind: 'pivot'
  readonly aggregates: readonly Expression[]
  readonly columns: readonly Expression[]
  /** One constant a pivot column. */
  readonly values: readonly { readonly value: readonly Expression[]; readonly alias: string | undefined }[]
  readonly input: LogicalPlan
}
/** `global`: ORDER BY; otherwise SORT BY. */
export interface Sort extends Node {
  readonly kind: 'sort'
  readonly orders: readonly SortOrder[]
  readonly global: boolean
  readonly piped?: boolean | undefined
  readonly input: LogicalPlan
}
export interface Limit extends Node {
  readonly kind: 'limit'
  readonly count: Expression
  readonly input: LogicalPlan
}
export interface Offset extends Node {
  readonly kind: 'offset'
  readonly count: Expression
  readonly input: LogicalPlan
}
/** TABLESAMPLE by percent or bucket. (n ROWS) is a Limit. */
export interface Sample extends Node {
  readonly kind: 'sample'
  readonly fraction: number
  readonly input: LogicalPlan
}
/** DISTRIBUTE BY, repartition: no effect on rows. `clustered`: CLUSTER BY, whose sort streams refuse. */
export interface Repartition extends Node {
  readonly kind: 'repartition'
  readonly expressions: readonly Expression[]
  /** Written behind a pipe: it sees what stands before it and nothing below. */
  readonly piped?: boolean | undefined
  readonly input: LogicalPlan
}
export interface Hint extends Node {
  readonly kind: 'hint'
  readonly name: string
  readonly input: LogicalPlan
}
