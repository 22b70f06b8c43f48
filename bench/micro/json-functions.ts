/**
 * Nanoseconds of processor time a row of the functions that read and write JSON and CSV text, through the whole engine; what the plain columns cost is
 * taken off. Values are those of bench/kafka: about 170 bytes, of which most is a text that nobody reads. Run: npx tsx bench/micro/json-functions.ts
 */
import { createSession } from '../../index.ts'

const ROWS = 1 << 17
const PASSES = 5
const COLUMNS = `'id BIGINT, at TIMESTAMP, page STRING, user STRING'`

const QUERIES = [
  `SELECT from_json(short, 'a INT, b STRING').a FROM t`,
  `SELECT from_json(short, 'a INT, b STRING').a, from_json(short, 'a INT, b STRING').b FROM t`,
  `SELECT r.* FROM (SELECT from_json(CAST(value AS STRING), ${COLUMNS}) AS r FROM t)`,
  `SELECT r.page FROM (SELECT from_json(CAST(value AS STRING), ${COLUMNS}) AS r FROM t) WHERE r.user = 'user-17'`,
  `SELECT from_json(list, 'ARRAY<INT>') FROM t`,
  `SELECT CAST(value AS STRING) FROM t`,
  `SELECT get_json_object(short, '$.a') FROM t`,
  `SELECT get_json_object(CAST(value AS STRING), '$.page') FROM t`,
  `SELECT get_json_object(list, '$[*]') FROM t`,
  `SELECT json_tuple(CAST(value AS STRING), 'page', 'user') FROM t`,
  'SELECT json_array_length(list) FROM t',
  'SELECT json_object_keys(short) FROM t',
  `SELECT to_json(named_struct('a', n)) FROM t`,
  'SELECT to_json(struct(n, short, csv)) FROM t',
  `SELECT from_csv(csv, 'a BIGINT, b TIMESTAMP, c STRING').c FROM t`,
  'SELECT to_csv(struct(n, short, csv)) FROM t',
]

const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
await session.run(`
  CREATE TABLE t AS SELECT
    CAST(id % 1000 AS INT) AS n, concat('{"a":', id % 10, ',"b":"x"}') AS short, concat('[', id, ',1,2]') AS list,
    concat(id, ',2031-03-04T10:05:05.123Z,/page/', id % 100) AS csv,
    CAST(concat('{"id":', id, ',"at":"2031-03-04T1', id % 10, ':05:05.123Z","page":"/page/', id % 100, '","user":"user-', id % 5000,
      '","rest":"', repeat('x', 90), '"}') AS BINARY) AS value
  FROM range(${ROWS})`)

/** The least of several passes. */
async function measure(query: string): Promise<number> {
  const { plan } = session.sql(query)
  let best = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < PASSES; pass++) {
    const used = process.cpuUsage()
    await session.runBatch(plan, () => {})
    const { user, system } = process.cpuUsage(used)
    best = Math.min(best, (user + system) * 1000)
  }
  return best / ROWS
}

const plain = await measure('SELECT n, short, list, csv, value FROM t')
console.log('| query | ns a row |\n|---|---|')
for (const query of QUERIES) console.log(`| \`${query}\` | ${Math.max(0, (await measure(query)) - plain).toFixed(0)} |`)
