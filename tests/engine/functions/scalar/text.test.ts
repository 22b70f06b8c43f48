import { describe, expect, test } from 'vitest'
import { conditionOf } from '../error-of.ts'
import { QueryRows } from '../query-rows.ts'

function values(...expressions: string[]): (string | null)[] {
  return new QueryRows().cells(`SELECT ${expressions.join(', ')}`)[0]!
}

describe('characters are code points', () => {
  test.each([
    ["length('é😀')", '2'],
    ["octet_length('é😀')", '6'],
    ["substring('a😀b', 2, 1)", '😀'],
    ["reverse('a😀é')", 'é😀a'],
    ["lpad('😀', 3, 'é')", 'éé😀'],
    ["instr('a😀b', 'b')", '3'],
    ["regexp_instr('a😀b', 'b')", '3'],
    ["split('😀a', '')", '["😀","a"]'],
    ["mask('aBc1é中😀', 'X', 'x', 'n', '*')", 'xXxnx**'],
    ["ascii('😀')", '128512'],
  ])('%s', (expression, expected) => {
    expect(values(expression)).toEqual([expected])
  })
})

describe('positions', () => {
  test('substring counts from 1, from the end with negative positions, and 0 is the start', () => {
    expect(
      values("substring('abcdef', 0, 2)", "substring('abcdef', -3, 2)", "substring('abcdef', -10, 5)", "substring('abc', 2, -1)"),
    ).toEqual(['ab', 'de', 'a', ''])
  })
  test('instr goes backwards from a negative start, and occurrences may overlap', () => {
    expect(
      values("instr('abcabc', 'b', 1, 2)", "instr('abcabc', 'b', -3, 1)", "instr('aaa', 'aa', -1, 2)", "instr('abc', '', 4)"),
    ).toEqual(['5', '2', '1', '1'])
    expect(conditionOf("SELECT instr('abc', 'b', 1, 0)")).toBe('INVALID_PARAMETER_VALUE.OCCURRENCE')
  })
  test('locate gives 0 for a start that is NULL or not positive', () => {
    expect(values("locate('b', 'abc', NULL)", "locate('b', 'abc', 0)", "locate('b', NULL)")).toEqual(['0', '0', null])
  })
  test('substring_index counts delimiters from either end', () => {
    expect(
      values("substring_index('a.b.c', '.', 2)", "substring_index('a.b.c', '.', -2)", "substring_index('aaaaa', 'aa', -2)"),
    ).toEqual(['a.b', 'b.c', 'a'])
  })
  test('split_part counts from 1 or -1; part 0 does not exist', () => {
    expect(values("split_part('a,b,c', ',', -1)", "split_part('a,b,c', ',', 5)")).toEqual(['c', ''])
    expect(conditionOf("SELECT split_part('a', ',', 0)")).toBe('INVALID_INDEX_OF_ZERO')
  })
  test('overlay outside of the text', () => {
    expect(values("overlay('abc', 'X', 10)", "overlay('abc', 'X', 0)", "overlay('abcdef', 'XX', -3, 1)")).toEqual([
      'abcX',
      'Xabc',
      'XXef',
    ])
  })
})

describe('types of the arguments', () => {
  test('concat joins bytes to bytes, arrays to arrays and everything else to text', () => {
    const session = new QueryRows()
    expect(
      session
        .run("SELECT concat(X'01', X'02'), concat(1, true), concat(array(1), array(2L)), X'41' || 'b'")
        .schema.map((f) => String(f.type)),
    ).toEqual(['binary', 'string', 'array<bigint>', 'string'])
    expect(conditionOf("SELECT concat(array(1), 'a')")).toBe('DATATYPE_MISMATCH.DATA_DIFF_TYPES')
  })
  test('the number of arguments is checked', () => {
    expect(conditionOf("SELECT upper('a', 'b')")).toBe('WRONG_NUM_ARGS.WITHOUT_SUGGESTION')
    expect(conditionOf('SELECT concat_ws()')).toBe('WRONG_NUM_ARGS.WITHOUT_SUGGESTION')
  })
  test('greatest and coalesce differ: text meets numbers in the second only', () => {
    expect(values("coalesce(NULL, 1, '2')")).toEqual(['1'])
    expect(conditionOf("SELECT greatest(1, '3')")).toBe('DATATYPE_MISMATCH.DATA_DIFF_TYPES')
  })
})

describe('formats', () => {
  test('format_string takes values as Spark holds them', () => {
    expect(
      values(
        "format_string('%5d|%-5d|%05d|%,d|%(d|%x|%.2f|%e|%s', 1, 2, 3, 1234567, -8, 255, 2.345, 12345.678D, DATE '2020-01-01')",
      ),
    ).toEqual(['    1|2    |00003|1,234,567|(8)|ff|2.35|1.234568e+04|18262'])
    expect(conditionOf("SELECT format_string('%0$s', 'a')")).toBe('INVALID_PARAMETER_VALUE.ZERO_INDEX')
  })
  test('format_number rounds halves to the even digit, by the exact value', () => {
    expect(
      values('format_number(12332.5, 0)', 'format_number(0.125, 2)', 'format_number(0.375D, 2)', 'format_number(5, -1)'),
    ).toEqual(['12,332', '0.12', '0.38', null])
    expect(values("format_number(0.5, '#.##')", "format_number(0.256, '0.0%')", "format_number(12345, '0.##E0')")).toEqual([
      '0.5',
      '25.6%',
      '1.23E4',
    ])
  })
})

describe('regular expressions', () => {
  test('groups in a replacement', () => {
    expect(
      values("regexp_replace('abc', '(b)', '[$1]')", "regexp_replace('abc', 'b', '\\\\$')", "regexp_replace('abc', '', '-')"),
    ).toEqual(['a[b]c', 'a$c', '-a-b-c-'])
    expect(conditionOf("SELECT regexp_replace('abc', 'b', '$1')")).toBe('INVALID_REGEXP_REPLACE')
  })
  test('groups that do not exist', () => {
    expect(conditionOf("SELECT regexp_extract('a', '(a)', 3)")).toBe('INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX')
    expect(conditionOf("SELECT regexp_extract('a', '(?l)')")).toBe('INVALID_PARAMETER_VALUE.PATTERN')
  })
  test('split', () => {
    expect(values("split('a,,b,,', ',')", "split('a,b,c', ',', 2)", "split('abc', '', 2)", "split('', ',')")).toEqual([
      '["a","","b","",""]',
      '["a","b,c"]',
      '["a","bc"]',
      '[""]',
    ])
  })
})

describe('bytes', () => {
  test('character sets', () => {
    expect(values("hex(encode('é', 'UTF-16'))", "decode(X'FFFEE900', 'utf-16')", "hex(encode('a', 'utf-32'))")).toEqual([
      'FEFF00E9',
      'é',
      '00000061',
    ])
    expect(conditionOf("SELECT encode('€', 'iso-8859-1')")).toBe('MALFORMED_CHARACTER_CODING')
    expect(conditionOf("SELECT encode('a', 'WINDOWS-1252')")).toBe('INVALID_PARAMETER_VALUE.CHARSET')
  })
  test('URLs', () => {
    expect(
      values("parse_url('http://u:p@h.org:80/a/b?q=1#r', 'FILE')", "url_encode('a b?é*~')", "try_url_decode('%zz')"),
    ).toEqual(['/a/b?q=1', 'a+b%3F%C3%A9*%7E', null])
    expect(conditionOf("SELECT parse_url('inva lid://x', 'HOST')")).toBe('INVALID_URL')
  })
})
