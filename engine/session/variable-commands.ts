import { unreachable } from '../errors/assert.ts'
import { AnalysisError, EngineError, ExecutionError } from '../errors/engine-error.ts'
import { alias, type Expression, type Literal, literal, type typeOf } from '../expr/expression.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf, schemaOf } from '../plan/output.ts'
import type { Statement, VariableStatement } from '../plan/statement.ts'
import type { DataType } from '../types/data-type.ts'
import type { Row, Value } from '../types/value.ts'
import { collectRows } from './collect-rows.ts'
import type { Session } from './session.ts'

type Immediate = Extract<VariableStatement, { readonly kind: 'execute_immediate' }>

/** DECLARE, SET VAR and DROP VARIABLE. Their values are queries: they may hold subqueries. */
export async function runVariableStatement(session: Session, statement: Exclude<VariableStatement, Immediate>): Promise<void> {
  const { variables } = session
  switch (statement.kind) {
    case 'declare_variables': {
      const { type: declared, initial } = statement
      const cast: Expression = initial === undefined ? literal(null, declared!) : declared ? castTo(initial, declared) : initial
      for (const name of statement.names) {
        const { plan, row } = await oneRow(session, selecting([cast]))
        const type = declared ?? outputOf(plan)[0]!.type
        variables.declare(name, { type, value: row![0]!, initial }, statement.orReplace)
      }
      return
    }
    case 'set_variables': {
      const { assignments } = statement
      refuseRepeated(assignments.map(({ name }) => name))
      const values = assignments.map(({ name, value }): Expression => {
        const variable = variables.get(name)
        const given = value ?? variable.initial
        return given === undefined ? literal(null, variable.type) : castTo(given, variable.type)
      })
      const { row } = await oneRow(session, selecting(values))
      for (const [i, { name }] of assignments.entries()) variables.assign(name, row![i]!)
      return
    }
    case 'set_variables_to_row':
      return assignRow(session, statement.names, statement.query)
    case 'drop_variable':
      return variables.drop(statement.name, statement.ifExists)
    default:
      return unreachable(statement)
  }
}

/** The same for a script that is only checked: names and types hold, values stay NULL. */
export function checkVariableStatement(session: Session, statement: Exclude<VariableStatement, Immediate>): void {
  const { variables } = session
  switch (statement.kind) {
    case 'declare_variables': {
      const { type: declared, initial, names, orReplace } = statement
      const plan = session.analyze(selecting([initial ?? literal(null, declared!)]))
      const type = declared ?? outputOf(plan)[0]!.type
      for (const name of names) variables.declare(name, { type, value: null, initial }, orReplace)
      return
    }
    case 'set_variables':
      for (const { name, value } of statement.assignments) {
        variables.get(name)
        if (value !== undefined) session.analyze(selecting([value]))
      }
      return
    case 'set_variables_to_row':
      for (const name of statement.names) variables.get(name)
      session.analyze(statement.query)
      return
    case 'drop_variable':
      variables.drop(statement.name, statement.ifExists)
      return
    default:
      unreachable(statement)
  }
}

/** The statement that EXECUTE IMMEDIATE names, its parameters bound. */
export async function immediateStatement(session: Session, { text, using, into, span }: Immediate): Promise<Statement> {
  const { row, plan } = await oneRow(session, selecting([text, ...using.map(({ value }) => value)]))
  const [sql, ...values] = row!
  if ((sql === null || sql === undefined) && schemaOf(plan)[0]!.type.kind !== 'void') {
    throw new AnalysisError('NULL_QUERY_STRING_EXECUTE_IMMEDIATE', { message: 'EXECUTE IMMEDIATE was given NULL', span })
  }
  if (typeof sql !== 'string') {
    throw new AnalysisError('INVALID_EXPR_TYPE_FOR_QUERY_EXECUTE_IMMEDIATE', {
      message: 'EXECUTE IMMEDIATE takes the text of a statement',
      span,
    })
  }
  const types = schemaOf(plan)
  const named = using.filter(({ name }) => name !== undefined).length
  if (named > 0 && named < using.length) {
    throw new AnalysisError('INVALID_QUERY_MIXED_QUERY_PARAMETERS', {
      message: 'USING takes values by position or by name, not both',
      span,
    })
  }
  // A value with a name is also the one at its place.
  const parameters = new Map<string, Literal>(
    values.flatMap((value, i): [string, Literal][] => {
      const given = literal(value, types[i + 1]!.type)
      const { name } = using[i]!
      return name === undefined
        ? [[String(i), given]]
        : [
            [String(i), given],
            [name, given],
          ]
    }),
  )
  const statements = session.parts.frontend.parseScript(sql, session.settings, parameters)
  const [statement] = statements
  if (statements.length > 1) {
    throw new AnalysisError('PARSE_SYNTAX_ERROR', { message: 'EXECUTE IMMEDIATE takes one statement', span })
  }
  if (into.length > 0 && statement!.kind !== 'query') {
    throw new AnalysisError('INVALID_STATEMENT_FOR_EXECUTE_INTO', { message: 'INTO takes the row of a query', span })
  }
  return statement!
}

