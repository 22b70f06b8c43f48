import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

test('a batch statement sees the whole result of the bounded queries before it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'script-order-'))
  for (let n = 0; n < 5; n++) writeFileSync(join(folder, `${n}.txt`), `a\nb\nc${n}\n`)
  const session = createSession()
  const results: unknown[] = []
  await session.run(
    `CREATE STREAM lines USING text OPTIONS (path '${folder}', maxFilesPerTrigger 1);
     CREATE STREAMING TABLE words USING memory TRIGGER AVAILABLE NOW AS SELECT value FROM lines;
     SELECT count(*) AS n FROM words;
     CREATE TABLE kept AS SELECT DISTINCT value FROM words;
     SELECT count(*) AS n FROM kept`,
    {},
    { onResult: async (result) => void results.push(await result.collect()) },
  )
  expect(results).toEqual([[{ n: 15n }], [{ n: 7n }]])
})
