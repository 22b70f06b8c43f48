import { AnalysisError } from '../errors/engine-error.ts'
import { type ColumnRef, type Expression, isNullable, type Subquery, typeOf } from '../expr/expression.ts'
import { quotedType } from '../functions/call-errors.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { outerReferences } from '../plan/references.ts'
import { widestType } from '../types/coercion.ts'
import { BOOLEAN, sqlTypeName } from '../types/data-type.ts'
import { checkCorrelation } from './check-correlation.ts'
import { castTo } from './coerce-types.ts'
import { aliasOf, planOf } from './relation.ts'
import { refuseHiding } from './resolve-relations.ts'
import type { Environment, Scope } from './scope.ts'

/**
 * Resolves the query of a scalar, IN or EXISTS subquery. Columns of the query around stay in it as they are: `outerColumns` finds
 * them, and the optimiser's decorrelate-subqueries turns them into join conditions.
 */
export function resolveSubquery(e: Subquery, needles: readonly Expression[], scope: Scope, environment: Environment): Expression {
  refuseHiding(e.query as LogicalPlan, environment)
  const relation = environment.resolve(e.query as LogicalPlan, { ...environment, outer: scope })
  const query = planOf(relation)
  checkCorrelation(query)
  const outer = outerReferences(query)
  const output = outputOf(query)
  switch (e.form) {
    case 'exists':
      return { ...e, needles, query, outer, type: BOOLEAN, nullable: false }
    case 'scalar': {
      if (output.length !== 1)
        throw new AnalysisError('INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN', {
          message: `a subquery used as a value must give one column, not ${output.length}`,
          span: e.span,
          parameters: { number: String(output.length) },
        })
      return { ...e, needles, query, outer, type: output[0]!.type, nullable: true }
    }
    case 'in':
      return inSubquery(e, needles, query, output, environment.context.settings.ansi)
  }
}

function inSubquery(
  e: Subquery,
  needles: readonly Expression[],
  query: LogicalPlan,
  output: readonly ColumnRef[],
  ansi: boolean,
): Expression {
  if (needles.length !== output.length)
    throw new AnalysisError('DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH', {
      message: `IN compares ${needles.length} values with a subquery of ${output.length} columns`,
      span: e.span,
      parameters: { leftLength: String(needles.length), rightLength: String(output.length) },
    })
  const types = needles.map((needle, i) => widestType([typeOf(needle), output[i]!.type], ansi))
  const mismatch = types.indexOf(undefined)
  if (mismatch >= 0)
    throw new AnalysisError('DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH', {
      message: `IN cannot compare ${sqlTypeName(typeOf(needles[mismatch]!))} with ${sqlTypeName(output[mismatch]!.type)}`,
      span: e.span,
      parameters: {
        mismatchedColumns: output[mismatch]!.name,
        leftType: quotedType(typeOf(needles[mismatch]!)),
        rightType: quotedType(output[mismatch]!.type),
      },
    })
  const columns = output.map((c, i) => {
    const cast = castTo(c, types[i]!)
    return cast === c ? c : aliasOf(cast, c.name)
  })
  const typed: LogicalPlan = columns.every((c, i) => c === output[i])
    ? query
    : { kind: 'project', expressions: columns, input: query }
  return {
    ...e,
    needles: needles.map((needle, i) => castTo(needle, types[i]!)),
    query: typed,
    outer: outerReferences(query),
    type: BOOLEAN,
    nullable: needles.some(isNullable) || output.some((c) => c.nullable),
  }
}
