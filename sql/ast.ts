import type { Span } from '../engine/errors/span.ts'
import type { CompoundBlock } from '../engine/plan/compound.ts'
import type { OutputMode, ShowStatement } from '../engine/plan/statement.ts'
import type { DataType, Field } from '../engine/types/data-type.ts'
import type { Value } from '../engine/types/value.ts'

/**
 * Syntax trees: what the text says, with its place, and no meaning. Names are as written without their quotes.
 * `lower/` turns them into plans, `format.ts` back into text.
 */
interface Spanned {
  readonly span: Span
}
export type Name = readonly string[]

// ---- expressions

export type ExpressionSyntax =
  | LiteralSyntax
  | (Spanned & { readonly kind: 'name'; readonly parts: Name })
  | (Spanned & { readonly kind: 'star'; readonly target: Name; readonly except: readonly Name[] })
  /** `:name`; `?` has its position, from 0, as name. */
  | (Spanned & { readonly kind: 'parameter'; readonly name: string; readonly positional: boolean })
  | (Spanned & { readonly kind: 'unary'; readonly operator: '-' | '+' | '~' | 'not'; readonly operand: ExpressionSyntax })
  | (Spanned & {
      readonly kind: 'binary'
      readonly operator: string
      readonly left: ExpressionSyntax
      readonly right: ExpressionSyntax
    })
  /** AND or OR of two or more: a list, so that a long chain is not a deep tree. */
  | (Spanned & { readonly kind: 'logical'; readonly operator: 'and' | 'or'; readonly operands: readonly ExpressionSyntax[] })
  | PredicateSyntax
  | (Spanned & { readonly kind: 'exists'; readonly query: QuerySyntax })
  | (Spanned & { readonly kind: 'scalar_query'; readonly query: QuerySyntax })
  /** `(a, b AS c)`. */
  | (Spanned & { readonly kind: 'row'; readonly elements: readonly ExpressionSyntax[] })
  | CallSyntax
  | (Spanned & {
      readonly kind: 'cast'
      readonly operand: ExpressionSyntax
      readonly type: DataType
      readonly tolerant: boolean
    })
  | (Spanned & { readonly kind: 'collate'; readonly operand: ExpressionSyntax; readonly collation: Name })
  | (Spanned & {
      readonly kind: 'case'
      readonly operand: ExpressionSyntax | undefined
      readonly branches: readonly { readonly when: ExpressionSyntax; readonly then: ExpressionSyntax }[]
      readonly otherwise: ExpressionSyntax | undefined
    })
  | (Spanned & { readonly kind: 'lambda'; readonly parameters: readonly string[]; readonly body: ExpressionSyntax })
  | (Spanned & { readonly kind: 'subscript'; readonly operand: ExpressionSyntax; readonly index: ExpressionSyntax })
  | (Spanned & { readonly kind: 'field'; readonly operand: ExpressionSyntax; readonly name: string })
  /** `value:a.b[0]`, a path into a VARIANT; `path` is in JSONPath form. */
  | (Spanned & { readonly kind: 'path'; readonly operand: ExpressionSyntax; readonly path: string })
  /** `e AS name`, or `e AS (a, b)` for what makes several columns. */
  | (Spanned & { readonly kind: 'alias'; readonly operand: ExpressionSyntax; readonly names: readonly string[] })
  /** IDENTIFIER(expression) as a column or, with arguments, as a function. */
  | (Spanned & {
      readonly kind: 'identifier_clause'
      readonly name: ExpressionSyntax
      readonly call: CallSyntax | undefined
    })

export interface LiteralSyntax extends Spanned {
  readonly kind: 'literal'
  /** How it is written: a bare text (numbers, TRUE, NULL), a quoted string, `TYPE 'text'`, INTERVAL and its parts. */
  readonly form: 'bare' | 'string' | 'typed' | 'interval'
  /** Canonical text of the literal; for strings the value itself. */
  readonly text: string
  readonly value: Value
  readonly type: DataType
}

