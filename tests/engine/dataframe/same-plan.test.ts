import { describe, expect, test } from 'vitest'
import { explainPlan } from '../../../engine/plan/explain.ts'
import type { LogicalPlan } from '../../../engine/plan/logical-plan.ts'
import {
  array,
  avg,
  callFunction,
  coalesce,
  col,
  concat,
  count,
  countDistinct,
  createSession,
  type DataFrame,
  date_trunc,
  explode,
  expr,
  first,
  from_json,
  lit,
  lower,
  map,
  max,
  max_by,
  min,
  not,
  round,
  session_window,
  split,
  struct,
  sum,
  upper,
  when,
  window,
} from '../../../index.ts'

/** SQL and DataFrame calls are two ways to write one plan: what they analyse to is the same, column for column. */
const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
session.readStream.format('rate').load().createOrReplaceTempView('ticks')
session
  .createDataFrame([], 'id BIGINT, user STRING, url STRING, n INT, price DECIMAL(10,2), tags ARRAY<STRING>, at TIMESTAMP')
  .createOrReplaceTempView('clicks')
session.createDataFrame([], 'url STRING, title STRING, weight DOUBLE').createOrReplaceTempView('pages')
const clicks = session.table('clicks')
const pages = session.table('pages')
const ticks = session.table('ticks')

/** Ids of columns in order of their appearance: two plans have different ones by birth. */
function shape(plan: LogicalPlan): string {
  const ids = new Map<string, number>()
  return explainPlan(plan).replace(/#(\d+)/g, (_, id: string) => {
    if (!ids.has(id)) ids.set(id, ids.size + 1)
    return `#${ids.get(id)}`
  })
}

