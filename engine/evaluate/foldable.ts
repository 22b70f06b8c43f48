import { EngineError } from '../errors/engine-error.ts'
import type { Expression } from '../expr/expression.ts'
import { childrenOf } from '../expr/walk.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { Value } from '../types/value.ts'

/** Does the expression depend on nothing but itself: no column, no free lambda variable, no clock, no chance? */
export function isFoldable(e: Expression, functions: FunctionRegistry, variables: ReadonlySet<number> = new Set()): boolean {
  switch (e.kind) {
    case 'literal':
      return true
    case 'lambda_variable':
      return variables.has(e.id)
    case 'lambda':
      return isFoldable(e.body, functions, new Set([...variables, ...(e.variables ?? []).map((variable) => variable.id)]))
    case 'alias':
    case 'cast':
    case 'case':
    case 'field':
      break
    case 'call': {
      const record = functions.find(e.name)
      if (record?.kind !== 'scalar' || (record.deterministic ?? true) !== true) return false
      break
    }
    default:
      return false
  }
  return childrenOf(e).every((child) => isFoldable(child, functions, variables))
}

/** The result of evaluating something foldable; undefined when that fails with an error of the user's. */
export function attempt(evaluate: () => Value): Value | undefined {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof EngineError && error.domain === 'user') return undefined
    throw error
  }
}
