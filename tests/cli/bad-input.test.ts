import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { builtShell, type Outcome, outcomeOf, Workspace } from './shell.ts'

/** Whatever is wrong is said on standard error with its place, nothing is written to standard output, and the exit code says whose turn it is. */
let shell: string
beforeAll(() => {
  shell = builtShell()
}, 120_000)

const CLICKS = "CREATE STREAM clicks (user STRING, n INT) USING json OPTIONS (path 'in');\n"
const ROWS = '{"user":"ann","n":1}\n{"user":"bob","n":2}\n'
const workspace = () => new Workspace(shell).write('in/1.json', ROWS)

/** What a script that is wrong says: exit code 2 and nothing on standard output. */
async function refusal(text: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await workspace().script(text, ...args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  return err
}

describe('the SQL is wrong: exit code 2, and nothing is started', () => {
  test('a syntax error has its file, line, column, caret and a hint', async () => {
    expect(await refusal("CREATE STREAM s (user STRING)\nUSING json OPTION (path 'in');\nSELECT * FROM s")).toBe(`\
query.sql:2:12: syntax error at or near 'OPTION'
  2 | USING json OPTION (path 'in');
    |            ^^^^^^
  Did you mean OPTIONS?
  PARSE_SYNTAX_ERROR, SQLSTATE 42601
`)
  })
  test('an unknown column lists those in scope and the nearest', async () => {
    expect(await refusal(`${CLICKS}SELECT usr, n FROM clicks`)).toBe(`\
query.sql:2:8: column "usr" does not exist
  2 | SELECT usr, n FROM clicks
    |        ^^^
  Columns in scope: user, n.
  Did you mean "user"?
  UNRESOLVED_COLUMN.WITH_SUGGESTION, SQLSTATE 42703
`)
  })
  test('an unknown table, function, format and option are named with the nearest', async () => {
    expect(await refusal(`${CLICKS}SELECT * FROM click`)).toContain('query.sql:2:15: table or view "click" does not exist')
    expect(await refusal("SELECT uper('a')")).toContain('function "uper" does not exist\n')
    expect(await refusal("CREATE STREAM s (a INT) USING jsn OPTIONS (path 'in')")).toContain('Did you mean "json"?')
    const err = await refusal("CREATE STREAM s (a INT) USING json OPTIONS (path 'in', maxFilePerTrigger 3)")
    expect(err).toContain('source "json" has no option "maxFilePerTrigger"')
    expect(err).toContain('Did you mean "maxFilesPerTrigger"?')
  })
  test('an output mode that the query or the sink cannot have says what to do', async () => {
    const counts = `${CLICKS}CREATE STREAMING TABLE c USING SINK\nOUTPUT MODE MODE CHECKPOINT 'cp' AS SELECT n, count(*) AS k FROM clicks GROUP BY n`
    expect(await refusal(counts.replace('SINK', 'console').replace('MODE MODE', 'MODE append'))).toBe(`\
query.sql:2:1: append output mode needs a group key with a watermark: without one no group is ever final, and nothing could be written
  2 | CREATE STREAMING TABLE c USING console
    | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  Declare a watermark on the event time (WATERMARK at DELAY OF INTERVAL 10 SECONDS) and group by a window of it; or use update mode, which keeps every group for ever.
  STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION, SQLSTATE 42KDE
`)
    const sink = await refusal(counts.replace('SINK', "json OPTIONS (path 'out')").replace('MODE MODE', 'MODE complete'))
    expect(sink).toContain('invalid streaming output mode: complete; it is not supported by data source "json"')
    expect(sink).toContain('It takes append.')
    expect(await refusal(counts.replace('SINK', 'console').replace('MODE MODE', 'MODE appended'))).toMatch(/^query\.sql:3:\d+: /)
  })
  test('wrong types are found before anything runs', async () => {
    expect(await refusal(`${CLICKS}SELECT n AND true FROM clicks`)).toBe(`\
query.sql:2:8: operator "and" cannot take INT and BOOLEAN together
  2 | SELECT n AND true FROM clicks
    |        ^^^^^^^^^^
  The expression is "(n AND true)".
  Cast one side to the type of the other.
  DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES, SQLSTATE 42K09
`)
  })
  test('a missing input folder and a sink without its checkpoint', async () => {
    expect(await refusal("CREATE STREAM s (a INT) USING json OPTIONS (path 'nowhere')")).toContain(
      'query.sql:1:1: path "nowhere" does not exist\n',
    )
    expect(await refusal(`${CLICKS}CREATE STREAMING TABLE t USING json OPTIONS (path 'out') AS SELECT * FROM clicks`)).toContain(
      'the query has no checkpoint',
    )
  })
  test('a script that is empty, or not there', async () => {
    expect(await refusal('-- nothing\n')).toContain('there is no statement')
    expect(await workspace().run('run', 'nowhere.sql')).toEqual({
      code: 2,
      out: '',
      err: 'millrace: cannot read "nowhere.sql"\n  ENOENT: no such file or directory, open \'nowhere.sql\'\n',
    })
  })
  test('statements of Spark that are not for streams are refused by name', async () => {
    for (const [text, name] of [
      ['SHOW PARTITIONS x', 'SHOW PARTITIONS'],
      ['CACHE TABLE x AS SELECT 1', 'CACHE TABLE'],
      ['MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE', 'MERGE'],
    ] as const)
      expect(await refusal(text)).toContain(`query.sql:1:1: ${name} is not supported\n`)
  })
  test('also nothing of the statements before it', async () => {
    const { code, out, err } = await workspace().script('SELECT 1 AS a; SELECT b')
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^query\.sql:1:23: column "b" does not exist\n/)
  })
})

