import type { Span } from '../errors/span.ts'

/**
 * A script in one statement: BEGIN … END with what flows through it. As syntax and as plan it has the same shape, over other statements, expressions
 * and queries.
 */
export interface CompoundBlock<Statement, Expression, Query> {
  readonly kind: 'block'
  readonly label: string | undefined
  /** What to do when a statement of the block fails; the block is left after it. */
  readonly handlers: readonly CompoundHandler<Statement, Expression, Query>[]
  /** Declarations of variables first. */
  readonly body: readonly CompoundNode<Statement, Expression, Query>[]
}

export interface CompoundHandler<Statement, Expression, Query> {
  /** Upper case: names of conditions, SQLSTATEs of five characters, `SQLEXCEPTION` for any error, `NOT FOUND`. */
  readonly conditions: readonly string[]
  readonly body: CompoundNode<Statement, Expression, Query>
}

export type CompoundNode<Statement, Expression, Query> =
  | { readonly kind: 'run'; readonly statement: Statement }
  | CompoundBlock<Statement, Expression, Query>
  | {
      readonly kind: 'if'
      readonly branches: readonly CompoundBranch<Statement, Expression, Query>[]
      /** Undefined: nothing is done where no branch is taken. */
      readonly otherwise: readonly CompoundNode<Statement, Expression, Query>[] | undefined
      /** CASE value WHEN …: a comparison with NULL is no match; elsewhere a condition must not be NULL. */
      readonly nullIsFalse: boolean
    }
  | {
      readonly kind: 'loop'
      readonly label: string | undefined
      /** WHILE: before each round. Undefined: always. */
      readonly condition: CompoundCondition<Expression> | undefined
      /** REPEAT: ends after a round that makes it true. */
      readonly until: CompoundCondition<Expression> | undefined
      readonly body: readonly CompoundNode<Statement, Expression, Query>[]
    }
  | {
      readonly kind: 'for'
      readonly label: string | undefined
      /** The columns of each row are variables, with this name before them. */
      readonly variable: string | undefined
      readonly query: Query
      readonly body: readonly CompoundNode<Statement, Expression, Query>[]
    }
  | { readonly kind: 'leave' | 'iterate'; readonly label: string }

export interface CompoundBranch<Statement, Expression, Query> extends CompoundCondition<Expression> {
  readonly body: readonly CompoundNode<Statement, Expression, Query>[]
}
export interface CompoundCondition<Expression> {
  readonly test: Expression
  readonly span: Span
}

/** The same flow over other statements, expressions and queries. */
export function mapCompound<S, E, Q, S2, E2, Q2>(
  block: CompoundBlock<S, E, Q>,
  map: { readonly statement: (s: S) => S2; readonly expression: (e: E) => E2; readonly query: (q: Q) => Q2 },
): CompoundBlock<S2, E2, Q2> {
  const nodes = (body: readonly CompoundNode<S, E, Q>[]): CompoundNode<S2, E2, Q2>[] => body.map(node)
  const condition = (c: CompoundCondition<E>): CompoundCondition<E2> => ({ test: map.expression(c.test), span: c.span })
  const node = (n: CompoundNode<S, E, Q>): CompoundNode<S2, E2, Q2> => {
    switch (n.kind) {
      case 'run':
        return { kind: 'run', statement: map.statement(n.statement) }
      case 'block':
        return mapCompound(n, map)
      case 'if':
        return {
          ...n,
          branches: n.branches.map((branch) => ({ ...condition(branch), body: nodes(branch.body) })),
          otherwise: n.otherwise && nodes(n.otherwise),
        }
      case 'loop':
        return {
          ...n,
          condition: n.condition && condition(n.condition),
          until: n.until && condition(n.until),
          body: nodes(n.body),
        }
      case 'for':
        return { ...n, query: map.query(n.query), body: nodes(n.body) }
      default:
        return n
    }
  }
  return {
    ...block,
    handlers: block.handlers.map(({ conditions, body }) => ({ conditions, body: node(body) })),
    body: nodes(block.body),
  }
}
