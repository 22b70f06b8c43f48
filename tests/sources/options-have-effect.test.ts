import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createSession } from '../../index.ts'
import { BUILTIN_SINKS } from '../../sinks/index.ts'
import { BUILTIN_SOURCES } from '../../sources/index.ts'
import { temporaryDirectory } from '../harness/connector-environment.ts'

const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
afterAll(() => session.stop())

/** Something to read, and an option that must make a difference to it. */
interface Reading {
  readonly text?: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly schema?: string
  /** Given both times. */
  readonly beside?: Readonly<Record<string, string>>
  readonly value: string
}

async function read(
  format: string,
  { text, files, schema }: Reading,
  options: Readonly<Record<string, string>>,
): Promise<string> {
  const path = temporaryDirectory()
  for (const [name, content] of Object.entries(files ?? { file: text! })) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  try {
    const reader = session.read.format(format).options(options)
    const frame = (schema === undefined ? reader : reader.schema(schema)).load(path)
    const columns = frame.schema.fields.map(({ name, type }) => `${name} ${type.kind}`)
    const rows = await frame.selectExpr(...frame.columns.map((name) => `CAST(\`${name}\` AS STRING)`)).collect()
    return JSON.stringify([columns, rows])
  } catch (error) {
    return (error as { readonly condition: string }).condition
  }
}

const times = (of: (text: string) => string): Record<string, Reading> => ({
  dateFormat: { text: of('01/02/2020'), schema: 'a DATE', value: 'dd/MM/yyyy' },
  timestampFormat: { text: of('01/02/2020 10'), schema: 'a TIMESTAMP', value: 'dd/MM/yyyy HH' },
  timestampNTZFormat: { text: of('01/02/2020 10'), schema: 'a TIMESTAMP_NTZ', value: 'dd/MM/yyyy HH' },
  timeFormat: { text: of('10.11'), schema: 'a TIME', value: 'HH.mm' },
  timeZone: { text: of('2020-01-01 00:00:00'), schema: 'a TIMESTAMP', value: 'Asia/Tokyo' },
})
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

