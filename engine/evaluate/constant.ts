import type { Expression } from '../expr/expression.ts'
import type { EvaluationContext } from '../functions/function.ts'
import type { FunctionRegistry } from '../functions/registry.ts'
import type { Value } from '../types/value.ts'
import { attempt, isFoldable } from './foldable.ts'
import { interpret } from './interpret.ts'

/**
 * The value of an expression that depends on nothing; undefined when it does, and when evaluating it fails with an error of the
 * user's: such an expression fails only where a row reaches it.
 */
export function constantValue(e: Expression, functions: FunctionRegistry, context: EvaluationContext): Value | undefined {
  if (e.kind === 'literal') return e.value
  if (e.kind === 'lambda' || !isFoldable(e, functions)) return undefined
  return attempt(() => interpret(e, functions, context)([]))
}
