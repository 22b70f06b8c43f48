import { AnalysisError } from '../errors/engine-error.ts'
import { type ColumnRef, type Expression, nextColumnId } from '../expr/expression.ts'
import { asNullable } from '../functions/schema-argument.ts'
import type { LogicalPlan, RecursiveReference } from '../plan/logical-plan.ts'
import { namedRelations, subqueriesOf } from '../plan/named-relations.ts'
import { outputOf } from '../plan/output.ts'
import { outerColumns } from '../plan/references.ts'
import { inputsOf } from '../plan/walk.ts'
import { widestType } from '../types/coercion.ts'
import { sameType, sqlTypeName } from '../types/data-type.ts'
import { castTo } from './coerce-types.ts'
import { aliasOf, planOf, relationOf } from './relation.ts'
import type { Definition, Definitions, Environment, Relation } from './scope.ts'

let references = 0

/** Does the definition of a recursive WITH name itself, and not one of the same name inside? */
export function refersToItself(definition: Definition): boolean {
  return mentions(definition.query, definition.name.toLowerCase())
}

function mentions(plan: LogicalPlan, name: string): boolean {
  return namedRelations(plan).some((r) => !r.streamed && r.name.length === 1 && r.name[0]!.toLowerCase() === name)
}

/** `anchor UNION ALL step`, and the definitions of WITHs around the two. */
interface RecursiveQuery {
  readonly anchor: LogicalPlan
  readonly step: LogicalPlan
  readonly visible: Definitions | undefined
}

/**
 * A definition that names itself: its types and names are the anchor's, and the step's columns are cast to them. `define` resolves the
 * definitions of a WITH.
 */
export function resolveRecursion(
  definition: Definition,
  environment: Environment,
  define: (plan: Extract<LogicalPlan, { kind: 'with' }>, environment: Environment) => Definitions | undefined,
): Relation {
  const { name } = definition
  const inside: Environment = { ...environment, definitions: definition.visible }
  const { anchor, step, visible } = partsOf(definition, inside, define)
  const first = planOf(environment.resolve(anchor, { ...inside, definitions: visible }))
  const shown = namedColumns(outputOf(first), definition)
  const reference = ++references
  const self: Definition = { ...definition, recursive: false, reference: { id: reference, columns: shown } }
  const next = planOf(
    environment.resolve(step, {
      ...inside,
      definitions: { entries: new Map([[name.toLowerCase(), self]]), outer: visible },
    }),
  )
  refusePlaces(next, reference, true)
  for (const part of [first, next]) refuseOuterColumns(part, definition)
  const output = shown.map((column) => ({ ...column, id: nextColumnId(), qualifier: [] }))
  return relationOf({
    kind: 'recursion',
    name,
    reference,
    output,
    anchor: first,
    step: typedAs(shown, next, definition),
    maxLevel: definition.maxLevel,
    span: definition.query.span,
  })
}

/** The reference of a step to its own definition. */
export function resolveReference(definition: Definition, span: LogicalPlan['span']): RecursiveReference {
  const { id, columns } = definition.reference!
  const output = columns.map((column) => ({ ...column, id: nextColumnId(), qualifier: [definition.name] }))
  return { kind: 'recursive_reference', name: definition.name, reference: id, output, span }
}

function partsOf(
  definition: Definition,
  environment: Environment,
  define: (plan: Extract<LogicalPlan, { kind: 'with' }>, environment: Environment) => Definitions | undefined,
): RecursiveQuery {
  const { name } = definition
  const key = name.toLowerCase()
  let query = definition.query
  let visible = environment.definitions
  while (query.kind === 'with') {
    if (query.definitions.some((inner) => mentions(inner.query, key))) throw invalid(name, query.span)
    visible = define(query, { ...environment, definitions: visible })
    query = query.input
  }
  if (query.kind === 'distinct' && query.input.kind === 'union') {
    throw new AnalysisError('UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE', {
      message: `the recursive "${name}" is a UNION, which would have to compare each row with all before it`,
      hint: 'Write UNION ALL.',
      span: query.span,
    })
  }
  if (query.kind !== 'union' || query.byName) throw invalid(name, query.span)
  const step = query.inputs.at(-1)!
  const anchors = query.inputs.slice(0, -1)
  if (anchors.some((input) => mentions(input, key))) throw invalid(name, query.span)
  return { anchor: anchors.length === 1 ? anchors[0]! : { ...query, inputs: anchors }, step, visible }
}
function invalid(name: string, span: LogicalPlan['span']): AnalysisError {
  return new AnalysisError('INVALID_RECURSIVE_CTE', {
    message: `the recursive "${name}" is not "anchor UNION ALL step"`,
    detail: 'Only the last query of the union may name the definition, and nothing stands around the union.',
    span,
  })
}

