import type { Expression, SortOrder } from '../expr/expression.ts'
import type { RelationDefinition } from '../plan/logical-plan.ts'
import type { OutputMode } from '../plan/statement.ts'
import type { Schema } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'

/**
 * The incremental plan: which operators a query runs as, as frozen plain data. EXPLAIN stops here; engine/operators/build.ts makes
 * operators of it, one a node.
 *
 * Expressions hold `bound` references (positions in the input's columns; for joins left columns, then right) and no column ids, so that
 * a plan prints and compares the same in every process. Nothing in a plan knows the data: sizes, offsets and watermarks are the runner's.
 *
 * Watermarks. Every watermark node passes the one global watermark W on; stateful operators pass on what they have received less a constant.
 * So the watermark that reaches a node is always W plus a constant (0, or a join's bound in milliseconds, never above 0), and the plan
 * holds that constant: `inputWatermark`. Late and evict values follow from the global ones of the epoch: `watermarkAt`. (Spark finds the
 * same numbers by walking the plan in every epoch: WatermarkPropagator.)
 */
export interface IncrementalPlan {
  /** 'batch': all input is there in one epoch and everything is emitted at its end; watermarks mean nothing. */
  readonly mode: OutputMode | 'batch'
  readonly root: IncrementalNode
  readonly output: Schema
  /** Every scan of the plan. The runner reads `first` scans in this order, each whole, before any other; so the static side of a join is there when rows probe it. */
  readonly scans: readonly ScanNode[]
}

export type IncrementalNode =
  | ScanNode
  | RowsNode
  | RangeNode
  | FilterNode
  | ProjectNode
  | ExpandNode
  | GenerateNode
  | UnionNode
  | WatermarkNode
  | TimeWindowNode
  | SessionWindowNode
  | AggregateNode
  | SessionAggregateNode
  | DeduplicateNode
  | StaticJoinNode
  | StreamJoinNode
  | AsOfJoinNode
  | SetOperationNode
  | RecursionNode
  | WindowFunctionsNode
  | SortNode
  | LimitNode
  | OffsetNode
  | SampleNode

interface Node {
  readonly output: Schema
}
interface UnaryNode extends Node {
  readonly input: IncrementalNode
}

/** W plus this many milliseconds; undefined where no watermark reaches the node. */
export type WatermarkOffset = number | undefined

/** The operator's watermark when the global one is `globalMs`: 0 while there is none (0 drops and evicts nothing dated after 1970). */
export function watermarkAt(offset: WatermarkOffset, globalMs: number): number {
  return offset === undefined || globalMs === 0 ? 0 : globalMs + offset
}

/** Which column is the event time, by position; `window`: a STRUCT<start, end> that counts by its end. NULL is never late and never evicted. */
export interface EventTime {
  readonly ordinal: number
  readonly form: 'time' | 'window'
}

/** What all operators with state over epochs share. Nodes that hold no state over epochs (static sides, batch) have `state` undefined. */
export interface StateDefinition {
  /** Key of the operator's state in the checkpoint: kind and number, counted from the sources to the sink ('aggregate-0', 'deduplicate-1'). */
  readonly operatorId: string
  readonly inputWatermark: WatermarkOffset
}

// ── leaves ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ScanNode extends Node {
  readonly kind: 'scan'
  /** Number of the scan port; position in IncrementalPlan.scans. */
  readonly port: number
  readonly relation: RelationDefinition
  /** Positions in `relation.schema`, one an output column. */
  readonly columns: readonly number[]
  /** Over the output; the decoder may skip rows for which one is not TRUE. The filter above stays the truth. */
  readonly filters: readonly Expression[]
  /** Read whole before any streaming scan of the epoch. True for every static scan. */
  readonly first: boolean
}
/** Rows held in the plan. One row without columns is SELECT without FROM. */
export interface RowsNode extends Node {
  readonly kind: 'rows'
  readonly rows: readonly Row[]
}
export interface RangeNode extends Node {
  readonly kind: 'range'
  readonly start: bigint
  readonly end: bigint
  readonly step: bigint
}

