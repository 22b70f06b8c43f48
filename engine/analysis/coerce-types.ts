import { AnalysisError } from '../errors/engine-error.ts'
import { type Expression, isNullable, typeOf } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { quotedType } from '../functions/call-errors.ts'
import { castRefusal } from '../types/coercion.ts'
import { BOOLEAN, type DataType, sameType, sqlTypeName } from '../types/data-type.ts'

/** The expression with a type, by a cast that is not shown in names; the expression itself when it has the type. */
export function castTo(e: Expression, type: DataType): Expression {
  const from = typeOf(e)
  if (sameType(from, type)) return e
  if (e.kind === 'literal' && e.value === null) return { ...e, type, nullable: true }
  return { kind: 'cast', child: e, type, tolerant: false, implicit: true, nullable: isNullable(e), span: e.span }
}

/** A condition must be BOOLEAN or NULL. */
export function asCondition(e: Expression, clause: string): Expression {
  const type = typeOf(e)
  if (type.kind === 'boolean') return e
  if (type.kind === 'void') return castTo(e, BOOLEAN)
  if (clause === 'JOIN')
    throw new AnalysisError('JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE', {
      message: `the condition of a JOIN must be BOOLEAN, not ${sqlTypeName(type)}`,
      span: e.span,
      parameters: { joinCondition: `"${printExpression(e)}"`, conditionType: quotedType(type) },
    })
  throw new AnalysisError('DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN', {
    message: `the condition of ${clause} must be BOOLEAN, not ${sqlTypeName(type)}`,
    detail: `The condition is "${printExpression(e)}".`,
    span: e.span,
    parameters: { sqlExpr: `"${printExpression(e)}"`, filter: `"${printExpression(e)}"`, type: quotedType(type) },
  })
}

/** An argument may be of a type that counts as storable in its parameter's (a TIME as a DATE) and yet have no cast to it. */
export function checkImplicitCast(child: Expression, type: DataType, ansi: boolean): void {
  if (!sameType(typeOf(child), type)) checkCast(child, type, false, ansi, printExpression(child))
}

/** Refuses a cast that Spark has no rule for; `text` is how messages show it. */
export function checkCast(child: Expression, type: DataType, tolerant: boolean, ansi: boolean, text?: string): void {
  const from = typeOf(child)
  const refusal = castRefusal(from, type, ansi || tolerant, tolerant)
  if (refusal === undefined) return
  const instead = refusal.functions?.toLowerCase()
  throw new AnalysisError(`DATATYPE_MISMATCH.${refusal.condition}`, {
    message: `a value of type ${sqlTypeName(from)} cannot be cast to ${sqlTypeName(type)}`,
    hint: instead === undefined ? undefined : `Use the function ${instead}.`,
    span: child.span,
    parameters: {
      sqlExpr: `"${text ?? `${tolerant ? 'TRY_CAST' : 'CAST'}(${printExpression(child)} AS ${sqlTypeName(type)})`}"`,
      srcType: quotedType(from),
      targetType: quotedType(type),
      ...(refusal.functions && { functionNames: `\`${refusal.functions}\`` }),
    },
  })
}
