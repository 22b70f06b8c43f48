import { describe, expect, test } from 'vitest'
import { type Expression, literal, nextColumnId, type SortOrder } from '../../../engine/expr/expression.ts'
import type { Join, JoinType, LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import { arrayType, BIGINT, BOOLEAN, type DataType, DOUBLE, INT, STRING, TIMESTAMP } from '../../../engine/types/data-type.ts'
import type { Row } from '../../../engine/types/value.ts'
import { aggregate, at, call, column, DrivenQuery, functions, scan, settings, timeWindow, watermark } from './drive-pipeline.ts'

function operation(name: string, args: readonly Expression[], type: DataType): Expression {
  return { kind: 'call', name, args, type, nullable: true }
}
const sorted = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => String(a).localeCompare(String(b)))
const order = (child: Expression, descending = false): SortOrder => ({
  kind: 'order',
  child,
  descending,
  nullsFirst: !descending,
})

test('filters and expressions run as one; a filter alone keeps its columns', () => {
  const s = scan('s', { a: INT, k: STRING })
  const filtered: LogicalPlan = {
    kind: 'filter',
    condition: operation('>', [column(s, 'a'), literal(1, INT)], BOOLEAN),
    input: s,
  }
  expect(
    new DrivenQuery(filtered, 'append').run({
      s: [
        [1, 'x'],
        [2, 'y'],
        [null, 'z'],
        [3, null],
      ],
    }),
  ).toEqual([
    [2, 'y'],
    [3, null],
  ])
  const doubled = operation('+', [column(s, 'a'), column(s, 'a')], INT)
  const projected: LogicalPlan = {
    kind: 'project',
    expressions: [{ kind: 'alias', name: 'd', child: doubled, id: nextColumnId() }],
    input: filtered,
  }
  expect(
    new DrivenQuery(projected, 'append').run({
      s: [
        [1, 'x'],
        [2, 'y'],
        [3, null],
      ],
    }),
  ).toEqual([[4], [6]])
})

test('union, expand, generate', () => {
  const [s, t] = [scan('s', { a: INT }), scan('t', { b: INT })]
  const union: LogicalPlan = { kind: 'union', inputs: [s, t], byName: false, allowMissing: false }
  expect(new DrivenQuery(union, 'append').run({ s: [[1]], t: [[2]] })).toEqual([[1], [2]])
  const a = column(s, 'a')
  const expand: LogicalPlan = {
    kind: 'expand',
    projections: [[a], [literal(0, INT)]],
    output: [{ ...a, id: nextColumnId() }],
    input: s,
  }
  expect(new DrivenQuery(expand, 'append').run({ s: [[1], [2]] })).toEqual([[1], [2], [0], [0]])
  const text = scan('s', { w: arrayType(STRING) })
  const output = [{ ...column(text, 'w'), id: nextColumnId(), name: 'col', type: STRING }]
  const generate = (outer: boolean): LogicalPlan => ({
    kind: 'generate',
    generator: { kind: 'call', name: 'explode', args: [column(text, 'w')], type: STRING, nullable: true },
    outer,
    qualifier: [],
    columnNames: [],
    output,
    input: text,
  })
  const rows = [[['a', null]], [[]], [null], [['b']]]
  expect(new DrivenQuery(generate(false), 'append').run({ s: rows }).map((r) => r[1])).toEqual(['a', null, 'b'])
  expect(new DrivenQuery(generate(true), 'append').run({ s: rows }).map((r) => r[1])).toEqual(['a', null, null, null, 'b'])
})