const FILES = (record: string): Record<string, Reading> => ({
  pathGlobFilter: { files: { a: record, b: record }, value: 'a' },
  recursiveFileLookup: { files: { a: record, 'below/b': record }, value: 'true' },
})
const READINGS: Readonly<Record<string, Readonly<Record<string, Reading>>>> = {
  csv: {
    ...FILES('1\n'),
    ...times((text) => text),
    sep: { text: 'a;b', schema: 'a STRING, b STRING', value: ';' },
    delimiter: { text: 'a;b', schema: 'a STRING, b STRING', value: ';' },
    header: { text: 'x\n1', value: 'true' },
    inferSchema: { text: '1', value: 'true' },
    enforceSchema: { text: 'b\n1', schema: 'a INT', beside: { header: 'true' }, value: 'false' },
    preferDate: { text: '2020-01-01', beside: { inferSchema: 'true' }, value: 'false' },
    quote: { text: "'a,b'", value: "'" },
    escape: { text: '"a!"b"', value: '!' },
    charToEscapeQuoteEscaping: { text: '"a#!",b', schema: 'a STRING, b STRING', beside: { escape: '!' }, value: '#' },
    comment: { text: '#a\nb', value: '#' },
    nullValue: { text: 'N', value: 'N' },
    emptyValue: { text: '""', value: 'E' },
    nanValue: { text: 'x', schema: 'a DOUBLE', value: 'x' },
    positiveInf: { text: 'x', schema: 'a DOUBLE', value: 'x' },
    negativeInf: { text: 'x', schema: 'a DOUBLE', value: 'x' },
    ignoreLeadingWhiteSpace: { text: ' a', value: 'true' },
    ignoreTrailingWhiteSpace: { text: 'a ', value: 'true' },
    mode: { text: 'x', schema: 'a INT', value: 'FAILFAST' },
    columnNameOfCorruptRecord: { text: 'x', schema: 'a INT, bad STRING', value: 'bad' },
    multiLine: { text: '"a\nb"', value: 'true' },
    unescapedQuoteHandling: { text: '"a"b,c', schema: 'a STRING, b STRING', value: 'BACK_TO_DELIMITER' },
    maxColumns: { text: 'a,b,c', value: '2' },
    maxCharsPerColumn: { text: 'abc', value: '2' },
    samplingRatio: { text: 'x\n1\n1\n1\n1', beside: { inferSchema: 'true' }, value: '0.1' },
    lineSep: { text: 'a|b', value: '|' },
    encoding: { files: { file: latin1('é') }, value: 'ISO-8859-1' },
    charset: { files: { file: latin1('é') }, value: 'ISO-8859-1' },
  },
  json: {
    ...FILES('{"a":1}\n'),
    ...times((text) => JSON.stringify({ a: text })),
    mode: { text: '{"a":"x"}', schema: 'a INT', value: 'FAILFAST' },
    columnNameOfCorruptRecord: { text: 'x', schema: 'a INT, bad STRING', value: 'bad' },
    multiLine: { text: '{"a":\n1}', schema: 'a INT', value: 'true' },
    primitivesAsString: { text: '{"a":1}', value: 'true' },
    prefersDecimal: { text: '{"a":1.5}', value: 'true' },
    allowComments: { text: '{"a":1 /* one */}', schema: 'a INT', value: 'true' },
    allowUnquotedFieldNames: { text: '{a:1}', schema: 'a INT', value: 'true' },
    allowSingleQuotes: { text: "{'a':1}", schema: 'a INT', value: 'false' },
    allowNumericLeadingZeros: { text: '{"a":007}', schema: 'a INT', value: 'true' },
    allowNonNumericNumbers: { text: '{"a":NaN}', schema: 'a DOUBLE', value: 'false' },
    allowBackslashEscapingAnyCharacter: { text: '{"a":"\\q"}', schema: 'a STRING', value: 'true' },
    allowUnquotedControlChars: { text: '{"a":"x\ty"}', schema: 'a STRING', value: 'true' },
    dropFieldIfAllNull: { text: '{"a":1,"b":null}', value: 'true' },
    inferTimestamp: { text: '{"a":"2020-01-01T00:00:00"}', value: 'true' },
    samplingRatio: { text: '{"a":1}\n{"a":1}\n{"a":1}\n{"b":1}', value: '0.1' },
    lineSep: { text: '{"a":1}|{"a":2}', schema: 'a INT', value: '|' },
    encoding: { files: { file: latin1('{"a":"é"}') }, schema: 'a STRING', value: 'ISO-8859-1' },
    charset: { files: { file: latin1('{"a":"é"}') }, schema: 'a STRING', value: 'ISO-8859-1' },
  },
  text: {
    ...FILES('a\n'),
    wholetext: { text: 'a\nb', value: 'true' },
    lineSep: { text: 'a|b', value: '|' },
    encoding: { files: { file: latin1('é') }, value: 'ISO-8859-1' },
  },
}
/** Options that are tested where what they need can be made, in file-source.test.ts. */
const ELSEWHERE = new Set([
  'path',
  'ignoreMissingFiles',
  'maxFilesPerTrigger',
  'maxBytesPerTrigger',
  'latestFirst',
  'maxFileAge',
  'fileNameOnly',
  'maxCachedFiles',
  'discardCachedInputRatio',
  'cleanSource',
  'sourceArchiveDir',
])

test.each(Object.keys(READINGS))('every option of source %s changes what is read', async (format) => {
  const { options } = BUILTIN_SOURCES.find(({ name }) => name === format)!
  const readings = READINGS[format]!
  expect(options.map(({ name }) => name).filter((name) => readings[name] === undefined && !ELSEWHERE.has(name))).toEqual([])
  const idle: string[] = []
  for (const [name, reading] of Object.entries(readings)) {
    const without = await read(format, reading, reading.beside ?? {})
    if (without === (await read(format, reading, { ...reading.beside, [name]: reading.value }))) idle.push(`${name}: ${without}`)
  }
  expect(idle).toEqual([])
})

/** A row to write, and an option that must make a difference to the file. */
interface Writing {
  readonly select: string
  readonly beside?: Readonly<Record<string, string>>
  readonly value: string
}

async function write(format: string, { select }: Writing, options: Readonly<Record<string, string>>): Promise<string> {
  const path = join(temporaryDirectory(), 'out')
  const rows = session.sql(`SELECT ${select}`)
  await rows.write.format(format).options(options).save(path)
  const names = readdirSync(path).filter((name) => name.startsWith('part-'))
  return names.map((name) => `${name.replace(/^.*c000/, '')} ${readFileSync(join(path, name)).toString('base64')}`).join()
}

