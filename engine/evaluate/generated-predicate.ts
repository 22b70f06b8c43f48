import type { Expression } from '../expr/expression.ts'
import { generateSelect } from './codegen.ts'
import { pathsOf } from './column-path.ts'
import type { CompileOptions, Predicate } from './compile.ts'
import { isRepeatable } from './generated-projection.ts'
import { interpret } from './interpret.ts'
import { InterpretedPredicate } from './interpreted.ts'
import { ordinalsOf, RowReader } from './row-reader.ts'
import { Variants } from './variants.ts'

export function generatePredicate(condition: Expression, options: CompileOptions): Predicate {
  if (!isRepeatable(condition, options.functions)) return new InterpretedPredicate(condition, options)
  const paths = pathsOf(condition)
  const variants = new Variants(paths, (variant) => generateSelect(condition, options, paths, variant).loop)
  const evaluate = interpret(condition, options.functions, options.context)
  const reader = new RowReader(ordinalsOf(condition))
  return {
    select(batch, selection, arena) {
      const count = selection?.count ?? batch.rowCount
      // One place more: the loop writes a row's number before it knows whether the row stays.
      const kept = arena.int32(count + 1)
      const { loop, columns } = variants.choose(batch, selection !== null, arena)
      const slow = (row: number): boolean => evaluate(reader.read(batch, row)) === true
      const keptCount = loop(columns, batch, selection?.rows ?? null, count, kept, slow, arena)
      return keptCount === count ? selection : { rows: kept, count: keptCount }
    },
  }
}