export function refuseTarget(name: readonly string[], span: Immediate['span']): never {
  throw new AnalysisError('UNRESOLVED_COLUMN.WITHOUT_SUGGESTION', {
    message: `variable "${name.join('.')}" is not declared`,
    hint: 'DECLARE makes one.',
    span,
    parameters: { objectName: name.map((part) => `\`${part}\``).join('.') },
  })
}

/** A text with `:name` wants names on all values: what to say of a parameter without one. */
export function missingName(error: unknown, { using, span }: Immediate): unknown {
  const name = error instanceof EngineError && error.condition === 'UNBOUND_SQL_PARAMETER' ? error.parameters['name'] : undefined
  if (name === undefined || /^\d+$/.test(name) || using.length === 0 || using.some((value) => value.name !== undefined))
    return error
  return new AnalysisError('ALL_PARAMETERS_MUST_BE_NAMED', {
    message: `the text has the parameter ":${name}", and USING gives values without names`,
    hint: 'Write USING value AS name.',
    span,
  })
}

/** The one row of a query into variables; NULLs when it has none. */
export async function assignRow(session: Session, names: readonly (readonly string[])[], query: LogicalPlan): Promise<void> {
  const targets = names.map((name) => session.variables.get(name))
  refuseRepeated(names)
  const plan = session.analyze(query)
  const columns = outputOf(plan)
  if (columns.length !== names.length) {
    throw new AnalysisError('ASSIGNMENT_ARITY_MISMATCH', {
      message: `the query has ${columns.length} columns for ${names.length} variables`,
      parameters: { numTarget: String(names.length), numExpr: String(columns.length) },
    })
  }
  const expressions = columns.map((c, i) => alias(castTo(c, targets[i]!.type), c.name))
  const { row } = await oneRow(session, { kind: 'project', expressions, input: plan })
  for (const [i, name] of names.entries()) session.variables.assign(name, row?.[i] ?? null)
}

/** throws ExecutionError ROW_SUBQUERY_TOO_MANY_ROWS */
async function oneRow(
  session: Session,
  query: LogicalPlan,
): Promise<{ readonly plan: LogicalPlan; readonly row: Row | undefined }> {
  const { plan, rows } = await collectRows(session, query)
  if (rows.length > 1) {
    throw new ExecutionError('ROW_SUBQUERY_TOO_MANY_ROWS', {
      message: `the query gives ${rows.length} rows, and variables hold one`,
    })
  }
  return { plan, row: rows[0] }
}

/** The value of an expression over no rows, with its type. */
export async function valueOfExpression(
  session: Session,
  e: Expression,
): Promise<{ readonly type: DataType; readonly value: Value }> {
  const { plan, row } = await oneRow(session, selecting([e]))
  return { type: outputOf(plan)[0]!.type, value: row![0]! }
}
/** Its type, for a script that is only checked. */
export function typeOfExpression(session: Session, e: Expression): DataType {
  return outputOf(session.analyze(selecting([e])))[0]!.type
}

function selecting(values: readonly Expression[]): LogicalPlan {
  return { kind: 'project', expressions: values.map((value, i) => alias(value, `value${i}`)), input: { kind: 'one_row' } }
}
function castTo(child: Expression, type: ReturnType<typeof typeOf>): Expression {
  return { kind: 'cast', child, type, tolerant: false, implicit: false }
}

function refuseRepeated(names: readonly (readonly string[])[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    const key = name.at(-1)!.toLowerCase()
    if (seen.has(key)) {
      throw new AnalysisError('DUPLICATE_ASSIGNMENTS', {
        message: `variable "${name.join('.')}" is assigned twice`,
        parameters: { nameList: `\`${name.join('.')}\`` },
      })
    }
    seen.add(key)
  }
}