export type PredicateSyntax = Spanned & { readonly negated: boolean; readonly operand: ExpressionSyntax } & (
    | { readonly kind: 'between'; readonly low: ExpressionSyntax; readonly high: ExpressionSyntax }
    | { readonly kind: 'in_list'; readonly list: readonly ExpressionSyntax[] }
    | { readonly kind: 'in_query'; readonly query: QuerySyntax }
    | {
        readonly kind: 'like'
        readonly operator: 'like' | 'ilike' | 'rlike'
        readonly pattern: ExpressionSyntax
        readonly escape: string | undefined
      }
    | {
        readonly kind: 'like_quantified'
        readonly operator: 'like' | 'ilike'
        readonly quantifier: 'any' | 'all'
        readonly patterns: readonly ExpressionSyntax[]
      }
    | { readonly kind: 'is'; readonly what: 'null' | 'true' | 'false' | 'unknown' }
    | { readonly kind: 'is_distinct'; readonly other: ExpressionSyntax }
  )

export interface CallSyntax extends Spanned {
  readonly kind: 'call'
  readonly name: Name
  readonly args: readonly ArgumentSyntax[]
  readonly distinct: boolean
  readonly withinGroup: readonly SortItemSyntax[]
  readonly filter: ExpressionSyntax | undefined
  readonly ignoreNulls: boolean | undefined
  readonly over: WindowSpecSyntax | undefined
  /** A call whose canonical text has words between the arguments: `extract(YEAR FROM d)`. */
  readonly special?: 'extract' | 'position' | 'trim' | 'overlay' | 'bare' | 'unit' | undefined
}
export interface ArgumentSyntax {
  readonly name: string | undefined
  readonly value: ExpressionSyntax | TableArgumentSyntax
}
/** `TABLE t`, `TABLE(query)` as an argument of a table function; DESCRIPTOR(col, …) is an ordinary call. */
export interface TableArgumentSyntax extends Spanned {
  readonly kind: 'table_argument'
  readonly query: QuerySyntax
}
export interface SortItemSyntax extends Spanned {
  readonly expression: ExpressionSyntax
  readonly descending: boolean
  /** undefined: first when ascending, last when descending. */
  readonly nullsFirst: boolean | undefined
}
export interface WindowSpecSyntax extends Spanned {
  /** `OVER w`, `OVER (w)`: nothing else is then set. */
  readonly reference: string | undefined
  readonly partitionBy: readonly ExpressionSyntax[]
  readonly orderBy: readonly SortItemSyntax[]
  readonly frame: FrameSyntax | undefined
}
export interface FrameSyntax {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly start: FrameBoundSyntax
  readonly end: FrameBoundSyntax
}
export type FrameBoundSyntax =
  | { readonly kind: 'unbounded_preceding' | 'current_row' | 'unbounded_following' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: ExpressionSyntax }

// ---- queries

/** WITH … body ORDER BY … LIMIT …: a body and what is said of its rows. */
export interface QuerySyntax extends Spanned {
  readonly kind: 'query'
  readonly recursive: boolean
  readonly ctes: readonly CteSyntax[]
  readonly body: QueryBodySyntax
  readonly tail: QueryTailSyntax
}
export interface CteSyntax extends Spanned {
  readonly name: string
  readonly columns: readonly string[]
  /** MAX RECURSION LEVEL. */
  readonly maxLevel: number | undefined
  readonly query: QuerySyntax
}
export interface QueryTailSyntax {
  readonly orderBy: readonly SortItemSyntax[]
  readonly clusterBy: readonly ExpressionSyntax[]
  readonly distributeBy: readonly ExpressionSyntax[]
  readonly sortBy: readonly SortItemSyntax[]
  readonly windows: readonly NamedWindowSyntax[]
  /** `'all'`: LIMIT ALL. */
  readonly limit: ExpressionSyntax | 'all' | undefined
  readonly offset: ExpressionSyntax | undefined
}
export interface NamedWindowSyntax {
  readonly name: string
  readonly window: WindowSpecSyntax
}

export type QueryBodySyntax =
  | SelectSyntax
  | (Spanned & {
      readonly kind: 'set_operation'
      readonly operator: 'union' | 'except' | 'intersect'
      readonly all: boolean
      readonly left: QueryBodySyntax
      readonly right: QueryBodySyntax
    })
  | (Spanned & {
      readonly kind: 'values'
      readonly rows: readonly ExpressionSyntax[]
      readonly alias: TableAliasSyntax | undefined
    })
  | (Spanned & { readonly kind: 'table'; readonly name: RelationNameSyntax })
  /** `FROM t` alone, as pipes begin. */
  | (Spanned & { readonly kind: 'from'; readonly from: FromSyntax })
  | (Spanned & { readonly kind: 'pipe'; readonly input: QueryBodySyntax; readonly operator: PipeOperatorSyntax })
  /** A query in parentheses. */
  | QuerySyntax

