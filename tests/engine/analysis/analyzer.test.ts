import { describe, expect, test } from 'vitest'
import { outputOf } from '../../../engine/plan/output.ts'
import { Fixture, tree } from './fixture.ts'

const STREAMS = [
  's: at TIMESTAMP, k STRING, n INT; watermark at 10 seconds',
  't: k STRING, v INT; static',
  'u: k STRING, w INT, inner STRUCT<x: INT, y: ARRAY<STRING>>; static',
] as const
const fixture = (): Fixture => new Fixture().declare(...STREAMS)

describe('names', () => {
  test('a column shows under the name that the query wrote', () => {
    expect(fixture().columns('SELECT K, t.V FROM t')).toEqual(['K string', 'V int'])
  })
  test('fields, array elements and generated names', () => {
    expect(fixture().columns('SELECT inner.x, inner.y[0], w + 1, CAST(w AS STRING), count(*) OVER () FROM u')).toEqual([
      'x int',
      'inner.y[0] string',
      '(w + 1) int',
      'w string',
      'count(1) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) bigint',
    ])
  })
  test('stars: all, one relation, without some, fields of a struct', () => {
    expect(fixture().columns('SELECT * EXCEPT (w), t.*, inner.* FROM t JOIN u ON t.k = u.k')).toEqual([
      'k string',
      'v int',
      'k string',
      'inner struct<x:int,y:array<string>>',
      'k string',
      'v int',
      'x int',
      'y array<string>',
    ])
  })
  test('an unknown column names the nearest one', () => {
    try {
      fixture().analyze('SELECT nn FROM s')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        condition: 'UNRESOLVED_COLUMN.WITH_SUGGESTION',
        message: 'column "nn" does not exist',
        hint: 'Did you mean "n"?',
        span: { start: 7, end: 9 },
        parameters: { objectName: '`nn`', proposal: '`n`, `at`, `k`' },
      })
    }
  })
  test('a name that is in two relations is refused', () => {
    expect(fixture().verdict('SELECT k FROM t JOIN u ON t.k = u.k')).toBe('AMBIGUOUS_REFERENCE')
  })
  test('USING shows the key once in front; the sides keep theirs under their names', () => {
    expect(fixture().columns('SELECT *, u.k FROM t LEFT JOIN u USING (k)')).toEqual([
      'k string',
      'v int',
      'w int',
      'inner struct<x:int,y:array<string>>',
      'k string',
    ])
  })
  test('an item may name the items before it', () => {
    expect(tree(fixture().analyze('SELECT v + 1 AS a, a * 2 AS b FROM t'))).toBe(
      ['Project [a#0, (a#0 * 2) AS b#1]', '+- Project [k#2, v#3, (v#3 + 1) AS a#0]', '   +- Relation t memory [k#2, v#3]'].join(
        '\n',
      ),
    )
  })
  test('a view joined with itself has columns of its own on each side', () => {
    const f = fixture()
    f.view('x', f.parse('SELECT k, v FROM t'))
    const ids = outputOf(f.analyze('SELECT * FROM x a JOIN x b ON a.k = b.k')).map((c) => c.id)
    expect(new Set(ids).size).toBe(4)
  })
  test('inner WITH definitions hide outer ones', () => {
    const f = fixture()
    expect(f.columns('WITH a AS (SELECT 1 AS x) SELECT * FROM (WITH a AS (SELECT 2 AS y) SELECT * FROM a), a')).toEqual([
      'y int',
      'x int',
    ])
  })
})

