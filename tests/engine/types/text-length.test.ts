import { expect, test } from 'vitest'
import { charType, STRING, varcharType } from '../../../engine/types/data-type.ts'
import { fitText } from '../../../engine/types/text-length.ts'

test('CHAR fills up with blanks, VARCHAR does not', () => {
  expect(fitText('ab', charType(3))).toBe('ab ')
  expect(fitText('ab', varcharType(3))).toBe('ab')
  expect(fitText('abcd', STRING)).toBe('abcd')
})

test('text that is too long may only lose blanks at its end', () => {
  expect(fitText('ab    ', varcharType(3))).toBe('ab ')
  expect(fitText('abc  ', charType(3))).toBe('abc')
  expect(() => fitText('abcd', varcharType(3))).toThrow(expect.objectContaining({ condition: 'EXCEED_LIMIT_LENGTH' }))
})

test('a character outside the basic plane counts once', () => {
  expect(fitText('😀😀', varcharType(2))).toBe('😀😀')
})