export interface SelectSyntax extends Spanned {
  readonly kind: 'select'
  readonly hints: readonly HintSyntax[]
  readonly distinct: boolean
  readonly items: readonly ExpressionSyntax[]
  readonly from: FromSyntax | undefined
  readonly where: ExpressionSyntax | undefined
  readonly groupBy: GroupBySyntax | undefined
  readonly having: ExpressionSyntax | undefined
  readonly qualify: ExpressionSyntax | undefined
  readonly windows: readonly NamedWindowSyntax[]
}
export interface HintSyntax extends Spanned {
  readonly name: string
  readonly args: readonly ExpressionSyntax[]
}
export interface GroupBySyntax extends Spanned {
  readonly items: readonly GroupingSyntax[]
  /** `GROUP BY a, b WITH ROLLUP`, `… GROUPING SETS (…)`. */
  readonly trailing:
    | { readonly kind: 'rollup' | 'cube' }
    | { readonly kind: 'sets'; readonly sets: readonly GroupingSyntax[] }
    | undefined
}
export type GroupingSyntax =
  /** `GROUP BY e AS name`: the name counts behind a pipe. */
  | { readonly kind: 'expression'; readonly expression: ExpressionSyntax; readonly name?: string | undefined }
  /** `(a, b)` inside ROLLUP, CUBE and GROUPING SETS. */
  | { readonly kind: 'set'; readonly expressions: readonly ExpressionSyntax[] }
  | { readonly kind: 'rollup' | 'cube' | 'sets'; readonly elements: readonly GroupingSyntax[] }

/** FROM a, b LATERAL VIEW … PIVOT …. */
export interface FromSyntax extends Spanned {
  readonly relations: readonly RelationSyntax[]
  readonly views: readonly LateralViewSyntax[]
}
export interface LateralViewSyntax extends Spanned {
  readonly outer: boolean
  readonly call: CallSyntax
  readonly table: string
  readonly columns: readonly string[]
}
export interface TableAliasSyntax {
  readonly name: string
  readonly columns: readonly string[]
}
export interface WatermarkSyntax extends Spanned {
  /** An alias when written `expr AS name`. */
  readonly eventTime: ExpressionSyntax
  readonly delay: ExpressionSyntax
}
export interface SampleSyntax extends Spanned {
  readonly by:
    | { readonly kind: 'percent'; readonly percent: number }
    | { readonly kind: 'rows'; readonly rows: ExpressionSyntax }
    | { readonly kind: 'bucket'; readonly numerator: number; readonly denominator: number }
  readonly method: 'system' | 'bernoulli' | undefined
  readonly seed: number | undefined
}
/** A relation by name, or IDENTIFIER(expression). */
export type RelationNameSyntax = Name | ExpressionSyntax

export type RelationSyntax =
  | (Spanned & {
      readonly kind: 'named'
      readonly name: RelationNameSyntax
      /** `'file.csv'` in place of a name. */
      readonly path: string | undefined
      readonly streamed: boolean
      readonly options: Readonly<Record<string, string>>
      readonly sample: SampleSyntax | undefined
      readonly watermark: WatermarkSyntax | undefined
      readonly alias: TableAliasSyntax | undefined
    })
  | (Spanned & {
      readonly kind: 'function'
      readonly call: CallSyntax
      readonly streamed: boolean
      readonly ordinality: boolean
      readonly sample: SampleSyntax | undefined
      readonly watermark: WatermarkSyntax | undefined
      readonly alias: TableAliasSyntax | undefined
    })
  | (Spanned & {
      readonly kind: 'subquery'
      readonly query: QuerySyntax
      readonly sample: SampleSyntax | undefined
      readonly watermark: WatermarkSyntax | undefined
      readonly alias: TableAliasSyntax | undefined
    })
  | (Spanned & {
      readonly kind: 'parenthesized'
      readonly relation: RelationSyntax
      readonly sample: SampleSyntax | undefined
      readonly watermark: WatermarkSyntax | undefined
      readonly alias: TableAliasSyntax | undefined
    })
  | (Spanned & {
      readonly kind: 'inline'
      readonly rows: readonly ExpressionSyntax[]
      readonly alias: TableAliasSyntax | undefined
    })
  | (Spanned & { readonly kind: 'lateral'; readonly relation: RelationSyntax })
  | (Spanned & { readonly kind: 'join'; readonly left: RelationSyntax; readonly join: JoinSyntax })
  | (Spanned & {
      readonly kind: 'pivot'
      readonly input: RelationSyntax
      readonly pivot: PivotSyntax
      readonly alias: TableAliasSyntax | undefined
    })
  | (Spanned & {
      readonly kind: 'unpivot'
      readonly input: RelationSyntax
      readonly unpivot: UnpivotSyntax
      readonly alias: TableAliasSyntax | undefined
    })