const PAIRS: readonly (readonly [string, () => DataFrame | DataFrame<never>])[] = [
  ['SELECT id, user FROM clicks', () => clicks.select('id', 'user')],
  ['SELECT * FROM clicks', () => clicks.select('*')],
  ['SELECT n + 1 AS m, upper(user) AS u FROM clicks', () => clicks.select(col('n').plus(1).as('m'), upper('user').as('u'))],
  ['SELECT n + 1, lower(user) FROM clicks', () => clicks.select(col('n').plus(1), lower('user'))],
  [
    "SELECT * FROM clicks WHERE n > 3 AND user LIKE 'a%'",
    () => clicks.where(col('n').gt(3).and(col('user').like('a%'))).select('*'),
  ],
  ['SELECT * FROM clicks WHERE n BETWEEN 1 AND 3', () => clicks.where('n BETWEEN 1 AND 3').select('*')],
  ['SELECT id FROM clicks WHERE NOT n = 3', () => clicks.filter(not(col('n').equalTo(3))).select('id')],
  [
    'SELECT id FROM clicks WHERE user IS NOT NULL AND n IN (1, 2)',
    () => clicks.where(col('user').isNotNull().and(col('n').isin(1, 2))).select('id'),
  ],
  [
    "SELECT CASE WHEN n > 1 THEN 'many' WHEN n = 1 THEN 'one' ELSE 'none' END AS size FROM clicks",
    () => clicks.select(when(col('n').gt(1), 'many').when(col('n').equalTo(1), 'one').otherwise('none').as('size')),
  ],
  [
    'SELECT CAST(n AS STRING) AS t, TRY_CAST(user AS INT) AS i FROM clicks',
    () => clicks.select(col('n').cast('string').as('t'), col('user').try_cast('int').as('i')),
  ],
  [
    'SELECT user, count(*) AS n, sum(price) AS s, avg(n) AS a FROM clicks GROUP BY user',
    () => clicks.groupBy('user').agg(count('*').as('n'), sum('price').as('s'), avg('n').as('a')),
  ],
  [
    'SELECT count(DISTINCT user, url) AS d, max_by(user, n) AS m FROM clicks',
    () => clicks.agg(countDistinct('user', 'url').as('d'), max_by('user', 'n').as('m')),
  ],
  [
    'SELECT user, first(url) IGNORE NULLS AS f FROM clicks GROUP BY user',
    () => clicks.groupBy('user').agg(first('url', true).as('f')),
  ],
  [
    'SELECT window, url, min(n) AS m FROM clicks GROUP BY window(at, "10 minutes", "5 minutes"), url',
    () => clicks.groupBy(window('at', '10 minutes', '5 minutes'), 'url').agg(min('n').as('m')),
  ],
  [
    "SELECT session_window, user, count(*) AS n FROM clicks GROUP BY session_window(at, '5 minutes'), user",
    () => clicks.groupBy(session_window('at', '5 minutes'), 'user').agg(count('*').as('n')),
  ],
  ['SELECT DISTINCT user FROM clicks', () => clicks.select('user').distinct()],
  ['SELECT url, user, title FROM clicks JOIN pages USING (url)', () => clicks.join(pages, 'url').select('url', 'user', 'title')],
  [
    'SELECT c.user, p.title FROM clicks AS c LEFT JOIN pages AS p ON c.url = p.url AND p.weight > 0.5D',
    () =>
      clicks
        .as('c')
        .join(pages.as('p'), col('c.url').equalTo(col('p.url')).and(col('p.weight').gt(0.5)), 'left')
        .select('c.user', 'p.title'),
  ],
  ['SELECT * FROM clicks LEFT ANTI JOIN pages USING (url)', () => clicks.join(pages, ['url'], 'left_anti').select('*')],
  [
    'SELECT a.id, b.id FROM clicks AS a JOIN clicks AS b ON a.user = b.user',
    () =>
      clicks
        .as('a')
        .join(clicks.as('b'), col('a.user').equalTo(col('b.user')))
        .select(col('a.id'), col('b.id')),
  ],
  ['SELECT user FROM clicks UNION ALL SELECT title FROM pages', () => clicks.select('user').union(pages.select('title'))],
  ['SELECT * FROM clicks ORDER BY n DESC, user LIMIT 3', () => clicks.select('*').orderBy(col('n').desc(), 'user').limit(3)],
  ['SELECT id, explode(tags) AS tag FROM clicks', () => clicks.select('id', explode('tags').as('tag'))],
  [
    "SELECT struct(id, user) AS s, array(n, 1) AS a, map('k', n) AS m FROM clicks",
    () => clicks.select(struct('id', 'user').as('s'), array(col('n'), lit(1)).as('a'), map(lit('k'), col('n')).as('m')),
  ],
  [
    "SELECT coalesce(user, url, 'x') AS c, concat(user, url) AS d, round(n, 2) AS r FROM clicks",
    () => clicks.select(coalesce('user', 'url', lit('x')).as('c'), concat('user', 'url').as('d'), round('n', 2).as('r')),
  ],
  [
    "SELECT from_json(user, 'a INT').a AS a, split(url, '/')[0] AS head FROM clicks",
    () => clicks.select(from_json('user', 'a INT').getField('a').as('a'), split('url', '/').getItem(0).as('head')),
  ],
  [
    "SELECT date_trunc('hour', at), max(n) AS m FROM clicks GROUP BY date_trunc('hour', at)",
    () => clicks.groupBy(date_trunc('hour', 'at')).agg(max('n').as('m')),
  ],
  [
    'SELECT id, sum(n) OVER (PARTITION BY user ORDER BY at) AS running FROM clicks',
    () =>
      clicks.select(
        'id',
        sum('n')
          .over({ partitionBy: ['user'], orderBy: ['at'] })
          .as('running'),
      ),
  ],
  [
    "SELECT window.start AS start, count(1) AS n FROM STREAM ticks WATERMARK timestamp DELAY OF INTERVAL 10 SECONDS GROUP BY window(timestamp, '1 minute')",
    () =>
      ticks
        .withWatermark('timestamp', '10 seconds')
        .groupBy(window('timestamp', '1 minute'))
        .agg(count('*').as('n'))
        .select(col('window.start').as('start'), 'n'),
  ],
  [
    'SELECT abs(n) AS a, nvl(user, url) AS b FROM clicks',
    () => clicks.select(callFunction('abs', 'n').as('a'), expr('nvl(user, url) AS b')),
  ],
]

describe('SQL and DataFrame analyse to the same plan', () => {
  test.each(PAIRS)('%s', (sql, build) => {
    expect(shape(build().plan)).toBe(shape(session.sql(sql).plan))
  })
})
