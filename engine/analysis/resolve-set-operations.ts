import { AnalysisError } from '../errors/engine-error.ts'
import { type ColumnRef, type Expression, literal, nextColumnId } from '../expr/expression.ts'
import { quotedType } from '../functions/call-errors.ts'
import type { LogicalPlan, SetOperation, Union } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import { widestType } from '../types/coercion.ts'
import { type DataType, sameType, sqlTypeName } from '../types/data-type.ts'
import { castTo } from './coerce-types.ts'
import { aliasOf, planOf, relationOf } from './relation.ts'
import { type Environment, type Relation, sameName } from './scope.ts'

export function resolveUnion(plan: Union, environment: Environment): Relation {
  const resolved = plan.inputs.map((input) => planOf(environment.resolve(input, environment)))
  const inputs = widened(
    plan.byName ? aligned(resolved, plan, environment) : resolved,
    'UNION',
    plan.span,
    environment.context.settings.ansi,
  )
  const outputs = inputs.map(outputOf)
  // The event time is that of the first branch: its marks stay, those of the others mean nothing above.
  // A column that every branch shows twice, at the same two places, is one column, and its name is not ambiguous.
  const ids = new Map<string, number>()
  const idAt = (place: number): number => {
    const columns = outputs.map((output) => output[place]!.id).join(' ')
    if (!ids.has(columns)) ids.set(columns, nextColumnId())
    return ids.get(columns)!
  }
  const output = outputs[0]!.map(
    (c, i): ColumnRef => ({
      ...c,
      id: idAt(i),
      nullable: outputs.some((columns) => columns[i]!.nullable),
    }),
  )
  return relationOf({ ...plan, byName: false, inputs, output })
}

export function resolveSetOperation(plan: SetOperation, environment: Environment): Relation {
  const sides = [plan.left, plan.right].map((side) => planOf(environment.resolve(side, environment)))
  const [left, right] = widened(sides, plan.operator.toUpperCase(), plan.span, environment.context.settings.ansi)
  refuseMaps(outputOf(left!), plan.operator.toUpperCase(), plan.span)
  return relationOf({ ...plan, left: left!, right: right! })
}

/** Whole rows cannot be compared where a column is a map. */
export function refuseMaps(columns: readonly ColumnRef[], operator: string, span: LogicalPlan['span']): void {
  const column = columns.find((c) => c.type.kind === 'map')
  if (column === undefined) return
  throw new AnalysisError('UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE', {
    message: `${operator} cannot compare maps; column "${column.name}" is one`,
    span,
    parameters: { colName: `\`${column.name}\``, dataType: quotedType(column.type) },
  })
}

/** The inputs under common column types; casts go into a projection where they are needed. */
function widened(inputs: readonly LogicalPlan[], operator: string, span: LogicalPlan['span'], ansi: boolean): LogicalPlan[] {
  const outputs = inputs.map(outputOf)
  const width = outputs[0]!.length
  const other = outputs.findIndex((columns) => columns.length !== width)
  if (other >= 0)
    throw new AnalysisError('NUM_COLUMNS_MISMATCH', {
      message: `${operator} needs inputs of equally many columns: the first has ${width}, input ${other + 1} has ${outputs[other]!.length}`,
      span: inputs[other]!.span ?? span,
      parameters: {
        operator,
        firstNumColumns: String(width),
        invalidOrdinalNum: ordinal(other),
        invalidNumColumns: String(outputs[other]!.length),
      },
    })
  const types = outputs[0]!.map((column, i): DataType => {
    const type = widestType(
      outputs.map((columns) => columns[i]!.type),
      ansi,
    )
    if (type !== undefined) return type
    const at = outputs.findIndex((columns) => widestType([column.type, columns[i]!.type], ansi) === undefined)
    const found = outputs[Math.max(at, 1)]![i]!
    throw new AnalysisError('INCOMPATIBLE_COLUMN_TYPE', {
      message: `${operator} cannot bring column ${i + 1} to one type: ${sqlTypeName(column.type)} and ${sqlTypeName(found.type)}`,
      span: inputs[Math.max(at, 1)]!.span ?? span,
      parameters: {
        operator,
        columnOrdinalNumber: ordinal(i),
        tableOrdinalNumber: ordinal(Math.max(at, 1)),
        dataType1: quotedType(found.type),
        dataType2: quotedType(column.type),
        hint: '',
      },
    })
  })
  return inputs.map((input, at) => {
    const columns = outputs[at]!
    if (columns.every((c, i) => sameType(c.type, types[i]!))) return input
    const expressions = columns.map((c, i) => (sameType(c.type, types[i]!) ? c : aliasOf(castTo(c, types[i]!), c.name)))
    return { kind: 'project', expressions, input }
  })
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
function ordinal(index: number): string {
  return ORDINALS[index] ?? `${index + 1}th`
}

/** UNION BY NAME: every input in the order of the first; with allowMissing what an input lacks is NULL. */
function aligned(inputs: readonly LogicalPlan[], plan: Union, environment: Environment): LogicalPlan[] {
  const { settings } = environment.context
  const outputs = inputs.map(outputOf)
  for (const columns of outputs) {
    const twice = columns.find((c, i) => columns.findIndex((o) => sameName(o.name, c.name, settings)) !== i)
    if (twice !== undefined)
      throw new AnalysisError('COLUMN_ALREADY_EXISTS', {
        message: `a union by name cannot tell the columns "${twice.name}" of one input apart`,
        span: plan.span,
        parameters: { columnName: `\`${twice.name}\`` },
      })
  }
  const names = [...outputs[0]!]
  if (plan.allowMissing)
    for (const columns of outputs.slice(1))
      for (const c of columns) if (!names.some((n) => sameName(n.name, c.name, settings))) names.push(c)
  return inputs.map((input, at) => {
    const columns = outputs[at]!
    const expressions = names.map((wanted): Expression => {
      const found = columns.find((c) => sameName(c.name, wanted.name, settings))
      if (found !== undefined) return found
      if (plan.allowMissing) return aliasOf(literal(null, wanted.type), wanted.name)
      throw new AnalysisError('UNRESOLVED_COLUMN_AMONG_FIELD_NAMES', {
        message: `column "${wanted.name}" of the first input is missing in input ${at + 1} of the union by name`,
        detail: `Its columns: ${columns.map((c) => c.name).join(', ')}.`,
        hint: 'Allow missing columns, or add it.',
        span: plan.span,
        parameters: { colName: wanted.name, fieldNames: columns.map((c) => c.name).join(', ') },
      })
    })
    const extra = columns.length > expressions.length
    if (extra && !plan.allowMissing)
      throw new AnalysisError('NUM_COLUMNS_MISMATCH', {
        message: `input ${at + 1} of the union has ${columns.length} columns, the first has ${names.length}`,
        span: plan.span,
        parameters: {
          operator: 'UNION',
          firstNumColumns: String(names.length),
          invalidOrdinalNum: ordinal(at),
          invalidNumColumns: String(columns.length),
        },
      })
    const same = expressions.every((e, i) => e === columns[i]) && expressions.length === columns.length
    return same ? input : { kind: 'project', expressions, input }
  })
}
