import type { Span } from '../../engine/errors/span.ts'
import type { Expression } from '../../engine/expr/expression.ts'
import type { InsertInto, Statement } from '../../engine/plan/statement.ts'
import type { CommandSyntax, ExpressionSyntax } from '../ast.ts'
import { lowerExpression } from './lower-expression.ts'
import { lowerQuery } from './lower-query.ts'
import { lowerRelationName } from './lower-relation.ts'

/** `lowerInsert` comes from lower-statement.ts, which imports this. */
export function lowerCommand(
  command: CommandSyntax,
  span: Span,
  lowerInsert: (insert: (CommandSyntax & { kind: 'insert_many' })['inserts'][number]) => InsertInto,
): Statement {
  const name = 'name' in command && command.name !== undefined ? lowerRelationName(command.name) : []
  switch (command.kind) {
    case 'create_schema':
    case 'drop_schema':
    case 'use_schema':
    case 'truncate':
    case 'rename':
    case 'add_columns':
    case 'drop_variable':
      return { ...command, name, span }
    case 'maintain':
      return { kind: 'maintain', name: command.name === undefined ? undefined : name, span }
    case 'show':
      return {
        ...command,
        name: command.name && lowerRelationName(command.name),
        schema: command.schema && lowerRelationName(command.schema),
        span,
      }
    case 'alter_view':
      return { kind: 'alter_view', name, query: lowerQuery(command.query), span }
    case 'insert_many':
      return { kind: 'insert_many', inserts: command.inserts.map(lowerInsert), span }
    case 'declare_variables':
      return {
        kind: 'declare_variables',
        names: command.names.map(lowerRelationName),
        type: command.type,
        initial: command.initial && lowerExpression(command.initial),
        orReplace: command.orReplace,
        span,
      }
    case 'set_variables':
      return {
        kind: 'set_variables',
        assignments: command.assignments.map((assignment) => ({
          name: lowerRelationName(assignment.name),
          value: assignment.value && lowerExpression(assignment.value),
        })),
        span,
      }
    case 'set_variables_to_row':
      return {
        kind: 'set_variables_to_row',
        names: command.names.map(lowerRelationName),
        query: lowerQuery(command.query),
        span,
      }
    case 'execute_immediate':
      return {
        kind: 'execute_immediate',
        text: lowerExpression(command.text),
        into: command.into.map(lowerRelationName),
        using: command.using.map(argumentOf),
        span,
      }
  }
}

/** `value AS name`: the alias is the parameter's name. */
function argumentOf(e: ExpressionSyntax): { readonly value: Expression; readonly name: string | undefined } {
  if (e.kind !== 'alias') return { value: lowerExpression(e), name: undefined }
  return { value: lowerExpression(e.operand), name: e.names[0] }
}
