import { ExecutionError } from '../../errors/engine-error.ts'
import { BINARY, BOOLEAN, DOUBLE, INT, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { type Argument, type CallSite, defineScalar, type Evaluate, type FunctionRecord, type Resolution } from '../function.ts'
import { cachedPattern } from '../operators/pattern-match.ts'
import { BYTES, checkCount, convertArguments, ONLY_TEXT, TEXT, takes, WHOLE } from '../signature.ts'
import { characterIndex, characters } from './code-points.ts'

/** Functions that look for text in text and compare texts. */

/** Both text, or both bytes. */
function resolveWithin(args: readonly Argument[], site: CallSite): Resolution {
  checkCount(args, site, 2)
  const bytes = args.every((a) => a.type.kind === 'binary')
  const type = bytes ? BINARY : STRING
  convertArguments(bytes ? [BYTES] : [TEXT], args, site)
  return { arguments: [type, type], returns: BOOLEAN }
}
function within(
  name: string,
  summary: string,
  example: readonly [string, string],
  ofText: (text: string, part: string) => boolean,
  ofBytes: (bytes: Buffer, part: Buffer) => boolean,
): FunctionRecord {
  return defineScalar({
    name,
    family: 'string',
    summary,
    examples: [example],
    nulls: 'propagate',
    resolve: resolveWithin,
    bind: (signature): Evaluate =>
      signature.arguments[0]!.kind === 'binary'
        ? (bytes: Uint8Array, part: Uint8Array) => ofBytes(Buffer.from(bytes), Buffer.from(part))
        : ofText,
  })
}

/** Position from 1 of a part at or after a position; 0 where it is not found. An empty part is found at 1. */
function locate(part: string, text: string, from: number): number {
  if (from < 1) return 0
  if (part === '') return 1
  const chars = characters(text)
  const start = chars.slice(0, from - 1).join('').length
  const at = text.indexOf(part, start)
  return at < 0 ? 0 : characterIndex(text, at) + 1
}
/** The n-th occurrence from a position on, backwards when the position is negative; occurrences may overlap. */
function occurrence(text: string, part: string, start: number, count: number): number {
  if (count < 1)
    throw new ExecutionError('INVALID_PARAMETER_VALUE.OCCURRENCE', {
      message: `the occurrence must be positive, not ${count}`,
      parameters: { parameter: '`occurrence`', functionName: '`instr`', value: String(count) },
    })
  if (start === 0) return 0
  if (part === '') return 1
  const chars = characters(text)
  const needle = characters(part)
  const step = start > 0 ? 1 : -1
  let left = count
  for (let at = start > 0 ? start - 1 : chars.length + start; at >= 0 && at < chars.length; at += step) {
    if (needle.every((char, i) => chars[at + i] === char) && --left === 0) return at + 1
  }
  return 0
}

function findInSet(text: string, list: string): number {
  return text.includes(',') ? 0 : list.split(',').indexOf(text) + 1
}

/** The first character of `from` that repeats counts; characters without a counterpart are dropped. */
function translation(from: string, to: string): Map<string, string> {
  const [source, target] = [characters(from), characters(to)]
  const map = new Map<string, string>()
  for (const [i, char] of source.entries()) if (!map.has(char)) map.set(char, target[i] ?? '')
  return map
}
function translate(): Evaluate {
  const prepare = cachedPattern((key) => {
    const at = Number(key.slice(0, key.indexOf(':')))
    const rest = key.slice(key.indexOf(':') + 1)
    return translation(rest.slice(0, at), rest.slice(at))
  })
  return (text: string, from: string, to: string) => {
    const map = prepare(`${from.length}:${from}${to}`)
    return characters(text)
      .map((char) => map.get(char) ?? char)
      .join('')
  }
}

const SURROGATE = /[\ud800-\udfff]/
/** The row of the table of distances that is worked on, kept for the next pair. */
let distances = new Int32Array(64)
/** Of texts of one unit a character, or their characters. */
function edits(a: string | readonly string[], b: string | readonly string[]): number {
  if (distances.length <= b.length) distances = new Int32Array(2 * b.length + 1)
  const row = distances
  for (let j = 0; j <= b.length; j++) row[j] = j
  for (let i = 1; i <= a.length; i++) {
    const char = a[i - 1]
    let diagonal = row[0]!
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const replaced = char === b[j - 1] ? diagonal : diagonal + 1
      diagonal = row[j]!
      row[j] = Math.min(replaced, diagonal + 1, row[j - 1]! + 1)
    }
  }
  return row[b.length]!
}