describe('joins with a table', () => {
  const left = [
    [1, 'a'],
    [2, 'b'],
    [null, 'c'],
    [3, 'd'],
    [1, 'e'],
  ]
  const right = [
    [1, 10],
    [1, 11],
    [3, 30],
    [null, 99],
    [4, 40],
  ]
  const join = (type: JoinType, extra?: (l: LogicalPlan, r: LogicalPlan) => Expression, nullSafe = false, streaming = false) => {
    const l = scan('l', { k: INT, v: STRING }, streaming)
    const r = scan('r', { k: INT, w: INT }, false)
    const equal = operation(nullSafe ? '<=>' : '=', [column(l, 'k'), column(r, 'k')], BOOLEAN)
    const condition = extra ? operation('and', [equal, extra(l, r)], BOOLEAN) : equal
    return { kind: 'join', type, left: l, right: r, condition } satisfies Join
  }
  const small = (_: LogicalPlan, r: LogicalPlan): Expression => operation('>', [column(r, 'w'), literal(10, INT)], BOOLEAN)
  const run = (plan: Join): Row[] => sorted(new DrivenQuery(plan, 'batch').epoch({ l: left, r: right }))
  // A nested loop over rows: the meaning of a join.
  const model = (type: JoinType, on: (l: Row, r: Row) => boolean): Row[] => {
    const out: Row[] = []
    const met = new Set<Row>()
    for (const l of left) {
      const partners = right.filter((r) => on(l, r))
      for (const r of partners) met.add(r)
      if (type === 'left_semi' || type === 'left_anti') {
        if (partners.length > 0 === (type === 'left_semi')) out.push(l)
      } else {
        for (const r of partners) out.push([...l, ...r])
        if (partners.length === 0 && (type === 'left' || type === 'full')) out.push([...l, null, null])
      }
    }
    if (type === 'right' || type === 'full') for (const r of right) if (!met.has(r)) out.push([null, null, ...r])
    return sorted(out)
  }
  const types = ['inner', 'left', 'right', 'full', 'left_semi', 'left_anti'] as const

  test.each(types)('%s: by equality, with a condition, null-safe, without equality', (type) => {
    expect(run(join(type))).toEqual(model(type, (l, r) => l[0] !== null && l[0] === r[0]))
    expect(run(join(type, small))).toEqual(model(type, (l, r) => l[0] !== null && l[0] === r[0] && (r[1] as number) > 10))
    expect(run(join(type, undefined, true))).toEqual(model(type, (l, r) => l[0] === r[0]))
    const loop = join(type)
    const less = operation('<', [column(loop.left, 'k'), column(loop.right, 'k')], BOOLEAN)
    const isLess = (l: Row, r: Row): boolean => l[0] !== null && r[0] !== null && (l[0] as number) < (r[0] as number)
    expect(run({ ...loop, condition: less })).toEqual(model(type, isLess))
  })

  test('the table is read anew in each epoch and holds no state', () => {
    const query = new DrivenQuery(join('inner', undefined, false, true), 'append')
    expect(query.pipeline.scans.map((s) => [s.relation.name, s.first])).toEqual([
      ['r', true],
      ['l', false],
    ])
    expect(query.epoch({ l: [[1, 'a']], r: [[1, 10]] })).toEqual([[1, 'a', 1, 10]])
    expect(query.epoch({ l: [[1, 'b']], r: [[1, 20]] })).toEqual([[1, 'b', 1, 20]])
    expect(query.reports).toEqual([])
  })
})