// ── stateless ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Rows for which `condition` is TRUE. */
export interface FilterNode extends UnaryNode {
  readonly kind: 'filter'
  readonly condition: Expression
}
export interface ProjectNode extends UnaryNode {
  readonly kind: 'project'
  readonly expressions: readonly Expression[]
}
/** Each input row gives one row a projection, in order. */
export interface ExpandNode extends UnaryNode {
  readonly kind: 'expand'
  readonly projections: readonly (readonly Expression[])[]
}
/** Input columns, then the generated ones. `outer`: a row with NULLs where nothing is generated. */
export interface GenerateNode extends UnaryNode {
  readonly kind: 'generate'
  readonly generator: Expression
  readonly outer: boolean
}
/** Rows of all inputs as they come, by position. */
export interface UnionNode extends Node {
  readonly kind: 'union'
  readonly inputs: readonly IncrementalNode[]
}
/** Passes rows on and keeps count, sum, least and greatest of their event times. Drops nothing. */
export interface WatermarkNode extends UnaryNode {
  readonly kind: 'watermark'
  readonly eventTime: EventTime
  readonly delayMs: number
}
/** Windows [start, start + size) with start ≡ `startMicros` modulo `slideMicros`; all in microseconds. */
export interface WindowDefinition {
  /** TIMESTAMP or TIMESTAMP_NTZ over the input. */
  readonly time: Expression
  readonly sizeMicros: bigint
  readonly slideMicros: bigint
  readonly startMicros: bigint
  /** Windows that begin at multiples of the size and end at each multiple of the slide after that. */
  readonly cumulative?: true | undefined
}
/** Appends a window column; one row a window the time lies in (newest first), none for NULL. Aggregates that group by it take it in instead. */
export interface TimeWindowNode extends UnaryNode {
  readonly kind: 'time_window'
  readonly window: WindowDefinition
}
/** Appends [time, time + gap); rows with NULL time or an empty session are dropped. Aggregates that group by it take it in instead. */
export interface SessionWindowNode extends UnaryNode {
  readonly kind: 'session_window'
  readonly time: Expression
  readonly gap: Expression
}

// ── aggregation ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AggregateDefinition {
  /** Of the function registry. */
  readonly name: string
  readonly args: readonly Expression[]
  /** Only rows for which it is TRUE count. */
  readonly filter: Expression | undefined
  /** Each distinct tuple of arguments counts once per group. Batch and static sides only. */
  readonly distinct: boolean
  readonly ignoreNulls: boolean
  readonly withinGroup: readonly SortOrder[]
  readonly output: Schema[number]
}

/**
 * When groups leave an aggregate.
 * - evicted: once, when the watermark passes the group's event time (append)
 * - changed: at the end of each epoch, the groups it touched (update)
 * - all: at the end of each epoch, every group (complete; batch and static sides, which begin empty in each epoch)
 */
export type Emission = 'evicted' | 'changed' | 'all'

interface Aggregation extends UnaryNode {
  readonly aggregates: readonly AggregateDefinition[]
  /** Output columns, over the grouping columns followed by the aggregates. */
  readonly results: readonly Expression[]
  readonly emission: Emission
  readonly state: StateDefinition | undefined
}
/**
 * Grouped aggregation. Groups are kept in segments by window end or event time when one of the grouping columns is one, so that eviction
 * drops whole segments. Without grouping there is one group, which exists from the first epoch on even when no row came.
 */
export interface AggregateNode extends Aggregation {
  readonly kind: 'aggregate'
  /** Over the input. At the place of a fused window (`window.ordinal`) stands NULL, never evaluated. */
  readonly grouping: readonly Expression[]
  readonly groupingOutput: Schema
  /** The time_window below, taken in: rows are assigned to windows while they are grouped. */
  readonly window: (WindowDefinition & { readonly ordinal: number }) | undefined
  /** The grouping column with the watermark's mark. Rows at or before the late watermark are dropped, groups at or before the evict watermark leave; not when `emission` is 'all'. */
  readonly eventTime: EventTime | undefined
}
/**
 * Groups rows into sessions: rows of equal keys whose [time, time + gap) touch or overlap. `results` are over the grouping columns with
 * the session at `sessionOrdinal`, followed by the aggregates. Late: time + gap at or before the late watermark.
 */
export interface SessionAggregateNode extends Aggregation {
  readonly kind: 'session_aggregate'
  /** As in AggregateNode: NULL stands at `sessionOrdinal`. */
  readonly grouping: readonly Expression[]
  readonly groupingOutput: Schema
  readonly sessionOrdinal: number
  readonly time: Expression
  readonly gap: Expression
  /** Whether the session column carries the watermark's mark: without it nothing is late or evicted. */
  readonly watermarked: boolean
}

// ── other state ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The first row of each key passes.
 * - for_ever: keys are kept; no event time in the input
 * - late_dropped: keys are kept, but the input has an event time and late rows are dropped
 * - by_event_time: the event time is one of the keys; keys at or before the evict watermark are forgotten, late rows dropped
 * - within_watermark: a key is forgotten when the watermark reaches its first row's event time plus `delayMs`, late rows dropped
 */
export interface DeduplicateNode extends UnaryNode {
  readonly kind: 'deduplicate'
  readonly form: 'for_ever' | 'late_dropped' | 'by_event_time' | 'within_watermark'
  /** Positions in the input. */
  readonly keys: readonly number[]
  readonly eventTime: EventTime | undefined
  readonly delayMs: number
  readonly state: StateDefinition | undefined
}
export interface JoinKey {
  /** Over the columns of its own side alone. */
  readonly left: Expression
  readonly right: Expression
  /** NULL equals NULL (`<=>`). */
  readonly nullSafe: boolean
}
/**
 * A join with a side that is read whole, anew in each epoch (`build`), and one that flows (probe). In batch both are static and the
 * right side is the build side. Output: left columns, then right; left only for semi and anti.
 */
