import { describe, expect, test } from 'vitest'
import { CalendarInterval, createSession, DayTimeInterval, Timestamp, YearMonthInterval } from '../../../index.ts'

/** The table of docs/typescript.md: what each SQL type is in TypeScript, both ways. */
const session = createSession({ 'spark.sql.session.timeZone': 'Europe/Berlin' })
const one = async (sql: string) => (await session.sql(sql).collect())[0]

describe('values that come out', () => {
  test('each type has its one representation', async () => {
    expect(
      await one(`SELECT true AS bool, 1Y AS tiny, 2S AS small, 3 AS int, CAST(1.5 AS FLOAT) AS float, 2.5D AS double, 'x' AS string, X'0aff' AS bytes,
  4L AS big, 12.340BD AS dec, date'2031-03-04' AS day, timestamp_ntz'2031-03-04 05:06:07.1' AS ntz, time'01:02:03' AS time, NULL AS nothing,
  array(1L, NULL) AS list, map('k', date'2031-01-01') AS m, named_struct('p', 1, 'q', 2L) AS s`),
    ).toEqual({
      ...{ bool: true, tiny: 1, small: 2, int: 3, float: 1.5, double: 2.5, string: 'x', bytes: Uint8Array.of(10, 255) },
      ...{ big: 4n, dec: '12.340', day: '2031-03-04', ntz: '2031-03-04 05:06:07.1', time: '01:02:03', nothing: null },
      ...{ list: [1n, null], m: new Map([['k', '2031-01-01']]), s: { p: 1, q: 2n } },
    })
  })
  test('a TIMESTAMP is a Date that carries microseconds and prints all of them', async () => {
    const { at } = (await one("SELECT timestamp'2031-03-04 05:06:07.123456' AS at")) as { at: Timestamp }
    expect(at).toBeInstanceOf(Date)
    expect([at.epochMicroseconds, at.getTime()]).toEqual([1930363567123456n, 1930363567123])
    expect([String(at), JSON.stringify(at), at.toISOString()]).toEqual([
      '2031-03-04 04:06:07.123456',
      '"2031-03-04T04:06:07.123456Z"',
      '2031-03-04T04:06:07.123456Z',
    ])
    expect(new Timestamp(-1n).getTime()).toBe(-1)
  })
  test('intervals have their numbers and luxon durations', async () => {
    const { ym, dt, mixed } = (await one(
      "SELECT INTERVAL '1-2' YEAR TO MONTH AS ym, INTERVAL '1 02:03:04.5' DAY TO SECOND AS dt, make_interval(0, 1, 0, 2, 0, 0, 0.5) AS mixed",
    )) as { ym: YearMonthInterval; dt: DayTimeInterval; mixed: CalendarInterval }
    expect([ym, dt, mixed]).toEqual([
      new YearMonthInterval(14),
      new DayTimeInterval(93_784_500_000n),
      new CalendarInterval(1, 2, 500_000n),
    ])
    expect([ym, dt, mixed].map((interval) => interval.toDuration().toISO())).toEqual(['P1Y2M', 'P1DT2H3M4.5S', 'P1M2DT0.5S'])
  })
  test("bigint: 'number' gives numbers, and an error that names the column beyond 2^53", async () => {
    const numbers = createSession({ bigint: 'number' })
    expect(await numbers.sql('SELECT 5L AS a, array(6L) AS b, 9007199254740991L AS c').collect()).toEqual([
      { a: 5, b: [6], c: 9007199254740991 },
    ])
    await expect(numbers.sql('SELECT array(9007199254740993L) AS big').collect()).rejects.toMatchObject({
      condition: 'BIGINT_BEYOND_NUMBER',
      message: 'the value 9007199254740993 of column "big" is beyond 2^53 and cannot be a number',
    })
  })
  test('toJSON prints what to_json prints', async () => {
    const columns = `4L AS l, 2.5D AS d, X'0aff' AS bin, 12.340BD AS dec, date'2031-03-04' AS dt, timestamp'2031-03-04 05:06:07.123456' AS ts,
  INTERVAL '1-2' YEAR TO MONTH AS ym, array(1L, NULL) AS a, map('k', 1) AS m, NULL AS gone`
    const [json] = await session.sql(`SELECT ${columns}`).toJSON()
    expect(json).toBe(
      '{"l":4,"d":2.5,"bin":"Cv8=","dec":12.340,"dt":"2031-03-04","ts":"2031-03-04T05:06:07.123+01:00","ym":"INTERVAL \'1-2\' YEAR TO MONTH","a":[1,null],"m":{"k":1}}',
    )
    expect(await one(`SELECT to_json(struct(*)) AS json FROM (SELECT ${columns})`)).toEqual({ json })
  })
})

