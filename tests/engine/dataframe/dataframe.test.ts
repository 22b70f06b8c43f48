import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Table } from 'apache-arrow'
import { describe, expect, test, vi } from 'vitest'
import { avg, col, count, createSession, lit, max, sum, when } from '../../../index.ts'

const session = createSession({ 'spark.sql.session.timeZone': 'UTC' })
const people = session.createDataFrame(
  [
    { id: 1, name: 'ann', boss: null },
    { id: 2, name: 'bob', boss: 1 },
    { id: 3, name: 'cy', boss: 1 },
  ],
  'id INT, name STRING, boss INT',
)

/** What a call writes to standard output. */
async function printed(call: () => unknown): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await call()
    return write.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    write.mockRestore()
  }
}

describe('rows to rows', () => {
  test('a query is made without running, and run as often as it is asked', async () => {
    const named = people.where(col('boss').isNotNull()).select('name').orderBy(col('name').desc())
    expect([named.columns, named.isStreaming]).toEqual([['name'], false])
    expect(await named.collect()).toEqual([{ name: 'cy' }, { name: 'bob' }])
    expect(await named.collect()).toEqual([{ name: 'cy' }, { name: 'bob' }])
    expect([await named.first(), await named.count(), await named.take(1), await named.isEmpty()]).toEqual([
      { name: 'cy' },
      2,
      [{ name: 'cy' }],
      false,
    ])
    const rows = []
    for await (const row of named) rows.push(row.name)
    expect(rows).toEqual(['cy', 'bob'])
  })
  test('columns are added, replaced, renamed and dropped by name without case', () => {
    expect(people.withColumn('NAME', lit(1)).columns).toEqual(['id', 'NAME', 'boss'])
    expect(people.withColumn('size', lit(1)).columns).toEqual(['id', 'name', 'boss', 'size'])
    expect(people.withColumnRenamed('name', 'who').columns).toEqual(['id', 'who', 'boss'])
    expect(people.drop('Boss', 'nothing').columns).toEqual(['id', 'name'])
    expect(people.toDF('a', 'b', 'c').columns).toEqual(['a', 'b', 'c'])
    expect(people.selectExpr('id + 1 AS next', 'upper(name)').columns).toEqual(['next', 'upper(name)'])
    expect(() => people.toDF('a')).toThrow('toDF got 1 names for 3 columns')
  })
  test('grouping', async () => {
    const kinds = people.groupBy('boss').agg(count('*').as('n'), max('id').as('m')).orderBy('boss')
    expect(await kinds.collect()).toEqual([
      { boss: null, n: 1n, m: 1 },
      { boss: 1, n: 2n, m: 3 },
    ])
    expect(await people.agg(sum('id').as('s'), avg('id').as('a')).collect()).toEqual([{ s: 6n, a: 2 }])
    expect(
      await people
        .select(when(col('id').gt(1), 'many').otherwise('one').as('k'))
        .distinct()
        .count(),
    ).toBe(2)
  })
  test('sets of rows', async () => {
    const other = session.createDataFrame([{ name: 'cy', id: 3, boss: 1 }], 'name STRING, id INT, boss INT')
    expect((await people.unionByName(other).collect()).length).toBe(4)
    expect(await people.intersect(other.select('id', 'name', 'boss')).collect()).toEqual([{ id: 3, name: 'cy', boss: 1 }])
    expect((await people.except(other.select('id', 'name', 'boss')).collect()).map((r) => r.id)).toEqual([1, 2])
    expect((await people.dropDuplicates('boss').collect()).map((r) => r.id)).toEqual([1, 2])
    expect((await session.range(10).offset(8).limit(5).collect()).map((r) => r.id)).toEqual([8n, 9n])
  })
  test('range', async () => {
    expect([
      await session.range(2).collect(),
      await session.range(5, 1, -2).collect(),
      await session.range(0, 1, 0n + 1n).count(),
    ]).toEqual([[{ id: 0n }, { id: 1n }], [{ id: 5n }, { id: 3n }], 1])
  })
})

