import { unreachable } from '../errors/assert.ts'
import { AnalysisError, EngineError } from '../errors/engine-error.ts'
import type { Span } from '../errors/span.ts'
import type { Expression } from '../expr/expression.ts'
import type { CompoundBlock, CompoundCondition, CompoundNode } from '../plan/compound.ts'
import type { LogicalPlan } from '../plan/logical-plan.ts'
import { outputOf } from '../plan/output.ts'
import type { CompoundStatement, Statement } from '../plan/statement.ts'
import { type DataType, sqlTypeName, VOID } from '../types/data-type.ts'
import type { Row } from '../types/value.ts'
import { collectRows } from './collect-rows.ts'
import type { Session } from './session.ts'
import { typeOfExpression, valueOfExpression } from './variable-commands.ts'

type Node = CompoundNode<Statement, Expression, LogicalPlan>
type Block = CompoundBlock<Statement, Expression, LogicalPlan>
type Condition = CompoundCondition<Expression>
type Loop = Extract<Node, { readonly kind: 'loop' | 'for' }>

/** Where the flow goes on: behind the block or loop of a label, or with its next round. */
interface Jump {
  readonly kind: 'leave' | 'iterate'
  readonly label: string
}

/**
 * Runs BEGIN … END: the flow between the statements, whose own effects are `runStatement`'s. Variables of a block are the session's while it runs. As in
 * Spark the first error without a handler ends the script.
 */
export class CompoundRunner {
  readonly #session: Session
  readonly #runStatement: (statement: Statement) => Promise<void>

  constructor(session: Session, runStatement: (statement: Statement) => Promise<void>) {
    this.#session = session
    this.#runStatement = runStatement
  }

  async run({ block }: CompoundStatement): Promise<void> {
    await this.#block(block)
  }

