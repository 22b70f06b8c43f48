import type { Expression } from '../expr/expression.ts'
import type { CompileOptions, Projection } from './compile.ts'
import { InterpretedProjection } from './interpreted.ts'

export function generateProjection(expressions: readonly Expression[], options: CompileOptions): Projection {
  return new InterpretedProjection(expressions, options)
}
