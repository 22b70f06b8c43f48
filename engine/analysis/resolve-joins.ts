import { AnalysisError } from '../errors/engine-error.ts'
import { type Call, type ColumnRef, call, type Expression } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf } from '../expr/walk.ts'
import { withFreshIds } from '../plan/fresh-ids.ts'
import type { AsOfJoin, Join, JoinType, LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { idsMadeBy } from '../plan/references.ts'
import { expressionsOf, inputsOf } from '../plan/walk.ts'
import { checkCorrelation } from './check-correlation.ts'
import { asCondition } from './coerce-types.ts'
import { generated, generatorOf } from './project.ts'
import { aliasOf, planOf, relationOf } from './relation.ts'
import { resolveCondition, resolveExpression } from './resolve-expressions.ts'
import { typedCall } from './resolve-functions.ts'
import { type Environment, quoteName, type Relation, type Scope, sameName, scopeOf } from './scope.ts'

export function resolveJoin(plan: Join, environment: Environment): Relation {
  const left = environment.resolve(plan.left, environment)
  const lateral = plan.lateral ? lateralGenerator(plan, left, environment) : undefined
  if (lateral !== undefined) return lateral
  const inside: Environment = plan.lateral ? { ...environment, outer: scopeOf(left, environment) } : environment
  const right = distinctFrom(left.plan, environment.resolve(plan.right, inside))
  if (plan.using !== undefined || plan.natural) return joinUsing(plan, left, right, environment)

  const type = plan.type
  const scope: Scope = {
    columns: [...left.columns, ...right.columns],
    hidden: [...left.hidden, ...right.hidden],
    outer: environment.outer,
  }
  const condition = plan.condition && checkedCondition(resolveCondition(plan.condition, 'JOIN', scope, environment))
  if (plan.lateral) checkCorrelation(right.plan)
  if (plan.lateral) refuseVaryingLateral(right.plan, condition, environment)
  const join: Join = { ...withoutUsing(plan), left: left.plan, right: right.plan, ...(condition && { condition }) }
  return shown(join, left, right, type)
}

/** The columns of a join under its nullability; semi and anti joins show the left side only. */
function shown(join: Join, left: Relation, right: Relation, type: JoinType): Relation {
  const byId = new Map(outputOf(join).map((c) => [c.id, c]))
  const look = (columns: readonly ColumnRef[]): ColumnRef[] =>
    columns.map((c) => ({ ...c, nullable: byId.get(c.id)?.nullable ?? c.nullable }))
  if (type === 'left_semi' || type === 'left_anti') return { plan: join, columns: look(left.columns), hidden: look(left.hidden) }
  return {
    plan: join,
    columns: [...look(left.columns), ...look(right.columns)],
    hidden: [...look(left.hidden), ...look(right.hidden)],
  }
}

/** A lateral query may be computed once for several rows of the left side: what differs each time has no place in it. */
function refuseVaryingLateral(right: LogicalPlan, condition: Expression | undefined, { context }: Environment): void {
  const varies = (e: Expression): boolean =>
    anyOf(e, (n) => {
      const record = n.kind === 'call' ? context.functions.find(n.name) : undefined
      return record?.kind === 'scalar' && record.deterministic === false
    })
  const refuse = (condition: string, what: string, e: Expression): AnalysisError =>
    new AnalysisError(`UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.${condition}`, {
      message: `${what} cannot hold "${printExpression(e)}", which differs each time`,
      span: e.span,
      parameters: { joinCondition: printExpression(e), treeNode: printExpression(e) },
    })
  if (condition !== undefined && varies(condition))
    throw refuse('LATERAL_JOIN_CONDITION_NON_DETERMINISTIC', 'the condition of a lateral join', condition)
  const visit = (plan: LogicalPlan): void => {
    const e = expressionsOf(plan).find(varies)
    if (e !== undefined) throw refuse('NON_DETERMINISTIC_LATERAL_SUBQUERIES', 'a lateral query', e)
    inputsOf(plan).forEach(visit)
  }
  visit(right)
}

function withoutUsing(plan: Join): Omit<Join, 'using' | 'natural'> {
  const { using: _using, natural: _natural, ...rest } = plan
  return rest
}

/** One relation on both sides of a join (a DataFrame with itself) gets columns of its own on the right. */
function distinctFrom(left: LogicalPlan, right: Relation): Relation {
  const made = new Set<number>()
  const gather = (plan: LogicalPlan): void => {
    for (const id of idsMadeBy(plan)) made.add(id)
    for (const input of inputsOf(plan)) gather(input)
  }
  gather(left)
  const clashes = (plan: LogicalPlan): boolean => idsMadeBy(plan).some((id) => made.has(id)) || inputsOf(plan).some(clashes)
  return clashes(right.plan) ? relationOf(withFreshIds(planOf(right))) : right
}

/** Aggregates, OVER and generators have no place in a join condition. */
function checkedCondition(e: Expression): Expression {
  const bad = anyOf(e, (n) => n.kind === 'aggregate' || n.kind === 'over')
  if (!bad) return e
  throw new AnalysisError('UNSUPPORTED_EXPR_FOR_OPERATOR', {
    message: `the condition of a JOIN cannot hold an aggregate or OVER: "${printExpression(e)}"`,
    span: e.span,
    parameters: { invalidExprSqls: `"${printExpression(e)}"` },
  })
}

/** USING (a, b) and NATURAL: the common columns once in front, the sides' own reachable by qualified name. */
function joinUsing(plan: Join, left: Relation, right: Relation, environment: Environment): Relation {
  const { settings } = environment.context
  const find = (relation: Relation, name: string): ColumnRef[] => relation.columns.filter((c) => sameName(c.name, name, settings))
  const names =
    plan.using ?? left.columns.map((c) => c.name).filter((name) => right.columns.some((c) => sameName(c.name, name, settings)))
  const pairs = names.map((name) => {
    const pair = [left, right].map((relation, i) => {
      const matches = find(relation, name)
      if (matches.length === 1) return matches[0]!
      if (matches.length > 1)
        throw new AnalysisError('AMBIGUOUS_REFERENCE', {
          message: `USING names "${name}", which is ${matches.length} columns on the ${i === 0 ? 'left' : 'right'} side`,
          span: plan.span,
          parameters: {
            name: `\`${name}\``,
            referenceNames: `[${matches.map((c) => quoteName([...c.qualifier, c.name])).join(', ')}]`,
          },
        })
      throw new AnalysisError('UNRESOLVED_USING_COLUMN_FOR_JOIN', {
        message: `USING names "${name}", which is no column of the ${i === 0 ? 'left' : 'right'} side`,
        detail: `Its columns: ${relation.columns.map((c) => c.name).join(', ')}.`,
        span: plan.span,
        parameters: {
          colName: `\`${name}\``,
          side: i === 0 ? 'left' : 'right',
          suggestion: relation.columns.map((c) => `\`${c.name}\``).join(', '),
        },
      })
    })
    return { left: pair[0]!, right: pair[1]! }
  })
  const equalities = pairs.map((pair) => typedCall(call('=', []), [pair.left, pair.right], environment.context))
  const condition =
    equalities.length === 0 ? undefined : equalities.reduce((a, b) => typedCall(call('and', []), [a, b], environment.context))
  const type: JoinType = plan.type === 'cross' && condition !== undefined ? 'inner' : plan.type
  const join: Join = { ...withoutUsing(plan), type, left: left.plan, right: right.plan, ...(condition && { condition }) }
  const all = shown(join, left, right, type)
  const byId = new Map(all.columns.map((c) => [c.id, c]))
  const rest = (relation: Relation, side: 'left' | 'right'): ColumnRef[] =>
    relation.columns.filter((c) => !pairs.some((pair) => pair[side].id === c.id)).flatMap((c) => byId.get(c.id) ?? [])
  if (type === 'left_semi' || type === 'left_anti') {
    const keys = pairs.map((pair) => byId.get(pair.left.id)!)
    return { plan: join, columns: [...keys, ...rest(left, 'left')], hidden: all.hidden }
  }
  const others = [...rest(left, 'left'), ...rest(right, 'right')]
  if (type !== 'full') {
    const shownSide = type === 'right' ? 'right' : 'left'
    const hiddenSide = type === 'right' ? 'left' : 'right'
    const keys = pairs.map((pair) => byId.get(pair[shownSide].id)!)
    const hiddenKeys = pairs.map((pair) => byId.get(pair[hiddenSide].id)!)
    return { plan: join, columns: [...keys, ...others], hidden: [...all.hidden, ...hiddenKeys] }
  }
  const merged = pairs.map((pair) => {
    const sides = [byId.get(pair.left.id)!, byId.get(pair.right.id)!]
    return aliasOf(typedCall(call('coalesce', []), sides, environment.context), pair.left.name)
  })
  const sides = pairs.flatMap((pair) => [byId.get(pair.left.id)!, byId.get(pair.right.id)!])
  const hidden = [...all.hidden, ...sides]
  const project: LogicalPlan = { kind: 'project', expressions: [...merged, ...outputOf(join)], input: join }
  return { plan: project, columns: [...merged.map(columnOf), ...others], hidden }
}

/** LATERAL explode(t.a): rows of the left side times what the function makes of each. */
function lateralGenerator(plan: Join, left: Relation, environment: Environment): Relation | undefined {
  const { context } = environment
  let right = plan.right
  let qualifier: readonly string[] = []
  let names: readonly string[] = []
  if (right.kind === 'alias' && right.input.kind === 'unresolved_relation') {
    qualifier = [right.name]
    names = right.columns
    right = right.input
  }
  if (right.kind !== 'unresolved_relation' || right.arguments === undefined) return undefined
  if (plan.condition !== undefined || (plan.type !== 'inner' && plan.type !== 'cross' && plan.type !== 'left')) return undefined
  const unresolved: Call = call(right.name.at(-1)!.toLowerCase(), right.arguments, right.span)
  if (context.functions.find(unresolved.name)?.kind !== 'generator') return undefined
  const typed = resolveExpression(unresolved, scopeOf(left, environment), environment)
  if (generatorOf(typed, context) === undefined) return undefined
  const node = generated(typed as Call, names, false, qualifier, left.plan, context)
  return { plan: node, columns: [...left.columns, ...(node.output ?? [])], hidden: left.hidden }
}

export function resolveAsOfJoin(plan: AsOfJoin, environment: Environment): Relation {
  const { context } = environment
  if (!context.settings.flag('spark.sql.join.asofJoin.enabled'))
    throw new AnalysisError('UNSUPPORTED_FEATURE.ASOF_JOIN', {
      message: 'ASOF JOIN is switched off',
      hint: 'SET spark.sql.join.asofJoin.enabled = true',
      span: plan.span,
    })
  const left = environment.resolve(plan.left, environment)
  const right = distinctFrom(left.plan, environment.resolve(plan.right, environment))
  const scope: Scope = {
    columns: [...left.columns, ...right.columns],
    hidden: [...left.hidden, ...right.hidden],
    outer: environment.outer,
  }
  const match = asCondition(resolveExpression(plan.match, scope, environment), 'MATCH_CONDITION')
  const conditions = (plan.using ?? []).map((name) => {
    const sides = [left, right].map((relation) => {
      const found = relation.columns.find((c) => sameName(c.name, name, context.settings))
      if (found !== undefined) return found
      throw new AnalysisError('UNRESOLVED_USING_COLUMN_FOR_JOIN', {
        message: `USING names "${name}", which is not a column of both sides`,
        span: plan.span,
        parameters: { colName: `\`${name}\`` },
      })
    })
    return typedCall(call('=', []), sides, context)
  })
  if (plan.condition) conditions.push(resolveCondition(plan.condition, 'JOIN', scope, environment))
  const condition = conditions.length === 0 ? undefined : conditions.reduce((a, b) => typedCall(call('and', []), [a, b], context))
  const { using: _using, condition: _condition, ...rest } = plan
  const join: AsOfJoin = { ...rest, left: left.plan, right: right.plan, match, ...(condition && { condition }) }
  const byId = new Map(outputOf(join).map((c) => [c.id, c]))
  const rightKeys = new Set(
    (plan.using ?? []).flatMap((name) => right.columns.filter((c) => sameName(c.name, name, context.settings)).map((c) => c.id)),
  )
  const columns = [...left.columns, ...right.columns.filter((c) => !rightKeys.has(c.id))].map((c) => byId.get(c.id)!)
  return { plan: join, columns, hidden: [...left.hidden, ...right.hidden, ...right.columns.filter((c) => rightKeys.has(c.id))] }
}