describe('grouping', () => {
  test('the aggregate holds keys and calls, the rest stands above; ORDER BY and HAVING reach below the list', () => {
    const sql = 'SELECT upper(k) AS u, sum(v) + 1 FROM t GROUP BY u HAVING sum(v) + 1 > 0 ORDER BY min(v)'
    expect(tree(fixture().analyze(sql))).toBe(
      [
        'Project [u#0, (sum(v) + 1)#1]',
        '+- Sort [min(v)#2 ASC NULLS FIRST], global',
        '   +- Project [u#3 AS u#0, (sum(v)#4 + 1) AS (sum(v) + 1)#1, min(v)#2]',
        '      +- Filter ((sum(v)#4 + 1) > 0)',
        '         +- Aggregate [upper(k#5) AS u#3], [u#3, sum(v#6) AS sum(v)#4, min(v#6) AS min(v)#2]',
        '            +- Relation t memory [k#5, v#6]',
      ].join('\n'),
    )
  })
  test.each([
    ['SELECT k, v FROM t GROUP BY k', 'MISSING_AGGREGATION'],
    ['SELECT k, sum(v) FROM t', 'MISSING_GROUP_BY'],
    ['SELECT sum(v) FROM t GROUP BY sum(v)', 'GROUP_BY_AGGREGATE'],
    ['SELECT sum(max(v)) FROM t', 'NESTED_AGGREGATE_FUNCTION'],
    ['SELECT k FROM t GROUP BY 3', 'GROUP_BY_POS_OUT_OF_RANGE'],
    ['SELECT k FROM t WHERE sum(v) > 1', 'INVALID_WHERE_CONDITION'],
    ['SELECT sum(v) + v FROM t GROUP BY ALL', 'UNRESOLVED_ALL_IN_GROUP_BY'],
    ['SELECT k, sum(v) + v FROM t GROUP BY ALL', 'MISSING_AGGREGATION'],
    ['SELECT k, sum(v) FROM t GROUP BY ALL', 'ok'],
    ['SELECT k FROM t GROUP BY k ORDER BY v', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['SELECT sum(v) FROM t ORDER BY 2', 'ORDER_BY_POS_OUT_OF_RANGE'],
  ])('%s: %s', (sql, condition) => {
    expect(fixture().verdict(sql)).toBe(condition)
  })
  test('GROUPING SETS become an Expand', () => {
    expect(tree(fixture().analyze('SELECT k, grouping(k), sum(v) FROM t GROUP BY ROLLUP (k)'))).toBe(
      [
        'Project [k#0, ((spark_grouping_id#1 >> 0) & 1) AS grouping(k)#2, sum(v)#3]',
        '+- Aggregate [k#0, spark_grouping_id#1], [k#0, spark_grouping_id#1, sum(v#4) AS sum(v)#3]',
        '   +- Expand [[k#5, v#4, k#5, 0], [k#5, v#4, NULL, 1]], [k#5, v#4, k#0, spark_grouping_id#1]',
        '      +- Relation t memory [k#5, v#4]',
      ].join('\n'),
    )
  })
})

describe('time windows', () => {
  test('window() becomes a node below the operator that uses it and keeps the mark of its time', () => {
    expect(tree(fixture().analyze("SELECT window.start, count(*) AS c FROM s GROUP BY window(at, '1 minute')"))).toBe(
      [
        'Project [window#0-T10000ms.start AS start#1, c#2]',
        '+- Aggregate [window#0-T10000ms], [window#0-T10000ms, count(1) AS c#2]',
        '   +- TimeWindow at#3-T10000ms, 60000000 µs, 60000000 µs, 0 µs, window#0-T10000ms',
        '      +- EventTimeWatermark at#3, 10000 ms',
        '         +- StreamingRelation s memory [at#3, k#4, n#5]',
      ].join('\n'),
    )
  })
  test('a window of a window takes its last instant', () => {
    const sql = `SELECT window(w, '10 minutes').end AS e, sum(c) FROM
      (SELECT window(at, '1 minute') AS w, count(*) AS c FROM s GROUP BY window(at, '1 minute')) GROUP BY window(w, '10 minutes')`
    expect(fixture().columns(sql)).toEqual(['e timestamp', 'sum(c) bigint'])
  })
  test.each([
    ["SELECT window(at, '1 minute'), window(at, '2 minutes') FROM s", '_LEGACY_ERROR_TEMP_1039'],
    ["SELECT window(at, '1 month') FROM s", '_LEGACY_ERROR_TEMP_3231'],
    ["SELECT window(at, '0 seconds') FROM s", 'DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE'],
    ["SELECT window(at, '1 minute', '2 minutes') FROM s", 'DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION'],
    ['SELECT window_time(at) FROM s', 'DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE'],
    ['SELECT session_window(at, 1.5) FROM s', '_LEGACY_ERROR_TEMP_1040'],
    ['SELECT * FROM s WATERMARK n DELAY OF INTERVAL 1 SECOND', 'EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE'],
  ])('%s: %s', (sql, condition) => {
    expect(fixture().verdict(sql)).toBe(condition)
  })
})

describe('set operations', () => {
  test('inputs are brought to common types; the event time is that of the first branch', () => {
    const f = fixture()
    expect(f.columns('SELECT v FROM t UNION ALL SELECT CAST(1 AS BIGINT)')).toEqual(['v bigint'])
    const [first] = outputOf(f.analyze('SELECT at FROM s UNION ALL SELECT CAST(k AS TIMESTAMP) FROM s'))
    const [second] = outputOf(f.analyze('SELECT CAST(k AS TIMESTAMP) FROM s UNION ALL SELECT at FROM s'))
    expect([first?.metadata, second?.metadata]).toEqual([{ watermarkDelayMs: 10000 }, undefined])
  })
  test.each([
    ['SELECT k FROM t UNION ALL SELECT k, v FROM t', 'NUM_COLUMNS_MISMATCH'],
    ['SELECT v FROM t UNION ALL SELECT inner FROM u', 'INCOMPATIBLE_COLUMN_TYPE'],
  ])('%s: %s', (sql, condition) => {
    expect(fixture().verdict(sql)).toBe(condition)
  })
})
