import { test } from 'vitest'
import { type Expression, literal } from '../../../engine/expr/expression.ts'
import {
  BIGINT,
  BINARY,
  BOOLEAN,
  DATE,
  DAY_TIME,
  type DataType,
  DOUBLE,
  decimalType,
  FLOAT,
  INT,
  SMALLINT,
  STRING,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  TINYINT,
} from '../../../engine/types/data-type.ts'
import type { Value } from '../../../engine/types/value.ts'
import { batchOf, column, evaluateBothWays, typed } from './both-ways.ts'
import { agrees } from './random-rows.ts'

/** An argument: a column of the type, or a constant. */
type Constant = readonly [Value, DataType]
type Given = DataType | Constant

function expressionOf(name: string, args: readonly Given[]): { readonly types: readonly DataType[]; readonly e: Expression } {
  const types: DataType[] = []
  const given = args.map((arg): Expression => {
    if (Array.isArray(arg)) return literal(arg[0], arg[1])
    types.push(arg as DataType)
    return column(types.length - 1, arg as DataType)
  })
  return { types, e: typed(name, ...given) }
}
const text = (value: string | null): Given => [value, STRING]
const int = (value: number): Constant => [value, INT]
const long = (value: bigint): Given => [value, BIGINT]
const MONEY = decimalType(12, 2)
const WIDE = decimalType(30, 4)

const ONE_DOUBLE =
  'sqrt exp expm1 ln log10 log2 log1p cbrt rint degrees radians sin cos tan cot sec csc asin acos atan sinh cosh tanh asinh acosh atanh log sign floor ceil round bround isnan nullifzero zeroifnull'
const ONE_TEXT =
  'length octet_length bit_length upper lower initcap trim ltrim rtrim btrim reverse ascii soundex luhn_check hex md5 sha1 crc32 base64 url_encode quote is_valid_utf8'
const ONE_DATE = 'year quarter month day dayofyear dayofweek weekday weekofyear dayname monthname last_day unix_date'
const ONE_TIMESTAMP = 'hour minute second unix_seconds unix_millis unix_micros unix_timestamp to_date hash xxhash64'

