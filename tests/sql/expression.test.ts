import { describe, expect, test } from 'vitest'
import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Expression, Literal } from '../../engine/expr/expression.ts'
import { Settings, TIME_ZONE } from '../../engine/types/settings.ts'
import { parseExpression, parseExpressionSyntax, parseSchema, parseType } from '../../sql/ddl.ts'
import { formatExpression } from '../../sql/format/format-expression.ts'

/** Calls as `name(args)`, names and literals as themselves: the shape alone. */
function shape(e: Expression): string {
  switch (e.kind) {
    case 'literal':
      return e.type.kind === 'string' ? `'${e.value}'` : `${e.value}`
    case 'name':
      return e.parts.join('.')
    case 'star':
      return `${[...e.target, '*'].join('.')}${e.except.length === 0 ? '' : ` except ${e.except.map((name) => name.join('.')).join(' ')}`}`
    case 'call': {
      const filter = e.filter ? ` filter ${shape(e.filter)}` : ''
      const group = e.withinGroup ? ` group ${e.withinGroup.map(shape).join(', ')}` : ''
      const nulls = e.ignoreNulls === undefined ? '' : e.ignoreNulls ? ' ignore nulls' : ' respect nulls'
      const args = e.args.map((arg, i) => (e.argumentNames?.[i] ? `${e.argumentNames[i]} => ${shape(arg)}` : shape(arg)))
      return `${e.name}(${e.distinct ? 'distinct ' : ''}${args.join(', ')})${filter}${group}${nulls}`
    }
    case 'over':
      return `${shape(e.call)} over [${e.partitionBy.map(shape).join(', ')}] [${e.orderBy.map(shape).join(', ')}] ${JSON.stringify(e.frame?.unit ?? null)}`
    case 'order':
      return `${shape(e.child)} ${e.descending ? 'desc' : 'asc'} nulls ${e.nullsFirst ? 'first' : 'last'}`
    case 'alias':
      return `${shape(e.child)} as ${(e.names ?? [e.name]).join(', ')}`
    case 'cast':
      return `${e.tolerant ? 'try_cast' : 'cast'}(${shape(e.child)} as ${e.type})`
    case 'case':
      return `case${e.branches.map((b) => ` ${shape(b.when)}: ${shape(b.then)}`).join(',')}${e.otherwise ? ` else ${shape(e.otherwise)}` : ''}`
    case 'lambda':
      return `(${e.parameters.join(', ')}) -> ${shape(e.body)}`
    case 'parameter':
      return `:${e.name}`
    case 'subquery':
      return `${e.form}(${e.needles.map(shape).join(', ')})`
    default:
      return e.kind
  }
}
const shapeOf = (text: string): string => shape(parseExpression(text))

describe('operators', () => {
  test.each([
    ['a + b * c - d', '-(+(a, *(b, c)), d)'],
    ['a || b | c & d ^ e', '|(||(a, b), ^(&(c, d), e))'],
    ['1 + 2 << 3 >> 4 >>> 5', '>>>(>>(<<(+(1, 2), 3), 4), 5)'],
    ['a = b = c', '=(=(a, b), c)'],
    ['a == b', '=(a, b)'],
    ['a <> b', 'not(=(a, b))'],
    ['a !> b', '<=(a, b)'],
    ['a DIV b % c', '%(div(a, b), c)'],
    ['NOT a AND b OR c', 'or(and(not(a), b), c)'],
    ['! a = b', 'not(=(a, b))'],
    ['- a :: int', 'negative(cast(a as int))'],
    ['-1 :: int', 'cast(-1 as int)'],
    ['a -1', '-(a, 1)'],
    ['~ - + a', '~(negative(positive(a)))'],
    ['a BETWEEN 1 AND 2 AND b', 'and(and(>=(a, 1), <=(a, 2)), b)'],
    ['a NOT BETWEEN 1 AND 2', 'not(and(>=(a, 1), <=(a, 2)))'],
    ['a IN (1, 2)', 'in(a, 1, 2)'],
    ['a NOT IN (1)', 'not(in(a, 1))'],
    ["a LIKE 'x' ESCAPE '!'", "like(a, 'x', '!')"],
    ["a NOT ILIKE 'x'", "not(ilike(a, 'x'))"],
    ["a REGEXP 'x'", "rlike(a, 'x')"],
    ["a LIKE ANY ('x', 'y')", "or(like(a, 'x'), like(a, 'y'))"],
    ["a NOT LIKE ALL ('x', 'y')", "and(not(like(a, 'x')), not(like(a, 'y')))"],
    ['a IS NOT NULL', 'isnotnull(a)'],
    ['a IS TRUE', '<=>(a, true)'],
    ['a IS DISTINCT FROM b', 'not(<=>(a, b))'],
    ['a IS NOT DISTINCT FROM b', '<=>(a, b)'],
    ['(a, b) IN (SELECT 1, 2)', 'in(a, b)'],
    ['EXISTS (SELECT 1)', 'exists()'],
    ['(SELECT 1) + 1', '+(scalar(), 1)'],
    ['a.b[0].c', "element(element(a.b, 0), 'c')"],
    ['(a).b', 'a.b'],
    ['CASE a WHEN 1 THEN 2 ELSE 3 END', 'case =(a, 1): 2 else 3'],
    ['CASE WHEN a THEN 1 END', 'case a: 1'],
  ])('%s', (text, expected) => {
    expect(shapeOf(text)).toBe(expected)
  })
})

