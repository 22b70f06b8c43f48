import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runTests } from '../../engine/testing/run-tests.ts'
import { TEST_MODES } from '../../engine/testing/schedule.ts'
import { createSession } from '../../index.ts'
import { NOT_YET } from './not-yet.ts'

/** The main suite: every stream test, in every mode. Expectations are real Spark's. */
const root = new URL('.', import.meta.url).pathname
const SEED = 20261124

for (const folder of readdirSync(root, { withFileTypes: true })) {
  if (!folder.isDirectory()) continue
  describe(folder.name, () => {
    for (const file of readdirSync(join(root, folder.name)).filter((name) => name.endsWith('.slt'))) {
      const path = `${folder.name}/${file}`
      for (const mode of TEST_MODES) {
        test.skipIf(NOT_YET.has(path))(`${file} ${mode}`, async () => {
          const report = await runTests([join(root, path)], { modes: [mode], seed: SEED, update: false, createSession })
          expect(report.files.flatMap((f) => f.failures)).toEqual([])
          expect(report.passed + report.skipped).toBeGreaterThan(0)
        })
      }
    }
  })
}

test('every file that is left out exists', () => {
  const all = readdirSync(root, { withFileTypes: true }).flatMap((f) =>
    f.isDirectory() ? readdirSync(join(root, f.name)).map((name) => `${f.name}/${name}`) : [],
  )
  expect([...NOT_YET].filter((path) => !all.includes(path))).toEqual([])
})