const WRITTEN_TIMES: Readonly<Record<string, Writing>> = {
  dateFormat: { select: "DATE'2020-02-01' AS a", value: 'dd/MM/yyyy' },
  timestampFormat: { select: "TIMESTAMP'2020-02-01 10:00:00' AS a", value: 'dd/MM/yyyy HH' },
  timestampNTZFormat: { select: "TIMESTAMP_NTZ'2020-02-01 10:00:00' AS a", value: 'dd/MM/yyyy HH' },
  timeFormat: { select: "TIME'10:11:00' AS a", value: 'HH.mm' },
  timeZone: { select: "TIMESTAMP'2020-02-01 10:00:00' AS a", value: 'Asia/Tokyo' },
}
const WRITTEN_FILES: Readonly<Record<string, Writing>> = {
  compression: { select: "'a' AS a", value: 'gzip' },
  lineSep: { select: "'a' AS a", value: '|' },
}
const WRITINGS: Readonly<Record<string, Readonly<Record<string, Writing>>>> = {
  csv: {
    ...WRITTEN_FILES,
    ...WRITTEN_TIMES,
    sep: { select: '1 AS a, 2 AS b', value: ';' },
    delimiter: { select: '1 AS a, 2 AS b', value: ';' },
    header: { select: '1 AS a', value: 'true' },
    quote: { select: "'x,y' AS a", value: "'" },
    escape: { select: "'x\"y,' AS a", value: '!' },
    charToEscapeQuoteEscaping: { select: "'x!\",' AS a", beside: { escape: '!' }, value: '#' },
    quoteAll: { select: "'a' AS a", value: 'true' },
    escapeQuotes: { select: "'x\"y' AS a", value: 'false' },
    comment: { select: "'#a' AS a", value: '#' },
    nullValue: { select: 'CAST(NULL AS STRING) AS a, 1 AS b', value: 'N' },
    emptyValue: { select: "'' AS a, 1 AS b", value: 'E' },
    nanValue: { select: "DOUBLE('NaN') AS a", value: 'x' },
    positiveInf: { select: "DOUBLE('Infinity') AS a", value: 'x' },
    negativeInf: { select: "DOUBLE('-Infinity') AS a", value: 'x' },
    ignoreLeadingWhiteSpace: { select: "' a' AS a", value: 'false' },
    ignoreTrailingWhiteSpace: { select: "'a ' AS a", value: 'false' },
  },
  json: {
    ...WRITTEN_FILES,
    ...WRITTEN_TIMES,
    ignoreNullFields: { select: '1 AS a, CAST(NULL AS INT) AS b', value: 'false' },
  },
  text: WRITTEN_FILES,
}

test.each(Object.keys(WRITINGS))('every option of sink %s changes what is written', async (format) => {
  const { options } = BUILTIN_SINKS.find(({ name }) => name === format)!
  const writings = WRITINGS[format]!
  const untested = options.map(({ name }) => name).filter((name) => writings[name] === undefined)
  // What they do is seen in file-sink.test.ts.
  expect(untested).toEqual(['path', 'retention'])
  const idle: string[] = []
  for (const [name, writing] of Object.entries(writings)) {
    const without = await write(format, writing, writing.beside ?? {})
    if (without === (await write(format, writing, { ...writing.beside, [name]: writing.value }))) idle.push(name)
  }
  expect(idle).toEqual([])
})

test('options that change nothing where they are given are named in a warning', async () => {
  const warnings: string[] = []
  const nothing = () => {}
  const watched = createSession({
    logger: { error: nothing, info: nothing, debug: nothing, warn: (message) => warnings.push(message) },
  })
  const path = temporaryDirectory()
  writeFileSync(join(path, 'file'), '1\n')
  const warned = (run: () => unknown): string[] => {
    warnings.length = 0
    run()
    return [...warnings]
  }
  expect(
    warned(() =>
      watched.read.format('csv').options({ maxFilesPerTrigger: '1', samplingRatio: '0.5', enforceSchema: 'false' }).load(path),
    ),
  ).toEqual([
    'option "maxFilesPerTrigger" of source "csv" has no effect: it is for streams, and this is a table',
    'option "enforceSchema" of source "csv" has no effect: there is no header to look at without header true',
    'option "samplingRatio" of source "csv" has no effect: types are only looked for with inferSchema true',
  ])
  expect(warned(() => watched.read.schema('a INT').option('inferTimestamp', true).json(path))).toEqual([
    'option "inferTimestamp" of source "json" has no effect: the columns are declared, so that nothing is inferred',
  ])
  expect(
    warned(() =>
      watched.readStream
        .schema('a INT')
        .options({ maxFilesPerTrigger: '1', sourceArchiveDir: '/tmp/x', charset: 'UTF-8', encoding: 'UTF-8' })
        .csv(path),
    ),
  ).toEqual([
    'option "sourceArchiveDir" of source "csv" has no effect: cleanSource is not archive',
    'option "charset" of source "csv" has no effect: encoding comes before it',
  ])
  expect(warned(() => watched.read.option('inferSchema', true).option('samplingRatio', 0.5).csv(path))).toEqual([])
  await watched.stop()
})
