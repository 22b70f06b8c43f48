import type { Span } from '../errors/span.ts'
import type { Expression } from '../expr/expression.ts'
import type { DataType, Field } from '../types/data-type.ts'
import type { CompoundBlock } from './compound.ts'
import type { LogicalPlan } from './logical-plan.ts'

/** BEGIN … END. */
export interface CompoundStatement {
  readonly kind: 'compound'
  readonly block: CompoundBlock<Statement, Expression, LogicalPlan>
  readonly span: Span
}

export type OutputMode = 'append' | 'update' | 'complete'

export type Trigger =
  | { readonly kind: 'processing_time'; readonly intervalMs: number }
  | { readonly kind: 'once' }
  | { readonly kind: 'available_now' }

/** As fast as possible: the next epoch begins when the previous is done. */
export const DEFAULT_TRIGGER: Trigger = { kind: 'processing_time', intervalMs: 0 }

export type Options = Readonly<Record<string, string>>

/** What a SQL text can say, lowered: plans inside are unresolved. Text, options and names are as written; `span` is the whole statement. */
export type Statement =
  | { readonly kind: 'query'; readonly query: LogicalPlan; readonly span: Span }
  | CreateRelation
  | CreateView
  | CreateStreamingTable
  | InsertInto
  | { readonly kind: 'insert_many'; readonly inserts: readonly InsertInto[]; readonly span: Span }
  | CatalogStatement
  | VariableStatement
  | CompoundStatement
  | {
      readonly kind: 'explain'
      readonly mode: 'simple' | 'extended' | 'codegen' | 'cost' | 'formatted'
      readonly statement: Statement
      readonly span: Span
    }
  | {
      readonly kind: 'explain_why'
      readonly name: string
      /** EXPLAIN WHY name AT 'time': what becomes of a row of that event time. */
      readonly at: string | undefined
      readonly span: Span
    }
  | { readonly kind: 'set'; readonly key: string | undefined; readonly value: string | undefined; readonly span: Span }
  | { readonly kind: 'set_time_zone'; readonly zone: string; readonly span: Span }
  | { readonly kind: 'reset'; readonly key: string | undefined; readonly span: Span }
  | {
      readonly kind: 'drop'
      readonly what: 'view' | 'table' | 'stream'
      readonly name: readonly string[]
      readonly ifExists: boolean
      readonly span: Span
    }
  | ShowStatement
  | {
      readonly kind: 'describe'
      readonly name: readonly string[]
      readonly extended: boolean
      /** DESCRIBE name column. */
      readonly column: readonly string[] | undefined
      readonly span: Span
    }
  | { readonly kind: 'describe_query'; readonly query: LogicalPlan; readonly span: Span }
  | { readonly kind: 'stop'; readonly name: string; readonly span: Span }

/** CREATE STREAM and CREATE TABLE … USING. `columns` undefined: the connector says. */
export interface CreateRelation {
  readonly kind: 'create_relation'
  readonly streaming: boolean
  readonly name: readonly string[]
  readonly columns: readonly Field[] | undefined
  readonly provider: string
  readonly options: Options
  readonly watermark: { readonly eventTime: Expression; readonly delay: Expression } | undefined
  readonly lateDataTo: string | undefined
  readonly badRowsTo: string | undefined
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  /** CREATE TABLE … USING fmt AS query: a batch write. */
  readonly query: LogicalPlan | undefined
  readonly span: Span
}
export interface CreateView {
  readonly kind: 'create_view'
  readonly name: readonly string[]
  readonly columns: readonly string[]
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly temporary: boolean
  readonly query: LogicalPlan
  readonly span: Span
}
export interface QueryClauses {
  readonly outputMode: OutputMode | undefined
  readonly trigger: Trigger | undefined
  readonly checkpoint: string | undefined
  readonly lateDataTo: string | undefined
  readonly badRowsTo: string | undefined
  readonly emitAfterIdleMs: number | undefined
  readonly partitionBy: readonly string[]
}
export interface CreateStreamingTable extends QueryClauses {
  readonly kind: 'create_streaming_table'
  readonly name: readonly string[]
  readonly provider: string
  readonly options: Options
  readonly query: LogicalPlan
  readonly span: Span
}
export interface InsertInto extends QueryClauses {
  readonly kind: 'insert_into'
  readonly name: readonly string[]
  /** The columns that the query gives, in its order; undefined: all of the table's. The others get NULL. */
  readonly columns: readonly string[] | undefined
  /** BY NAME: the query's columns go where the table has their names. */
  readonly byName: boolean
  /** OVERWRITE: in place of what the table holds. */
  readonly overwrite: boolean
  readonly query: LogicalPlan
  readonly span: Span
}

export interface ShowStatement {
  readonly kind: 'show'
  readonly what: 'streams' | 'tables' | 'views' | 'functions' | 'schemas' | 'catalogs' | 'current_schema' | 'columns'
  /** The table of SHOW COLUMNS. */
  readonly name: readonly string[] | undefined
  /** Where to look; undefined: the current schema. */
  readonly schema: readonly string[] | undefined
  /** Which names: `*` is any text, `|` stands between several patterns. Case does not count. */
  readonly pattern: string | undefined
  /** Of functions: the built-in ones count. */
  readonly builtIn: boolean
  readonly span: Span
}

/** Statements about schemas and what lies in them. */
export type CatalogStatement = { readonly span: Span } & (
  | { readonly kind: 'create_schema'; readonly name: readonly string[]; readonly ifNotExists: boolean }
  | { readonly kind: 'drop_schema'; readonly name: readonly string[]; readonly ifExists: boolean; readonly cascade: boolean }
  | { readonly kind: 'use_schema'; readonly name: readonly string[] }
  | { readonly kind: 'truncate'; readonly name: readonly string[] }
  | {
      readonly kind: 'rename'
      readonly what: 'table' | 'view'
      readonly name: readonly string[]
      readonly to: readonly string[]
    }
  | { readonly kind: 'add_columns'; readonly name: readonly string[]; readonly columns: readonly Field[] }
  | { readonly kind: 'alter_view'; readonly name: readonly string[]; readonly query: LogicalPlan }
  /** CACHE, UNCACHE, REFRESH, ANALYZE: nothing to do, but the name, where there is one, must stand for something. */
  | { readonly kind: 'maintain'; readonly name: readonly string[] | undefined }
)

/** Statements about session variables, and statements whose text is a value. */
export type VariableStatement = { readonly span: Span } & (
  | {
      readonly kind: 'declare_variables'
      readonly names: readonly (readonly string[])[]
      /** Undefined: that of the initial value. */
      readonly type: DataType | undefined
      /** Undefined: NULL. */
      readonly initial: Expression | undefined
      readonly orReplace: boolean
    }
  | {
      readonly kind: 'set_variables'
      /** `value` undefined: DEFAULT. */
      readonly assignments: readonly { readonly name: readonly string[]; readonly value: Expression | undefined }[]
    }
  /** SET VAR (a, b) = (query): its row; NULLs when it gives none. */
  | { readonly kind: 'set_variables_to_row'; readonly names: readonly (readonly string[])[]; readonly query: LogicalPlan }
  | { readonly kind: 'drop_variable'; readonly name: readonly string[]; readonly ifExists: boolean }
  | {
      readonly kind: 'execute_immediate'
      readonly text: Expression
      readonly into: readonly (readonly string[])[]
      readonly using: readonly { readonly value: Expression; readonly name: string | undefined }[]
    }
)