function namedColumns(columns: readonly ColumnRef[], { name, columns: names, query }: Definition): ColumnRef[] {
  if (names.length > 0 && names.length !== columns.length)
    throw new AnalysisError('ASSIGNMENT_ARITY_MISMATCH', {
      message: `"${name}" gives ${names.length} column names to a relation of ${columns.length} columns`,
      span: query.span,
      parameters: { numTarget: String(names.length), numExpr: String(columns.length) },
    })
  // A later round may give NULL where the anchor cannot.
  return columns.map(({ metadata: _, ...column }, i) => ({
    ...column,
    name: names[i] ?? column.name,
    type: asNullable(column.type),
    nullable: true,
  }))
}

function typedAs(wanted: readonly ColumnRef[], step: LogicalPlan, { name }: Definition): LogicalPlan {
  const columns = outputOf(step)
  if (columns.length !== wanted.length)
    throw new AnalysisError('NUM_COLUMNS_MISMATCH', {
      message: `the step of the recursive "${name}" has ${columns.length} columns and its anchor ${wanted.length}`,
      span: step.span,
      parameters: {
        operator: 'UNION',
        firstNumColumns: String(wanted.length),
        invalidOrdinalNum: 'second',
        invalidNumColumns: String(columns.length),
      },
    })
  if (columns.every((c, i) => sameType(c.type, wanted[i]!.type))) return step
  const expressions = columns.map((c, i): Expression => {
    const { type } = wanted[i]!
    if (sameType(c.type, type)) return c
    const widest = widestType([type, c.type])
    if (widest !== undefined && sameType(widest, type)) return aliasOf(castTo(c, type), c.name)
    throw new AnalysisError('CANNOT_MERGE_INCOMPATIBLE_DATA_TYPE', {
      message: `column "${wanted[i]!.name}" of the recursive "${name}" is ${sqlTypeName(type)} in its anchor and ${sqlTypeName(c.type)} in its step`,
      hint: `Cast it in the anchor or the step: the anchor's type holds for all rounds.`,
      span: step.span,
      parameters: { left: `"${sqlTypeName(type)}"`, right: `"${sqlTypeName(c.type)}"` },
    })
  })
  return { kind: 'project', expressions, input: step }
}

/**
 * A reference may stand where each row of the round before is seen by itself: not below an aggregate, a window or a sort, and not on a
 * side of an outer, semi or anti join whose missing rows would count.
 */
function refusePlaces(plan: LogicalPlan, reference: number, allowed: boolean): void {
  if (plan.kind === 'recursive_reference' && plan.reference === reference && !allowed)
    throw new AnalysisError('INVALID_RECURSIVE_REFERENCE.PLACE', {
      message: `the recursive "${plan.name}" must not be read here in its own definition`,
      detail:
        'It cannot stand below an aggregate, a window function or ORDER BY, on the right of a left outer, semi or anti join, on the left of a right outer join, or in a full outer join.',
      span: plan.span,
    })
  for (const query of subqueriesOf(plan)) refusePlaces(query, reference, allowed)
  if (plan.kind === 'join') {
    const full = plan.type === 'full'
    const keepsLeft = plan.type === 'left' || plan.type === 'left_semi' || plan.type === 'left_anti'
    refusePlaces(plan.left, reference, allowed && !full && plan.type !== 'right')
    refusePlaces(plan.right, reference, allowed && !full && !keepsLeft)
    return
  }
  const below =
    allowed && !(plan.kind === 'aggregate' && plan.distinct !== true) && plan.kind !== 'window' && plan.kind !== 'sort'
  for (const input of inputsOf(plan)) refusePlaces(input, reference, below)
}

function refuseOuterColumns(plan: LogicalPlan, { name }: Definition): void {
  const [column] = outerColumns(plan).values()
  if (column === undefined) return
  throw new AnalysisError('UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.ACCESSING_OUTER_QUERY_COLUMN_IS_NOT_ALLOWED', {
    message: `the recursive "${name}" cannot use column "${column.name}" of the query around it`,
    span: plan.span,
  })
}
