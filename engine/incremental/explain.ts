import type { ColumnRef, Expression, SortOrder } from '../expr/expression.ts'
import { printExpression } from '../expr/print.ts'
import { transformUp } from '../expr/walk.ts'
import type { Schema } from '../types/data-type.ts'
import type {
  AggregateDefinition,
  IncrementalNode,
  IncrementalPlan,
  JoinKey,
  StateDefinition,
  WindowDefinition,
} from './incremental-plan.ts'
import { inputsOfNode } from './incremental-plan.ts'

/**
 * The incremental plan as text, one operator a line, inputs indented below it:
 *
 *     aggregate [aggregate-0] by window, page: count(1) -> emits groups when the watermark has passed them
 *       watermark at, 10 seconds
 *         scan clicks (json, streaming): at, page
 */
export function explainIncremental(plan: IncrementalPlan): string {
  const lines: string[] = []
  const visit = (node: IncrementalNode, depth: number): void => {
    lines.push(`${'  '.repeat(depth)}${describe(node)}`)
    for (const input of inputsOfNode(node)) visit(input, depth + 1)
  }
  visit(plan.root, 0)
  return lines.join('\n')
}

function describe(node: IncrementalNode): string {
  switch (node.kind) {
    case 'scan': {
      const { relation } = node
      const filters = node.filters.length === 0 ? '' : ` where ${list(node.filters, node.output, ' and ')}`
      return `scan ${relation.name} (${relation.provider}, ${relation.streaming ? 'streaming' : 'table'}): ${names(node.output)}${filters}`
    }
    case 'rows':
      return `rows ${node.rows.length}: ${names(node.output)}`
    case 'range':
      return `range ${node.start} to ${node.end} by ${node.step}`
    case 'filter':
      return `filter ${print(node.condition, node.input.output)}`
    case 'project':
      return `project ${list(node.expressions, node.input.output)}`
    case 'expand':
      return `expand ${node.projections.map((p) => `(${list(p, node.input.output)})`).join(', ')}`
    case 'generate':
      return `generate${node.outer ? ' outer' : ''} ${print(node.generator, node.input.output)}`
    case 'union':
      return 'union'
    case 'watermark':
      return `watermark ${node.input.output[node.eventTime.ordinal]!.name}, ${node.delayMs} ms`
    case 'time_window': {
      return `time_window ${print(node.window.time, node.input.output)}, ${windowText(node.window)}`
    }
    case 'session_window':
      return `session_window ${print(node.time, node.input.output)}, gap ${print(node.gap, node.input.output)}`
    case 'aggregate': {
      const window = node.window ? `, window ${windowText(node.window)}` : ''
      return `aggregate${id(node.state)}${by(node.groupingOutput)}${window}: ${aggregates(node.aggregates, node.input.output)} -> ${EMISSIONS[node.emission]}`
    }
    case 'session_aggregate':
      return `session_aggregate${id(node.state)}${by(node.groupingOutput)}, gap ${print(node.gap, node.input.output)}: ${aggregates(node.aggregates, node.input.output)} -> ${EMISSIONS[node.emission]}`
    case 'deduplicate':
      return `deduplicate${id(node.state)} by ${node.keys.map((k) => node.output[k]!.name).join(', ')} (${node.form})`
    case 'static_join':
      return `static_join ${node.type}, build ${node.build}${keys(node.keys, node.left.output, node.right.output)}${residual(node)}`
    case 'stream_join':
      return `stream_join${id(node.state)} ${node.type}${keys(node.keys, node.left.output, node.right.output)}${residual(node)}`
    case 'as_of_join': {
      const { match } = node
      return `as_of_join ${node.type} ${print(match.left, node.left.output)} ${match.operator} ${print(match.right, node.right.output)}${keys(node.keys, node.left.output, node.right.output)}`
    }
    case 'set_operation':
      return `${node.operator} all`
    case 'recursion':
      return `recursion ${node.name}: ${names(node.output)}, each round over the last\n${explainIncremental(node.step).replace(/^/gm, '    | ')}`
    case 'window_functions':
      return `window_functions ${list(node.calls, node.input.output)}`
    case 'sort':
      return `sort ${list(node.orders, node.input.output)}`
    case 'limit':
      return `limit${id(node.state)} ${node.count}`
    case 'offset':
      return `offset ${node.count}`
    case 'sample':
      return `sample ${node.fraction}`
  }
}

const EMISSIONS = {
  evicted: 'emits groups when the watermark has passed them',
  changed: 'emits the groups that changed',
  all: 'emits all groups',
} as const

function windowText({ sizeMicros, slideMicros, cumulative }: WindowDefinition): string {
  return `size ${sizeMicros} us, ${cumulative ? 'growing by' : 'slide'} ${slideMicros} us`
}
function id(state: StateDefinition | undefined): string {
  return state === undefined ? '' : ` [${state.operatorId}]`
}
function names(schema: Schema): string {
  return schema.map((f) => f.name).join(', ')
}
function by(grouping: Schema): string {
  return grouping.length === 0 ? '' : ` by ${names(grouping)}`
}
function aggregates(definitions: readonly AggregateDefinition[], input: Schema): string {
  const texts = definitions.map((d) => {
    const filter = d.filter ? ` filter ${print(d.filter, input)}` : ''
    return `${d.name}(${d.distinct ? 'distinct ' : ''}${list(d.args, input)})${filter}`
  })
  return texts.length === 0 ? 'keys only' : texts.join(', ')
}
function keys(list: readonly JoinKey[], left: Schema, right: Schema): string {
  if (list.length === 0) return ''
  return ` on ${list.map((k) => `${print(k.left, left)} ${k.nullSafe ? '<=>' : '='} ${print(k.right, right)}`).join(' and ')}`
}
function residual(node: {
  readonly condition: Expression | undefined
  readonly left: IncrementalNode
  readonly right: IncrementalNode
}): string {
  return node.condition ? ` where ${print(node.condition, [...node.left.output, ...node.right.output])}` : ''
}
function list(expressions: readonly Expression[], input: Schema, separator = ', '): string {
  return expressions.map((e) => print(e, input)).join(separator)
}

/** With the input's names in place of positions. */
function print(e: Expression, input: Schema): string {
  if (e.kind === 'order') return order(e, input)
  const named = transformUp(e, (node): Expression => {
    if (node.kind !== 'bound') return node
    const { name, type, nullable } = input[node.ordinal]!
    return { kind: 'column', id: 0, name, type, nullable, qualifier: [] } satisfies ColumnRef
  })
  return printExpression(named)
}
function order(o: SortOrder, input: Schema): string {
  return `${print(o.child, input)} ${o.descending ? 'desc' : 'asc'} nulls ${o.nullsFirst ? 'first' : 'last'}`
}
