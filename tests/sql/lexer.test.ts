import { describe, expect, test } from 'vitest'
import { ParseError } from '../../engine/errors/engine-error.ts'
import { tokenize } from '../../sql/lexer.ts'

const read = (text: string): string[] =>
  tokenize(text)
    .slice(0, -1)
    .map((token) => `${token.kind} ${token.text}`)

describe('tokens', () => {
  test('keywords compare without case, names keep theirs, back-ticks quote and double themselves', () => {
    expect(read('select Amount, `a``b` FROM t')).toEqual([
      'word select',
      'word Amount',
      'symbol ,',
      'quoted a`b',
      'word FROM',
      'word t',
    ])
    expect(tokenize('select `select`').map(({ upper }) => upper)).toEqual(['SELECT', '', ''])
  })

  test.each([
    [
      'a number and a name that begins with digits: the longer one counts',
      '12 12a 1e3 1e-3 1e',
      ['number 12', 'word 12a', 'number 1e3', 'number 1e-3', 'word 1e'],
    ],
    [
      'numbers carry their suffixes',
      '1L 2S 3Y 1.5BD 2F .5D 1e2BD',
      ['number 1L', 'number 2S', 'number 3Y', 'number 1.5BD', 'number 2F', 'number .5D', 'number 1e2BD'],
    ],
    [
      'a point belongs to a number only where no name goes on',
      't.1a 1.5x 5.',
      ['word t', 'symbol .', 'word 1a', 'number 1', 'symbol .', 'word 5x', 'number 5.'],
    ],
    ['a suffix of whole numbers ends no decimal', '2.L', ['number 2', 'symbol .', 'word L']],
  ])('%s', (_, text, tokens) => {
    expect(read(text)).toEqual(tokens)
  })

  test.each([
    ['escapes', String.raw`'a\n\t\\\'\"\b\0\Z'`, 'a\n\t\\\'"\b\0\x1a'],
    ['% and _ stay escaped for LIKE', String.raw`'10\% a\_b'`, '10\\% a\\_b'],
    ['unicode and octal', String.raw`'\u0041\U0001F600\101'`, 'A😀A'],
    ['an unknown escape is its character', String.raw`'\q\u12'`, 'qu12'],
    ['a doubled quote is one', `'it''s'`, "it's"],
    ['double quotes make strings too', '"say ""hi"""', 'say "hi"'],
    ['raw strings keep the backslash', String.raw`r'a\nb'`, 'a\\nb'],
    ['raw strings in double quotes', String.raw`R"a\'b"`, "a\\'b"],
  ])('string: %s', (_, text, value) => {
    expect(tokenize(text)[0]).toMatchObject({ kind: 'string', text: value, start: 0, end: text.length })
  })

  test('comments nest, a line comment ends with its line, a hint is no comment', () => {
    expect(read('a /* b /* c */ d */ e -- f\ng')).toEqual(['word a', 'word e', 'word g'])
    expect(read('SELECT /*+ BROADCAST(t) */ 1')).toEqual([
      'word SELECT',
      'symbol /*+',
      'word BROADCAST',
      'symbol (',
      'word t',
      'symbol )',
      'symbol */',
      'number 1',
    ])
  })

  test('>> is two tokens, because it also closes two types', () => {
    expect(read('a >> b <=> c')).toEqual(['word a', 'symbol >', 'symbol >', 'word b', 'symbol <=>', 'word c'])
  })

  test.each([
    ['a comment', 'SELECT 1 /* 2 /* 3 */', 'UNCLOSED_BRACKETED_COMMENT', 9],
    ['a string', "SELECT 'a", 'PARSE_SYNTAX_ERROR', 7],
    ['a quoted name', 'SELECT `a', 'PARSE_SYNTAX_ERROR', 7],
  ])('%s that does not end is refused where it begins', (_, text, condition, start) => {
    try {
      tokenize(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError)
      expect(error).toMatchObject({ condition, span: { start } })
    }
  })
})
