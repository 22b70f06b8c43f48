import type { Expression } from '../expr/expression.ts'
import type { CompileOptions, Predicate } from './compile.ts'
import { InterpretedPredicate } from './interpreted.ts'

export function generatePredicate(condition: Expression, options: CompileOptions): Predicate {
  return new InterpretedPredicate(condition, options)
}