describe('joins', () => {
  test('a self join tells its sides apart by alias', async () => {
    const pairs = people
      .as('p')
      .join(people.as('b'), col('p.boss').equalTo(col('b.id')), 'left')
      .select(col('p.name').as('who'), col('b.name').as('under'))
      .orderBy('who')
    expect(await pairs.collect()).toEqual([
      { who: 'ann', under: null },
      { who: 'bob', under: 'ann' },
      { who: 'cy', under: 'ann' },
    ])
    expect(() => people.join(people.as('b'), col('id').equalTo(col('b.boss')))).toThrow(
      expect.objectContaining({ condition: 'AMBIGUOUS_REFERENCE' }),
    )
  })
  test('df.col is the column of that DataFrame, also after a join', async () => {
    const ages = session.createDataFrame([{ id: 2, age: 30 }], 'id INT, age INT')
    const joined = people.join(ages, people.col('id').equalTo(ages.col('id')))
    expect(joined.columns).toEqual(['id', 'name', 'boss', 'id', 'age'])
    expect(await joined.select(people.col('id'), ages.col('age')).collect()).toEqual([{ id: 2, age: 30 }])
    expect(() => joined.select('id')).toThrow(expect.objectContaining({ condition: 'AMBIGUOUS_REFERENCE' }))
    expect(joined.drop(ages.col('id')).columns).toEqual(['id', 'name', 'boss', 'age'])
  })
  test('by name the column is kept once; kinds of joins have all of Spark’s spellings', async () => {
    const ages = session.createDataFrame([{ id: 2, age: 30 }], 'id INT, age INT')
    expect(people.join(ages, 'id').columns).toEqual(['id', 'name', 'boss', 'age'])
    for (const type of ['left_semi', 'leftsemi', 'SEMI']) expect(await people.join(ages, 'id', type).count()).toBe(1)
    for (const type of ['full', 'outer', 'full_outer']) expect(await people.join(ages, ['id'], type).count()).toBe(3)
    expect(await people.crossJoin(ages.select('age')).count()).toBe(3)
    expect(() => people.join(ages, 'id', 'lefty')).toThrow('"lefty" is not a join type')
  })
})