describe('batch', () => {
  test('aggregates count distinct arguments once, and rows by their filter', () => {
    const s = scan('s', { k: STRING, v: INT }, false)
    const v = column(s, 'v')
    const isBig = operation('>', [v, literal(1, INT)], BOOLEAN)
    const plan = aggregate(
      s,
      ['k'],
      [call('count', [v], { distinct: true }), call('sum', [v], { distinct: true, filter: isBig }), call('sum', [v])],
    )
    const rows = [
      ['a', 1],
      ['a', 1],
      ['b', 2],
      ['a', 2],
      ['a', 2],
      ['b', null],
    ]
    expect(new DrivenQuery(plan, 'batch').epoch({ s: rows })).toEqual([
      ['a', 2n, 2n, 6n],
      ['b', 1n, 2n, 2n],
    ])
    expect(new DrivenQuery(aggregate(s, [], [call('count', [])]), 'batch').epoch({ s: [] })).toEqual([[0n]])
    expect(new DrivenQuery(aggregate(s, ['k'], [call('count', [])]), 'batch').epoch({ s: [] })).toEqual([])
  })

  test('sort is stable and knows NULLs; limit and offset count rows', () => {
    const s = scan('s', { k: STRING, v: INT }, false)
    const sort: LogicalPlan = { kind: 'sort', orders: [order(column(s, 'v'), true)], global: true, input: s }
    const rows = [
      ['a', 1],
      ['b', null],
      ['c', 2],
      ['d', 1],
    ]
    expect(new DrivenQuery(sort, 'batch').epoch({ s: rows })).toEqual([
      ['c', 2],
      ['a', 1],
      ['d', 1],
      ['b', null],
    ])
    const some: LogicalPlan = {
      kind: 'limit',
      count: literal(2, INT),
      input: { kind: 'offset', count: literal(1, INT), input: sort },
    }
    expect(new DrivenQuery(some, 'batch').epoch({ s: rows })).toEqual([
      ['a', 1],
      ['d', 1],
    ])
  })

  test('EXCEPT and INTERSECT compare whole rows, NULL equal to NULL; ALL counts them', () => {
    const [l, r] = [scan('l', { a: INT }, false), scan('r', { b: INT }, false)]
    const run = (operator: 'except' | 'intersect', all: boolean): Row[] => {
      const plan: LogicalPlan = { kind: 'set_operation', operator, all, left: l, right: r }
      return new DrivenQuery(plan, 'batch').epoch({ l: [[1], [1], [null], [null], [2], [1]], r: [[1], [null], [3]] })
    }
    expect(run('except', false)).toEqual([[2]])
    expect(run('intersect', false)).toEqual([[1], [null]])
    expect(run('except', true)).toEqual([[1], [null], [2], [1]])
    expect(run('intersect', true)).toEqual([[1], [null]])
  })

  test('window functions see their partition in order', () => {
    const s = scan('s', { k: STRING, v: INT }, false)
    const [k, v] = [column(s, 'k'), column(s, 'v')]
    const over = (inner: Expression, type: DataType, frame?: { unit: 'rows' | 'range'; before: number }): Expression => ({
      kind: 'over',
      call: inner,
      partitionBy: [k],
      orderBy: [order(v)],
      type,
      nullable: true,
      ...(frame && {
        frame: {
          unit: frame.unit,
          start: { kind: 'preceding' as const, offset: literal(frame.before, INT) },
          end: { kind: 'current_row' as const },
        },
      }),
    })
    const calls = [
      over(operation('row_number', [], INT), INT),
      over(operation('rank', [], INT), INT),
      over(operation('dense_rank', [], INT), INT),
      over(operation('lag', [v], INT), INT),
      over(call('sum', [v]), BIGINT),
      over(call('sum', [v]), BIGINT, { unit: 'rows', before: 1 }),
      over(call('count', []), BIGINT, { unit: 'range', before: 1 }),
      over(operation('percent_rank', [], DOUBLE), DOUBLE),
    ].map((child, i) => ({ kind: 'alias' as const, name: `c${i}`, child, id: nextColumnId() }))
    const plan: LogicalPlan = { kind: 'window', calls, partitionBy: [k], orderBy: [order(v)], input: s }
    expect(
      new DrivenQuery(plan, 'batch').epoch({
        s: [
          ['b', 5],
          ['a', 3],
          ['a', 1],
          ['a', 1],
          ['a', 7],
        ],
      }),
    ).toEqual([
      ['a', 1, 1, 1, 1, null, 2n, 1n, 2n, 0],
      ['a', 1, 2, 1, 1, 1, 2n, 2n, 2n, 0],
      ['a', 3, 3, 3, 2, 1, 5n, 4n, 1n, 2 / 3],
      ['a', 7, 4, 4, 3, 3, 12n, 10n, 1n, 1],
      ['b', 5, 1, 1, 1, null, 5n, 5n, 1n, 0],
    ])
  })

  test('ASOF joins take the closest row of the key', () => {
    const [l, r] = [scan('l', { k: STRING, t: INT }, false), scan('r', { k: STRING, t: INT, p: INT }, false)]
    const plan: LogicalPlan = {
      kind: 'asof_join',
      type: 'left',
      left: l,
      right: r,
      match: operation('>=', [column(l, 't'), column(r, 't')], BOOLEAN),
      condition: operation('=', [column(l, 'k'), column(r, 'k')], BOOLEAN),
    }
    const rows = new DrivenQuery(plan, 'batch').epoch({
      l: [
        ['a', 5],
        ['a', 1],
        ['b', 9],
        ['a', null],
        ['a', 4],
      ],
      r: [
        ['a', 6, 60],
        ['a', 4, 40],
        ['a', 2, 20],
        ['b', 9, 90],
      ],
    })
    expect(rows.map((row) => row[4])).toEqual([40, null, 90, null, 40])
  })
})

test('LIMIT counts rows over the life of a query, above a complete aggregate anew in each epoch', () => {
  const s = scan('s', { k: STRING })
  const query = new DrivenQuery({ kind: 'limit', count: literal(3, INT), input: s }, 'append')
  expect(query.run({ s: [['a'], ['b']] })).toEqual([['a'], ['b']])
  expect(query.run({ s: [['c'], ['d']] })).toEqual([['c']])
  expect(query.run({ s: [['e']] })).toEqual([])
  expect(query.reports[0]).toMatchObject({ operatorName: 'globalLimit', numRowsTotal: 1, numRowsUpdated: 0 })
  const counted = aggregate(s, ['k'], [call('count', [])])
  const top = new DrivenQuery({ kind: 'limit', count: literal(1, INT), input: counted }, 'complete')
  expect(top.run({ s: [['a'], ['b']] })).toEqual([['a', 1n]])
  expect(top.run({ s: [['a']] })).toEqual([['a', 2n]])
})