export interface JoinSyntax extends Spanned {
  readonly type: 'inner' | 'cross' | 'left' | 'right' | 'full' | 'left_semi' | 'left_anti'
  readonly natural: boolean
  readonly lateral: boolean
  /** ASOF … MATCH_CONDITION (…). */
  readonly match: ExpressionSyntax | undefined
  readonly right: RelationSyntax
  readonly on: ExpressionSyntax | undefined
  readonly using: readonly string[] | undefined
}
export interface PivotSyntax extends Spanned {
  readonly aggregates: readonly ExpressionSyntax[]
  readonly columns: readonly string[]
  readonly values: readonly { readonly value: ExpressionSyntax; readonly alias: string | undefined }[]
}
export interface UnpivotSyntax extends Spanned {
  readonly includeNulls: boolean
  readonly values: readonly string[]
  readonly name: string
  readonly columns: readonly { readonly columns: readonly Name[]; readonly alias: string | undefined }[]
}

export type PipeOperatorSyntax = Spanned &
  (
    | {
        readonly kind: 'select'
        readonly select: SelectSyntax
      }
    | { readonly kind: 'extend'; readonly items: readonly ExpressionSyntax[] }
    | { readonly kind: 'set'; readonly assignments: readonly { readonly name: string; readonly value: ExpressionSyntax }[] }
    | { readonly kind: 'drop'; readonly names: readonly Name[] }
    | { readonly kind: 'as'; readonly name: string }
    | { readonly kind: 'where'; readonly condition: ExpressionSyntax }
    | {
        readonly kind: 'aggregate'
        readonly aggregates: readonly ExpressionSyntax[]
        readonly groupBy: GroupBySyntax | undefined
      }
    | { readonly kind: 'join'; readonly join: JoinSyntax }
    | {
        readonly kind: 'set_operation'
        readonly operator: 'union' | 'except' | 'intersect'
        readonly all: boolean
        readonly right: QueryBodySyntax
      }
    | { readonly kind: 'tail'; readonly tail: QueryTailSyntax }
    | { readonly kind: 'sample'; readonly sample: SampleSyntax }
    | { readonly kind: 'pivot'; readonly pivot: PivotSyntax }
    | { readonly kind: 'unpivot'; readonly unpivot: UnpivotSyntax }
  )

// ---- statements

export type OptionsSyntax = Readonly<Record<string, string>>
export type TriggerSyntax =
  | { readonly kind: 'every'; readonly interval: ExpressionSyntax }
  | { readonly kind: 'once' | 'available_now' }

export interface ClausesSyntax {
  readonly outputMode: OutputMode | undefined
  readonly trigger: TriggerSyntax | undefined
  readonly checkpoint: string | undefined
  readonly lateDataTo: string | undefined
  readonly badRowsTo: string | undefined
  readonly emitAfterIdle: ExpressionSyntax | undefined
  readonly partitionBy: readonly string[]
}

