import { expect, test } from 'vitest'
import { inferCsvSchema } from '../../../engine/formats/csv-infer.ts'
import { readCsvOptions } from '../../../engine/formats/csv-options.ts'
import { inferJsonSchema } from '../../../engine/formats/json-infer.ts'
import { readJsonOptions } from '../../../engine/formats/json-options.ts'

/** Records that show which of them were looked at: record i is an object with the one field i. */
function jsonFields(options: Record<string, string>, lines: readonly string[]): number[] {
  const bytes = Buffer.from(lines.join('\n'))
  return inferJsonSchema([bytes], readJsonOptions(options, { timeZone: 'UTC' })).map(({ name }) => Number(name))
}
/** The same for CSV: record i has a text in column i, numbers in all others. */
function csvColumns(options: Record<string, string>, lines: readonly string[]): number[] {
  const given = readCsvOptions({ inferSchema: 'true', ...options }, { timeZone: 'UTC' })
  const schema = inferCsvSchema([Buffer.from(`${lines.join('\n')}\n`)], given)
  return schema.flatMap(({ type }, i) => (type.kind === 'string' ? [i] : []))
}
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
const objects = numbers(60).map((i) => `{"${String(i).padStart(2, '0')}":1}`)
const diagonal = numbers(40).map((i) =>
  numbers(40)
    .map((j) => (i === j ? 'x' : '1'))
    .join(','),
)
const header = numbers(40)
  .map((i) => `h${i}`)
  .join(',')

// What Spark 4.3 takes of these records in one task.
test('samplingRatio looks at the lines that Spark looks at', () => {
  expect(jsonFields({ samplingRatio: '0.1' }, objects)).toEqual([3, 18, 20, 24, 50])
  expect(jsonFields({ samplingRatio: '0.3' }, objects)).toEqual([
    2, 3, 6, 7, 11, 12, 18, 20, 22, 24, 28, 30, 36, 45, 50, 52, 55, 56,
  ])
  expect(csvColumns({ samplingRatio: '0.1' }, diagonal)).toEqual([3, 18, 20, 24])
  // The header and blank lines are lines too, and the header counts whether it is looked at or not.
  expect(csvColumns({ samplingRatio: '0.1', header: 'true' }, [header, ...diagonal])).toEqual([2, 17, 19, 23])
  expect(
    jsonFields(
      { samplingRatio: '0.3' },
      objects.flatMap((line) => [line, '']),
    ),
  ).toEqual([1, 3, 6, 9, 10, 11, 12, 14, 15, 18, 25, 26, 28, 30, 31, 32, 33, 38, 39, 41, 47, 48, 49, 50, 53])
})

test('with multiLine it is records that are sampled, behind the header', () => {
  const options = { multiLine: 'true', header: 'true' }
  expect(csvColumns({ ...options, samplingRatio: '0.3' }, [header, ...diagonal])).toEqual([
    0, 2, 5, 10, 11, 12, 16, 23, 33, 38, 39,
  ])
  expect(csvColumns({ ...options, samplingRatio: '0.6' }, [header, ...diagonal])).toEqual([
    2, 3, 6, 7, 8, 9, 12, 13, 16, 17, 18, 20, 22, 24, 25, 26, 28, 29, 33, 36, 37, 38, 39,
  ])
})

test('almost all is all, and nothing is refused', () => {
  expect(jsonFields({ samplingRatio: '0.991' }, objects)).toEqual(numbers(60))
  expect(jsonFields({ samplingRatio: '1.5' }, objects)).toEqual(numbers(60))
  expect(jsonFields({ samplingRatio: '0.0001' }, objects)).toEqual([])
  for (const samplingRatio of ['0', '-1']) {
    expect(() => jsonFields({ samplingRatio }, objects)).toThrow(`samplingRatio (${samplingRatio}) should be greater than 0`)
    expect(() => csvColumns({ samplingRatio }, diagonal)).toThrow(`samplingRatio (${samplingRatio}) should be greater than 0`)
  }
})
