import { unreachable } from '../errors/assert.ts'
import type { Expression, SortOrder } from './expression.ts'

/** Direct children, in evaluation order. Queries inside subqueries are not entered. */
export function childrenOf(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case 'literal':
    case 'name':
    case 'star':
    case 'column':
    case 'bound':
    case 'lambda_variable':
    case 'parameter':
      return []
    case 'alias':
    case 'cast':
    case 'field':
    case 'order':
      return [e.child]
    case 'call':
    case 'aggregate':
      return [...e.args, ...(e.filter ? [e.filter] : []), ...(e.withinGroup ?? [])]
    case 'over':
      return [e.call, ...e.partitionBy, ...e.orderBy]
    case 'case':
      return [...e.branches.flatMap((b) => [b.when, b.then]), ...(e.otherwise ? [e.otherwise] : [])]
    case 'lambda':
      return [e.body]
    case 'subquery':
      return e.needles
    default:
      return unreachable(e)
  }
}

/** The same node over mapped children; the node itself when no child changed. */
export function mapChildren(e: Expression, f: (child: Expression) => Expression): Expression {
  let changed = false
  const map = <T extends Expression>(child: T): T => {
    const mapped = f(child)
    if (mapped !== child) changed = true
    return mapped as T
  }
  const next = mapped(e, map)
  return changed ? next : e
}

function mapped(e: Expression, map: <T extends Expression>(child: T) => T): Expression {
  switch (e.kind) {
    case 'literal':
    case 'name':
    case 'star':
    case 'column':
    case 'bound':
    case 'lambda_variable':
    case 'parameter':
      return e
    case 'alias':
    case 'cast':
    case 'field':
    case 'order':
      return { ...e, child: map(e.child) }
    case 'call':
    case 'aggregate':
      return {
        ...e,
        args: e.args.map(map),
        ...(e.filter && { filter: map(e.filter) }),
        ...(e.withinGroup && { withinGroup: e.withinGroup.map((o) => map<SortOrder>(o)) }),
      }
    case 'over':
      return { ...e, call: map(e.call), partitionBy: e.partitionBy.map(map), orderBy: e.orderBy.map((o) => map<SortOrder>(o)) }
    case 'case':
      return {
        ...e,
        branches: e.branches.map((b) => ({ when: map(b.when), then: map(b.then) })),
        ...(e.otherwise && { otherwise: map(e.otherwise) }),
      }
    case 'lambda':
      return { ...e, body: map(e.body) }
    case 'subquery':
      return { ...e, needles: e.needles.map(map) }
    default:
      return unreachable(e)
  }
}

/** Rewrites from the leaves up. */
export function transformUp(e: Expression, f: (e: Expression) => Expression): Expression {
  return f(mapChildren(e, (child) => transformUp(child, f)))
}

/** Rewrites from the root down; `f` gives undefined to go on into the children. */
export function transformDown(e: Expression, f: (e: Expression) => Expression | undefined): Expression {
  return f(e) ?? mapChildren(e, (child) => transformDown(child, f))
}

export function anyOf(e: Expression, test: (e: Expression) => boolean): boolean {
  return test(e) || childrenOf(e).some((child) => anyOf(child, test))
}

export function collect<T extends Expression>(e: Expression, test: (e: Expression) => e is T, into: T[] = []): T[] {
  if (test(e)) into.push(e)
  for (const child of childrenOf(e)) collect(child, test, into)
  return into
}
