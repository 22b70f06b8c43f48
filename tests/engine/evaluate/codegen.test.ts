import { describe, expect, test } from 'vitest'
import { type Expression, literal, typeOf } from '../../../engine/expr/expression.ts'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DAY_TIME,
  DOUBLE,
  decimalType,
  FLOAT,
  INT,
  SMALLINT,
  STRING,
  TIMESTAMP,
  TINYINT,
} from '../../../engine/types/data-type.ts'
import { batchOf, cast, column, evaluateBothWays, typed } from './both-ways.ts'
import { agrees } from './random-rows.ts'

// Calls of several arguments of one type, as analysis leaves them.
function isIn(needle: Expression, ...list: readonly Expression[]): Expression {
  return { kind: 'call', name: 'in', args: [needle, ...list], type: BOOLEAN, nullable: true }
}
function coalesce(...args: readonly Expression[]): Expression {
  return { kind: 'call', name: 'coalesce', args, type: typeOf(args[0]!), nullable: true }
}

const NUMBERS = [TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, decimalType(9, 2), decimalType(18, 3), decimalType(20, 0)]

describe('generated code answers as the interpreter does', () => {
  for (const type of NUMBERS) {
    const [a, b] = [column(0, type), column(1, type)]
    for (const name of ['+', '-', '*', '/', '%', '=', '<=>', '<', '<=', '>', '>=']) {
      test(`a ${name} b on ${type}`, () => agrees([type, type], typed(name, a, b)))
    }
    test(`-a on ${type}`, () => agrees([type], typed('negative', a)))
  }

  for (const from of NUMBERS) {
    for (const to of [...NUMBERS, BOOLEAN, STRING, decimalType(5, 1), decimalType(38, 10)]) {
      test(`cast ${from} to ${to}`, () => agrees([from], cast(column(0, from), to)))
    }
  }
  for (const to of [TINYINT, INT, BIGINT, DOUBLE, BOOLEAN, decimalType(5, 1)]) {
    test(`cast and try_cast text to ${to}`, () => {
      agrees([STRING], cast(column(0, STRING), to))
      agrees([STRING], cast(column(0, STRING), to, true))
    })
  }

  const x = column(0, BIGINT)
  const constants: readonly [string, () => Expression][] = [
    ['x * 908', () => typed('*', x, literal(908n, BIGINT))],
    ['x * -3', () => typed('*', x, literal(-3n, BIGINT))],
    ['x * 0', () => typed('*', x, literal(0n, BIGINT))],
    ['x * -1', () => typed('*', x, literal(-1n, BIGINT))],
    ['x + 5', () => typed('+', x, literal(5n, BIGINT))],
    ['x - 5', () => typed('-', x, literal(5n, BIGINT))],
    ['x - (-5)', () => typed('-', x, literal(-5n, BIGINT))],
    ['x % 123', () => typed('%', x, literal(123, INT))],
    ['x % 0', () => typed('%', x, literal(0n, BIGINT))],
    ['x div -1', () => typed('div', x, literal(-1n, BIGINT))],
    ['x div 7', () => typed('div', x, literal(7n, BIGINT))],
    ['pmod(x, 7)', () => typed('pmod', x, literal(7n, BIGINT))],
    ['x * 0.908', () => typed('*', x, literal(908n, decimalType(3, 3)))],
    ['x in (1, 2, NULL)', () => isIn(x, literal(1n, BIGINT), literal(2n, BIGINT), literal(null, BIGINT))],
    ['x in 12 values', () => isIn(x, ...Array.from({ length: 12 }, (_, i) => literal(BigInt(i - 5), BIGINT)))],
    [
      'x > 3 and 10 / x > 2',
      () => typed('and', typed('>', x, literal(3n, BIGINT)), typed('>', typed('/', literal(10, INT), x), literal(2, INT))),
    ],
    ['coalesce(x, 5)', () => coalesce(x, literal(5n, BIGINT))],
    ['x is null', () => typed('isnull', x)],
    ['x & 12', () => typed('&', x, literal(12n, BIGINT))],
  ]
  for (const [text, e] of constants) test(text, () => agrees([BIGINT], e()))

  test('doubles against constants, NaN among them', () => {
    for (const value of [0, -0, 1.5, Number.NaN]) {
      for (const name of ['=', '<', '<=', '>', '>=', '<=>', '/', '%']) {
        agrees([DOUBLE], typed(name, column(0, DOUBLE), literal(value, DOUBLE)))
        agrees([DOUBLE], typed(name, literal(value, DOUBLE), column(0, DOUBLE)))
      }
    }
  })

  test('AND, OR, NOT over columns of booleans', () => {
    const [p, q, r] = [column(0, BOOLEAN), column(1, BOOLEAN), column(2, BOOLEAN)]
    const types = [BOOLEAN, BOOLEAN, BOOLEAN]
    agrees(types, typed('and', p, typed('or', typed('not', q), r)))
    agrees(types, typed('or', typed('and', p, q), typed('not', typed('and', q, r))))
    agrees(types, typed('istrue', typed('or', p, q)))
    agrees(types, typed('isfalse', typed('and', p, q)))
    agrees(types, typed('<=>', p, typed('not', q)))
    agrees(types, typed('=', p, q))
  })

  test('a condition that can fail is evaluated only where AND and OR come to it', () => {
    const [a, b] = [column(0, INT), column(1, INT)]
    const fails = typed('>', typed('%', a, b), literal(1, INT))
    agrees([INT, INT], typed('and', typed('>', b, literal(0, INT)), fails))
    agrees([INT, INT], typed('or', typed('<=', b, literal(0, INT)), fails))
    agrees([INT, INT], typed('and', fails, typed('>', b, literal(0, INT))))
  })

  test('CASE evaluates the branch taken and nothing else', () => {
    const [a, b] = [column(0, BIGINT), column(1, BIGINT)]
    const quotient = typed('div', a, b)
    const guarded: Expression = {
      kind: 'case',
      branches: [
        { when: typed('=', b, literal(0n, BIGINT)), then: literal(-1n, BIGINT) },
        { when: typed('>', a, b), then: quotient },
      ],
      type: BIGINT,
      nullable: true,
    }
    agrees([BIGINT, BIGINT], guarded)
    agrees([BIGINT, BIGINT], typed('=', guarded, literal(-1n, BIGINT)))
    agrees([BIGINT, BIGINT], typed('if', typed('isnull', a), b, a))
    agrees([BIGINT, BIGINT], coalesce(a, quotient, b))
    const texts: Expression = {
      kind: 'case',
      branches: [{ when: typed('>', a, b), then: literal('more', STRING) }],
      otherwise: literal('ä', STRING),
      type: STRING,
      nullable: false,
    }
    agrees([BIGINT, BIGINT], texts)
    agrees([BIGINT, BIGINT], typed('=', texts, literal('more', STRING)))
  })

  test('comparison of texts', () => {
    const [s, t] = [column(0, STRING), column(1, STRING)]
    for (const name of ['=', '<=>', '<', '<=', '>', '>=']) {
      agrees([STRING, STRING], typed(name, s, t))
      for (const text of ['', 'ab', 'añb', 'a long text of more than sixteen bytes'])
        agrees([STRING], typed(name, s, literal(text, STRING)))
    }
    agrees([STRING], isIn(s, literal('ab', STRING), literal('', STRING)))
    agrees(
      [STRING],
      isIn(s, ...['a', 'b', 'ab', 'ä', '', 'x', 'y', 'z', 'view', 'purchase'].map((text) => literal(text, STRING))),
    )
    agrees([STRING, STRING], coalesce(s, t, literal('none', STRING)))
  })

  test('functions of texts', () => {
    const [s, t, n] = [column(0, STRING), column(1, STRING), column(2, INT)]
    for (const name of ['length', 'trim', 'ltrim', 'rtrim', 'upper', 'lower']) agrees([STRING], typed(name, s))
    for (const name of ['startswith', 'endswith', 'contains']) {
      agrees([STRING, STRING], typed(name, s, t))
      agrees([STRING], typed(name, s, literal('b', STRING)))
    }
    for (const [position, length] of [
      [1, 2],
      [2, 1],
      [0, 2],
      [-2, 1],
      [-9, 8],
      [3, 0],
      [2, -1],
    ] as const) {
      agrees([STRING], typed('substring', s, literal(position, INT), literal(length, INT)))
    }
    agrees([STRING, STRING, INT], typed('substring', s, n))
    agrees([STRING, STRING, INT], typed('substring', typed('upper', s), n, n))
  })

  test('concatenation, alone and inside', () => {
    const [s, t] = [column(0, STRING), column(1, STRING)]
    const joined: Expression = { kind: 'call', name: 'concat', args: [s, literal('-', STRING), t], type: STRING, nullable: true }
    agrees([STRING, STRING], joined)
    agrees([STRING, STRING], { kind: 'call', name: 'concat', args: [joined, joined], type: STRING, nullable: true })
    agrees([STRING, STRING], typed('upper', joined))
    agrees([STRING, STRING], typed('=', joined, literal('a-ab', STRING)))
    agrees([STRING, STRING], coalesce(joined, s))
  })

  test('LIKE', () => {
    const s = column(0, STRING)
    for (const pattern of ['ab', 'a%', '%b', '%b%', 'a%c', 'a%b%c', '%', '', 'x\\\\%y', '_b', '%%', 'ä%']) {
      agrees([STRING], typed('like', s, literal(pattern, STRING)))
    }
  })

  test('timestamps and dates', () => {
    const [a, b] = [column(0, TIMESTAMP), column(1, TIMESTAMP)]
    agrees([TIMESTAMP, TIMESTAMP], typed('<', a, b))
    agrees([TIMESTAMP, TIMESTAMP], typed('-', a, b))
    for (const micros of [10_000_000n, -90_000_000_000n]) {
      agrees([TIMESTAMP], typed('+', a, literal(micros, DAY_TIME)))
      agrees([TIMESTAMP], typed('-', a, literal(micros, DAY_TIME)))
    }
    agrees([TIMESTAMP], cast(a, DATE))
    agrees([DATE], cast(column(0, DATE), TIMESTAMP))
    agrees([DATE, DATE], typed('>=', column(0, DATE), column(1, DATE)))
  })

  test('an expression that occurs twice is one', () => {
    const [a, b] = [column(0, BIGINT), column(1, BIGINT)]
    const product = typed('*', a, b)
    agrees([BIGINT, BIGINT], typed('+', product, product))
  })
})

test('the first failing row of the first failing expression raises the error, rows outside the selection raise none', () => {
  const quotient = typed('div', literal(10n, BIGINT), column(0, BIGINT))
  const batch = batchOf([BIGINT], [[5n], [0n], [2n]])
  expect(evaluateBothWays(quotient, batch)).toEqual({ error: 'DIVIDE_BY_ZERO: division by zero' })
  expect(evaluateBothWays(quotient, batch, { rows: Int32Array.of(0, 2), count: 2 })).toEqual({ values: [2n, 5n] })
})
