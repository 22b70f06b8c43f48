import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { builtShell, outcomeOf, Workspace } from './shell.ts'

/** What each command writes where: results on standard output and nothing else there. */
let shell: string
beforeAll(() => {
  shell = builtShell()
}, 120_000)

const CLICKS = "CREATE STREAM clicks (user STRING, n INT) USING json OPTIONS (path 'in', maxFilesPerTrigger 1);\n"
const workspace = () =>
  new Workspace(shell)
    .write('in/1.json', '{"user":"ann","n":1}\n{"user":"bob","n":2}\n')
    .write('in/2.json', '{"user":"ann","n":30}\n')
    .write('tables/pages.csv', 'id,title\n1,Home\n2,Cart\n')
const UNBOUNDED =
  'millrace: warning: state of the aggregate by "user" is unbounded because complete output mode keeps every group\n'

describe('run and sql', () => {
  test('a bare SELECT over tables is printed once, in order of the script', async () => {
    expect(
      await workspace().script(`
CREATE TABLE pages (id INT, title STRING) USING csv OPTIONS (path 'tables/pages.csv', header true);
SELECT * FROM pages ORDER BY id DESC;
SELECT count(*) AS n FROM pages WHERE id > 1`),
    ).toEqual({
      code: 0,
      out: '+---+-----+\n|id |title|\n+---+-----+\n|2  |Cart |\n|1  |Home |\n+---+-----+\n+---+\n|n  |\n+---+\n|1  |\n+---+\n',
      err: '',
    })
  })
  test('a bare SELECT over a stream goes to the console, in complete mode where append is not legal', async () => {
    expect(
      await workspace().script(
        `${CLICKS}SELECT user, sum(n) AS s FROM clicks GROUP BY user ORDER BY user`,
        '--trigger',
        'available-now',
      ),
    ).toEqual({
      code: 0,
      out: `\
-------------------------------------------
Batch: 0
-------------------------------------------
+----+---+
|user|  s|
+----+---+
| ann|  1|
| bob|  2|
+----+---+

-------------------------------------------
Batch: 1
-------------------------------------------
+----+---+
|user|  s|
+----+---+
| ann| 31|
| bob|  2|
+----+---+

`,
      err: UNBOUNDED,
    })
  })
  test('--trigger once takes all there is in one epoch', async () => {
    const { out } = await workspace().script(`${CLICKS}SELECT n FROM clicks`, '--trigger', 'once')
    expect(out.match(/Batch: \d+/g)).toEqual(['Batch: 0'])
  })
  test('--json prints an object a row, of streams and of tables', async () => {
    expect(
      await workspace().script(
        `${CLICKS}SELECT user, n FROM clicks; SELECT 1 AS a, NULL AS b, array(1, 2) AS c`,
        '--trigger',
        'once',
        '--json',
      ),
    ).toMatchObject({ code: 0, err: '' })
    const { out } = await workspace().run('sql', 'SELECT 1 AS a, NULL AS b, map("k", date "2031-03-04") AS c', '--json')
    expect(out).toBe('{"a":1,"c":{"k":"2031-03-04"}}\n')
  })
  test('--progress writes a report an epoch to standard error', async () => {
    const { code, out, err } = await workspace().script(
      `${CLICKS}SELECT n FROM clicks`,
      '--trigger',
      'available-now',
      '--json',
      '--progress',
    )
    expect([code, out]).toEqual([0, '{"n":1}\n{"n":2}\n{"n":30}\n'])
    const reports = err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { batchId: number; numInputRows: number })
    expect(reports.map((r) => [r.batchId, r.numInputRows])).toEqual([
      [0, 2],
      [1, 1],
    ])
  })
  test('--var replaces a name in braces, --set sets what SET would', async () => {
    expect(
      await workspace().run(
        'sql',
        `SELECT '\${who}' AS who, current_timezone() AS zone`,
        '--var',
        'who=a=b',
        '--set',
        'spark.sql.session.timeZone=Asia/Tokyo',
        '--json',
      ),
    ).toEqual({ code: 0, out: '{"who":"a=b","zone":"Asia/Tokyo"}\n', err: '' })
  })
  test('--checkpoint: the next run goes on where the last one ended; several queries have folders of their own', async () => {
    const place = workspace()
    const script = `${CLICKS}SELECT n FROM clicks; SELECT user FROM clicks;
CREATE STREAMING TABLE copied USING csv OPTIONS (path 'out') AS SELECT n FROM clicks`
    const args = ['--trigger', 'available-now', '--json', '--checkpoint', 'cp']
    const first = await place.script(script, ...args)
    expect([first.code, first.out.split('\n').sort()]).toEqual([
      0,
      ['', '{"n":1}', '{"n":2}', '{"n":30}', '{"user":"ann"}', '{"user":"ann"}', '{"user":"bob"}'],
    ])
    expect(readdirSync(path.join(place.folder, 'cp')).sort()).toEqual(['copied', 'select_1', 'select_2'])
    expect(await place.script(script, ...args)).toEqual({ code: 0, out: '', err: '' })
    place.write('3.json', '{"user":"cy","n":4}\n')
    renameSync(path.join(place.folder, '3.json'), path.join(place.folder, 'in/3.json'))
    expect((await place.script(script, ...args)).out.split('\n').sort()).toEqual(['', '{"n":4}', '{"user":"cy"}'])
    const files = readdirSync(path.join(place.folder, 'out')).filter((name) => name.endsWith('.csv'))
    expect(files.map((name) => readFileSync(path.join(place.folder, 'out', name), 'utf8')).sort()).toEqual([
      '1\n2\n',
      '30\n',
      '4\n',
    ])
  })
  test('INSERT INTO starts a query into a declared sink table, whose folder need not exist', async () => {
    const place = workspace()
    const script = `${CLICKS}CREATE TABLE kept (user STRING, n INT) USING json OPTIONS (path 'kept');
CREATE TABLE nothing USING noop;
INSERT INTO kept SELECT * FROM clicks WHERE n > 1;
INSERT INTO nothing SELECT * FROM clicks`
    expect(await place.script(script, '--trigger', 'once', '--checkpoint', 'cp')).toEqual({ code: 0, out: '', err: '' })
    expect(await place.run('sql', 'SELECT * FROM json.`kept` ORDER BY n', '--json')).toMatchObject({
      out: '{"n":2,"user":"bob"}\n{"n":30,"user":"ann"}\n',
    })
  })
  test('SHOW, DESCRIBE, EXPLAIN WHY and STOP of a running query, and its memory table read afterwards', async () => {
    const { code, out } = await workspace().script(`${CLICKS}CREATE STREAMING TABLE m USING memory AS SELECT user, n FROM clicks;
DESCRIBE m; SHOW TABLES; STOP m; SHOW STREAMS; SELECT count(*) <= 3 AS read FROM m`)
    expect([code, out]).toEqual([
      0,
      `\
+--------+---------+-------+
|col_name|data_type|comment|
+--------+---------+-------+
|user    |string   |NULL   |
|n       |int      |NULL   |
+--------+---------+-------+
+---------+---------+-----------+
|namespace|tableName|isTemporary|
+---------+---------+-----------+
|default  |clicks   |false      |
|default  |m        |false      |
+---------+---------+-----------+
+----+---+------+
|name|id |status|
+----+---+------+
+----+---+------+
+----+
|read|
+----+
|true|
+----+
`,
    ])
  })
})

