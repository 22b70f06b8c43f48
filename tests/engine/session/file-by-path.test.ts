import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession } from '../../../index.ts'

const folder = mkdtempSync(join(tmpdir(), 'file-by-path-'))
writeFileSync(join(folder, 'a.csv'), 'a,b\n1,x\n2,y\n')
writeFileSync(join(folder, 'a.tsv'), 'a\tb\n1\tx\n')
writeFileSync(join(folder, 'a.jsonl'), '{"a":1,"b":"x"}\n')

test("FROM 'file' reads by the file's name: a csv with its header and types", async () => {
  const rows = (sql: string) => createSession().sql(sql).collect()
  expect(await rows(`SELECT a + 1 AS a, b FROM '${folder}/a.csv'`)).toEqual([
    { a: 2, b: 'x' },
    { a: 3, b: 'y' },
  ])
  expect(await rows(`SELECT * FROM '${folder}/a.tsv'`)).toEqual([{ a: 1, b: 'x' }])
  expect(await rows(`SELECT * FROM '${folder}/a.jsonl'`)).toEqual([{ a: 1n, b: 'x' }])
})

test("FROM csv.`file` is Spark's bare csv", async () => {
  expect(await createSession().sql(`SELECT * FROM csv.\`${folder}/a.csv\` LIMIT 1`).collect()).toEqual([{ _c0: 'a', _c1: 'b' }])
})