const CALLS: readonly (readonly [string, ...Given[]])[] = [
  ...ONE_DOUBLE.split(' ').map((name) => [name, DOUBLE] as const),
  ...ONE_TEXT.split(' ').map((name) => [name, STRING] as const),
  ...ONE_DATE.split(' ').map((name) => [name, DATE] as const),
  ...ONE_TIMESTAMP.split(' ').map((name) => [name, TIMESTAMP] as const),
  ...[TINYINT, SMALLINT, INT, BIGINT].flatMap((type) => [
    ...[
      'abs',
      'negative',
      'positive',
      '~',
      'bit_count',
      'hex',
      'bin',
      'hash',
      'xxhash64',
      'factorial',
      'floor',
      'nullifzero',
      'zeroifnull',
    ].map((name) => [name, type] as const),
    ...['<<', '>>', '>>>'].flatMap((name) => [
      [name, type, INT] as const,
      [name, type, int(5)] as const,
      [name, type, int(-3)] as const,
    ]),
    ...[
      '&',
      '|',
      '^',
      'greatest',
      'least',
      'nullif',
      'try_add',
      'try_subtract',
      'try_multiply',
      'try_divide',
      'try_mod',
      'pmod',
      'div',
      'equal_null',
    ].map((name) => [name, type, type] as const),
    ['bit_get', type, INT] as const,
    ['round', type, int(-1)] as const,
    ['bround', type, int(-2)] as const,
    ['round', type, int(2)] as const,
  ]),
  ...[FLOAT, MONEY, WIDE].flatMap((type) => [
    ...[
      'abs',
      'negative',
      'sign',
      'floor',
      'ceil',
      'round',
      'bround',
      'hash',
      'xxhash64',
      'nullifzero',
      'zeroifnull',
      'sqrt',
    ].map((name) => [name, type] as const),
    ...['greatest', 'least', 'nullif', 'equal_null', 'try_add', 'try_divide'].map((name) => [name, type, type] as const),
    ['round', type, int(1)] as const,
    ['round', type, int(-2)] as const,
  ]),
  ...[2, -2, 5, 0].flatMap((digits) => ['round', 'bround', 'floor', 'ceil'].map((name) => [name, DOUBLE, int(digits)] as const)),
  ...['pow', 'hypot', 'atan2', 'log', 'greatest', 'least', 'nullif', 'nanvl', 'try_divide', 'equal_null', 'nvl2'].map(
    (name) => [name, DOUBLE, DOUBLE, ...(name === 'nvl2' ? [DOUBLE] : [])] as unknown as readonly [string, ...Given[]],
  ),
  ['nvl2', STRING, INT, INT],
  ['nvl2', INT, STRING, STRING],
  ['greatest', STRING, STRING, text('b')],
  ['least', STRING, STRING, STRING],
  ['greatest', INT, BIGINT, INT],
  ['greatest', BOOLEAN, BOOLEAN],
  ['least', DATE, DATE],
  ['greatest', TIMESTAMP, TIMESTAMP],
  ['nullif', STRING, text('a')],
  ['nullif', STRING, STRING],
  ['nullif', BOOLEAN, BOOLEAN],
  ['bit_count', BOOLEAN],
  ['width_bucket', DOUBLE, [0, DOUBLE], [10, DOUBLE], long(5n)],
  ['conv', STRING, int(10), int(16)],
  ['hypot', DOUBLE, [3, DOUBLE]],
  ...[INT, int(2), int(0), int(-1)].flatMap((count) =>
    ['left', 'right', 'substring', 'repeat', 'lpad', 'rpad'].flatMap((name) =>
      (name === 'repeat' || name.endsWith('pad')) && !Array.isArray(count) ? [] : [[name, STRING, count] as const],
    ),
  ),
  ['repeat', STRING, TINYINT],
  ['space', TINYINT],
  ['left', BINARY, int(2)],
  ['substring', BINARY, int(2), int(3)],
  ['substring', STRING, INT, INT],
  ['lpad', STRING, int(6), text('ab€')],
  ['rpad', STRING, int(6), STRING],
  ['lpad', STRING, TINYINT, text('')],
  ['rpad', BINARY, int(3)],
  ['replace', STRING, text('a'), text('€b')],
  ['replace', STRING, text('ab')],
  ['replace', STRING, STRING, STRING],
  ['replace', STRING, text(''), text('x')],
  ['translate', STRING, text('ab,a'), text('x1')],
  ['translate', STRING, STRING, STRING],
  ['translate', STRING, text('ä'), text('a')],
  ['concat_ws', text(','), STRING, STRING, text('x')],
  ['concat_ws', STRING, STRING, text(null), STRING],
  ['concat_ws', text('€')],
  ['concat', STRING, text('-'), STRING],
  ['concat', BINARY, BINARY],
  ['elt', INT, STRING, STRING],
  ['mask', STRING],
  ...[text('.'), text('ab'), text(''), STRING].flatMap((by) => [
    ...[1, 2, -1, -2, 0].map((count) => ['substring_index', STRING, by, int(count)] as const),
    ...[1, 2, -1, -2, 0].map((count) => ['split_part', STRING, by, int(count)] as const),
    ...['instr', 'contains', 'startswith', 'endswith', 'find_in_set', 'levenshtein', 'jaro_winkler_similarity'].map(
      (name) => [name, STRING, by] as const,
    ),
    ['locate', by, STRING] as const,
    ['locate', by, STRING, int(2)] as const,
    ['locate', by, STRING, INT] as const,
    ['instr', STRING, by, int(-1), int(1)] as const,
  ]),
  ['substring_index', STRING, text(','), TINYINT],
  ['split_part', STRING, text(','), TINYINT],
  ['find_in_set', text('b'), STRING],
  ['contains', BINARY, BINARY],
  ...['trim', 'ltrim', 'rtrim', 'btrim'].flatMap((name) => [
    [name, text(' a'), STRING] as const,
    [name, STRING, text('ab ')] as const,
    [name, STRING, text('ä')] as const,
    [name, STRING, STRING] as const,
  ]),
  ...['a%', '%b', 'a_', '_', '%a_b%', '%%', '', 'a\\_%', '_%€', 'Ab%', 'a\\'].flatMap((pattern) => [
    ['like', STRING, text(pattern)] as const,
    ['ilike', STRING, text(pattern)] as const,
  ]),
  ['like', STRING, STRING],
  ['like', STRING, text('a#_%'), text('#')],
  ['rlike', STRING, text('^a.*b$')],
  ['rlike', STRING, STRING],
  ...[
    'hex',
    'md5',
    'sha1',
    'crc32',
    'base64',
    'octet_length',
    'bit_length',
    'length',
    'hash',
    'xxhash64',
    'reverse',
    'decode',
  ].map((name) => [name, BINARY, ...(name === 'decode' ? [text('utf-8')] : [])] as unknown as readonly [string, ...Given[]]),
  ...['unhex', 'unbase64', 'hash', 'xxhash64', 'to_date', 'to_timestamp'].map((name) => [name, STRING] as const),
  ['sha2', STRING, int(256)],
  ['sha2', STRING, int(224)],
  ['sha2', STRING, int(512)],
  ['sha2', STRING, INT],
  ['overlay', STRING, text('€'), int(2)],
  ['overlay', STRING, STRING, INT, int(1)],
  ['chr', BIGINT],
  ['regexp_replace', STRING, text('[ab]'), text('x')],
  ['regexp_replace', STRING, text('(a)(b)?'), text('<$1>')],
  ['regexp_replace', STRING, text(''), text('-')],
  ['regexp_replace', STRING, text('a'), text('$2')],
  ['regexp_replace', STRING, text('a'), text('\\$')],
  ['regexp_replace', STRING, text('.'), text('-'), int(3)],
  ['regexp_replace', STRING, STRING, text('-')],
  ['regexp_replace', STRING, text('a*'), STRING],
  ['regexp_extract', STRING, text('(a)(b)?'), int(2)],
  ['regexp_extract', STRING, text('[a-b]+'), int(0)],
  ['regexp_count', STRING, text('a|b')],
  ['regexp_substr', STRING, text('[ab]+')],
  ['regexp_instr', STRING, text('b')],
  ...[
    'yyyy-MM-dd',
    'yyyy-MM-dd HH:mm:ss',
    'dd/MM/yy HH:mm:ss.SSS',
    'EEE, d MMM yyyy',
    "hh:mm a 'at' MMMM",
    'yyyyMMdd',
    'D',
    'yyyy-MM-dd XXX',
    'YYYY',
    'SSSSSSSSS',
  ].flatMap((pattern) => [
    ['date_format', TIMESTAMP, text(pattern)] as const,
    ['date_format', TIMESTAMP_NTZ, text(pattern)] as const,
    ['from_unixtime', BIGINT, text(pattern)] as const,
    ...['to_date', 'to_timestamp', 'try_to_timestamp', 'unix_timestamp', 'to_timestamp_ntz'].map(
      (name) => [name, STRING, text(pattern)] as const,
    ),
  ]),
  ['date_format', TIMESTAMP, STRING],
  ['from_unixtime', BIGINT],
  ['try_to_date', STRING],
  ['try_to_timestamp', STRING],
  ['to_timestamp_ntz', STRING],
  ['unix_timestamp', STRING],
  ...[TIMESTAMP, TIMESTAMP_NTZ].flatMap((type) =>
    ['hour', 'minute', 'second', 'unix_timestamp', 'to_date'].map((name) => [name, type] as const),
  ),
  ...['date_add', 'date_sub'].map((name) => [name, DATE, INT] as const),
  ['datediff', DATE, DATE],
  ['add_months', DATE, INT],
  ['add_months', DATE, SMALLINT],
  ['months_between', TIMESTAMP, TIMESTAMP],
  ['next_day', DATE, text('TU')],
  ['make_date', SMALLINT, TINYINT, TINYINT],
  ...['year', 'quarter', 'MM', 'week', 'day', 'HOUR', 'minute', 'second', 'millisecond', 'microsecond', 'nothing'].flatMap(
    (unit) => [['trunc', DATE, text(unit)] as const, ['date_trunc', text(unit), TIMESTAMP] as const],
  ),
  ...['timestamp_seconds', 'timestamp_millis', 'timestamp_micros'].map((name) => [name, BIGINT] as const),
  ['timestamp_seconds', DOUBLE],
  ['date_from_unix_date', INT],
  ['extract', text('year'), DATE],
  ['extract', text('second'), TIMESTAMP],
  ['extract', text('day'), DAY_TIME],
  ['from_utc_timestamp', TIMESTAMP, text('Asia/Seoul')],
  ['to_utc_timestamp', TIMESTAMP, STRING],
  ['format_number', DOUBLE, int(2)],
  ['format_string', text('%s-%s'), STRING, INT],
  ['parse_url', STRING, text('HOST')],
]