/** Edit distance; −1 where it is above the threshold. */
export function levenshtein(left: string, right: string, threshold?: number): number {
  const distance = SURROGATE.test(left) || SURROGATE.test(right) ? edits([...left], [...right]) : edits(left, right)
  return threshold !== undefined && distance > threshold ? -1 : distance
}

function jaroWinkler(left: string, right: string): number {
  const [a, b] = [characters(left), characters(right)]
  if (a.length === 0 && b.length === 0) return 1
  if (a.length === 0 || b.length === 0) return 0
  const reach = Math.max(Math.floor(Math.max(a.length, b.length) / 2) - 1, 0)
  const taken = new Array<boolean>(b.length).fill(false)
  const matchedLeft: string[] = []
  for (const [i, char] of a.entries()) {
    for (let j = Math.max(0, i - reach); j <= Math.min(b.length - 1, i + reach); j++) {
      if (taken[j] || b[j] !== char) continue
      taken[j] = true
      matchedLeft.push(char)
      break
    }
  }
  const matches = matchedLeft.length
  if (matches === 0) return 0
  const matchedRight = b.filter((_char, j) => taken[j])
  const moved = matchedLeft.filter((char, i) => char !== matchedRight[i]).length
  const jaro = (matches / a.length + matches / b.length + (matches - moved / 2) / matches) / 3
  let prefix = 0
  while (prefix < 4 && prefix < a.length && prefix < b.length && a[prefix] === b[prefix]) prefix++
  return jaro + prefix * 0.1 * (1 - jaro)
}

const SOUNDEX = '01230127022455012623017202'
/** 0 for A and a, 25 for Z and z; −1 for any other character, and past the end. */
function letterAt(text: string, at: number): number {
  const letter = (text.charCodeAt(at) | 32) - 97
  return letter >= 0 && letter < 26 && text.charCodeAt(at) < 128 ? letter : -1
}
/** H and W (7) are skipped without ending a run of equal codes. */
function soundex(text: string): string {
  const first = letterAt(text, 0)
  if (first < 0) return text
  let out = String.fromCharCode(65 + first)
  let last = SOUNDEX[first]!
  for (let i = 1; i < text.length && out.length < 4; i++) {
    const letter = letterAt(text, i)
    if (letter < 0) {
      last = '0'
      continue
    }
    const next = SOUNDEX[letter]!
    if (next === '7') continue
    if (next !== '0' && next !== last) out += next
    last = next
  }
  return out.padEnd(4, '0')
}

