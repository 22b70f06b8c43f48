import { AnalysisError } from '../errors/engine-error.ts'
import {
  type Alias,
  type Call,
  type ColumnRef,
  type Expression,
  nextColumnId,
  typeOf,
  type WindowCall,
} from '../expr/expression.ts'
import { meaningOf } from '../expr/meaning.ts'
import { printExpression } from '../expr/print.ts'
import { anyOf, childrenOf, transformUp } from '../expr/walk.ts'
import type { Argument, GeneratorFunction } from '../functions/function.ts'
import type { Generate, LogicalPlan } from '../plan/logical-plan.ts'
import { columnOf, outputOf } from '../plan/output.ts'
import { columnsIn } from '../plan/references.ts'
import { aliasOf } from './relation.ts'
import { constantOf } from './resolve-functions.ts'
import type { AnalysisContext } from './scope.ts'

/** A named output of a select list. */
export type Item = ColumnRef | (Alias & { readonly id: number })

/**
 * A projection of typed items, with what must stand below it: earlier items that later ones name (one projection a layer),
 * generators (Generate) and OVER (Window).
 */
export function projected(items: readonly Item[], input: LogicalPlan, context: AnalysisContext): LogicalPlan {
  let plan = input
  let current = items
  for (;;) {
    const made = new Map<number, number>()
    for (const item of current) {
      if (item.kind !== 'alias') continue
      made.set(item.id, item.id)
      for (const column of columnsOfCall.get(item.child) ?? []) made.set(column.id, item.id)
    }
    const named = new Set<number>()
    const name = (id: number): void => void (made.has(id) && named.add(made.get(id)!))
    for (const item of current)
      if (item.kind === 'column') name(item.id)
      else for (const id of columnsIn(item.child).keys()) name(id)
    if (named.size === 0) return oneLayer(current, plan, context)
    const ready = current.filter(
      (item) => item.kind === 'alias' && named.has(item.id) && ![...columnsIn(item.child).keys()].some((id) => made.has(id)),
    )
    plan = oneLayer([...outputOf(plan), ...ready], plan, context)
    current = current.flatMap((item): readonly Item[] => {
      if (item.kind === 'column' || !ready.includes(item)) return [item]
      return columnsOfCall.get(item.child) ?? [columnOf(item)]
    })
  }
}

function oneLayer(items: readonly Item[], input: LogicalPlan, context: AnalysisContext): LogicalPlan {
  const generated = withGenerators(items, input, context)
  const windowed = withWindows(generated.items, generated.plan)
  const output = outputOf(windowed.plan)
  const unchanged =
    windowed.items.length === output.length &&
    windowed.items.every((item, i) => item.kind === 'column' && item.id === output[i]!.id && item.name === output[i]!.name)
  return unchanged ? windowed.plan : { kind: 'project', expressions: windowed.items, input: windowed.plan }
}

/** OVER calls become columns of Window nodes, one node a specification, in the order of the select list. */
function withWindows(items: readonly Item[], input: LogicalPlan): { items: Item[]; plan: LogicalPlan } {
  if (!items.some((item) => anyOf(item, (n) => n.kind === 'over'))) return { items: [...items], plan: input }
  const specifications = new Map<string, { first: WindowCall; calls: Map<string, Alias & { readonly id: number }> }>()
  const take = (e: Expression): Expression => {
    if (e.kind !== 'over') return e
    const specification = `${e.partitionBy.map(meaningOf).join(',')};${e.orderBy.map(meaningOf).join(',')}`
    let group = specifications.get(specification)
    if (group === undefined) specifications.set(specification, (group = { first: e, calls: new Map() }))
    const meaning = meaningOf(e)
    let alias = group.calls.get(meaning)
    if (alias === undefined) group.calls.set(meaning, (alias = aliasOf(e, printExpression(e))))
    return columnOf(alias)
  }
  const taken = items.map((item) => transformUp(item, take) as Item)
  let plan = input
  for (const { first, calls } of specifications.values())
    plan = { kind: 'window', calls: [...calls.values()], partitionBy: first.partitionBy, orderBy: first.orderBy, input: plan }
  return { items: taken, plan }
}

export function generatorOf(e: Expression, context: AnalysisContext): GeneratorFunction | undefined {
  if (e.kind !== 'call') return undefined
  const record = context.functions.find(e.name)
  return record?.kind === 'generator' ? record : undefined
}

