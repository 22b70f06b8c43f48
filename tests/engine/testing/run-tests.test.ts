import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FileReport, runTests, type TestOptions, testModesOf } from '../../../engine/testing/run-tests.ts'
import { createSession } from '../../../index.ts'

/** How stream tests are judged and reported. What they judge is tests/streams. */
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-slt-'))
let files = 0

async function judged(text: string, options: Partial<TestOptions> = {}): Promise<FileReport & { text: string }> {
  const file = path.join(folder, `${++files}.slt`)
  writeFileSync(file, text)
  const report = await runTests([file], { modes: ['as-written'], seed: 1, update: false, createSession, ...options })
  return { ...report.files[0]!, text: readFileSync(file, 'utf8') }
}

const NUMBERS = `# a number and its double
source s
at TIMESTAMP, n INT
watermark at 1 second

stream q append
SELECT n, n * 2 AS m FROM s

input s
["2031-01-01 00:00:00", 1]
["2031-01-01 00:00:09", 2]

emit q
----
[1, 2]
[2, 4]

watermark q 2031-01-01 00:00:08
`

describe('a scenario', () => {
  test('passes when every record holds', async () => {
    expect(await judged(NUMBERS)).toMatchObject({ passed: 1, failed: 0, skipped: 0, failures: [], skips: [] })
  })
  test('fails with the line, the title, what was expected and what came', async () => {
    const report = await judged(NUMBERS.replace('[2, 4]', '[2, 5]').replace('00:00:08', '00:00:07'))
    expect([report.passed, report.failed]).toEqual([0, 1])
    expect(report.failures).toMatchObject([
      {
        line: 13,
        scenario: 'a number and its double',
        directive: 'emit q',
        expected: '[1,2]\n[2,5]',
        actual: '[1,2]\n[2,4]',
      },
      { line: 18, directive: 'watermark q 2031-01-01 00:00:07', expected: '2031-01-01 00:00:07', actual: '2031-01-01 00:00:08' },
    ])
  })
  test('rows are compared as a multiset, and in order where it says so', async () => {
    const turned = NUMBERS.replace('[1, 2]\n[2, 4]', '[2, 4]\n[1, 2]')
    expect((await judged(turned)).passed).toBe(1)
    expect((await judged(turned.replace('emit q', 'emit q ordered'))).failed).toBe(1)
    expect((await judged(NUMBERS.replace('[2, 4]\n', '[2, 4]\n[2, 4]\n'))).failed).toBe(1)
  })
  test('a refusal must be the named one', async () => {
    const refused = (condition: string) => `source s\nn INT\n\nstream q append error ${condition}\nSELECT m FROM s\n`
    expect((await judged(refused('UNRESOLVED_COLUMN.WITH_SUGGESTION'))).passed).toBe(1)
    expect((await judged(refused('TABLE_OR_VIEW_NOT_FOUND'))).failed).toBe(1)
    expect((await judged('source s\nn INT\n\nstream q append\nSELECT m FROM s\n')).failures).toMatchObject([{ line: 4 }])
  })
  test('reset begins another one, which knows nothing of the first', async () => {
    expect(await judged(`${NUMBERS}\nreset\n\n${NUMBERS}`)).toMatchObject({ passed: 2, failed: 0 })
    expect(await judged(`${NUMBERS}\nreset\n\nquery\nSELECT * FROM s\n----\n`)).toMatchObject({ passed: 1, failed: 1 })
  })
  test('only a skip in the file skips, with its reason', async () => {
    const report = await judged(NUMBERS.replace('watermark q', 'skip not today\nwatermark q').replace('00:00:08', '00:00:00'))
    expect(report).toMatchObject({
      passed: 1,
      failed: 0,
      skips: [{ line: 19, scenario: 'a number and its double', reason: 'not today' }],
    })
  })
})

describe('modes', () => {
  test('each mode runs the scenario; a failure says in which', async () => {
    expect(await judged(NUMBERS, { modes: testModesOf('all') })).toMatchObject({ passed: 1, failed: 0 })
    const { failures } = await judged(NUMBERS.replace('[2, 4]', '[2, 5]'), { modes: ['interpreted', 'unoptimized'] })
    expect(failures.map((failure) => /^(\w+): /.exec(failure.message)?.[1])).toEqual(['interpreted', 'unoptimized'])
  })
  test('what depends on epochs is left out of cut, and said to be', async () => {
    const report = await judged(NUMBERS.replace('# a number', '# no-split\n# a number'), { modes: ['cut'] })
    expect(report).toMatchObject({
      passed: 0,
      failed: 0,
      skipped: 1,
      skips: [{ reason: 'depends on where epochs begin (# no-split)' }],
    })
  })
  test('an unknown mode lists those there are', () => {
    expect(() => testModesOf('often')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('as-written, cut, restart') as string }),
    )
  })
})

describe('files', () => {
  test('a folder is searched; a file that is no stream test fails alone', async () => {
    const place = path.join(folder, 'several')
    mkdirSync(path.join(place, 'inner'), { recursive: true })
    writeFileSync(path.join(place, 'a.slt'), NUMBERS)
    writeFileSync(path.join(place, 'b.slt'), 'source s\nn INT\n\nemits q\n')
    writeFileSync(path.join(place, 'inner/c.slt'), NUMBERS)
    writeFileSync(path.join(place, 'readme.md'), 'no test')
    const report = await runTests([place], { modes: ['as-written'], seed: 1, update: false, createSession })
    expect([report.passed, report.failed]).toEqual([2, 1])
    expect(report.files.map((file) => [path.relative(place, file.file), file.passed])).toEqual([
      ['a.slt', 1],
      ['b.slt', 0],
      ['inner/c.slt', 1],
    ])
    expect(report.files[1]!.failures).toMatchObject([
      { line: 4, directive: 'emits', message: expect.stringContaining('"emits" is not a directive') as string },
    ])
    await expect(
      runTests([path.join(place, 'd.slt')], { modes: ['as-written'], seed: 1, update: false, createSession }),
    ).rejects.toMatchObject({
      condition: 'PATH_NOT_FOUND',
    })
  })
  test('update writes rows and values in place, once, and judges what it wrote', async () => {
    const wrong = NUMBERS.replace('[1, 2]\n[2, 4]', '[7, 7]').replace('00:00:08', '00:00:01')
    const report = await judged(wrong, { update: true, modes: testModesOf('all') })
    expect([report.passed, report.failed]).toEqual([1, 0])
    expect(report.text.replace(/, ?/g, ', ')).toBe(NUMBERS)
  })
})
