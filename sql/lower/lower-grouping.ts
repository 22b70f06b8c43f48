import type { Expression } from '../../engine/expr/expression.ts'
import type { Aggregate } from '../../engine/plan/logical-plan.ts'
import type { ExpressionSyntax, GroupBySyntax, GroupingSyntax } from '../ast.ts'
import { lowerExpression, type Surroundings } from './lower-expression.ts'

/** A way of grouping: the indexes of the expressions it groups by. */
type Sets = readonly (readonly number[])[]

/**
 * GROUP BY → the expressions and, where ROLLUP, CUBE or GROUPING SETS are used, the sets of them. Items beside one another multiply:
 * `a, CUBE(b)` is the sets (a, b), (a).
 */
export function lowerGroupBy(
  groupBy: GroupBySyntax,
  around: Surroundings,
): Pick<Aggregate, 'grouping' | 'groupingSets' | 'groupByAll'> {
  const [only] = groupBy.items
  if (groupBy.items.length === 1 && groupBy.trailing === undefined && only!.kind === 'expression') {
    const { expression } = only!
    if (expression.kind === 'name' && expression.parts.length === 1 && expression.parts[0]!.toUpperCase() === 'ALL') {
      return { grouping: [lowerExpression(expression, around)], groupByAll: true }
    }
  }
  const grouping: Expression[] = []
  const indexes = new Map<string, number>()
  const indexOf = (e: ExpressionSyntax): number => {
    const expression = lowerExpression(e, around)
    const key = structureOf(expression)
    const known = indexes.get(key)
    if (known !== undefined) return known
    indexes.set(key, grouping.length)
    grouping.push(expression)
    return grouping.length - 1
  }
  const setOf = (element: GroupingSyntax): number[] => {
    if (element.kind === 'expression') return [indexOf(element.expression)]
    return element.kind === 'set' ? element.expressions.map(indexOf) : []
  }
  const setsOf = (element: GroupingSyntax): Sets => {
    switch (element.kind) {
      case 'expression':
      case 'set':
        return [setOf(element)]
      case 'rollup':
        return prefixes(element.elements.map(setOf))
      case 'cube':
        return subsets(element.elements.map(setOf))
      case 'sets':
        return element.elements.flatMap(setsOf)
    }
  }
  const { trailing } = groupBy
  if (trailing === undefined && groupBy.items.every((item) => item.kind === 'expression')) {
    // Without sets a repeated expression keeps its place: ordinals and the order of groups follow the text.
    return {
      grouping: groupBy.items.map((item) =>
        lowerExpression((item as GroupingSyntax & { kind: 'expression' }).expression, around),
      ),
    }
  }
  const items = groupBy.items.map(setsOf)
  if (trailing === undefined) return { grouping, groupingSets: items.reduce(product, [[]]) }
  const all = items.map((sets) => sets[0]!)
  const groupingSets =
    trailing.kind === 'sets' ? trailing.sets.flatMap(setsOf) : trailing.kind === 'cube' ? subsets(all) : prefixes(all)
  return { grouping, groupingSets }
}

const merged = (sets: Sets): number[] => [...new Set(sets.flat())]

/** ROLLUP: all of them, all but the last, …, none. */
function prefixes(sets: Sets): Sets {
  return Array.from({ length: sets.length + 1 }, (_, i) => merged(sets.slice(0, sets.length - i)))
}
/** CUBE: every choice of them, the fullest first. */
function subsets(sets: Sets): Sets {
  if (sets.length === 0) return [[]]
  const rest = subsets(sets.slice(1))
  return [...rest.map((set) => merged([sets[0]!, set])), ...rest]
}
function product(left: Sets, right: Sets): Sets {
  return left.flatMap((l) => right.map((r) => merged([l, r])))
}

/** Text that two expressions share when they are written alike, places aside. */
export function structureOf(e: Expression): string {
  return JSON.stringify(e, (key, value: unknown) => {
    if (key === 'span') return undefined
    if (key === 'parts' && Array.isArray(value)) return value.map((part) => `${part}`.toLowerCase())
    return typeof value === 'bigint' ? `${value}n` : value
  })
}
