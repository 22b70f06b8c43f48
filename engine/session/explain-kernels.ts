import { type Call, type Expression, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { childrenOf } from '../expr/walk.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { expressionsOf, inputsOf } from '../plan/walk.ts'
import type { Settings } from '../types/settings.ts'

/**
 * The calls of a plan that are computed over whole columns, once a batch however often they are read, a line each with the fields that are read of a
 * struct: `from_json(value): id, page`.
 */
export function explainKernels(plan: LogicalPlan, functions: FunctionRegistry, settings: Settings): string[] {
  if (!settings.flag('millrace.codegen.enabled')) return []
  const calls = new Map<string, Set<string> | undefined>()
  const visit = (node: LogicalPlan): void => {
    for (const e of expressionsOf(node)) find(e, undefined, functions, calls)
    for (const input of inputsOf(node)) visit(input)
  }
  visit(plan)
  return [...calls].map(([text, fields]) => (fields === undefined ? text : `${text}: ${[...fields].join(', ')}`))
}

function find(
  e: Expression,
  field: string | undefined,
  functions: FunctionRegistry,
  calls: Map<string, Set<string> | undefined>,
): void {
  if (e.kind === 'field' && typeOf(e.child).kind === 'struct') {
    find(e.child, e.name, functions, calls)
    return
  }
  if (hasKernel(e, functions)) {
    const text = printExpression(e)
    const known = calls.get(text)
    if (!calls.has(text)) calls.set(text, field === undefined ? undefined : new Set([field]))
    else if (field === undefined) calls.set(text, undefined)
    else known?.add(field)
  }
  for (const child of childrenOf(e)) find(child, undefined, functions, calls)
}

function hasKernel(e: Expression, functions: FunctionRegistry): e is Call {
  if (e.kind !== 'call') return false
  const record = functions.find(e.name)
  return (record?.kind === 'scalar' || record?.kind === 'generator') && record.bindColumns !== undefined
}
