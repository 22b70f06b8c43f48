import type { Catalog } from '../catalog/catalog.ts'
import { AnalysisError } from '../errors/engine-error.ts'
import { nearest } from '../errors/nearest.ts'
import type { Span } from '../errors/span.ts'
import type { ColumnRef, Expression, LambdaVariable } from '../expr/expression.ts'
import type { DdlReader, EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { LogicalPlan, RelationDefinition } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import type { DataType } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import type { Value } from '../types/value.ts'

/** What analysis needs of the session. */
export interface AnalysisContext {
  readonly catalog: Catalog
  readonly functions: FunctionRegistry
  readonly settings: Settings
  readonly evaluation: EvaluationContext
  /** A file read in place, `FROM json.'path'`: the relation it stands for; undefined when the first part is no format. */
  readonly readPath?: ((format: string, path: string) => RelationDefinition | undefined) | undefined
  /** Types written as text, as from_json takes its schema. */
  readonly ddl?: DdlReader | undefined
  /** Values of `:name` and `?` (by position from 0, as text). */
  readonly parameters?: ReadonlyMap<string, Expression> | undefined
  /** Session variables, where no column has the name. */
  readonly variables?: ((name: readonly string[]) => { readonly type: DataType; readonly value: Value } | undefined) | undefined
}

/** A WITH definition and the definitions that were visible where it stands. */
export interface Definition {
  readonly name: string
  readonly columns: readonly string[]
  readonly query: LogicalPlan
  readonly visible: Definitions | undefined
  /** Of WITH RECURSIVE: it may name itself. */
  readonly recursive: boolean
  readonly maxLevel: number | undefined
  /** While its own step is being resolved: what the name stands for there. */
  readonly reference?: { readonly id: number; readonly columns: readonly ColumnRef[] } | undefined
}
export interface Definitions {
  readonly entries: ReadonlyMap<string, Definition>
  readonly outer: Definitions | undefined
}

/** Where a plan is being resolved. */
export interface Environment {
  readonly context: AnalysisContext
  readonly definitions: Definitions | undefined
  /** The names of the query around a subquery. */
  readonly outer: Scope | undefined
  /** Views being inlined, to refuse a view that contains itself. */
  readonly views: readonly string[]
  /** Resolves a plan: analyzer.ts, handed in so that the passes do not import it. */
  readonly resolve: (plan: LogicalPlan, environment: Environment) => Relation
}

/** Names that an expression may use, first choice first. */
export interface Scope {
  /** By name and by star. */
  readonly columns: readonly ColumnRef[]
  /** By qualified name only: the join columns that USING merged. */
  readonly hidden: readonly ColumnRef[]
  /** All of them as the relations had them, for `t.*`: USING moves the merged columns to the front. */
  readonly order?: readonly ColumnRef[] | undefined
  /** Second choice: what lies below a select list for ORDER BY and HAVING. */
  readonly next?: Scope | undefined
  /** Of ORDER BY: a column of the list that has no elements gives way to one below it that has. */
  readonly reachesBelow?: boolean | undefined
  /** Another order of choice for the arguments of aggregates: above a GROUP BY they mean its input first. */
  readonly insideAggregates?: Scope | undefined
  /** Names of earlier items of the same select list. */
  readonly lateral?: ((name: string) => Expression | undefined) | undefined
  /** Lambda parameters, before everything else. */
  readonly variables?: ReadonlyMap<string, LambdaVariable> | undefined
  /** The query around a subquery. */
  readonly outer?: Scope | undefined
}

/** A resolved plan with the names that it shows. */
export interface Relation {
  readonly plan: LogicalPlan
  readonly columns: readonly ColumnRef[]
  readonly hidden: readonly ColumnRef[]
  /** Set while ORDER BY, HAVING or WHERE above a select list may still reach below it. */
  readonly select?: OpenSelect | undefined
}

/** A select list that a clause above may extend by columns it does not show. */
export interface OpenSelect {
  /** Are there OVER calls in the list? */
  readonly holdsWindows: boolean
  /** Resolves expressions of a clause above; gives them over the output of the extended plan, and that plan. */
  extend(
    expressions: readonly Expression[],
    clause: 'sort' | 'filter' | 'qualify',
  ): { plan: LogicalPlan; expressions: Expression[] }
  /** HAVING: below the select list, above the aggregate. */
  having(condition: Expression): Relation
}

export function scopeOf(relation: Relation, environment: Environment): Scope {
  const order = relation.hidden.length > 0 ? outputOf(relation.plan) : undefined
  return { columns: relation.columns, hidden: relation.hidden, order, outer: environment.outer }
}

/** A Spark setting that is on unless switched off. */
export function settingOn(key: string, environment: Environment): boolean {
  return environment.context.settings.get(key)?.toLowerCase() !== 'false'
}

/** Compares names as the session does. */
export function sameName(a: string, b: string, settings: Settings): boolean {
  return a === b || (!settings.caseSensitive && a.toLowerCase() === b.toLowerCase())
}

/** A name quoted as Spark's messages have it: `a`.`b`. */
export function quoteName(parts: readonly string[]): string {
  return parts.map((part) => `\`${part.replaceAll('`', '``')}\``).join('.')
}

export function unresolvedColumn(parts: readonly string[], scope: Scope, span: Span | undefined): AnalysisError {
  const name = parts.join('.')
  const inScope = [...scope.columns, ...(scope.next?.columns ?? [])]
  const qualified = parts.length > 1
  const candidates = [
    ...new Set(inScope.map((c) => (qualified && c.qualifier.length > 0 ? `${c.qualifier.at(-1)}.${c.name}` : c.name))),
  ]
  if (candidates.length === 0)
    return new AnalysisError('UNRESOLVED_COLUMN.WITHOUT_SUGGESTION', {
      message: `column "${name}" does not exist`,
      detail: 'No columns are in scope here.',
      span,
      parameters: { objectName: quoteName(parts) },
    })
  const ranked = nearest(name, candidates)
  return new AnalysisError('UNRESOLVED_COLUMN.WITH_SUGGESTION', {
    message: `column "${name}" does not exist`,
    detail: `Columns in scope: ${candidates.slice(0, 20).join(', ')}${candidates.length > 20 ? ', …' : ''}.`,
    hint: ranked.close === undefined ? undefined : `Did you mean "${ranked.close}"?`,
    span,
    parameters: {
      objectName: quoteName(parts),
      proposal: ranked.all
        .slice(0, 5)
        .map((c) => quoteName(c.split('.')))
        .join(', '),
    },
  })
}
