import { describe, expect, test } from 'vitest'
import { OPTIMIZER_RULES, optimize } from '../../../engine/optimizer/optimizer.ts'
import { outputOf } from '../../../engine/plan/output.ts'
import { Fixture, tree } from '../analysis/fixture.ts'

const fixture = (settings?: Readonly<Record<string, string>>): Fixture =>
  new Fixture(settings).declare(
    's: at TIMESTAMP, k STRING, n INT; watermark at 10 seconds',
    't: k STRING, v INT, x STRING; static',
    'u: k STRING, w INT; static',
  )
const optimized = (sql: string): string => tree(fixture().optimize(sql))

describe('rules', () => {
  test('constants are folded, unread columns pruned, projections merged', () => {
    expect(optimized('SELECT a + 1 + 2 AS b FROM (SELECT v * (3 + 4) AS a, x FROM t)')).toBe(
      ['Project [(((v#0 * 7) + 1) + 2) AS b#1]', '+- Relation t memory [v#0]'].join('\n'),
    )
  })
  test('projections merge over a struct that is computed once for all who read its fields, and not when it is read whole', () => {
    const records = "(SELECT from_json(k, 'a INT, b INT, c INT') AS r FROM t)"
    expect(optimized(`SELECT r.a, r.b FROM ${records} WHERE r.c = 1`)).toBe(
      [
        'Project [from_json(k#0).a AS a#1, from_json(k#0).b AS b#2]',
        '+- Filter (from_json(k#0).c = 1)',
        '   +- Relation t memory [k#0], PushedFilters: [(from_json(k#0).c = 1)]',
      ].join('\n'),
    )
    expect(optimized(`SELECT r.a, r FROM ${records}`)).toMatch(/^Project .*\n\+- Project /)
  })
  test('what would fail stays, to fail where a row reaches it', () => {
    expect(optimized('SELECT 1 / 0 AS b FROM t')).toContain('(1.0 / 0.0)')
  })
  test('a filter moves through projections and joins and becomes a hint of the scan', () => {
    expect(optimized('SELECT t.k FROM t JOIN u ON t.k = u.k WHERE v > 1 AND w < 2')).toBe(
      [
        'Project [k#0]',
        '+- Join Inner, (k#0 = k#1)',
        '   :- Project [k#0]',
        '   :  +- Filter ((k#0 IS NOT NULL) AND (v#2 > 1))',
        '   :     +- Relation t memory [k#0, v#2], PushedFilters: [(k#0 IS NOT NULL), (v#2 > 1)]',
        '   +- Project [k#1]',
        '      +- Filter ((k#1 IS NOT NULL) AND (w#3 < 2))',
        '         +- Relation u memory [k#1, w#3], PushedFilters: [(k#1 IS NOT NULL), (w#3 < 2)]',
      ].join('\n'),
    )
  })
  test('a filter passes a watermark unless it reads the event time', () => {
    expect(optimized("SELECT k FROM s WHERE n > 1 AND at > TIMESTAMP '2031-01-01 00:00:00'")).toBe(
      [
        'Project [k#0]',
        "+- Filter (at#1-T10000ms > TIMESTAMP '2031-01-01 00:00:00')",
        '   +- EventTimeWatermark at#1, 10000 ms',
        '      +- Filter (n#2 > 1)',
        '         +- StreamingRelation s memory [at#1, k#0, n#2], PushedFilters: [(n#2 > 1)]',
      ].join('\n'),
    )
  })
  test('a condition on a key passes an aggregate, one on a window stays above', () => {
    expect(optimized('SELECT * FROM (SELECT k, sum(v) AS s FROM t GROUP BY k) WHERE k = 1 AND s > 2')).toMatch(
      /^Filter \(s#\d+ > 2\)\n\+- Aggregate .*\n {3}\+- Filter/,
    )
    const windowed = "SELECT * FROM (SELECT window AS w, count(*) FROM s GROUP BY window(at, '1 minute')) WHERE w.start > 'x'"
    expect(optimized(windowed)).toMatch(/Filter.*\n.*Aggregate/)
  })
  test('the nullable side of an outer join is not filtered below it', () => {
    expect(optimized('SELECT t.k FROM t LEFT JOIN u ON t.k = u.k WHERE w IS NULL')).toMatch(
      /^Project.*\n\+- Filter .*\n {3}\+- Join LeftOuter/,
    )
  })
})

describe('subqueries', () => {
  test('EXISTS and IN in WHERE become semi joins, their negations anti joins', () => {
    expect(optimized('SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND w > v)')).toBe(
      [
        'Project [k#0]',
        '+- Join LeftSemi, ((k#1 = k#0) AND (w#2 > v#3))',
        '   :- Filter ((k#0 IS NOT NULL) AND (v#3 IS NOT NULL))',
        '   :  +- Relation t memory [k#0, v#3], PushedFilters: [(k#0 IS NOT NULL), (v#3 IS NOT NULL)]',
        '   +- Filter ((k#1 IS NOT NULL) AND (w#2 IS NOT NULL))',
        '      +- Relation u memory [k#1, w#2], PushedFilters: [(k#1 IS NOT NULL), (w#2 IS NOT NULL)]',
      ].join('\n'),
    )
    expect(optimized('SELECT k FROM t WHERE v NOT IN (SELECT w FROM u)')).toContain(
      'Join LeftAnti, ((v#1 = w#2) OR ((v#1 = w#2) IS NULL))',
    )
  })
  test('a correlated count is 0, not NULL, where nothing matches', () => {
    expect(optimized('SELECT k, (SELECT count(*) FROM u WHERE u.k = t.k) AS c FROM t')).toBe(
      [
        'Project [k#0, coalesce(count(1)#1, 0) AS c#2]',
        '+- Join LeftOuter, (k#3 = k#0)',
        '   :- Relation t memory [k#0]',
        '   +- Aggregate [k#3], [count(1) AS count(1)#1, k#3]',
        '      +- Filter (k#3 IS NOT NULL)',
        '         +- Relation u memory [k#3], PushedFilters: [(k#3 IS NOT NULL)]',
      ].join('\n'),
    )
  })
  test('no subquery is left when the optimiser is switched off', () => {
    const f = fixture({ 'millrace.optimizer.enabled': 'false' })
    const text = tree(f.optimize('SELECT k FROM t WHERE v = (SELECT max(w) FROM u WHERE u.k = t.k)'))
    expect(text).not.toContain('subquery')
    expect(text).toContain('Join LeftOuter')
  })
})

describe('every rule', () => {
  const queries = [
    'SELECT * FROM t',
    'SELECT k, count(*) FROM t WHERE v > 1 GROUP BY k ORDER BY 2',
    'SELECT a.k FROM t a JOIN t b ON a.k = b.k AND a.v > 1',
    "SELECT window, k, sum(n) FROM s GROUP BY window(at, '1 minute'), k",
    'SELECT k FROM t UNION SELECT k FROM u',
    'SELECT k, row_number() OVER (PARTITION BY k ORDER BY v) AS r FROM t',
    'SELECT k FROM t WHERE v IN (SELECT w FROM u WHERE u.k = t.k)',
  ]
  test.each(OPTIMIZER_RULES.flatMap((rule) => queries.map((sql) => [rule.name, sql, rule] as const)))(
    '%s keeps the output of %s and settles',
    (_name, sql, rule) => {
      const f = fixture()
      const plan = f.analyze(sql)
      const once = rule.apply(plan, f.context)
      expect(outputOf(once).map((c) => c.id)).toEqual(outputOf(plan).map((c) => c.id))
      const result = optimize(plan, f.context)
      expect(optimize(result, f.context)).toBe(result)
    },
  )
})