describe('state', () => {
  test('restores a query: the epochs after a restart give what they would have given without', () => {
    const s = watermark(scan('s', { at: TIMESTAMP, k: STRING, v: INT }), 'at', 60_000)
    const v = column(s, 'v')
    const calls = ['count', 'sum', 'avg', 'min', 'max', 'first'].map((name) => call(name, name === 'count' ? [] : [v]))
    const plan = aggregate(
      timeWindow(s, 'at', 60, 30),
      ['window', 'k'],
      [...calls, call('max', [column(s, 'k')]), call('max_by', [column(s, 'k'), v])],
    )
    const minute = (n: number): Row[] =>
      Array.from({ length: 400 }, (_, i) => [
        at('00:00:00') + BigInt(n * 60_000 + ((i * 7919) % 60_000)) * 1000n,
        `k${i % 5}`,
        i % 11 === 0 ? null : i,
      ])
    const whole = new DrivenQuery(plan, 'append')
    const expected = [0, 1, 2, 3, 4].map((n) => whole.epoch({ s: minute(n) }))
    expect(expected.flat().length).toBeGreaterThan(20)
    let query = new DrivenQuery(plan, 'append')
    const blocks: Uint8Array[] = []
    const outputs: Row[][] = []
    for (const n of [0, 1, 2, 3, 4]) {
      outputs.push(query.epoch({ s: minute(n) }))
      const { table } = query.pipeline.tables()[0]!
      blocks.push(new Uint8Array(Buffer.concat(table.delta())))
      table.committed()
      const next = new DrivenQuery(plan, 'append')
      for (const block of blocks) next.pipeline.tables()[0]!.table.restore(block)
      next.continueFrom(query)
      query = next
    }
    expect(outputs).toEqual(expected)
  })
})

test('integer sums beyond 64 bits are ARITHMETIC_OVERFLOW', () => {
  const s = scan('s', { v: BIGINT })
  const query = new DrivenQuery(aggregate(s, [], [call('sum', [column(s, 'v')])]), 'update')
  const run = (): Row[] => query.run({ s: [[2n ** 63n - 1n], [1n]] })
  expect(run).toThrowError(expect.objectContaining({ condition: 'ARITHMETIC_OVERFLOW' }))
})

test('kernels and plain values give the same results and the same state', () => {
  const s = scan('s', { k: INT, i: INT, l: BIGINT, d: DOUBLE, t: STRING })
  const names = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last']
  const calls = ['i', 'l', 'd'].flatMap((c) => names.map((name) => call(name, [column(s, c)])))
  const plan = aggregate(s, ['k'], [...calls, call('min', [column(s, 't')]), call('max', [column(s, 't')])])
  const rows: Row[] = Array.from({ length: 300 }, (_, n) => {
    const x = (n * 7919) % 101
    const doubles = [x / 8, Number.NaN, -0, null]
    return [
      n % 7,
      n % 5 === 0 ? null : x - 50,
      n % 3 === 0 ? null : BigInt(x) << 40n,
      doubles[n % 4]!,
      n % 6 === 0 ? null : `t${x}é`,
    ]
  })
  const got = new DrivenQuery(plan, 'complete').epoch({ s: rows })
  const expected = [...new Set(rows.map((r) => r[0]))].map((k) => {
    const mine = rows.filter((r) => r[0] === k)
    const results = plan.aggregates.slice(1).map((a) => {
      if (a.kind !== 'alias' || a.child.kind !== 'aggregate') throw new Error()
      const aggregateCall = a.child
      const argument = aggregateCall.args[0]!
      const record = functions.find(aggregateCall.name)
      if (record?.kind !== 'aggregate' || argument.kind !== 'column') throw new Error()
      const bound = record.bind(
        { arguments: [argument.type], nullable: [true], constants: [undefined], returns: aggregateCall.type },
        { timeZone: 'UTC', settings, epoch: { timestampMs: 0, epochId: 0 } },
      )
      const at = s.output.findIndex((c) => c.id === argument.id)
      const buffer = bound.init()
      for (const row of mine) bound.update(buffer, [row[at]!])
      return bound.finish(buffer)
    })
    return [k, ...results]
  })
  expect(got).toEqual(expected)
})