test.each(CALLS.map((call) => [describe(call), call] as const))('%s, interpreted and generated', (_, [name, ...args]) => {
  const { types, e } = expressionOf(name, args)
  agrees(types, e, 12)
})

function describe([name, ...args]: readonly [string, ...Given[]]): string {
  return `${name}(${args.map((arg) => (Array.isArray(arg) ? JSON.stringify(typeof arg[0] === 'bigint' ? Number(arg[0]) : arg[0]) : (arg as DataType).kind)).join(', ')})`
}

const OVER_BLOCKS: readonly (readonly [string, ...Constant[]])[] = [
  ...['md5', 'sha1', 'crc32', 'hash', 'xxhash64', 'base64', 'hex', 'upper', 'reverse'].map((name) => [name] as const),
  ['sha2', int(224)],
  ['sha2', int(256)],
]
test.each(OVER_BLOCKS.map((call) => [describe(call), call] as const))(
  '%s of texts of every length, over the borders of blocks',
  (_, [name, ...constants]) => {
    const text = 'abcdefghijklmnopqrstuvwxyz€0123456789ÄÖÜ😀'.repeat(20)
    const rows = Array.from({ length: 200 }, (__, length) => [text.slice(0, length)])
    rows.push([text], [text.slice(0, 512)], [text.slice(0, 520)])
    const rest = constants.map(([value, type]) => literal(value, type))
    evaluateBothWays(typed(name, column(0, STRING), ...rest), batchOf([STRING], rows))
  },
)
