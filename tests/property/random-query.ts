import fc from 'fast-check'

/** A query over streams `s(at, k, n)` and `r(rat, rk, m)`, with the mode it is run in and whether its answer needs all windows closed. */
export interface RandomQuery {
  readonly sql: string
  readonly mode: 'append' | 'complete'
  /** dropDuplicates on these columns, above the SQL. */
  readonly deduplicate?: readonly string[]
  /** Sources it reads. */
  readonly sources: readonly ('s' | 'r')[]
  /** Rows that are late would be dropped, which a batch does not do: their input keeps its order within the delay. */
  readonly inOrder: boolean
  /** Its answer is whole only when the watermark has passed every row. */
  readonly closes?: boolean
}

const scalar = fc.constantFrom(
  'n',
  'k',
  'n + 1',
  'n * 2 - 1',
  'n % 3',
  'upper(k)',
  "coalesce(k, '?')",
  "CASE WHEN n > 2 THEN 'big' ELSE k END",
  'length(k)',
  'n IS NULL',
  "concat(k, '-', n)",
  'at',
  "at + INTERVAL '3' SECOND",
)
const predicate = fc.constantFrom(
  'n > 1',
  'n % 2 = 0',
  "k <> 'a'",
  'k IS NOT NULL',
  'n IS NULL OR n < 5',
  "k LIKE 'b%'",
  "k IN ('a', 'c')",
  'NOT (n = 3)',
  'n BETWEEN 1 AND 4',
)
const aggregate = fc.constantFrom(
  'count(*)',
  'count(n)',
  'count(k)',
  'sum(n)',
  'min(n)',
  'max(n)',
  'avg(n)',
  'min(k)',
  'max(k)',
  'count_if(n > 1)',
  'bool_or(n > 3)',
  'array_sort(collect_set(n))',
  'stddev(n)',
  'approx_count_distinct(k)',
  'sum(n) + count(*)',
  'max(at)',
  'max_by(n, coalesce(n, 0))',
)
const key = fc.constantFrom('k', 'n % 3', "coalesce(k, '?')", 'n IS NULL')
const window = fc.constantFrom(
  "window(at, '10 seconds')",
  "window(at, '10 seconds', '4 seconds')",
  "window(at, '8 seconds', '4 seconds')",
  "window(at, '10 seconds', '10 seconds', '3 seconds')",
  "window(at, '7 seconds', '3 seconds')",
)
const where = fc.option(predicate, { nil: undefined }).map((p) => (p === undefined ? '' : ` WHERE ${p}`))
const named = (list: readonly string[], prefix: string): string => list.map((e, i) => `${e} AS ${prefix}${i}`).join(', ')

const stateless: fc.Arbitrary<RandomQuery> = fc
  .tuple(fc.array(scalar, { minLength: 1, maxLength: 4 }), where)
  .map(([list, filter]) => ({
    sql: `SELECT ${named(list, 'c')} FROM s${filter}`,
    mode: 'append',
    sources: ['s'],
    inOrder: false,
  }))

const union: fc.Arbitrary<RandomQuery> = fc.tuple(where, predicate).map(([filter, other]) => ({
  sql: `SELECT k, n FROM s${filter} UNION ALL SELECT rk, m FROM r UNION ALL SELECT k, n + 100 FROM s WHERE ${other}`,
  mode: 'append',
  sources: ['s', 'r'],
  inOrder: false,
}))

const explode: fc.Arbitrary<RandomQuery> = where.map((filter) => ({
  sql: `SELECT k, explode(array(n, n + 1, NULL)) AS e FROM s${filter}`,
  mode: 'append',
  sources: ['s'],
  inOrder: false,
}))