/** The check digit of card numbers. */
function luhn(text: string): boolean {
  if (!/^[0-9]+$/.test(text)) return false
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const digit = Number(text[text.length - 1 - i])
    const value = i % 2 === 1 ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

export const textSearchFunctions: readonly FunctionRecord[] = [
  within(
    'contains',
    'Is the second text part of the first?',
    ["SELECT contains('Spark SQL', 'Spark')", 'true'],
    (a, b) => a.includes(b),
    (a, b) => a.includes(b),
  ),
  within(
    'startswith',
    'Does the first text start with the second?',
    ["SELECT startswith('Spark SQL', 'Spark')", 'true'],
    (a, b) => a.startsWith(b),
    (a, b) => a.subarray(0, b.length).equals(b),
  ),
  within(
    'endswith',
    'Does the first text end with the second?',
    ["SELECT endswith('Spark SQL', 'SQL')", 'true'],
    (a, b) => a.endsWith(b),
    (a, b) => a.length >= b.length && a.subarray(a.length - b.length).equals(b),
  ),
  defineScalar({
    name: 'instr',
    family: 'string',
    summary:
      'Returns the position, from 1, of a part of text; optionally of the n-th from a start on, backwards from a negative start.',
    examples: [
      ["SELECT instr('SparkSQL', 'SQL')", '6'],
      ["SELECT instr('abcabc', 'b', 1, 2)", '5'],
    ],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE, WHOLE], INT, { required: 2 }),
    bind:
      () =>
      (text: string, part: string, start = 1, count = 1) =>
        occurrence(text, part, start, count),
  }),
  defineScalar({
    name: 'locate',
    aliases: ['position'],
    family: 'string',
    summary: 'Returns the position, from 1, of a part of text at or after a start; 0 where it is not found.',
    examples: [
      ["SELECT locate('bar', 'foobarbar')", '4'],
      ["SELECT position('bar', 'foobarbar', 5)", '7'],
    ],
    // A start that is NULL gives 0, as in Spark.
    nulls: 'custom',
    resolve: takes([TEXT, TEXT, WHOLE], INT, { required: 2 }),
    bind:
      () =>
      (part: string | null, text: string | null, from: number | null = 1): Value => {
        if (from === null) return 0
        return part === null || text === null ? null : locate(part, text, from)
      },
  }),
  defineScalar({
    name: 'find_in_set',
    family: 'string',
    summary: 'Returns the position, from 1, of text in a list separated by commas.',
    examples: [["SELECT find_in_set('ab', 'abc,b,ab,c,def')", '3']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], INT),
    bind: () => findInSet,
  }),
  defineScalar({
    name: 'replace',
    family: 'string',
    summary: 'Replaces every occurrence of a part of text; without a replacement it is removed.',
    examples: [["SELECT replace('ABCabc', 'abc', 'DEF')", 'ABCDEF']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, TEXT], STRING, { required: 2 }),
    bind:
      () =>
      (text: string, part: string, by = '') =>
        part === '' ? text : text.replaceAll(part, () => by),
  }),
  defineScalar({
    name: 'translate',
    family: 'string',
    summary: 'Replaces characters by those at the same place of another text, and drops those without one.',
    examples: [["SELECT translate('AaBbCc', 'abc', '123')", 'A1B2C3']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, TEXT], STRING),
    bind: translate,
  }),
  defineScalar({
    name: 'levenshtein',
    family: 'string',
    summary: 'Returns the number of edits between two texts; -1 where it is above the threshold.',
    examples: [["SELECT levenshtein('kitten', 'sitting')", '3']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE], INT, { required: 2 }),
    bind: () => levenshtein,
  }),
  defineScalar({
    name: 'jaro_winkler_similarity',
    family: 'string',
    summary: 'Returns how alike two texts are, from 0 to 1.',
    examples: [["SELECT jaro_winkler_similarity('MARTHA', 'MARHTA')", '0.9611111111111111']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], DOUBLE),
    bind: () => jaroWinkler,
  }),
  defineScalar({
    name: 'soundex',
    family: 'string',
    summary: 'Returns the Soundex code of an English word.',
    examples: [["SELECT soundex('Miller')", 'M460']],
    nulls: 'propagate',
    resolve: takes([ONLY_TEXT], STRING),
    bind: () => soundex,
  }),
  defineScalar({
    name: 'luhn_check',
    family: 'string',
    summary: 'Does a text of digits pass the Luhn check of card numbers?',
    examples: [["SELECT luhn_check('8112189876')", 'true']],
    nulls: 'propagate',
    resolve: takes([TEXT], BOOLEAN),
    bind: () => luhn,
  }),
]
