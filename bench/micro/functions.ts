/**
 * Nanoseconds a row of the sixty commonest functions and operators, through the whole engine: SELECT over a table the session holds, result thrown away; what the
 * same query over plain columns costs is taken off. Run: npx tsx bench/micro/functions.ts [--interpreted]
 */
import { createSession } from '../../index.ts'

const ROWS = 1 << 18
const PASSES = 4
const interpreted = process.argv.includes('--interpreted')

const EXPRESSIONS = [
  'n + 1',
  'n * 3 - m',
  'n / 2',
  'n % 7',
  'n div 3',
  '-n',
  'abs(n)',
  'n > m',
  'n = m AND m < 500',
  'n BETWEEN 10 AND 500',
  'n IN (1, 2, 3, 5, 8)',
  'CASE WHEN n > 500 THEN 1 ELSE 0 END',
  'coalesce(n, 0)',
  'if(n > m, n, m)',
  'greatest(n, m)',
  'least(n, m)',
  'nullif(n, 3)',
  'd * 1.5D',
  'sqrt(d)',
  'round(d, 2)',
  'floor(d)',
  'ceil(d)',
  'pow(d, 2D)',
  'ln(d + 1D)',
  'CAST(n AS DOUBLE)',
  'CAST(n AS STRING)',
  'CAST(digits AS INT)',
  'n & 255',
  'n << 2',
  "word = 'beta'",
  "word LIKE 'al%'",
  "word LIKE '%am%'",
  "word || '-x'",
  "concat(word, '-', digits)",
  'upper(word)',
  'lower(word)',
  'length(word)',
  'substring(word, 2, 3)',
  'left(word, 2)',
  'trim(word)',
  "replace(word, 'a', 'b')",
  "instr(word, 'a')",
  "startswith(word, 'a')",
  "contains(word, 'et')",
  "lpad(word, 8, ' ')",
  "split(word, 'a')",
  "regexp_replace(word, '[aeiou]', '')",
  "regexp_extract(word, '([a-z])m', 1)",
  'reverse(word)',
  'repeat(word, 2)',
  "concat_ws(',', word, digits)",
  'md5(word)',
  'hash(n, word)',
  'xxhash64(n)',
  'year(at)',
  'hour(at)',
  "date_trunc('hour', at)",
  'CAST(at AS DATE)',
  "at + INTERVAL '1' HOUR",
  'unix_timestamp(at)',
  "date_format(at, 'yyyy-MM-dd')",
  'to_timestamp(stamp)',
  "datediff(CAST(at AS DATE), DATE'2031-01-01')",
  'array(n, m)',
  'element_at(array(n, m), 1)',
  "named_struct('a', n).a",
  "get_json_object(json, '$.a')",
  "from_json(json, 'a INT, b STRING').a",
  "to_json(named_struct('a', n))",
] as const

const session = createSession({
  'spark.sql.session.timeZone': 'UTC',
  ...(interpreted && { 'millrace.codegen.enabled': 'false' }),
})
await session.run(`
  CREATE TABLE t AS SELECT
    CAST(id % 1000 AS INT) AS n, CAST(id * 7 % 1000 AS INT) AS m, CAST(id % 1000 AS DOUBLE) / 7 AS d,
    element_at(array('alpha', 'beta', 'gamma', 'delta', 'epsilon'), CAST(id % 5 AS INT) + 1) AS word, CAST(id % 100000 AS STRING) AS digits,
    timestamp_micros(1900000000000000 + id * 7000000) AS at, date_format(timestamp_micros(1900000000000000 + id * 7000000), 'yyyy-MM-dd HH:mm:ss') AS stamp,
    concat('{"a":', id % 10, ',"b":"x"}') AS json
  FROM range(${ROWS})`)

/** The least of several passes, in nanoseconds a row. */
async function measure(list: string): Promise<number> {
  const { plan } = session.sql(`SELECT ${list} FROM t`)
  let best = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < PASSES; pass++) {
    const started = process.hrtime.bigint()
    await session.runBatch(plan, () => {})
    best = Math.min(best, Number(process.hrtime.bigint() - started))
  }
  return best / ROWS
}

const plain = await measure('n, m, d, word, digits, at, stamp, json')
console.log(`plain columns: ${plain.toFixed(1)} ns a row, taken off below${interpreted ? '; interpreted' : ''}`)
console.log('| expression | ns a row |\n|---|---|')
for (const expression of EXPRESSIONS)
  console.log(`| \`${expression}\` | ${Math.max(0, (await measure(expression)) - plain).toFixed(0)} |`)