  async #block(block: Block): Promise<Jump | undefined> {
    const { variables } = this.#session
    variables.enter(block.label)
    try {
      const jump = await this.#handled(block)
      return jump?.kind === 'leave' && jump.label === block.label ? undefined : jump
    } finally {
      variables.leave()
    }
  }

  async #handled(block: Block): Promise<Jump | undefined> {
    try {
      return await this.#nodes(block.body)
    } catch (error) {
      const handler = block.handlers[handlerOf(block, error)]
      if (handler === undefined) throw error
      return await this.#node(handler.body)
    }
  }

  async #nodes(nodes: readonly Node[]): Promise<Jump | undefined> {
    for (const node of nodes) {
      const jump = await this.#node(node)
      if (jump !== undefined) return jump
    }
    return undefined
  }

  async #node(node: Node): Promise<Jump | undefined> {
    switch (node.kind) {
      case 'run':
        await this.#runStatement(node.statement)
        return undefined
      case 'block':
        return this.#block(node)
      case 'if': {
        for (const branch of node.branches) if (await this.#holds(branch, node.nullIsFalse)) return this.#nodes(branch.body)
        return node.otherwise && this.#nodes(node.otherwise)
      }
      case 'loop':
        for (;;) {
          if (node.condition !== undefined && !(await this.#holds(node.condition, false))) return undefined
          const jump = await this.#nodes(node.body)
          if (jump !== undefined && !isNextRound(jump, node)) return leaves(jump, node) ? undefined : jump
          if (node.until !== undefined && (await this.#holds(node.until, false))) return undefined
        }
      case 'for':
        return this.#for(node)
      case 'leave':
      case 'iterate':
        return node
      default:
        return unreachable(node)
    }
  }

  /** The query runs once, before the first round. */
  async #for(node: Extract<Node, { readonly kind: 'for' }>): Promise<Jump | undefined> {
    const { variables } = this.#session
    const { plan, rows } = await collectRows(this.#session, node.query)
    for (const row of rows) {
      variables.enter(node.variable)
      try {
        this.#declareColumns(plan, row)
        const jump = await this.#nodes(node.body)
        if (jump !== undefined && !isNextRound(jump, node)) return leaves(jump, node) ? undefined : jump
      } finally {
        variables.leave()
      }
    }
    return undefined
  }

  #declareColumns(plan: LogicalPlan, row: Row | undefined): void {
    outputOf(plan).forEach(({ name, type }, i) => {
      this.#session.variables.declare([name], { type, value: row?.[i] ?? null, initial: undefined }, true)
    })
  }

  async #holds(condition: Condition, nullIsFalse: boolean): Promise<boolean> {
    const { type, value } = await valueOfExpression(this.#session, condition.test)
    if (type.kind !== 'boolean' && !(nullIsFalse && value === null)) throw notBoolean(condition.span, type)
    if (value === null && !nullIsFalse) throw notBoolean(condition.span, VOID)
    return value === true
  }

  /** Names and types of a script that is only checked; `check` does the same of a statement. */
  check({ block }: CompoundStatement, check: (statement: Statement) => void): void {
    const { variables } = this.#session
    const scoped = (label: string | undefined, inside: () => void): void => {
      variables.enter(label)
      try {
        inside()
      } finally {
        variables.leave()
      }
    }
    const test = ({ test: e, span }: Condition): void => {
      const type = typeOfExpression(this.#session, e)
      if (type.kind !== 'boolean' && type.kind !== 'void') throw notBoolean(span, type)
    }
    const node = (n: Node): void => {
      switch (n.kind) {
        case 'run':
          check(n.statement)
          return
        case 'block':
          scoped(n.label, () => {
            n.body.forEach(node)
            for (const handler of n.handlers) node(handler.body)
          })
          return
        case 'if':
          for (const branch of n.branches) {
            test(branch)
            branch.body.forEach(node)
          }
          n.otherwise?.forEach(node)
          return
        case 'loop':
          if (n.condition !== undefined) test(n.condition)
          n.body.forEach(node)
          if (n.until !== undefined) test(n.until)
          return
        case 'for': {
          const plan = this.#session.analyze(n.query)
          scoped(n.variable, () => {
            this.#declareColumns(plan, undefined)
            n.body.forEach(node)
          })
        }
      }
    }
    node(block)
  }
}

/** Every statement that may run, in the order of the text. */
export function statementsOf(block: Block): Statement[] {
  const nodes = (body: readonly Node[]): Statement[] => body.flatMap(node)
  const node = (n: Node): Statement[] => {
    switch (n.kind) {
      case 'run':
        return [n.statement]
      case 'block':
        return [...nodes(n.body), ...n.handlers.flatMap(({ body }) => node(body))]
      case 'if':
        return [...n.branches.flatMap(({ body }) => nodes(body)), ...nodes(n.otherwise ?? [])]
      case 'loop':
      case 'for':
        return nodes(n.body)
      default:
        return []
    }
  }
  return node(block)
}

function leaves(jump: Jump, loop: Loop): boolean {
  return jump.kind === 'leave' && jump.label === loop.label
}
function isNextRound(jump: Jump, loop: Loop): boolean {
  return jump.kind === 'iterate' && jump.label === loop.label
}

/** The handler that is nearest to what has failed: by its condition, then by its SQLSTATE, then one for any error. Our own faults are not handled. */
function handlerOf(block: Block, error: unknown): number {
  if (!(error instanceof EngineError) || error.domain === 'internal') return -1
  const { condition, sqlState } = error
  const main = condition.split('.')[0]!
  for (const wanted of [condition, main, sqlState, sqlState?.startsWith('02') ? 'NOT FOUND' : 'SQLEXCEPTION']) {
    const index = block.handlers.findIndex(({ conditions }) => wanted !== undefined && conditions.includes(wanted))
    if (index >= 0) return index
  }
  return -1
}

function notBoolean(span: Span, type: DataType): AnalysisError {
  return new AnalysisError('INVALID_BOOLEAN_STATEMENT', {
    message: `a condition must be true or false, not ${type.kind === 'void' ? 'NULL' : `of type ${sqlTypeName(type)}`}`,
    hint: type.kind === 'void' ? 'coalesce(condition, false) is false where it is NULL.' : 'Compare it with something.',
    span,
  })
}
