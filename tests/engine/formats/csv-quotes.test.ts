import { expect, test } from 'vitest'
import { readCsvOptions } from '../../../engine/formats/csv-options.ts'
import { CsvTokenizer } from '../../../engine/formats/csv-tokenizer.ts'

type Values = readonly (string | undefined)[]

function line(text: string, options: Record<string, string>): Values | string {
  try {
    return new CsvTokenizer(readCsvOptions(options, { timeZone: 'UTC' })).line(text) ?? []
  } catch (error) {
    return (error as { readonly condition: string }).condition
  }
}

// What Spark 4.3 reads these lines as.
test.each<[text: string, back: Values, closing: Values, delimiter: Values, skip: Values]>([
  ['"a"b,c', ['ab,c'], ['a"b,c'], ['"a"b', 'c'], [undefined, 'c']],
  ['"a,b"c,d', ['a', 'bc,d'], ['a,b"c,d'], ['"a,b"c', 'd'], [undefined, 'd']],
  ['"a,b"c",d', ['a', 'bc', 'd'], ['a,b"c', 'd'], ['"a,b"c"', 'd'], [undefined, 'd']],
  ['x,"a,,b"c', ['x', 'a', '', 'bc'], ['x', 'a,,b"c'], ['x', '"a,,b"c'], ['x', undefined]],
  ['"a" b,c', ['"a" b', 'c'], ['a" b,c'], ['"a" b', 'c'], [undefined, 'c']],
  ['"a""b"c,d', ['a"bc,d'], ['a""b"c,d'], ['"a""b"c', 'd'], [undefined, 'd']],
  ['"a"\\"b,c', ['a"\\"bc'], ['a"\\"bc'], ['a"\\"bc'], [undefined]],
])('an unescaped quote in %s', (text, back, closing, delimiter, skip) => {
  const of = (unescapedQuoteHandling: string) => line(text, { unescapedQuoteHandling })
  expect(of('BACK_TO_DELIMITER')).toEqual(back)
  expect(of('STOP_AT_CLOSING_QUOTE')).toEqual(closing)
  expect(of('STOP_AT_DELIMITER')).toEqual(delimiter)
  expect(of('SKIP_VALUE')).toEqual(skip)
  expect(of('RAISE_ERROR')).toBe('MALFORMED_CSV_RECORD')
})

test('going back to the delimiter, a line break inside the quotes ends the record', () => {
  const options = readCsvOptions({ unescapedQuoteHandling: 'BACK_TO_DELIMITER', multiLine: 'true' }, { timeZone: 'UTC' })
  const records = (text: string) => [...new CsvTokenizer(options).document(text)].map(({ values }) => values)
  expect(records('"a,b\nc"d\ne\n')).toEqual([['a', 'b'], ['cd\ne\n']])
  // As in Spark, what follows is part of the record that has begun.
  expect(records('x,"a\nb"c","d"\ny\n')).toEqual([
    ['x', 'a'],
    ['bc', 'd', 'y'],
  ])
})
