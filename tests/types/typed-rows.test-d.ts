/**
 * What the type checker promises. Compiled by `npm run types`, never run: a wrong promise is a compile error here, and each
 * `@ts-expect-error` stands above a mistake that must be one.
 */
import { col, count, createSession, type DataFrame, lit, max, type Timestamp, window } from '../../index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function rowsAre<Expected>(): <Row extends object>(df: DataFrame<Row>, same: Same<Row, Expected>) => void

const session = createSession()
const clicks = session.readStream.format('json').schema({ user: 'string', n: 'int', big: 'bigint', at: 'timestamp' }).load('in')
type Click = { user: string | null; n: number | null; big: bigint | null; at: Timestamp | null }
rowsAre<Click>()(clicks, true)

// A schema as DDL gives the same; a reader without one gives rows of anything.
rowsAre<{ user: string | null; n: number }>()(session.read.schema('user STRING, n INT NOT NULL').json('in'), true)
const untyped = session.read.json('in')
untyped.select('whatever').groupBy('whatever')
// @ts-expect-error not among what was selected
untyped.select('whatever').groupBy('anything')

// Names are checked where they are written.
clicks.withWatermark('at', '1 minute')
// @ts-expect-error a misspelt event time
clicks.withWatermark('att', '1 minute')
// @ts-expect-error a misspelt column
clicks.select('usr')
// @ts-expect-error a misspelt key
clicks.groupBy('usr')
// @ts-expect-error a misspelt key of deduplication
clicks.dropDuplicates('usr')
// @ts-expect-error a misspelt order
clicks.orderBy('usr')
// @ts-expect-error a misspelt column to rename
clicks.withColumnRenamed('usr', 'who')
// @ts-expect-error a misspelt column of this DataFrame
clicks.col('usr')

// The row type follows through the calls.
rowsAre<{ user: string | null; at: Timestamp | null }>()(clicks.select('user', 'at'), true)
rowsAre<{ user: string | null; one: number }>()(clicks.select('user', lit(1 as number).as('one')), true)
rowsAre<Click>()(clicks.where(col('n').gt(1)).limit(3).distinct(), true)
rowsAre<{ big: bigint | null; at: Timestamp | null; user: string | null; n: boolean }>()(
  clicks.withColumn('n', lit(true as boolean)),
  true,
)
rowsAre<Omit<Click, 'big'>>()(clicks.drop('big'), true)
rowsAre<{ who: string | null; n: number | null; big: bigint | null; at: Timestamp | null }>()(
  clicks.withColumnRenamed('user', 'who'),
  true,
)
rowsAre<{ user: string | null; count: bigint }>()(clicks.groupBy('user').agg(count('*').as('count')), true)

const perMinute = clicks.groupBy(window('at', '1 minute'), 'user').agg(count('*').as('n'), max('n').as('most'))
perMinute.select('window', 'user', 'n', 'most')
// @ts-expect-error the aggregate is called n
perMinute.select('count')

const pages = session.read.schema({ user: 'string', title: 'string' }).json('pages')
clicks.join(pages, 'user').select('title', 'n')
// @ts-expect-error neither side has it
clicks.join(pages, 'user').select('titel')

// Writers hand typed rows to callbacks.
clicks.writeStream.foreach((row) => {
  const user: string | null = row.user
  // @ts-expect-error a misspelt column of the row
  return void [user, row.usr]
})
clicks.writeStream.foreachBatch(async (batch) => {
  for (const row of await batch.collect()) row.at?.epochMicroseconds
})

export async function rows(): Promise<void> {
  const query = await perMinute.writeStream.format('memory').queryName('q').start()
  for await (const row of query.rows()) {
    const [n, user]: [bigint, string | null] = [row.n, row.user]
    // @ts-expect-error a misspelt column of a row
    console.log(n, user, row.nn)
  }
  // @ts-expect-error an output mode that is not one
  perMinute.writeStream.outputMode('upsert')
  // @ts-expect-error a setting is a dotted key
  createSession({ zone: 'UTC' })
}
