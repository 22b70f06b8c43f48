import type { Reading } from './reader.ts'
import { isNode, nodesOf, type RawNode } from './tree.ts'

/** AND and OR as written, without the grouping of the tree: operands, and the operators between them. */
export interface LogicalChain {
  readonly operands: readonly RawNode[]
  readonly operators: readonly ('and' | 'or')[]
}

/**
 * Several grammars of node-sql-parser group `a OR b AND c` from the left, as if both bound alike. What stands in brackets is marked, so the
 * chain as it was written is the tree's operands in order.
 */
export function logicalChain(raw: RawNode, reading: Reading): LogicalChain {
  const operands: RawNode[] = []
  const operators: ('and' | 'or')[] = []
  const walk = (node: RawNode, isTop: boolean): void => {
    const operator = isTop || node['parentheses'] !== true ? logicalOperator(node, reading) : undefined
    if (operator === undefined || !isNode(node['left']) || !isNode(node['right'])) {
      operands.push(node)
      return
    }
    walk(node['left'], false)
    operators.push(operator)
    walk(node['right'], false)
  }
  walk(raw, true)
  return { operands, operators }
}
export function logicalOperator(raw: RawNode, reading: Reading): 'and' | 'or' | undefined {
  if (raw['type'] !== 'binary_expr') return undefined
  const operator = `${raw['operator']}`.toUpperCase()
  if (operator === 'AND' || (operator === '&&' && reading.dialect.name === 'mysql')) return 'and'
  return operator === 'OR' ? 'or' : undefined
}

const ARITHMETIC = new Set(['+', '-', '*', '/', '%', 'DIV', 'MOD'])
/** Their place among the others differs from dialect to dialect, and not every grammar has it right. */
const RARE = new Set(['&', '|', '^', '<<', '>>'])

/** throws ParseError where operators stand beside one another whose grouping in the tree may not be the dialect's */
export function requireClearGrouping(raw: RawNode, reading: Reading): void {
  const outer = `${raw['operator']}`.toUpperCase()
  for (const side of [raw['left'], raw['right']]) {
    if (!isNode(side) || side['type'] !== 'binary_expr' || side['parentheses'] === true) continue
    const inner = `${side['operator']}`.toUpperCase()
    const mixed =
      (RARE.has(outer) && inner !== outer && (ARITHMETIC.has(inner) || RARE.has(inner) || inner === '||')) ||
      (RARE.has(inner) && (ARITHMETIC.has(outer) || outer === '||')) ||
      (inner === '||' && ARITHMETIC.has(outer))
    if (mixed)
      throw reading.refuse(`${inner} beside ${outer} without brackets`, undefined, 'Say with brackets which is done first.')
  }
}

/** `NOT (a) IS NULL`: grammars take NOT before a bracket for a function, which would bind closer than what follows. */
export function negatedOperand(raw: unknown): RawNode | undefined {
  if (!isNode(raw) || raw['type'] !== 'function' || raw['parentheses'] === true || !isNode(raw['name'])) return undefined
  const { name, schema } = raw['name']
  const word = [schema, ...nodesOf(name)].map((part) => (isNode(part) ? `${part['value']}` : '')).join('')
  if (word.toUpperCase() !== 'NOT' || !isNode(raw['args'])) return undefined
  return { ...raw['args'], parentheses: true }
}