export type StatementSyntax = Spanned &
  (
    | { readonly kind: 'query_statement'; readonly query: QuerySyntax }
    | {
        readonly kind: 'create_relation'
        readonly streaming: boolean
        readonly orReplace: boolean
        readonly ifNotExists: boolean
        readonly name: RelationNameSyntax
        readonly columns: readonly Field[] | undefined
        readonly provider: string | undefined
        readonly options: OptionsSyntax
        /** `WATERMARK FOR at AS at - INTERVAL …` is the same with the delay taken out. */
        readonly watermark: WatermarkSyntax | undefined
        readonly lateDataTo: string | undefined
        readonly badRowsTo: string | undefined
        readonly query: QuerySyntax | undefined
      }
    | {
        readonly kind: 'create_view'
        readonly orReplace: boolean
        readonly ifNotExists: boolean
        readonly temporary: boolean
        readonly name: RelationNameSyntax
        readonly columns: readonly string[]
        readonly query: QuerySyntax
      }
    | ({
        readonly kind: 'create_streaming_table'
        readonly name: RelationNameSyntax
        readonly provider: string | undefined
        readonly options: OptionsSyntax
        readonly query: QuerySyntax | undefined
      } & ClausesSyntax)
    | ({
        readonly kind: 'insert'
        readonly name: RelationNameSyntax
        readonly columns: readonly string[] | undefined
        readonly byName: boolean
        readonly overwrite: boolean
        readonly query: QuerySyntax
      } & ClausesSyntax)
    | {
        readonly kind: 'explain'
        readonly mode: 'simple' | 'extended' | 'codegen' | 'cost' | 'formatted'
        readonly statement: StatementSyntax
      }
    | { readonly kind: 'explain_why'; readonly name: Name; readonly at: string | undefined }
    | { readonly kind: 'set'; readonly key: string | undefined; readonly value: string | undefined }
    | { readonly kind: 'set_time_zone'; readonly zone: string }
    | { readonly kind: 'reset'; readonly key: string | undefined }
    | {
        readonly kind: 'drop'
        readonly what: 'view' | 'table' | 'stream'
        readonly ifExists: boolean
        readonly name: RelationNameSyntax
      }
    | {
        readonly kind: 'describe'
        readonly name: RelationNameSyntax
        readonly extended: boolean
        /** DESCRIBE name column. */
        readonly column: Name | undefined
      }
    | { readonly kind: 'describe_query'; readonly query: QuerySyntax }
    | { readonly kind: 'stop'; readonly name: Name }
    /** A statement without queries of more than one line to lay out: it is formatted as it was written. */
    | { readonly kind: 'command'; readonly command: CommandSyntax; readonly text: string }
    /** BEGIN … END; formatted as it was written. */
    | { readonly kind: 'compound'; readonly block: CompoundSyntax; readonly text: string }
    /** A statement of Spark's that Millrace knows and does not run: `what` names it. `text` is the source. */
    | { readonly kind: 'unsupported'; readonly what: string; readonly text: string }
  )

export type CompoundSyntax = CompoundBlock<ParsedStatement, ExpressionSyntax, QuerySyntax>

export type CommandSyntax =
  | { readonly kind: 'create_schema'; readonly name: RelationNameSyntax; readonly ifNotExists: boolean }
  | {
      readonly kind: 'drop_schema'
      readonly name: RelationNameSyntax
      readonly ifExists: boolean
      readonly cascade: boolean
    }
  | { readonly kind: 'use_schema'; readonly name: RelationNameSyntax }
  | { readonly kind: 'truncate'; readonly name: RelationNameSyntax }
  | {
      readonly kind: 'rename'
      readonly what: 'table' | 'view'
      readonly name: RelationNameSyntax
      readonly to: Name
    }
  | { readonly kind: 'add_columns'; readonly name: RelationNameSyntax; readonly columns: readonly Field[] }
  | { readonly kind: 'alter_view'; readonly name: RelationNameSyntax; readonly query: QuerySyntax }
  | { readonly kind: 'maintain'; readonly name: RelationNameSyntax | undefined }
  | {
      readonly kind: 'show'
      readonly what: ShowStatement['what']
      readonly name: RelationNameSyntax | undefined
      readonly schema: RelationNameSyntax | undefined
      readonly pattern: string | undefined
      readonly builtIn: boolean
    }
  | { readonly kind: 'insert_many'; readonly inserts: readonly (StatementSyntax & { readonly kind: 'insert' })[] }
  | {
      readonly kind: 'declare_variables'
      readonly names: readonly RelationNameSyntax[]
      readonly type: DataType | undefined
      readonly initial: ExpressionSyntax | undefined
      readonly orReplace: boolean
    }
  | {
      readonly kind: 'set_variables'
      readonly assignments: readonly { readonly name: RelationNameSyntax; readonly value: ExpressionSyntax | undefined }[]
    }
  | { readonly kind: 'set_variables_to_row'; readonly names: readonly RelationNameSyntax[]; readonly query: QuerySyntax }
  | { readonly kind: 'drop_variable'; readonly name: RelationNameSyntax; readonly ifExists: boolean }
  | {
      readonly kind: 'execute_immediate'
      readonly text: ExpressionSyntax
      readonly into: readonly RelationNameSyntax[]
      readonly using: readonly ExpressionSyntax[]
    }

/** A part of a statement that Spark's grammar has and Millrace does not: the text parses, lowering refuses it. */
export interface Refusal {
  readonly what: string
  readonly span: Span
}
export interface ParsedStatement {
  readonly syntax: StatementSyntax
  readonly refusals: readonly Refusal[]
}