describe('calls', () => {
  test.each([
    ['count(*)', 'count(*)'],
    ['COUNT(DISTINCT a, b)', 'count(distinct a, b)'],
    ['sum(a) FILTER (WHERE a > 1)', 'sum(a) filter >(a, 1)'],
    ['listagg(a) WITHIN GROUP (ORDER BY b DESC)', 'listagg(a) group b desc nulls last'],
    ['first(a IGNORE NULLS)', 'first(a) ignore nulls'],
    ['lag(a) RESPECT NULLS OVER (ORDER BY b)', 'lag(a) respect nulls over [] [b asc nulls first] null'],
    ['sum(a) OVER (PARTITION BY b ORDER BY c ROWS 1 PRECEDING)', 'sum(a) over [b] [c asc nulls first] "rows"'],
    ['sum(a) OVER (ORDER BY c GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING)', 'sum(a) over [] [c asc nulls first] "groups"'],
    ['f(1, b => 2)', 'f(1, b => 2)'],
    ['filter(a, x -> x > 1)', 'filter(a, (x) -> >(x, 1))'],
    ['aggregate(a, 0, (s, x) -> s + x)', 'aggregate(a, 0, (s, x) -> +(s, x))'],
    ['EXTRACT(YEAR FROM a)', "extract('YEAR', a)"],
    ["POSITION('x' IN a)", "locate('x', a)"],
    ["TRIM(LEADING 'x' FROM a)", "ltrim('x', a)"],
    ['TRIM(FROM a)', 'trim(a)'],
    ['SUBSTRING(a FROM 2 FOR 3)', 'substring(a, 2, 3)'],
    ["OVERLAY(a PLACING 'x' FROM 2)", "overlay(a, 'x', 2)"],
    ['DATEADD(MONTH, 1, a)', "timestampadd('MONTH', 1, a)"],
    ['datediff(a, b)', 'datediff(a, b)'],
    ['current_date', 'current_date'],
    ['current_timestamp()', 'current_timestamp()'],
    ['struct(a AS x, 1)', 'struct(a as x, 1)'],
    ['(a, 1 AS b, 2)', "named_struct('a', a, 'b', 1, 'col3', 2)"],
    ['explode(m) AS (k, v)', 'explode(m) as k, v'],
    ['explode(m) (k, v)', 'explode(m) as k, v'],
    ['left(a, 1)', 'left(a, 1)'],
    ['TRY_CAST(a AS DECIMAL(4, 2))', 'try_cast(a as decimal(4,2))'],
    ["IDENTIFIER('a' || '.b')", 'a.b'],
    ["IDENTIFIER('abs')(a)", 'abs(a)'],
    [':x + ?', '+(:x, :0)'],
    ['t.* EXCEPT (a, b.c)', 't.* except a b.c'],
  ])('%s', (text, expected) => {
    expect(shapeOf(text)).toBe(expected)
  })

  test('no word is reserved: keywords are names where nothing else fits', () => {
    for (const word of [
      'select',
      'case',
      'cast',
      'interval',
      'date',
      'not',
      'from',
      'order',
      'left',
      'values',
      'exists',
      'null_',
      'end',
    ]) {
      expect(shapeOf(word)).toBe(word)
    }
  })
})

