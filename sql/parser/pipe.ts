import type { ExpressionSyntax, PipeOperatorSyntax } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { readExpression, readNamedExpression } from './expression.ts'
import { readGroupBy, readPrimary, readSelect, readSetQuantifier, readTail, setOperator } from './query.ts'
import { readJoin } from './relation.ts'
import { readPivot, readSample, readUnpivot } from './relation-clause.ts'

/**
 * pipe operator: SELECT … | EXTEND expression, … | SET name '=' expression, … | DROP name, … | AS name | WHERE expression | AGGREGATE [expression, …] [GROUP BY …]
 *              | PIVOT … | UNPIVOT … | TABLESAMPLE … | join | (UNION | EXCEPT | MINUS | INTERSECT) [ALL | DISTINCT] primary | ORDER BY …, LIMIT … and so on
 */
export function readPipeOperator(cursor: Cursor): PipeOperatorSyntax {
  const first = cursor.at
  const span = () => cursor.spanFrom(first)
  switch (cursor.token.upper) {
    case 'SELECT': {
      const select = readSelect(cursor, undefined)
      if (select.from || select.where || select.having) {
        throw cursor.refuse('PARSE_SYNTAX_ERROR', 'a SELECT behind a pipe takes its rows from before the pipe', select.span, {
          hint: 'Write |> WHERE and |> AGGREGATE as operators of their own.',
        })
      }
      return { kind: 'select', select, span: span() }
    }
    case 'EXTEND':
      cursor.at++
      return { kind: 'extend', items: cursor.list(() => readNamedExpression(cursor)), span: span() }
    case 'SET': {
      cursor.at++
      const assignments = cursor.list(() => {
        const at = cursor.at
        const name = cursor.qualifiedName()
        if (name.length > 1) {
          throw cursor.refuse(
            '_LEGACY_ERROR_TEMP_0035',
            'SET behind a pipe takes a column, not a field of one',
            cursor.spanFrom(at),
          )
        }
        cursor.expect('=')
        return { name: name[0]!, value: readExpression(cursor) }
      })
      return { kind: 'set', assignments, span: span() }
    }
    case 'DROP':
      cursor.at++
      return { kind: 'drop', names: cursor.list(() => cursor.qualifiedName()), span: span() }
    case 'AS':
      cursor.at++
      return { kind: 'as', name: cursor.strictName(), span: span() }
    case 'WHERE': {
      cursor.at++
      const condition = readExpression(cursor)
      if (cursor.sees('WINDOW') && cursor.peek(2).upper === 'AS') {
        throw cursor.refuse(
          'NOT_ALLOWED_IN_PIPE_OPERATOR_WHERE.WINDOW_CLAUSE',
          'WHERE behind a pipe has no WINDOW clause',
          cursor.token,
          {
            hint: 'Put the WINDOW clause on a |> SELECT before it.',
          },
        )
      }
      return { kind: 'where', condition, span: span() }
    }
    case 'AGGREGATE': {
      cursor.at++
      const aggregates =
        (cursor.sees('GROUP', 'BY') && cursor.peek(2).kind !== 'end') || cursor.seesAny(['|>', ')', ';']) || cursor.done
          ? []
          : cursor.list(() => readNamedExpression(cursor))
      const groupBy = readGroupBy(cursor, true)
      if (aggregates.length === 0 && groupBy === undefined) {
        throw cursor.refuse('_LEGACY_ERROR_TEMP_0035', 'AGGREGATE behind a pipe needs an aggregate or GROUP BY', span())
      }
      refuseInAggregate(cursor, aggregates)
      const [only] = groupBy?.items ?? []
      const ungrouped =
        groupBy?.trailing ||
        groupBy?.items.some((item) => item.kind !== 'expression') ||
        (only?.kind === 'expression' &&
          only.expression.kind === 'name' &&
          only.expression.parts.join('.').toUpperCase() === 'ALL')
      if (ungrouped) throw unsupportedCase(cursor, 'GROUP BY ALL, ROLLUP, CUBE and GROUPING SETS', span())
      return { kind: 'aggregate', aggregates, groupBy, span: span() }
    }
    case 'PIVOT': {
      const pivot = readPivot(cursor)
      if (cursor.sees('UNPIVOT')) throw pivotAndUnpivot(cursor)
      return { kind: 'pivot', pivot, span: span() }
    }
    case 'UNPIVOT': {
      const unpivot = readUnpivot(cursor)
      if (cursor.sees('PIVOT')) throw pivotAndUnpivot(cursor)
      return { kind: 'unpivot', unpivot, span: span() }
    }
    case 'TABLESAMPLE':
      return { kind: 'sample', sample: readSample(cursor)!, span: span() }
    case 'UNION':
    case 'EXCEPT':
    case 'MINUS':
    case 'INTERSECT': {
      const operator = setOperator(cursor.next().upper)
      const all = readSetQuantifier(cursor)
      return { kind: 'set_operation', operator, all, right: readPrimary(cursor), span: span() }
    }
  }
  const join = readJoin(cursor)
  if (join) return { kind: 'join', join, span: span() }
  const tail = readTail(cursor)
  if (cursor.at === first) throw cursor.unexpected()
  if (tail.windows.length > 0) {
    throw cursor.refuse('UNSUPPORTED_FEATURE.CLAUSE_WITH_PIPE_OPERATORS', 'WINDOW is no operator behind a pipe', span(), {
      hint: 'Put the WINDOW clause on a |> SELECT.',
    })
  }
  const clauses = [tail.orderBy, tail.clusterBy, tail.distributeBy, tail.sortBy].some((list) => list.length > 0)
  if (clauses && (tail.limit !== undefined || tail.offset !== undefined)) {
    throw cursor.refuse(
      'MULTIPLE_QUERY_RESULT_CLAUSES_WITH_PIPE_OPERATORS',
      'ORDER BY and LIMIT are operators of their own behind a pipe',
      span(),
      {
        hint: 'Write |> ORDER BY … |> LIMIT ….',
      },
    )
  }
  return { kind: 'tail', tail, span: span() }
}

export function pivotAndUnpivot(cursor: Cursor): Error {
  return cursor.refuse('NOT_ALLOWED_IN_FROM.UNPIVOT_WITH_PIVOT', 'PIVOT and UNPIVOT do not go together', cursor.token, {
    hint: 'Put one of them into a subquery.',
  })
}
function unsupportedCase(cursor: Cursor, what: string, span: { start: number; end: number }): Error {
  return cursor.refuse(
    'UNSUPPORTED_FEATURE.PIPE_OPERATOR_AGGREGATE_UNSUPPORTED_CASE',
    `AGGREGATE behind a pipe does not take ${what}`,
    span,
  )
}
function refuseInAggregate(cursor: Cursor, expressions: readonly ExpressionSyntax[]): void {
  const visit = (e: ExpressionSyntax): void => {
    switch (e.kind) {
      case 'alias':
      case 'cast':
      case 'unary':
        visit(e.operand)
        return
      case 'binary':
        visit(e.left)
        visit(e.right)
        return
      case 'call': {
        const name = e.name.join('.').toLowerCase()
        if (e.over) throw unsupportedCase(cursor, 'window functions', e.span)
        if (name === 'grouping' || name === 'grouping_id') throw unsupportedCase(cursor, `${name}()`, e.span)
        for (const { value } of e.args) if (value.kind !== 'table_argument') visit(value)
      }
    }
  }
  expressions.forEach(visit)
}