describe('a broken row', () => {
  const broken = '{"user":"ann","n":1}\n{"user":"bo\n{"user":"cy","n":"many"}\n'
  const read = (mode: string, columns = 'user STRING, n INT') =>
    `CREATE STREAM s (${columns}) USING json OPTIONS (path 'in'${mode});\nSELECT * FROM s`
  const run = (text: string): Promise<Outcome> =>
    new Workspace(shell).write('in/1.json', broken).script(text, '--trigger', 'available-now', '--json')

  test('PERMISSIVE, the default: what is readable, NULL for the rest', async () => {
    expect(await run(read(''))).toEqual({ code: 0, out: '{"user":"ann","n":1}\n{}\n{"user":"cy"}\n', err: '' })
  })
  test('PERMISSIVE with a column for the record', async () => {
    expect(await run(read('', 'user STRING, n INT, _corrupt_record STRING'))).toEqual({
      code: 0,
      out: [
        '{"user":"ann","n":1}',
        '{"_corrupt_record":"{\\"user\\":\\"bo"}',
        '{"user":"cy","_corrupt_record":"{\\"user\\":\\"cy\\",\\"n\\":\\"many\\"}"}\n',
      ].join('\n'),
      err: '',
    })
  })
  test('DROPMALFORMED leaves the record out', async () => {
    expect(await run(read(", mode 'DROPMALFORMED'"))).toEqual({ code: 0, out: '{"user":"ann","n":1}\n', err: '' })
  })
  test('FAILFAST stops the query and shows the record', async () => {
    expect(await run(read(", mode 'FAILFAST'"))).toEqual({
      code: 1,
      out: '',
      err: `\
query.sql: query [id = <id>, runId = <id>] terminated with exception: cannot read file "<folder>/in/1.json"
  It stopped in epoch 0. malformed record: {"user":"bo.
  Read with mode PERMISSIVE to get NULLs instead, or DROPMALFORMED to leave such records out.
  FAILED_READ_FILE.NO_HINT, SQLSTATE KD001
`.replaceAll('<folder>', '<folder>'),
    })
  })
  test('another mode is refused', async () => {
    expect(await refusal(read(", mode 'STRICT'"))).toContain(
      'option "mode" of source "json" must be one of PERMISSIVE, DROPMALFORMED, FAILFAST, not "STRICT"',
    )
  })
})

describe('a query fails while running: exit code 1', () => {
  test('an expression that fails on a row, with its place', async () => {
    expect(await workspace().script(`${CLICKS}SELECT n / (n - 2) AS x FROM clicks`, '--trigger', 'once')).toEqual({
      code: 1,
      out: '',
      err: `\
query.sql:2:8: query [id = <id>, runId = <id>] terminated with exception: division by zero
  2 | SELECT n / (n - 2) AS x FROM clicks
    |        ^^^^^^^^^^^
  It stopped in epoch 0.
  Use "try_divide" to get NULL instead.
  DIVIDE_BY_ZERO, SQLSTATE 22012
`,
    })
    expect(await workspace().script('SELECT 1 / 0')).toEqual({
      code: 1,
      out: '',
      err: 'query.sql:1:8: division by zero\n  1 | SELECT 1 / 0\n    |        ^^^^^\n  Use "try_divide" to get NULL instead.\n  DIVIDE_BY_ZERO, SQLSTATE 22012\n',
    })
  })
  test('a port where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const { code, out, err } = await workspace().script(
      `CREATE STREAM lines USING socket OPTIONS (host '127.0.0.1', port ${port}); SELECT * FROM lines`,
    )
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(`\
query.sql: the connection to 127.0.0.1:${port} failed
  The system says: connect ECONNREFUSED 127.0.0.1:${port}.
  Start the server that sends the lines first, for example with "nc -lk PORT".
  SOCKET_CONNECTION_FAILED
`)
  })
  test('a disk that takes no more is said, and nothing half-written counts', async () => {
    const place = workspace().write(
      'query.sql',
      `${CLICKS}CREATE STREAMING TABLE t USING json OPTIONS (path 'out') CHECKPOINT 'cp' AS SELECT n, repeat(user, 100000) AS big FROM clicks`,
    )
    // A limit on the size of files fails a write as a full disk does, and needs no disk of its own.
    const limited = await outcomeOf(
      spawn('sh', ['-c', 'ulimit -f 64; exec "$@"', 'sh', process.execPath, shell, 'run', 'query.sql', '--trigger', 'once'], {
        cwd: place.folder,
      }),
      place.folder,
    )
    expect([limited.code, limited.out]).toEqual([1, ''])
    expect(limited.err).toContain('terminated with exception: EFBIG: file too large, write\n  It stopped in epoch 0.')
    expect(await place.run('sql', 'SELECT count(*) AS n FROM json.`out`', '--json')).toMatchObject({ out: '' })
    // With room again the same script goes on where it was.
    expect(await place.run('run', 'query.sql', '--trigger', 'once')).toEqual({ code: 0, out: '', err: '' })
    expect(await place.run('sql', 'SELECT n, length(big) AS size FROM json.`out` ORDER BY n', '--json')).toEqual({
      code: 0,
      out: '{"n":1,"size":300000}\n{"n":2,"size":300000}\n',
      err: '',
    })
  })
})

