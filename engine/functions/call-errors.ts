import { AnalysisError } from '../errors/engine-error.ts'
import { widerType } from '../types/coercion.ts'
import { type DataType, sameType, sqlTypeName } from '../types/data-type.ts'
import type { Argument, CallSite } from './function.ts'

/** A type as Spark's messages hold it, inside double quotes. */
export function quotedType(type: DataType): string {
  return `"${sqlTypeName(type)}"`
}
function quoted(text: string): string {
  return `"${text}"`
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
function ordinal(index: number): string {
  return ORDINALS[index] ?? `${index + 1}th`
}

/** `expected` is Spark's text: `2`, `[1, 2]`, `> 0`. */
export function wrongArgumentCount(site: CallSite, expected: string, actual: number): AnalysisError {
  return new AnalysisError('WRONG_NUM_ARGS.WITHOUT_SUGGESTION', {
    message: `function "${site.name}" takes ${expected} arguments, not ${actual}`,
    span: site.span,
    parameters: { functionName: `\`${site.name}\``, expectedNum: expected, actualNum: String(actual) },
  })
}

/** `required` is the list of accepted types as Spark writes it, for example `"STRING" or "BINARY"`. */
export function unexpectedInputType(site: CallSite, index: number, argument: Argument, required: string): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE', {
    message: `the ${ordinal(index)} argument of "${site.name}" must be ${required.replaceAll('"', '')}, not ${sqlTypeName(argument.type)}`,
    detail: `The argument is "${argument.text}".`,
    span: argument.span ?? site.span,
    parameters: {
      sqlExpr: quoted(site.text),
      paramIndex: ordinal(index),
      requiredType: required,
      inputSql: quoted(argument.text),
      inputType: quotedType(argument.type),
    },
  })
}

export function differentOperandTypes(site: CallSite, left: DataType, right: DataType): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES', {
    message: `operator "${site.name}" cannot take ${sqlTypeName(left)} and ${sqlTypeName(right)} together`,
    detail: `The expression is "${site.text}".`,
    hint: 'Cast one side to the type of the other.',
    span: site.span,
    parameters: { sqlExpr: quoted(site.text), left: quotedType(left), right: quotedType(right) },
  })
}
export function wrongOperandType(site: CallSite, required: string, actual: DataType): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE', {
    message: `operator "${site.name}" takes ${required.replaceAll('"', '')}, not ${sqlTypeName(actual)}`,
    detail: `The expression is "${site.text}".`,
    span: site.span,
    parameters: { sqlExpr: quoted(site.text), inputType: required, actualDataType: quotedType(actual) },
  })
}
/** Operands whose common type the operator does not take. Text gives way to the other side first; other types stay different. */
export function unsuitableOperands(site: CallSite, required: string, left: DataType, right: DataType): AnalysisError {
  if (sameType(left, right)) return wrongOperandType(site, required, left)
  const [lone, other] = left.kind === 'string' ? [left, right] : [right, left]
  if (lone.kind !== 'string') return differentOperandTypes(site, left, right)
  if (other.kind === 'void') return wrongOperandType(site, required, lone)
  const common = widerType(left, right)
  return common === undefined ? differentOperandTypes(site, left, right) : wrongOperandType(site, required, common)
}
export function differentArgumentTypes(site: CallSite, types: readonly DataType[]): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.DATA_DIFF_TYPES', {
    message: `the arguments of "${site.name}" must have a common type; they are ${types.map(sqlTypeName).join(', ')}`,
    span: site.span,
    parameters: {
      sqlExpr: quoted(site.text),
      functionName: `\`${site.name}\``,
      dataType: `(${types.map(quotedType).join(' or ')})`,
    },
  })
}
export function notOrderable(site: CallSite, type: DataType): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.INVALID_ORDERING_TYPE', {
    message: `"${site.name}" cannot order values of type ${sqlTypeName(type)}`,
    span: site.span,
    parameters: { sqlExpr: quoted(site.text), functionName: `\`${site.name}\``, dataType: quotedType(type) },
  })
}
export function mustBeConstant(site: CallSite, argument: Argument, name: string, type: string): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.NON_FOLDABLE_INPUT', {
    message: `"${name}" of "${site.name}" must be a constant`,
    detail: `It is "${argument.text}".`,
    span: argument.span ?? site.span,
    parameters: {
      sqlExpr: quoted(site.text),
      inputName: `\`${name}\``,
      inputType: quoted(type),
      inputExpr: quoted(argument.text),
    },
  })
}
/** An argument that a function looks at when it is called: a constant of one type. */
export function mustBeConstantOf(site: CallSite, argument: Argument, name: string, type: DataType): AnalysisError {
  return new AnalysisError('NON_FOLDABLE_ARGUMENT', {
    message: `"${name}" of "${site.name}" must be a constant of type ${sqlTypeName(type)}`,
    detail: `It is "${argument.text}".`,
    span: argument.span ?? site.span,
    parameters: { funcName: `\`${site.name}\``, paramName: `\`${name}\``, paramType: quotedType(type) },
  })
}
export function mustNotBeNull(site: CallSite, name: string): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.UNEXPECTED_NULL', {
    message: `"${name}" of "${site.name}" must not be NULL`,
    span: site.span,
    parameters: { sqlExpr: quoted(site.text), exprName: name },
  })
}
export function outOfRange(site: CallSite, name: string, range: string, current: string): AnalysisError {
  return new AnalysisError('DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE', {
    message: `"${name}" of "${site.name}" must be within ${range}, not ${current}`,
    span: site.span,
    parameters: { sqlExpr: quoted(site.text), exprName: `\`${name}\``, valueRange: range, currentValue: current },
  })
}
/** Any other DATATYPE_MISMATCH of a call: `subcondition` is the part after the dot. */
export function typeMismatch(
  site: CallSite,
  subcondition: string,
  message: string,
  parameters: Readonly<Record<string, string>> = {},
): AnalysisError {
  return new AnalysisError(`DATATYPE_MISMATCH.${subcondition}`, {
    message,
    span: site.span,
    parameters: { sqlExpr: quoted(site.text), ...parameters },
  })
}
