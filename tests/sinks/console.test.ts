import { expect, test } from 'vitest'
import { batchFromRows } from '../../engine/columnar/batch.ts'
import { BIGINT, field, type Schema, STRING } from '../../engine/types/data-type.ts'
import type { Row } from '../../engine/types/value.ts'
import { consoleSink } from '../../sinks/console.ts'
import { sinkEnvironment } from '../harness/connector-environment.ts'

const schema = [field('value', STRING), field('count', BIGINT)]

async function printed(columns: Schema, rows: readonly Row[], options: Record<string, string> = {}): Promise<string> {
  let text = ''
  const sink = await consoleSink.openStream(
    sinkEnvironment(columns, options, {
      stdout: (part) => {
        text += part
      },
    }),
  )
  const writer = await sink.begin(0)
  if (writer === 'skip') throw new Error('the console skips nothing')
  await writer.append(batchFromRows(columns, rows))
  await writer.commit()
  return text
}

test('an epoch is printed in the exact layout of Spark', async () => {
  expect(
    await printed(schema, [
      ['cat', 2n],
      [null, 13n],
    ]),
  ).toBe(`-------------------------------------------
Batch: 0
-------------------------------------------
+-----+-----+
|value|count|
+-----+-----+
|  cat|    2|
| NULL|   13|
+-----+-----+

`)
})

test('an epoch without rows is a header', async () => {
  expect(await printed(schema, [])).toBe(`-------------------------------------------
Batch: 0
-------------------------------------------
+-----+-----+
|value|count|
+-----+-----+
+-----+-----+

`)
})

test('rows past numRows are counted out, long cells cut, wide characters take two places', async () => {
  const one = [field('v', STRING)]
  const text = await printed(one, [['漢字'], ['x'.repeat(30)], ['tab\there']], { numRows: '2' })
  expect(text.split('\n').slice(3)).toEqual([
    '+--------------------+',
    '|                   v|',
    '+--------------------+',
    '|                漢字|',
    '|xxxxxxxxxxxxxxxxx...|',
    '+--------------------+',
    'only showing top 2 rows',
    '',
    '',
  ])
})

test('truncate=false neither cuts nor aligns to the right', async () => {
  const text = await printed([field('v', STRING)], [['x'.repeat(25)], ['tab\there']], { truncate: 'false' })
  expect(text.split('\n').slice(6, 8)).toEqual([`|${'x'.repeat(25)}|`, `|tab\\there${' '.repeat(16)}|`])
})