describe('the checkpoint', () => {
  const query = (select: string, checkpoint = 'cp') =>
    `${CLICKS}CREATE STREAMING TABLE t USING noop OUTPUT MODE update CHECKPOINT '${checkpoint}' AS ${select}`
  const counts = 'SELECT n, count(*) AS k FROM clicks GROUP BY n'

  test('a file in its place', async () => {
    const { code, out, err } = await workspace().write('taken', '').script(query(counts, 'taken'), '--trigger', 'once')
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('query.sql: cannot make "taken/log"\n')
    expect(err).toContain('remove it or name another checkpoint directory')
  })
  test('a checkpoint of another query is refused and left as it was', async () => {
    const place = workspace()
    expect((await place.script(query(counts), '--trigger', 'once')).code).toBe(0)
    const contents = () =>
      readdirSync(path.join(place.folder, 'cp'), { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => [e.name, readFileSync(path.join(e.parentPath, e.name), 'base64')])
        .sort()
    const before = contents()
    const other = await place.script(query('SELECT n, sum(n) AS k FROM clicks GROUP BY n'), '--trigger', 'once')
    expect([other.code, other.out]).toEqual([1, ''])
    expect(other.err).toContain('have another schema than in the checkpoint "cp"')
    expect(other.err).toContain('In the checkpoint: count bigint. In the query: sum bigint.')
    const source = await place.script(
      "CREATE STREAM r USING rate; CREATE STREAMING TABLE t USING noop OUTPUT MODE update CHECKPOINT 'cp' AS SELECT value AS n, count(*) AS k FROM r GROUP BY value",
      '--trigger',
      'once',
    )
    expect([source.code, source.out]).toEqual([1, ''])
    expect(source.err).toContain('source 0 of the checkpoint "cp" is of kind "json", the query now reads "rate" there')
    expect(contents()).toEqual(before)
  })
})

describe('the command line is wrong: exit code 2', () => {
  test.each([
    [['runn', 'x.sql'], '"runn" is not a command\n'],
    [['run'], 'run needs FILE.sql\n'],
    [['run', 'a.sql', 'b.sql'], 'run takes one FILE.sql, and got 2\n'],
    [['sql'], 'sql needs "STATEMENTS"\n'],
    [['sql', 'SELECT 1', '--jsno'], "unknown option '--jsno'\n"],
    [['sql', 'SELECT 1', '--var', 'x'], '--var x is not NAME=VALUE'],
    [['sql', 'SELECT 1', '--trigger', 'soon'], '"soon" is not a duration\n'],
    [['sql', 'SELECT 1', '--set', 'spark.sql.session.timeZone=Mars/Base'], 'time zone "Mars/Base" is not known\n'],
    [['sql', `SELECT \${x}`, '--var', 'y=1'], `the script uses \${x}, which has no value\n  Give it with --var x=…`],
    [['test'], 'test needs a file or folder\n'],
    [['test', 'nowhere'], 'there is no file or folder "nowhere"'],
    [['test', '.', '--mode', 'often'], '"often" is not a mode\n'],
    [['test', '.', '--seed', 'x'], '--seed x is not a whole number'],
    [['test', '.', '--report', 'xml'], '--report xml is not known\n'],
  ] as const)('%j', async (args, message) => {
    const { code, out, err } = await workspace().run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err.startsWith(`millrace: ${message}`) ? message : err).toBe(message)
  })
})
