import { AnalysisError } from '../errors/engine-error.ts'
import { type Expression, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { widestType } from '../types/coercion.ts'
import { sqlTypeName } from '../types/data-type.ts'
import { resolveExpression } from './resolve-expressions.ts'
import type { Environment, Scope } from './scope.ts'

/**
 * Columns that UNPIVOT puts into one must be of types that meet without reading texts. `inline(array(named_struct(name, 'n', value, column, …), …))`
 * is how the frontends write it.
 */
export function checkUnpivot(generator: Expression, scope: Scope, environment: Environment): void {
  const array = generator.kind === 'call' ? generator.args[0] : undefined
  const structs = array?.kind === 'call' ? array.args : []
  const rows = structs.map((struct) =>
    struct.kind === 'call'
      ? struct.args.filter((_, i) => i > 2 && i % 2 === 1).map((e) => resolveExpression(e, scope, environment))
      : [],
  )
  for (const [place] of (rows[0] ?? []).entries()) {
    const values = rows.map((row) => row[place]!)
    const types = values.map(typeOf)
    const texts = types.filter((type) => type.kind === 'string').length
    const mixed = texts > 0 && types.some((type) => type.kind !== 'string' && type.kind !== 'void')
    if (!mixed && widestType(types) !== undefined) continue
    const named = values.map((value) => [`"${sqlTypeName(typeOf(value))}"`, `\`${printExpression(value)}\``] as const)
    const byType = [...new Set(named.map(([type]) => type))].sort()
    throw new AnalysisError('UNPIVOT_VALUE_DATA_TYPE_MISMATCH', {
      message: 'UNPIVOT makes one column of columns whose types do not meet',
      detail: `They are ${values.map((value) => `${printExpression(value)} ${sqlTypeName(typeOf(value))}`).join(', ')}.`,
      hint: 'Cast them to one type in a subquery first.',
      span: values[0]!.span ?? generator.span,
      parameters: {
        types: byType
          .map(
            (type) =>
              `${type} (${named
                .filter(([own]) => own === type)
                .map(([, name]) => name)
                .join(', ')})`,
          )
          .join(', '),
      },
    })
  }
}