const grouped: fc.Arbitrary<RandomQuery> = fc
  .tuple(
    fc.uniqueArray(key, { maxLength: 2 }),
    fc.option(window, { nil: undefined }),
    fc.array(aggregate, { minLength: 1, maxLength: 4 }),
    where,
    fc.boolean(),
    fc.boolean(),
  )
  .map(([keys, win, aggregates, filter, append, having]) => {
    const closes = append && win !== undefined
    const groups = [...(win === undefined ? [] : [win]), ...keys]
    const list = [
      ...(win === undefined ? [] : ['window.start AS ws', 'window.end AS we']),
      ...keys.map((e, i) => `${e} AS g${i}`),
      named(aggregates, 'a'),
    ]
    return {
      sql: `SELECT ${list.join(', ')} FROM s${filter}${groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`}${having && groups.length > 0 ? ' HAVING count(*) > 1' : ''}`,
      mode: closes ? 'append' : 'complete',
      sources: ['s'],
      inOrder: closes,
      closes,
    }
  })

const windowOfWindows: fc.Arbitrary<RandomQuery> = fc.tuple(window, where).map(([win, filter]) => ({
  sql: `SELECT window(w, '20 seconds').start AS ws, sum(n) AS n, count(*) AS parts FROM (SELECT ${win} AS w, k, count(*) AS n FROM s${filter} GROUP BY ${win}, k) GROUP BY window(w, '20 seconds')`,
  mode: 'append',
  sources: ['s'],
  inOrder: true,
  closes: true,
}))

const session: fc.Arbitrary<RandomQuery> = fc
  .tuple(
    fc.constantFrom("'3 seconds'", "'6 seconds'", "CASE WHEN n > 2 THEN '2 seconds' ELSE '5 seconds' END"),
    where,
    fc.boolean(),
  )
  .map(([gap, filter, append]) => ({
    sql: `SELECT session_window.start AS ss, session_window.end AS se, k, count(*) AS c, sum(n) AS n FROM s${filter} GROUP BY session_window(at, ${gap}), k`,
    mode: append ? 'append' : 'complete',
    sources: ['s'],
    inOrder: true,
    closes: append,
  }))

const distinct: fc.Arbitrary<RandomQuery> = fc
  .tuple(fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }), where)
  .map(([list, filter]) => ({
    sql: `SELECT DISTINCT ${named(list, 'c')} FROM s${filter}`,
    mode: 'complete',
    sources: ['s'],
    inOrder: false,
  }))

const deduplicate: fc.Arbitrary<RandomQuery> = fc
  .tuple(fc.constantFrom<readonly string[]>(['k'], ['k', 'at'], ['n', 'k'], ['at']), where)
  .map(([keys, filter]) => ({
    sql: `SELECT ${keys.join(', ')} FROM s${filter}`,
    mode: 'append',
    deduplicate: keys,
    sources: ['s'],
    inOrder: true,
  }))

const bound = fc.constantFrom(
  "rat BETWEEN at AND at + INTERVAL '5' SECOND",
  "rat >= at - INTERVAL '2' SECOND AND rat <= at + INTERVAL '4' SECOND",
  "at > rat - INTERVAL '6' SECOND AND at < rat + INTERVAL '1' SECOND",
  'at = rat',
)
// No lower bound on a side's own column: in Spark an outer join then keeps that side for ever, and so here (joins-outer/own-lower-bound-*.slt).
const join: fc.Arbitrary<RandomQuery> = fc
  .tuple(
    fc.constantFrom('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'LEFT SEMI JOIN'),
    bound,
    fc.option(fc.constantFrom('n <= 3', 'm < 4', 'n <> m'), { nil: undefined }),
    where,
  )
  .map(([type, range, extra, filter]) => ({
    sql: `SELECT ${type === 'LEFT SEMI JOIN' ? 'k, n, at' : 'k, n, at, m, rat'} FROM s ${type} r ON k = rk AND ${range}${extra === undefined ? '' : ` AND ${extra}`}${type === 'RIGHT JOIN' ? '' : filter}`,
    mode: 'append',
    sources: ['s', 'r'],
    inOrder: true,
    closes: true,
  }))
const windowJoin: fc.Arbitrary<RandomQuery> = fc.constantFrom('JOIN', 'LEFT JOIN', 'FULL JOIN').map((type) => ({
  sql: `SELECT a.k, a.w.start AS aw, a.c, b.k AS bk, b.w.start AS bw, b.c AS bc FROM (SELECT window(at, '10 seconds') AS w, k, count(*) AS c FROM s WHERE k IS NOT NULL GROUP BY window(at, '10 seconds'), k) a ${type} (SELECT window(rat, '10 seconds') AS w, rk AS k, count(*) AS c FROM r WHERE rk IS NOT NULL GROUP BY window(rat, '10 seconds'), rk) b ON a.w = b.w AND a.k = b.k`,
  mode: 'append',
  sources: ['s', 'r'],
  inOrder: true,
  closes: true,
}))
const joinThenWindow: fc.Arbitrary<RandomQuery> = bound.map((range) => ({
  sql: `SELECT window.start AS ws, k, count(*) AS c FROM (SELECT at, k FROM s JOIN r ON k = rk AND ${range}) GROUP BY window(at, '10 seconds'), k`,
  mode: 'append',
  sources: ['s', 'r'],
  inOrder: true,
  closes: true,
}))

/** Weighted so that the stateful shapes come most. */
export const randomQuery: fc.Arbitrary<RandomQuery> = fc.oneof(
  { weight: 2, arbitrary: stateless },
  { weight: 1, arbitrary: union },
  { weight: 1, arbitrary: explode },
  { weight: 6, arbitrary: grouped },
  { weight: 2, arbitrary: windowOfWindows },
  { weight: 2, arbitrary: session },
  { weight: 1, arbitrary: distinct },
  { weight: 2, arbitrary: deduplicate },
  { weight: 5, arbitrary: join },
  { weight: 2, arbitrary: windowJoin },
  { weight: 2, arbitrary: joinThenWindow },
)

/** One row as it is drawn: a step of time, a step back within the delay, a key and a number. */
export interface DrawnRow {
  readonly source: 's' | 'r'
  readonly stepMs: number
  readonly backMs: number
  readonly key: string | null
  readonly number: number | null
  /** Epochs end here. */
  readonly cut: boolean
}
export const DELAY_MS = 5000

export const randomRows: fc.Arbitrary<readonly DrawnRow[]> = fc.array(
  fc.record({
    source: fc.constantFrom<'s' | 'r'>('s', 's', 'r'),
    stepMs: fc.constantFrom(0, 1, 400, 1000, 2500, 9000),
    backMs: fc.constantFrom(0, 0, 1, 700, 4999),
    key: fc.constantFrom('a', 'b', 'c', 'bb', null),
    number: fc.constantFrom(0, 1, 2, 3, 4, 5, -1, null),
    cut: fc.boolean(),
  }),
  { maxLength: 40 },
)