describe('stopping', () => {
  test('Ctrl-C lets the epoch finish: exit code 130, and the next run goes on after it', async () => {
    const place = workspace().write('query.sql', 'CREATE STREAM s USING rate OPTIONS (rowsPerSecond 10); SELECT value FROM s')
    const child = place.start('run', 'query.sql', '--json', '--trigger', '100 milliseconds', '--checkpoint', 'cp')
    await once(child.stdout!, 'data')
    child.kill('SIGINT')
    const { code, err } = await outcomeOf(child, place.folder)
    // A busy machine may be told that it is slow.
    const said = err.replace(/^millrace: warning: an epoch took longer .*\n/gm, '')
    expect({ code, said }).toEqual({ code: 130, said: 'stopping after this epoch; Ctrl-C again to stop at once\n' })
    const again = place.start('run', 'query.sql', '--json', '--trigger', '100 milliseconds', '--checkpoint', 'cp')
    const [text] = (await once(again.stdout!, 'data')) as [Buffer]
    expect((JSON.parse(text.toString().split('\n')[0]!) as { value: number }).value).toBeGreaterThan(0)
    again.kill('SIGTERM')
    expect((await outcomeOf(again, place.folder)).code).toBe(130)
  })
  test('a reader that goes away is no failure', async () => {
    const place = workspace()
    const piped = spawn(
      'bash',
      ['-c', `set -o pipefail; "$0" "$1" sql 'SELECT id FROM range(200000)' --json | head -2`, process.execPath, shell],
      {
        cwd: place.folder,
      },
    )
    expect(await outcomeOf(piped, place.folder)).toEqual({ code: 0, out: '{"id":0}\n{"id":1}\n', err: '' })
  })
})

