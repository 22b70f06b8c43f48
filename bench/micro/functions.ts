/**
 * Nanoseconds a row of the commonest functions and operators, through the whole engine: SELECT over a table the session holds, result thrown away; what the
 * same query over plain columns costs is taken off. Processor time of the whole process, the least of several passes, so that what else runs on the machine
 * counts little. Prints the table of docs/performance.md, with the load at the start. Run: npx tsx bench/micro/functions.ts [--interpreted] [part of an expression]
 */
import { loadavg } from 'node:os'
import { createSession } from '../../index.ts'

const ROWS = 1 << 17
const PASSES = 10
const interpreted = process.argv.includes('--interpreted')
const wanted = process.argv.slice(2).find((arg) => !arg.startsWith('--')) ?? ''

/** Families of expressions. The first of each line of the documentation are the sixty commonest; the rest shows the breadth. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  arithmetic: [
    'n + 1',
    'n * 3 - m',
    'n / 2',
    'n % 7',
    'n div 3',
    'pmod(n, 7)',
    '-n',
    'abs(n)',
    'b + 1',
    'b * 3 + n',
    'c + 1.5BD',
    'd * 1.5D',
    'try_add(n, m)',
    'try_divide(d, 3D)',
    'n & 255',
    'n << 2',
    'bit_count(n)',
  ],
  comparison: [
    'n > m',
    'n = m AND m < 500',
    'n BETWEEN 10 AND 500',
    'n IN (1, 2, 3, 5, 8)',
    'CASE WHEN n > 500 THEN 1 ELSE 0 END',
    'if(n > m, n, m)',
    'coalesce(n, 0)',
    'nullif(n, 3)',
    'nvl2(n, m, 0)',
    'greatest(n, m)',
    'least(d, 50D)',
    'isnan(d)',
  ],
  math: [
    'sqrt(d)',
    'pow(d, 2D)',
    'exp(d / 100)',
    'ln(d + 1D)',
    'log10(d + 1D)',
    'sin(d)',
    'round(d, 2)',
    'bround(d, 1)',
    'floor(d)',
    'ceil(d)',
    'sign(d)',
    'round(c, 1)',
  ],
  conversion: [
    'CAST(n AS DOUBLE)',
    'CAST(d AS INT)',
    'CAST(n AS STRING)',
    'CAST(b AS STRING)',
    'CAST(d AS STRING)',
    'CAST(c AS STRING)',
    'CAST(at AS STRING)',
    'CAST(digits AS INT)',
    'CAST(digits AS DOUBLE)',
    'CAST(digits AS DECIMAL(10, 2))',
    'CAST(stamp AS TIMESTAMP)',
    'CAST(at AS DATE)',
  ],
  string: [
    "word = 'beta'",
    "word LIKE 'al%'",
    "word LIKE '%am%'",
    "word LIKE '%a_p%'",
    "word ILIKE 'AL%'",
    "word || '-x'",
    "concat(word, '-', digits)",
    "concat_ws(',', word, digits)",
    'upper(word)',
    'lower(word)',
    'initcap(word)',
    'upper(name)',
    'length(word)',
    'length(name)',
    'substring(word, 2, 3)',
    'left(word, 2)',
    'right(word, 2)',
    'trim(word)',
    "btrim(word, 'a')",
    "replace(word, 'a', 'b')",
    "translate(word, 'abc', 'xyz')",
    "instr(word, 'a')",
    "locate('a', word)",
    "startswith(word, 'a')",
    "endswith(word, 'a')",
    "contains(word, 'et')",
    "lpad(word, 8, ' ')",
    "rpad(word, 8, '-')",
    'repeat(word, 2)',
    'reverse(word)',
    "substring_index(stamp, '-', 2)",
    "split_part(stamp, '-', 2)",
    "split(stamp, '-')",
    "split(stamp, '-')[1]",
    'ascii(word)',
    'hex(word)',
    'base64(word)',
    "format_string('%s-%d', word, n)",
    'format_number(d, 2)',
    'levenshtein(word, digits)',
    'soundex(word)',
    'url_encode(word)',
  ],
  pattern: [
    "word RLIKE 'a.*a'",
    "regexp_replace(word, '[aeiou]', '')",
    "regexp_replace(word, '([aeiou])', '<$1>')",
    "regexp_extract(word, '([a-z])m', 1)",
    "regexp_count(word, 'a')",
  ],
  hash: ['hash(n, word)', 'xxhash64(n)', 'xxhash64(word)', 'crc32(word)', 'md5(word)', 'sha1(word)', 'sha2(word, 256)'],
  time: [
    'year(at)',
    'month(day)',
    'dayofweek(day)',
    'weekofyear(day)',
    'hour(at)',
    'extract(MINUTE FROM at)',
    "date_trunc('hour', at)",
    "date_trunc('month', at)",
    "trunc(day, 'year')",
    'date_add(day, 3)',
    "datediff(day, DATE'2031-01-01')",
    'add_months(day, 2)',
    'last_day(day)',
    'months_between(at, day)',
    "at + INTERVAL '1' HOUR",
    'unix_timestamp(at)',
    'from_unixtime(b)',
    'timestamp_seconds(b)',
    'make_date(2024, n % 12 + 1, 1)',
    "date_format(at, 'yyyy-MM-dd')",
    "date_format(at, 'EEE d MMM HH:mm')",
    'to_date(stamp)',
    'to_timestamp(stamp)',
    "to_timestamp(stamp, 'yyyy-MM-dd HH:mm:ss')",
    "from_utc_timestamp(at, 'Asia/Seoul')",
  ],
  nested: [
    'array(n, m)',
    'element_at(array(n, m), 1)',
    'list[0]',
    'size(list)',
    'array_contains(list, 1)',
    'array_max(list)',
    'sort_array(list)',
    'transform(list, x -> x + 1)',
    "dict['a']",
    'map_keys(dict)',
    "named_struct('a', n).a",
  ],
  json: ["get_json_object(json, '$.a')", "from_json(json, 'a INT, b STRING').a", "to_json(named_struct('a', n))"],
}

const session = createSession({
  'spark.sql.session.timeZone': 'UTC',
  ...(interpreted && { 'millrace.codegen.enabled': 'false' }),
})
await session.run(`
  CREATE TABLE t AS SELECT
    CAST(id % 1000 AS INT) AS n, CAST(id * 7 % 1000 AS INT) AS m, CAST(id % 1000 AS DOUBLE) / 7 AS d,
    element_at(array('alpha', 'beta', 'gamma', 'delta', 'epsilon'), CAST(id % 5 AS INT) + 1) AS word, CAST(id % 100000 AS STRING) AS digits,
    timestamp_micros(1900000000000000 + id * 7000000) AS at, date_format(timestamp_micros(1900000000000000 + id * 7000000), 'yyyy-MM-dd HH:mm:ss') AS stamp,
    id AS b, CAST(id % 1000 AS DECIMAL(12, 2)) AS c, 'Zoë Müller' AS name,
    CAST(timestamp_micros(1900000000000000 + id * 7000000) AS DATE) AS day,
    array(CAST(id % 3 AS INT), CAST(id % 5 AS INT)) AS list, map('a', id, 'b', -id) AS dict,
    concat('{"a":', id % 10, ',"b":"x"}') AS json
  FROM range(${ROWS})`)

/** The least of several passes, in nanoseconds of processor time a row. */
async function measure(list: string): Promise<number> {
  const { plan } = session.sql(`SELECT ${list} FROM t`)
  let best = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < PASSES; pass++) {
    const started = process.cpuUsage()
    await session.runBatch(plan, () => {})
    const { user, system } = process.cpuUsage(started)
    best = Math.min(best, user + system)
  }
  return (best * 1000) / ROWS
}

// The engine itself is compiled by the first queries.
await measure('n + m, upper(word)')
const plain = await measure('n, m, d, word, digits, at, stamp, json')
console.log(
  `Plain columns: ${plain.toFixed(1)} ns a row, taken off; load ${loadavg()[0]!.toFixed(1)} at the start${interpreted ? '; interpreted' : ''}.\n`,
)
console.log('| | ns a row |\n|---|---|')
for (const [family, expressions] of Object.entries(FAMILIES)) {
  const cells: string[] = []
  for (const expression of expressions.filter((text) => text.includes(wanted)))
    cells.push(`\`${expression.replaceAll('|', '\\|')}\` ${Math.max(0, (await measure(expression)) - plain).toFixed(0)}`)
  if (cells.length > 0) console.log(`| ${family} | ${cells.join(' · ')} |`)
}