/** explode(…) and the like as items of the select list: rows times what each makes, one after the other. */
function withGenerators(
  items: readonly Item[],
  input: LogicalPlan,
  context: AnalysisContext,
): { items: readonly Item[]; plan: LogicalPlan } {
  let plan = input
  const replaced = items.flatMap((item): Item[] => {
    if (item.kind !== 'alias' || generatorOf(item.child, context) === undefined) return [item]
    const node = generated(item.child as Call, item.names ?? [], false, [], plan, context)
    const output = generatedColumns(item.child, item.names ?? [], context)!
    plan = { ...node, output }
    return [...output]
  })
  return { items: replaced, plan }
}

const columnsOfCall = new WeakMap<Expression, readonly ColumnRef[]>()

/** The columns that an item makes which makes rows, the same ones whenever it is asked: other items of the list may name them. */
export function generatedColumns(
  e: Expression,
  names: readonly string[],
  context: AnalysisContext,
): readonly ColumnRef[] | undefined {
  if (generatorOf(e, context) === undefined) return undefined
  let columns = columnsOfCall.get(e)
  if (columns === undefined) {
    columns = generated(e as Call, names, false, [], { kind: 'one_row' }, context).output ?? []
    columnsOfCall.set(e, columns)
  }
  return columns
}

/** Is there a call that makes rows in an expression as written? */
export function holdsGenerator(e: Expression, context: AnalysisContext): boolean {
  return anyOf(e, (n) => generatorOf(n, context) !== undefined)
}

/** Generators are whole items of a select list. */
export function refuseNestedGenerator(item: Expression, context: AnalysisContext): void {
  const e = item.kind === 'alias' ? item.child : item
  const nested = generatorOf(e, context) === undefined ? [e] : childrenOf(e)
  const found = nested.find((part) => holdsGenerator(part, context))
  if (found === undefined) return
  throw new AnalysisError('UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS', {
    message: `a function that makes rows must be a whole item of the select list: "${printExpression(e)}"`,
    hint: 'Explode in a subquery or with LATERAL VIEW first.',
    span: e.span,
    parameters: { expression: `"${printExpression(e)}"` },
  })
}

/** Clauses other than the select list take none. */
export function refuseGenerator(e: Expression, clause: string, context: AnalysisContext): void {
  if (!holdsGenerator(e, context)) return
  throw new AnalysisError('UNSUPPORTED_GENERATOR.OUTSIDE_SELECT', {
    message: `${clause} cannot hold a function that makes rows: "${printExpression(e)}"`,
    hint: 'Explode in a subquery or with LATERAL VIEW first.',
    span: e.span,
    parameters: { plan: clause },
  })
}

/** A Generate node over a typed generator call. `names`: column names given by the user, or none. */
export function generated(
  call: Call,
  names: readonly string[],
  outer: boolean,
  qualifier: readonly string[],
  input: LogicalPlan,
  context: AnalysisContext,
): Generate {
  const record = generatorOf(call, context)!
  const args = call.args.map(
    (arg): Argument => ({
      type: typeOf(arg),
      nullable: arg.nullable ?? true,
      constant: constantOf(arg, context),
      span: arg.span,
      text: printExpression(arg),
    }),
  )
  const site = { name: call.name, text: printExpression(call), span: call.span, settings: context.settings }
  const { columns } = record.resolve(args, site)
  if (names.length > 0 && names.length !== columns.length)
    throw new AnalysisError('UDTF_ALIAS_NUMBER_MISMATCH', {
      message: `"${call.name}" makes ${columns.length} columns, and ${names.length} names are given`,
      span: call.span,
      parameters: { aliasesSize: String(columns.length), aliasesNames: names.join(',') },
    })
  const keepsEmpty = outer || record.outer
  return {
    kind: 'generate',
    generator: call,
    outer: keepsEmpty,
    qualifier,
    columnNames: names.length > 0 ? names : columns.map((c) => c.name),
    output: columns.map((c, i) => ({
      kind: 'column',
      id: nextColumnId(),
      name: names[i] ?? c.name,
      type: c.type,
      nullable: c.nullable || keepsEmpty,
      qualifier,
    })),
    input,
    span: call.span,
  }
}