describe('check and explain', () => {
  test('check says what is right and warns, and runs nothing', async () => {
    const place = workspace()
    const counts = `${CLICKS}CREATE STREAMING TABLE t USING json OPTIONS (path 'out') OUTPUT MODE append CHECKPOINT 'cp' AS SELECT n FROM clicks;
SELECT upper(user) FROM clicks`
    expect(await place.write('query.sql', counts).run('check', 'query.sql')).toEqual({
      code: 0,
      out: '',
      err: 'query.sql: no errors\n',
    })
    expect(readdirSync(place.folder).sort()).toEqual(['in', 'query.sql', 'tables'])
    const update = counts
      .replace('append', 'update')
      .replace("json OPTIONS (path 'out')", 'console')
      .replace('SELECT n', 'SELECT user, max(n) AS n')
      .replace('clicks;', 'clicks GROUP BY user;')
    expect(await place.write('query.sql', update).run('check', 'query.sql')).toMatchObject({
      code: 0,
      err: 'query.sql: warning: state of the aggregate by "user" is unbounded because no key has a watermark: every group ever seen is kept\nquery.sql: no errors\n',
    })
    expect(await place.write('query.sql', `SELECT \${x} + y`).run('check', 'query.sql', '--var', 'x=1')).toEqual({
      code: 2,
      out: '',
      err: 'query.sql:1:12: column "y" does not exist\n  1 | SELECT 1 + y\n    |            ^\n  No columns are in scope here.\n  UNRESOLVED_COLUMN.WITHOUT_SUGGESTION, SQLSTATE 42703\n',
    })
  })
  test('batch writes are checked and explained like queries, and nothing is written', async () => {
    const place = workspace().write(
      'query.sql',
      "CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE TABLE u USING json OPTIONS (path 'out') AS SELECT a + 1 AS b FROM t; SELECT b FROM u",
    )
    expect(await place.run('check', 'query.sql')).toEqual({ code: 0, out: '', err: 'query.sql: no errors\n' })
    const { out } = await place.run('explain', 'query.sql')
    expect(out.match(/^-- .*$/gm)).toEqual(['-- t, batch', '-- u, batch'])
    expect(readdirSync(place.folder)).not.toContain('out')
    expect(
      await place.write('query.sql', 'CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1, 2)').run('check', 'query.sql'),
    ).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^query\.sql:2:1: /) as string,
    })
  })
  test('explain prints each stage of each query', async () => {
    const { code, out, err } = await workspace()
      .write('query.sql', `${CLICKS}SELECT user FROM clicks WHERE n > 1 + 1; SELECT 1 AS a`)
      .run('explain', 'query.sql')
    expect([code, err]).toEqual([0, ''])
    expect(out.match(/^== .* ==$/gm)).toEqual([
      ...['== Analyzed Logical Plan ==', '== Optimized Logical Plan ==', '== Incremental Plan =='],
      ...['== Analyzed Logical Plan ==', '== Optimized Logical Plan ==', '== Incremental Plan =='],
    ])
    expect(out).toContain('(n#2 > 2)')
  })
})

describe('test', () => {
  const RIGHT = 'source s\na INT\n\nstream q append\nSELECT a + 1 AS b FROM s\n\ninput s\n[1]\n\nemit q\n----\n[2]\n'

  test('a report of counts, failures with their place on standard error', async () => {
    const place = workspace().write('slt/right.slt', RIGHT).write('slt/wrong.slt', RIGHT.replace('[2]', '[3]'))
    const { code, out, err } = await place.run('test', 'slt')
    expect([code, out]).toEqual([1, '1 passed, 1 failed, 0 skipped\n'])
    expect(err).toMatch(/^slt\/wrong\.slt:10: emit q: /)
  })
  test('--report json: one object and nothing else on standard output', async () => {
    const place = workspace().write('right.slt', RIGHT).write('wrong.slt', RIGHT.replace('[2]', '[3]'))
    const { code, out } = await place.run('test', 'right.slt', 'wrong.slt', '--report', 'json', '--mode', 'all', '--seed', '7')
    const report = JSON.parse(out) as Record<string, unknown> & { files: { file: string; passed: number; failures: object[] }[] }
    expect([code, report['passed'], report['failed'], report['skipped']]).toEqual([1, 1, 1, 0])
    expect(report.files.map((f) => [f.file, f.passed])).toEqual([
      ['right.slt', 1],
      ['wrong.slt', 0],
    ])
    expect(report.files[1]!.failures[0]).toMatchObject({ line: 10, directive: 'emit q', expected: '[3]', actual: '[2]' })
  })
  test('--update writes what came out', async () => {
    const place = workspace().write('wrong.slt', RIGHT.replace('[2]', '[3]'))
    expect(await place.run('test', 'wrong.slt', '--update')).toEqual({ code: 0, out: '1 passed, 0 failed, 0 skipped\n', err: '' })
    expect(readFileSync(path.join(place.folder, 'wrong.slt'), 'utf8')).toBe(RIGHT)
    place.write('wrong.slt', RIGHT.replace('[2]\n', '[3]\n[4]\n[5]\n'))
    expect((await place.run('test', 'wrong.slt', '--update', '--mode', 'all')).code).toBe(0)
    expect(readFileSync(path.join(place.folder, 'wrong.slt'), 'utf8')).toBe(RIGHT)
  })
})

test('help and version', async () => {
  const place = workspace()
  const help = await place.run('help')
  expect(help.code).toBe(0)
  expect(help.out).toContain(
    'exit codes: 0 done, 1 a query failed while running (or a test failed), 2 the command line or the SQL is wrong',
  )
  expect(await place.run()).toEqual(help)
  expect(await place.run('--version')).toEqual({
    code: 0,
    out: `${(JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version}\n`,
    err: '',
  })
})
