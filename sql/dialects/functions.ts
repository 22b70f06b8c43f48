import type { CallSyntax, ExpressionSyntax } from '../ast.ts'
import type { DialectName } from './dialect.ts'
import { callOf, type Reading, stringLiteral } from './reader.ts'
import { javaPattern, type PatternLanguage } from './time-patterns.ts'

/** A call of the dialect → one of ours. `args` are its arguments. Undefined: the name means the same here. */
type Translation = string | ((args: readonly ExpressionSyntax[], call: CallSyntax, reading: Reading) => ExpressionSyntax)

const text = (value: string, like: ExpressionSyntax): ExpressionSyntax => stringLiteral(value, like.span)

/** A unit as a word (`DAY`) or a string (`'day'`). */
function unitOf(e: ExpressionSyntax | undefined, reading: Reading): ExpressionSyntax {
  const word =
    e?.kind === 'name' && e.parts.length === 1
      ? e.parts[0]!
      : e?.kind === 'literal' && typeof e.value === 'string'
        ? e.value
        : undefined
  if (e === undefined || word === undefined) throw reading.refuse('a unit that is not a word', e?.span)
  const unit = word.toUpperCase().replace(/S$/, '')
  if (unit === 'WEEK' && reading.dialect.name === 'bigquery')
    throw reading.refuse('WEEK, which begins on Sunday there,', e.span, 'Use ISOWEEK.')
  if (unit === 'ISOWEEK') return text('WEEK', e)
  return text(unit, e)
}
const timestampDifference = (
  unit: ExpressionSyntax,
  from: ExpressionSyntax,
  to: ExpressionSyntax,
  call: CallSyntax,
): ExpressionSyntax => ({
  ...callOf('timestampdiff', [unit, from, to], call.span),
  special: 'unit',
})
/** How many starts of a unit lie between: what Snowflake and BigQuery count, where others count whole units. */
function boundaries(
  unit: ExpressionSyntax,
  from: ExpressionSyntax,
  to: ExpressionSyntax,
  call: CallSyntax,
  reading: Reading,
): ExpressionSyntax {
  if (unit.kind === 'literal' && unit.value === 'WEEK')
    throw reading.refuse('a difference in weeks', unit.span, 'Divide one in days by 7.')
  const start = (e: ExpressionSyntax): ExpressionSyntax => callOf('date_trunc', [unit, e], call.span)
  return timestampDifference(unit, start(from), start(to), call)
}
const plusInterval =
  (operator: '+' | '-'): Translation =>
  ([moment, interval], call) => ({ kind: 'binary', operator, left: moment!, right: interval!, span: call.span })
/** NULL if one is, where Spark leaves NULLs out. */
const strict =
  (name: string): Translation =>
  (args, call) => {
    const anyNull = args.map(
      (operand): ExpressionSyntax => ({ kind: 'is', what: 'null', negated: false, operand, span: call.span }),
    )
    const when: ExpressionSyntax =
      anyNull.length === 1 ? anyNull[0]! : { kind: 'logical', operator: 'or', operands: anyNull, span: call.span }
    const nothing: ExpressionSyntax = {
      kind: 'literal',
      form: 'bare',
      text: 'NULL',
      value: null,
      type: { kind: 'void' },
      span: call.span,
    }
    return {
      kind: 'case',
      operand: undefined,
      branches: [{ when, then: nothing }],
      otherwise: callOf(name, args, call.span),
      span: call.span,
    }
  }
/** A delimiter that the dialect takes as it stands and Spark as a regular expression. */
const splitLiterally: Translation = ([input, delimiter, ...rest], call, reading) => {
  if (delimiter?.kind !== 'literal' || typeof delimiter.value !== 'string')
    throw reading.refuse('split() by what is not a literal', call.span)
  const escaped = delimiter.value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return callOf('split', [input!, text(escaped, delimiter), ...rest], call.span)
}
/** The date and time pattern of the dialect → Java's. */
const patterned =
  (name: string, language: PatternLanguage): Translation =>
  ([input, pattern, ...rest], call, reading) => {
    if (pattern === undefined && rest.length === 0 && name === 'cast_string') return castToString(input!, reading)
    if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string')
      throw reading.refuse(`${call.name.join('.')} with a pattern that is not a literal`, call.span)
    const java = javaPattern(pattern.value, language)
    if (java === undefined)
      throw reading.refuse(`the pattern '${pattern.value}'`, pattern.span, 'Use date_format() of Spark SQL.')
    return callOf(name === 'cast_string' ? 'date_format' : name, [input!, text(java, pattern), ...rest], call.span)
  }
function castToString(operand: ExpressionSyntax, reading: Reading): ExpressionSyntax {
  const cast = reading.spark('CAST(NULL AS STRING)', operand.span)
  return cast.kind === 'cast' ? { ...cast, operand } : cast
}
const regexpExtract =
  (group: (pattern: string) => number): Translation =>
  (args, call, reading) => {
    if (args.length > 2) return callOf('regexp_extract', args, call.span)
    const [, pattern] = args
    if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string')
      throw reading.refuse('a pattern that is not a literal', call.span)
    return callOf('regexp_extract', [...args, reading.spark(`${group(pattern.value)}`, pattern.span)], call.span)
  }