describe('values that go in', () => {
  const DDL =
    'a INT, b BIGINT, c DECIMAL(5,2), d DATE, e TIMESTAMP, f MAP<STRING, INT>, g ARRAY<INT>, h STRUCT<x: STRING>, i BINARY, j DOUBLE, k BOOLEAN, l TIMESTAMP_NTZ, m INTERVAL YEAR TO MONTH, n INTERVAL DAY TO SECOND'
  const row = {
    ...{ a: 1, b: 2n, c: '3.50', d: '2031-01-02', e: new Timestamp(1n), f: new Map([['k', 1]]), g: [1, null], h: { x: 'y' } },
    ...{
      i: Uint8Array.of(1),
      j: 1.5,
      k: true,
      l: '2031-01-01 00:00:00',
      m: new YearMonthInterval(3),
      n: new DayTimeInterval(5n),
    },
  }
  const nulls = Object.fromEntries(Object.keys(row).map((key) => [key, null]))

  test('what came out goes in again', async () => {
    expect(await session.createDataFrame([row, nulls], DDL).collect()).toEqual([row, nulls])
    // A key that is not there is NULL; an array gives the columns in order.
    expect(await session.createDataFrame([{}, Object.values(row)], DDL).collect()).toEqual([nulls, row])
  })
  test('a Date and ISO text are times, whole numbers are BIGINT and DECIMAL, an object is a map', async () => {
    const rows = session.createDataFrame(
      [
        { at: new Date(5), day: new Date(0), big: 7, dec: 12.5, m: { k: 1 } },
        { at: '2031-01-02T03:04:05.678Z', day: '2031-01-02', big: 7n, dec: 3, m: new Map() },
        { at: '2031-01-02 03:04:05' },
      ],
      { at: 'timestamp', day: 'date', big: 'bigint', dec: 'decimal(5,2)', m: 'map<string,int>' },
    )
    expect((await rows.collect()).map((r) => [r.at?.epochMicroseconds, r.day, r.big, r.dec, r.m])).toEqual([
      [5000n, '1970-01-01', 7n, '12.50', new Map([['k', 1]])],
      [1925089445678000n, '2031-01-02', 7n, '3.00', new Map()],
      // Text without a zone is in the session's.
      [1925085845000000n, null, null, null, null],
    ])
  })
  test.each([
    ['int', 1.5, '1.5'],
    ['tinyint', 300, '300'],
    ['int', 'x', '"x"'],
    ['bigint', 2 ** 60, '1152921504606847000'],
    ['bigint', 2n ** 63n, '9223372036854775808n'],
    ['string', 1, '1'],
    ['double', true, 'true'],
    ['array<int>', 1, '1'],
    ['timestamp', 'soon', '"soon"'],
    ['timestamp', new Date(Number.NaN), 'null'],
    ['date', '2031-13-01', '"2031-13-01"'],
    ['decimal(3,1)', '123.45', '"123.45"'],
    ['timestamp_ntz', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('%s refuses %s and names the column', (type, value, shown) => {
    expect(() => session.createDataFrame([{ price: value }], `price ${type}`)).toThrow(
      expect.objectContaining({
        condition: 'FIELD_DATA_TYPE_UNACCEPTABLE',
        message: `column "price" is ${type} and cannot hold ${shown}`,
      }),
    )
  })
  test('an unknown key, a missing NOT NULL value and a row of another width are refused', () => {
    expect(() => session.createDataFrame([{ b: 1 }], 'a INT')).toThrow('a row has the key "b", which is not a column')
    expect(() => session.createDataFrame([{}], 'a INT NOT NULL')).toThrow('a row has no value for column "a", which is NOT NULL')
    expect(() => session.createDataFrame([[1, 2]], 'a INT')).toThrow('a row has 2 values, the schema 1 columns')
  })
})