describe('literals', () => {
  const settings = new Settings([[TIME_ZONE, 'America/Los_Angeles']])
  const literal = (text: string): [unknown, string] => {
    const { value, type } = parseExpression(text, settings) as Literal
    return [value, String(type)]
  }
  test.each<[string, unknown, string]>([
    ['1', 1, 'int'],
    ['-2147483648', -2147483648, 'int'],
    ['2147483648', 2147483648n, 'bigint'],
    ['9223372036854775808', 9223372036854775808n, 'decimal(19,0)'],
    ['127Y', 127, 'tinyint'],
    ['5L', 5n, 'bigint'],
    ['1.50', 150n, 'decimal(3,2)'],
    ['0.05', 5n, 'decimal(2,2)'],
    ['1E3BD', 1000n, 'decimal(4,0)'],
    ['1e3', 1000, 'double'],
    ['0.1F', Math.fround(0.1), 'float'],
    ['2D', 2, 'double'],
    [`'a' "b" 'c'`, 'abc', 'string'],
    ["X'1fA'", Uint8Array.of(0x01, 0xfa), 'binary'],
    ["DATE '2020-01-02'", 18263, 'date'],
    ["TIMESTAMP '1970-01-01 00:00:00'", 28_800_000_000n, 'timestamp'],
    ["TIMESTAMP '1970-01-01 00:00:00Z'", 0n, 'timestamp'],
    ["TIMESTAMP_NTZ '1970-01-01 00:00:01'", 1_000_000n, 'timestamp_ntz'],
    ["TIME '00:00:01.5'", 1_500_000_000n, 'time(6)'],
    ['NULL', null, 'void'],
    ['TRUE', true, 'boolean'],
    ["INTERVAL '1-2' YEAR TO MONTH", 14, 'interval year to month'],
    ["INTERVAL -'1-2' YEAR TO MONTH", -14, 'interval year to month'],
    ['INTERVAL 14 MONTHS', 14, 'interval month'],
    ['INTERVAL 1 DAY 2 HOURS', 93_600_000_000n, 'interval day to hour'],
    ["INTERVAL '1 day -2 hours'", 79_200_000_000n, 'interval day to hour'],
    ["INTERVAL '1 02:03:04.5' DAY TO SECOND", 93_784_500_000n, 'interval day to second'],
    ['INTERVAL 2 WEEKS', 1_209_600_000_000n, 'interval day'],
    ['INTERVAL 1.5 SECONDS', 1_500_000n, 'interval second'],
    ["INTERVAL - '3' MILLISECONDS", -3000n, 'interval second'],
  ])('%s', (text, value, type) => {
    expect(literal(text)).toEqual([value, type])
  })

  test('an interval of months and days is one value only where the session asks for calendar intervals', () => {
    expect(() => parseExpression('INTERVAL 1 MONTH 1 DAY')).toThrow(ParseError)
    const legacy = new Settings([['spark.sql.legacy.interval.enabled', 'true']])
    expect(parseExpression('INTERVAL 1 MONTH 1 DAY', legacy)).toMatchObject({ value: { months: 1, days: 1, microseconds: 0n } })
  })

  test.each([
    ['128Y', 'INVALID_NUMERIC_LITERAL_RANGE'],
    ['1e400', 'INVALID_NUMERIC_LITERAL_RANGE'],
    ['123456789012345678901234567890123456789', 'DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION'],
    ["DATE '2020-13-01'", 'INVALID_TYPED_LITERAL'],
    ["X'0g'", 'INVALID_TYPED_LITERAL'],
    ["BINARY 'a'", 'UNSUPPORTED_TYPED_LITERAL'],
    ["INTERVAL '1.5' DAY", 'INVALID_INTERVAL_FORMAT.INVALID_FRACTION'],
    ["INTERVAL '1 24' DAY TO HOUR", 'INVALID_INTERVAL_FORMAT.INTERVAL_PARSING'],
    ["INTERVAL '1' YEAR TO SECOND", 'INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION'],
    ["INTERVAL 'two days'", 'INVALID_TYPED_LITERAL'],
  ])('%s is refused', (text, condition) => {
    expect(() => parseExpression(text)).toThrow(expect.objectContaining({ condition }))
  })
})

describe('types and schemas', () => {
  test.each([
    ['LONG', 'bigint'],
    ['decimal', 'decimal(10,0)'],
    ['array<map<string, array<int>>>', 'array<map<string,array<int>>>'],
    ["struct<a: int NOT NULL COMMENT 'x', `b c` date>", 'struct<a:int,b c:date>'],
    ['timestamp without time zone', 'timestamp_ntz'],
    ['interval hour to second', 'interval hour to second'],
    ['char(3)', 'char(3)'],
    ['time', 'time(6)'],
  ])('%s', (text, expected) => {
    expect(String(parseType(text))).toBe(expected)
  })

  test('a schema is a list of columns, or a struct', () => {
    const columns = parseSchema("a INT NOT NULL, b ARRAY<STRING> COMMENT 'tags', `c d` TIMESTAMP")
    expect(columns.map(({ name, type, nullable }) => [name, String(type), nullable])).toEqual([
      ['a', 'int', false],
      ['b', 'array<string>', true],
      ['c d', 'timestamp', true],
    ])
    expect(parseSchema('struct<a: int>').map(({ name }) => name)).toEqual(['a'])
    expect(() => parseSchema('a INT b STRING')).toThrow(ParseError)
  })
})

describe('canonical text', () => {
  test.each([
    ['a+b*c', 'a + b * c'],
    ['(a+b)*c', '(a + b) * c'],
    ['a-(b-c)', 'a - (b - c)'],
    ['not (a and b)', 'NOT (a AND b)'],
    ['a is null = b', undefined],
    ['- (1)', '-(1)'],
    ["'it''s'", "'it\\'s'"],
    ['`select` . `a b`', '`select`.`a b`'],
    ['x->x+1', 'x -> x + 1'],
    ['trim(both from a)', 'TRIM(BOTH FROM a)'],
    ['interval 1 day', 'INTERVAL 1 DAY'],
  ])('%s', (text, expected) => {
    if (expected === undefined) expect(() => parseExpressionSyntax(text)).toThrow(ParseError)
    else expect(formatExpression(parseExpressionSyntax(text))).toBe(expected)
  })
})