const hasGroup = (pattern: string): number => (/(?<!\\)\((?!\?)/.test(pattern) ? 1 : 0)

const noNull: Translation = (args, call) => callOf('concat_ws', [stringLiteral('', call.span), ...args], call.span)
const truncated =
  (swap: boolean, name: string): Translation =>
  (args, call, reading) => {
    const [moment, unit] = swap ? args : [args[1], args[0]]
    return callOf(name, [unitOf(unit, reading), moment!], call.span)
  }

const TRANSLATIONS: Readonly<Record<DialectName, Readonly<Record<string, Translation>>>> = {
  flinksql: {
    timestampdiff: ([unit, a, b], call, reading) => timestampDifference(unitOf(unit, reading), a!, b!, call),
    timestampadd: ([unit, n, at], call, reading) => ({
      ...callOf('timestampadd', [unitOf(unit, reading), n!, at!], call.span),
      special: 'unit',
    }),
    json_value: 'get_json_object',
    regexp_extract: regexpExtract(() => 0),
    string_agg: 'listagg',
    to_timestamp: 'to_timestamp_ntz',
    to_timestamp_ltz: 'timestamp_millis',
    greatest: strict('greatest'),
    least: strict('least'),
  },
  postgresql: {
    strpos: 'instr',
    random: 'rand',
    string_agg: 'listagg',
    concat: noNull,
    log: (args, call) => (args.length === 1 ? callOf('log10', args, call.span) : callOf('log', args, call.span)),
    to_char: patterned('date_format', 'template'),
    to_date: patterned('to_date', 'template'),
    to_timestamp: (args, call, reading) =>
      args.length === 1
        ? callOf('timestamp_seconds', args, call.span)
        : (patterned('to_timestamp', 'template') as Exclude<Translation, string>)(args, call, reading),
    regexp_replace: (args, call, reading) => {
      const [input, pattern, replacement, flags] = args
      if (flags?.kind !== 'literal' || flags.value !== 'g')
        throw reading.refuse("regexp_replace() without the flag 'g'", call.span, 'Spark replaces every match.')
      return callOf('regexp_replace', [input!, pattern!, replacement!], call.span)
    },
    regexp_match: undefinedHere,
    trunc: undefinedHere,
    array_length: ([array], call) => callOf('size', [array!], call.span),
    array_to_string: 'array_join',
    date_trunc: truncated(false, 'date_trunc'),
  },
  mysql: {
    length: 'octet_length',
    curdate: 'current_date',
    group_concat: (args, call) => ({
      ...call,
      name: ['listagg'],
      args: (args.length === 1 ? [...args, stringLiteral(',', call.span)] : args).map((value) => ({ name: undefined, value })),
    }),
    date_format: patterned('date_format', 'mysql'),
    str_to_date: patterned('to_timestamp_ntz', 'mysql'),
    date_add: plusInterval('+'),
    date_sub: plusInterval('-'),
    timestampdiff: ([unit, a, b], call, reading) => timestampDifference(unitOf(unit, reading), a!, b!, call),
    timestampadd: ([unit, n, at], call, reading) => ({
      ...callOf('timestampadd', [unitOf(unit, reading), n!, at!], call.span),
      special: 'unit',
    }),
    greatest: strict('greatest'),
    least: strict('least'),
    truncate: undefinedHere,
    json_extract: undefinedHere,
  },
  trino: {
    strpos: 'instr',
    arbitrary: 'any_value',
    approx_distinct: 'approx_count_distinct',
    json_extract_scalar: 'get_json_object',
    regexp_extract: regexpExtract(() => 0),
    date_diff: ([unit, a, b], call, reading) => timestampDifference(unitOf(unit, reading), a!, b!, call),
    date_add: ([unit, n, at], call, reading) => ({
      ...callOf('timestampadd', [unitOf(unit, reading), n!, at!], call.span),
      special: 'unit',
    }),
    date_format: patterned('date_format', 'mysql'),
    date_parse: patterned('to_timestamp_ntz', 'mysql'),
    format_datetime: 'date_format',
    from_unixtime: 'timestamp_seconds',
    split: splitLiterally,
    greatest: strict('greatest'),
    least: strict('least'),
    array_agg: 'collect_list',
    truncate: undefinedHere,
    date_trunc: truncated(false, 'date_trunc'),
  },
  snowflake: {
    iff: 'if',
    dateadd: ([unit, n, at], call, reading) => ({
      ...callOf('timestampadd', [unitOf(unit, reading), n!, at!], call.span),
      special: 'unit',
    }),
    timestampadd: ([unit, n, at], call, reading) => ({
      ...callOf('timestampadd', [unitOf(unit, reading), n!, at!], call.span),
      special: 'unit',
    }),
    datediff: ([unit, a, b], call, reading) => boundaries(unitOf(unit, reading), a!, b!, call, reading),
    timestampdiff: ([unit, a, b], call, reading) => boundaries(unitOf(unit, reading), a!, b!, call, reading),
    zeroifnull: ([value], call, reading) => callOf('coalesce', [value!, reading.spark('0', call.span)], call.span),
    nullifzero: ([value], call, reading) => callOf('nullif', [value!, reading.spark('0', call.span)], call.span),
    div0: ([a, b], call, reading) => {
      const zero = reading.spark('0', call.span)
      const isZero: ExpressionSyntax = { kind: 'binary', operator: '=', left: b!, right: zero, span: call.span }
      return callOf('if', [isZero, zero, { kind: 'binary', operator: '/', left: a!, right: b!, span: call.span }], call.span)
    },
    boolor_agg: 'bool_or',
    booland_agg: 'bool_and',
    to_varchar: patterned('cast_string', 'template'),
    to_char: patterned('cast_string', 'template'),
    split: splitLiterally,
    greatest: strict('greatest'),
    least: strict('least'),
    date_trunc: truncated(false, 'date_trunc'),
    array_size: 'size',
    regexp_substr: (args, call, reading) => {
      if (args.length !== 2) throw reading.refuse('regexp_substr() of more than two arguments', call.span)
      return callOf('regexp_substr', args, call.span)
    },
  },
  bigquery: {
    safe_divide: 'try_divide',
    countif: 'count_if',
    starts_with: 'startswith',
    ends_with: 'endswith',
    regexp_contains: 'regexp_like',
    regexp_extract: regexpExtract(hasGroup),
    strpos: 'instr',
    generate_array: 'sequence',
    logical_or: 'bool_or',
    logical_and: 'bool_and',
    byte_length: 'octet_length',
    to_json_string: 'to_json',
    string_agg: (args, call) => ({
      ...call,
      name: ['listagg'],
      args: (args.length === 1 ? [...args, stringLiteral(',', call.span)] : args).map((value) => ({ name: undefined, value })),
    }),
    array_agg: 'collect_list',
    array_length: 'size',
    array_to_string: 'array_join',
    date: 'to_date',
    log: (args, call) => callOf('log', args.length === 2 ? [args[1]!, args[0]!] : args, call.span),
    date_add: plusInterval('+'),
    datetime_add: plusInterval('+'),
    timestamp_add: plusInterval('+'),
    date_sub: plusInterval('-'),
    datetime_sub: plusInterval('-'),
    timestamp_sub: plusInterval('-'),
    date_diff: ([a, b, unit], call, reading) => boundaries(unitOf(unit, reading), b!, a!, call, reading),
    datetime_diff: ([a, b, unit], call, reading) => boundaries(unitOf(unit, reading), b!, a!, call, reading),
    timestamp_diff: ([a, b, unit], call, reading) => timestampDifference(unitOf(unit, reading), b!, a!, call),
    date_trunc: (args, call, reading) =>
      callOf('to_date', [callOf('date_trunc', [unitOf(args[1], reading), args[0]!], call.span)], call.span),
    timestamp_trunc: truncated(true, 'date_trunc'),
    datetime_trunc: truncated(true, 'date_trunc'),
    format_date: (args, call, reading) => percentFirst('date_format', args, call, reading),
    format_timestamp: (args, call, reading) => percentFirst('date_format', args, call, reading),
    parse_date: (args, call, reading) => percentFirst('to_date', args, call, reading),
    parse_timestamp: (args, call, reading) => percentFirst('to_timestamp', args, call, reading),
    split: splitLiterally,
    greatest: strict('greatest'),
    least: strict('least'),
    trunc: undefinedHere,
  },
}

function percentFirst(name: string, args: readonly ExpressionSyntax[], call: CallSyntax, reading: Reading): ExpressionSyntax {
  const [pattern, input, ...rest] = args
  return (patterned(name, 'strftime') as Exclude<Translation, string>)([input!, pattern!, ...rest], call, reading)
}

/** Spark has a function of that name which does something else. */
function undefinedHere(_args: readonly ExpressionSyntax[], call: CallSyntax, reading: Reading): never {
  throw reading.refuse(`function ${call.name.join('.').toLowerCase()}`, call.span)
}

export function translateCall(call: CallSyntax, reading: Reading): ExpressionSyntax {
  const name = call.name.join('.').toLowerCase()
  const translations = TRANSLATIONS[reading.dialect.name]
  const translation = Object.hasOwn(translations, name) ? translations[name] : undefined
  if (translation === undefined) return call
  if (typeof translation === 'string') return { ...call, name: [translation] }
  const args = call.args.map(({ value }) => {
    if (value.kind === 'table_argument') throw reading.refuse(`a table as an argument of ${name}`, call.span)
    return value
  })
  return translation(args, call, reading)
}