describe('what is wrong fails where it is written', () => {
  test.each([
    ['a column', () => people.select('nam' as 'name'), 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ['a type', () => people.where(col('id').and(true)), 'DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES'],
    ['a table', () => session.table('nowhere'), 'TABLE_OR_VIEW_NOT_FOUND'],
    ['SQL text', () => people.where('id >'), 'PARSE_SYNTAX_ERROR'],
    [
      'a stream where a batch is wanted',
      () => session.readStream.format('rate').load().write,
      'STREAMING_SOURCES_MUST_BE_STARTED',
    ],
    ['a batch where a stream is wanted', () => people.writeStream, 'WRITE_STREAM_NOT_ALLOWED'],
    ['several statements', () => session.sql('SELECT 1; SELECT 2'), 'PARSE_SYNTAX_ERROR'],
    [
      'a statement that starts a query',
      () => session.sql('CREATE STREAMING TABLE t USING console AS SELECT 1'),
      'STATEMENT_STARTS_A_QUERY',
    ],
    ['a reader without a format', () => session.read.load('x'), 'MISSING_FORMAT'],
    ['a format', () => session.read.format('jason').load('x'), 'DATA_SOURCE_NOT_FOUND'],
    ['an option', () => session.readStream.format('rate').option('rowPerSecond', 1).load(), 'UNKNOWN_OPTION'],
    ['an option’s value', () => session.readStream.format('rate').option('rowsPerSecond', 'few').load(), 'INVALID_OPTION'],
    ['a literal', () => lit(undefined as unknown as null), 'UNSUPPORTED_FEATURE.LITERAL_TYPE'],
  ])('%s', (_what, call, condition) => {
    expect(call).toThrow(expect.objectContaining({ condition }))
  })
  test('an unknown option names the nearest', () => {
    expect(() => session.readStream.format('rate').option('rowPerSecond', 1).load()).toThrow(
      expect.objectContaining({
        message: 'source "rate" has no option "rowPerSecond"',
        hint: 'Did you mean "rowsPerSecond"?',
      }),
    )
  })
})

describe('shown', () => {
  test('show has Spark’s layout: right-aligned, cut at 20, the rest said', async () => {
    const rows = session.sql("SELECT id, repeat('x', 30) AS text, NULL AS n FROM range(25)")
    expect(await printed(() => rows.show(2))).toBe(`\
+---+--------------------+----+
| id|                text|   n|
+---+--------------------+----+
|  0|xxxxxxxxxxxxxxxxx...|NULL|
|  1|xxxxxxxxxxxxxxxxx...|NULL|
+---+--------------------+----+
only showing top 2 rows
`)
    expect(await printed(() => rows.limit(1).show(20, 5))).toBe(
      '+---+-----+----+\n| id| text|   n|\n+---+-----+----+\n|  0|xx...|NULL|\n+---+-----+----+\n',
    )
    expect(await printed(() => rows.limit(1).select('id').show(20, false))).toBe('+---+\n|id |\n+---+\n|0  |\n+---+\n')
  })
  test('printSchema has Spark’s tree', async () => {
    const nested = session.sql(
      "SELECT 1 AS a, array(1) AS c, map('a', 1L) AS d, named_struct('p', 1, 'q', array(named_struct('z', 1.5BD))) AS e, CAST(NULL AS INT) AS f",
    )
    expect(await printed(() => nested.printSchema())).toBe(`\
root
 |-- a: integer (nullable = false)
 |-- c: array (nullable = false)
 |    |-- element: integer (containsNull = false)
 |-- d: map (nullable = false)
 |    |-- key: string
 |    |-- value: long (valueContainsNull = false)
 |-- e: struct (nullable = false)
 |    |-- p: integer (nullable = false)
 |    |-- q: array (nullable = false)
 |    |    |-- element: struct (containsNull = false)
 |    |    |    |-- z: decimal(2,1) (nullable = false)
 |-- f: integer (nullable = true)

`)
    expect(nested.schema.fields.map((f) => [f.name, String(f.type), f.nullable])).toEqual([
      ['a', 'int', false],
      ['c', 'array<int>', false],
      ['d', 'map<string,bigint>', false],
      ['e', 'struct<p:int,q:array<struct<z:decimal(2,1)>>>', false],
      ['f', 'int', true],
    ])
  })
  test('toArrow gives an apache-arrow table', async () => {
    const table = (await session.sql('SELECT id, CAST(id AS STRING) AS s, array(id) AS l FROM range(3)').toArrow()) as Table
    expect([table.numRows, String(table.schema)]).toEqual([3, 'Schema<{ 0: id: Int64, 1: s: Utf8, 2: l: List<Int64> }>'])
    expect(table.toArray().map(String)).toEqual([0, 1, 2].map((i) => `{"id": ${i}, "s": "${i}", "l": ["${i}"]}`))
  })
})

describe('written and read', () => {
  test('batch writers follow their mode', async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), 'millrace-write-')), 'people')
    await people.write.partitionBy('boss').json(folder)
    expect(await session.read.schema('id INT, name STRING, boss INT').json(folder).orderBy('id').collect()).toEqual(
      await people.collect(),
    )
    await expect(people.write.json(folder)).rejects.toMatchObject({ condition: 'PATH_ALREADY_EXISTS' })
    await people.write.mode('ignore').json(folder)
    await people.write.mode('append').json(folder)
    expect(await session.read.json(folder).count()).toBe(6)
    await people.limit(1).write.mode('overwrite').option('header', true).csv(folder)
    expect(await session.read.option('header', true).option('inferSchema', true).csv(folder).collect()).toEqual([
      { id: 1, name: 'ann', boss: null },
    ])
  })
  test('temporary views', async () => {
    people.createOrReplaceTempView('staff')
    expect(await session.sql('SELECT max(id) AS m FROM staff').collect()).toEqual([{ m: 3 }])
    expect(() => people.createTempView('staff')).toThrow(
      expect.objectContaining({ condition: 'TEMP_TABLE_OR_VIEW_ALREADY_EXISTS' }),
    )
    people.limit(1).createOrReplaceTempView('staff')
    expect(await session.table('staff').count()).toBe(1)
    session.sql('DROP VIEW staff')
    expect(() => session.table('staff')).toThrow(expect.objectContaining({ condition: 'TABLE_OR_VIEW_NOT_FOUND' }))
  })
})
