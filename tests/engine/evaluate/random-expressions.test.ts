import fc from 'fast-check'
import { test } from 'vitest'
import { type Expression, literal } from '../../../engine/expr/expression.ts'
import {
  BIGINT,
  BOOLEAN,
  type DataType,
  DOUBLE,
  decimalType,
  field,
  INT,
  STRING,
  structType,
  TIMESTAMP,
} from '../../../engine/types/data-type.ts'
import { arbitraryValue } from '../columnar/arbitrary-values.ts'
import { batchOf, cast, column, evaluateBothWays, selectBothWays, typed } from './both-ways.ts'

const MONEY = decimalType(12, 2)
const PAIR = structType([field('n', BIGINT), field('s', STRING)])
const COLUMNS: readonly DataType[] = [BOOLEAN, INT, BIGINT, DOUBLE, STRING, MONEY, TIMESTAMP, PAIR, BIGINT, STRING]

function call(name: string, type: DataType, ...args: readonly Expression[]): Expression {
  return { kind: 'call', name, args, type, nullable: true }
}
const pair = column(7, PAIR)

/** Expressions of a type, up to a depth. Spans are left out: both ways must give the same value or the same error. */
function expressionOf(type: DataType, depth: number): fc.Arbitrary<Expression> {
  const columns = COLUMNS.flatMap((other, i) => (other === type ? [column(i, type)] : []))
  const small = ((): Expression[] => {
    switch (type.kind) {
      case 'boolean':
        return [literal(true, type), literal(false, type), literal(null, type)]
      case 'int':
        return [literal(0, type), literal(3, type), literal(-1, type)]
      case 'bigint':
        return [literal(0n, type), literal(7n, type), literal(null, type), field0]
      case 'double':
        return [literal(0, type), literal(2.5, type), literal(Number.NaN, type)]
      case 'decimal':
        return [literal(0n, type), literal(150n, type)]
      case 'string':
        return [literal('', type), literal('ab', type), field1]
      default:
        return []
    }
  })()
  const leaf = fc.constantFrom(...columns, ...small)
  if (depth === 0) return leaf
  const of = (other: DataType): fc.Arbitrary<Expression> => expressionOf(other, depth - 1)
  const two = (name: string, operand: DataType): fc.Arbitrary<Expression> =>
    fc.tuple(of(operand), of(operand)).map(([a, b]) => call(name, type, a, b))
  const general: fc.Arbitrary<Expression>[] = [
    leaf,
    fc.tuple(of(BOOLEAN), of(type), of(type)).map(([c, a, b]) => call('if', type, c, a, b)),
    fc.tuple(of(type), of(type)).map(([a, b]) => call('coalesce', type, a, b)),
    fc.tuple(of(BOOLEAN), of(type), of(BOOLEAN), of(type)).map(
      ([c, a, d, b]): Expression => ({
        kind: 'case',
        branches: [
          { when: c, then: a },
          { when: d, then: b },
        ],
        type,
        nullable: true,
      }),
    ),
  ]
  const own = ((): fc.Arbitrary<Expression>[] => {
    switch (type.kind) {
      case 'boolean':
        return [
          ...['and', 'or', '='].map((name) => two(name, BOOLEAN)),
          ...['=', '<', '>=', '<=>'].flatMap((name) =>
            [INT, BIGINT, DOUBLE, STRING, MONEY, TIMESTAMP].map((operand) => two(name, operand)),
          ),
          ...[INT, STRING, PAIR].map((operand) =>
            (operand === PAIR ? fc.constant(pair) : of(operand)).map((e) => call('isnull', type, e)),
          ),
          of(BOOLEAN).map((e) => call('not', type, e)),
          fc.tuple(of(BIGINT), of(BIGINT)).map(([a, b]) => call('in', type, a, literal(7n, BIGINT), b)),
          of(STRING).map((e) => call('like', type, e, literal('a%', STRING))),
        ]
      case 'int':
        return [
          ...['+', '-', '*', '%'].map((name) => two(name, INT)),
          of(STRING).map((e) => call('length', type, e)),
          of(BIGINT).map((e) => cast(e, type, true)),
        ]
      case 'bigint':
        return [
          ...['+', '-', '*', 'div', '%'].map((name) => two(name, BIGINT)),
          ...[INT, DOUBLE, MONEY, STRING].map((from) => of(from).map((e) => cast(e, type))),
        ]
      case 'double':
        return [
          ...['+', '-', '*', '/'].map((name) => two(name, DOUBLE)),
          ...[INT, BIGINT, MONEY].map((from) => of(from).map((e) => cast(e, type))),
        ]
      case 'decimal':
        return [
          ...[BIGINT, INT].map((from) => of(from).map((e) => cast(e, type, true))),
          fc.tuple(of(MONEY), of(MONEY)).map(([a, b]) => cast(typed('+', a, b), type)),
        ]
      case 'string':
        return [
          two('concat', STRING),
          of(STRING).map((e) => call('upper', type, e)),
          of(STRING).map((e) => call('trim', type, e)),
          of(INT).map((e) => cast(e, type)),
          fc.tuple(of(STRING), of(INT)).map(([e, n]) => call('substring', type, e, n, literal(2, INT))),
        ]
      default:
        return []
    }
  })()
  return fc.oneof(...general, ...own.map((arbitrary) => ({ arbitrary, weight: 2 })))
}
const field0: Expression = { kind: 'field', child: pair, ordinal: 0, name: 'n', type: BIGINT, nullable: true }
const field1: Expression = { kind: 'field', child: pair, ordinal: 1, name: 's', type: STRING, nullable: true }

const rows = fc.array(fc.tuple(...COLUMNS.map(arbitraryValue)), { maxLength: 12 })

test.each([BOOLEAN, INT, BIGINT, DOUBLE, STRING, MONEY].map((type) => [String(type), type] as const))(
  'random expressions of %s answer alike, interpreted and generated',
  (_, type) => {
    fc.assert(
      fc.property(expressionOf(type, 3), fc.array(rows, { minLength: 1, maxLength: 3 }), (e, batches) => {
        for (const each of batches) {
          const batch = batchOf(COLUMNS, each)
          evaluateBothWays(e, batch)
          if (type === BOOLEAN) selectBothWays(e, batch)
          const everyOther = Int32Array.from({ length: Math.ceil(each.length / 2) }, (__, i) => 2 * i)
          evaluateBothWays(e, batch, { rows: everyOther, count: everyOther.length })
        }
      }),
      { numRuns: 120 },
    )
  },
)