export interface StaticJoinNode extends Node {
  readonly kind: 'static_join'
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'left_semi' | 'left_anti'
  readonly left: IncrementalNode
  readonly right: IncrementalNode
  readonly build: 'left' | 'right'
  /** Empty: every pair is tried. */
  readonly keys: readonly JoinKey[]
  /** Beyond the keys; over left columns, then right. */
  readonly condition: Expression | undefined
}
export interface StreamJoinSide {
  /** For late rows: this side's event time. */
  readonly eventTime: EventTime | undefined
  /** Over this side alone: rows that fail it match nothing and are not stored. */
  readonly filter: Expression | undefined
  /** Stored rows of this side whose event time is at or before the input watermark plus this many milliseconds can match nothing any more; undefined: kept for ever. */
  readonly evictOffsetMs: number | undefined
}
/** Symmetric hash join of two streams; semantics/spark.md 3.2 to 3.6 (Spark: StreamingSymmetricHashJoinExec). */
export interface StreamJoinNode extends Node {
  readonly kind: 'stream_join'
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'left_semi'
  readonly left: IncrementalNode
  readonly right: IncrementalNode
  /** At least one. */
  readonly keys: readonly JoinKey[]
  readonly leftSide: StreamJoinSide
  readonly rightSide: StreamJoinSide
  /** Beyond keys and the sides' own filters; over left columns, then right. */
  readonly condition: Expression | undefined
  /** The first key that is an event time, by position in `keys`: both sides evict by it, and the sides' offsets are 0. */
  readonly keyEventTime: EventTime | undefined
  readonly state: StateDefinition
}
/** Each left row with the closest right row; the right side is static. */
export interface AsOfJoinNode extends Node {
  readonly kind: 'as_of_join'
  readonly type: 'inner' | 'left'
  readonly left: IncrementalNode
  readonly right: IncrementalNode
  readonly keys: readonly JoinKey[]
  /** Compared as `left >= right` and so on: of the right rows for which it holds the closest is taken. */
  readonly match: { readonly left: Expression; readonly right: Expression; readonly operator: '>=' | '>' | '<=' | '<' }
  readonly condition: Expression | undefined
}
/**
 * A recursive WITH definition: rows of the anchor, then of the step over the rows that came last, until none come. The step is a plan of its
 * own, run once a round; `feeds` says for each of its scans what it reads: the rows that came last (all columns, in order), or the input of
 * that number (0 is the anchor, 1 the first of `tables`).
 */
export interface RecursionNode extends Node {
  readonly kind: 'recursion'
  readonly name: string
  readonly anchor: IncrementalNode
  readonly tables: readonly ScanNode[]
  readonly step: IncrementalPlan
  readonly feeds: readonly ('last' | number)[]
  /** Rounds that may give rows; negative: any number. */
  readonly levelLimit: number
  /** Rows it may give where `enoughRows` is undefined; negative: any number. */
  readonly rowLimit: number
  /** A LIMIT above: no further round once there are so many. */
  readonly enoughRows: number | undefined
}
/** EXCEPT ALL and INTERSECT ALL over static inputs; the forms without ALL are a join below a distinct aggregate. */
export interface SetOperationNode extends Node {
  readonly kind: 'set_operation'
  readonly operator: 'except' | 'intersect'
  readonly left: IncrementalNode
  readonly right: IncrementalNode
}
/** OVER calls of one specification: input columns, then one a call. Rows leave in the order of partitions and their sort order, at the end of the input. */
export interface WindowFunctionsNode extends UnaryNode {
  readonly kind: 'window_functions'
  readonly calls: readonly Expression[]
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortOrder[]
}
/** All rows of the epoch in order, at the end of the input. Stable. */
export interface SortNode extends UnaryNode {
  readonly kind: 'sort'
  readonly orders: readonly SortOrder[]
}
/** The first `count` rows: of the query's whole life with `state`, else of each epoch. */
export interface LimitNode extends UnaryNode {
  readonly kind: 'limit'
  readonly count: number
  readonly state: StateDefinition | undefined
}
/** All but the first `count` rows. */
export interface OffsetNode extends UnaryNode {
  readonly kind: 'offset'
  readonly count: number
}
/** Keeps each row with probability `fraction`, decided by a generator with a fixed seed, so that a repeat gives the same rows. */
export interface SampleNode extends UnaryNode {
  readonly kind: 'sample'
  readonly fraction: number
}

/** The inputs of a node in port order. */
export function inputsOfNode(node: IncrementalNode): readonly IncrementalNode[] {
  switch (node.kind) {
    case 'scan':
    case 'rows':
    case 'range':
      return []
    case 'union':
      return node.inputs
    case 'recursion':
      return [node.anchor, ...node.tables]
    case 'static_join':
    case 'stream_join':
    case 'as_of_join':
    case 'set_operation':
      return [node.left, node.right]
    default:
      return [node.input]
  }
}
