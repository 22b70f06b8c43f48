import { indexOfBytes } from '../../columnar/bytes.ts'
import { decodeText } from '../../columnar/column.ts'
import { copyBytes } from '../../columnar/take.ts'
import { type Call, type Expression, typeOf } from '../../expr/expression.ts'
import type { Lane, ScalarLane, TextLane } from '../lane.ts'
import type { RowCode } from '../row-code.ts'
import { ANY_CHARACTER, ANY_TEXT, firstCodePoint, matchesLike, positionInList, positionOf } from '../text-edits.ts'
import { advance, codePoints, endsWith, likeParts, startsWith, substringRange } from '../text-kernels.ts'
import { nullsOf } from './numbers.ts'
import type { Template } from './table.ts'
import { isText, rangeOf } from './text-edit.ts'

/** Text stays bytes: parts of a text are ranges of it, only what is made new (concat, another case) is written, into the scratch. */
export const textTemplates: Readonly<Record<string, Template>> = {
  length: characters,
  char_length: characters,
  character_length: characters,
  len: characters,
  octet_length: (code, call) => bytesOf(code, call, (bytes) => bytes),
  bit_length: (code, call) => bytesOf(code, call, (bytes) => `(${bytes}) * 8`),
  ascii: (code, call) => {
    const text = textArgument(code, call)
    if (text === undefined) return undefined
    const value = `${code.out.capture(firstCodePoint, 'first')}(${rangeOf(text)})`
    return {
      kind: 'int',
      value: code.out.constant(text.isNull === '0' ? value : `${text.isNull} ? 0 : ${value}`),
      isNull: text.isNull,
    }
  },
  substring,
  substr: substring,
  upper: (code, call) => otherCase(code, call, 97, upperText),
  ucase: (code, call) => otherCase(code, call, 97, upperText),
  lower: (code, call) => otherCase(code, call, 65, lowerText),
  lcase: (code, call) => otherCase(code, call, 65, lowerText),
  concat: concatenated,
  '||': concatenated,
  startswith: (code, call) => found(code, call, startsWith, ''),
  endswith: (code, call) => found(code, call, endsWith, ''),
  contains: (code, call) => found(code, call, indexOfBytes, ' >= 0'),
  instr: (code, call) => (call.args.length === 2 ? position(code, call.args[0]!, call.args[1]!) : undefined),
  locate: (code, call) => position(code, call.args[1]!, call.args[0]!, call.args[2]),
  position: (code, call) => position(code, call.args[1]!, call.args[0]!, call.args[2]),
  find_in_set: (code, call) => {
    const [text, list] = [code.text(call.args[0]!), code.text(call.args[1]!)]
    const value = `${code.out.capture(positionInList, 'positionInList')}(${rangeOf(text)}, ${rangeOf(list)})`
    return { kind: 'int', value: code.out.constant(value), isNull: nullsOf(code, text, list) }
  },
  like,
  ilike: (code, call) => {
    const [text, pattern, escapeExpression] = call.args as [Expression, Expression, Expression | undefined]
    const given = code.constant(pattern)
    const escapeCharacter = escapeExpression === undefined ? '\\' : code.constant(escapeExpression)
    if (!isText(text) || typeof given !== 'string' || typeof escapeCharacter !== 'string') return undefined
    const tokens = likeTokens(given.toLowerCase(), escapeCharacter)
    if (tokens === undefined) return undefined
    const lane = lowerCase(code, code.text(text))
    return bit(
      code,
      `${code.out.capture(matchesLike, 'like')}(${rangeOf(lane)}, ${code.out.capture(tokens, 'tokens')})`,
      lane.isNull,
    )
  },
}

function upperText(text: string): string {
  return text.toUpperCase()
}
function lowerText(text: string): string {
  return text.toLowerCase()
}
function bytesOf(code: RowCode, call: Call, count: (bytes: string) => string): Lane | undefined {
  const lane = code.lane(call.args[0]!)
  if (lane.kind !== 'text') return undefined
  return { kind: 'int', value: code.out.constant(count(`${lane.end} - ${lane.start}`)), isNull: lane.isNull }
}

/** The position of a part, from a constant place on where one is given. */
function position(code: RowCode, text: Expression, part: Expression, from?: Expression): Lane | undefined {
  const start = from === undefined ? 1 : code.constant(from)
  if (!isText(text) || !isText(part) || typeof start !== 'number') return undefined
  const [source, wanted] = [code.text(text), code.text(part)]
  const value = `${code.out.capture(positionOf, 'positionOf')}(${rangeOf(source)}, ${rangeOf(wanted)}, ${start})`
  return { kind: 'int', value: code.out.constant(value), isNull: nullsOf(code, source, wanted) }
}

function textArgument(code: RowCode, call: Call): TextLane | undefined {
  return isText(call.args[0]!) ? code.text(call.args[0]!) : undefined
}
function characters(code: RowCode, call: Call): Lane | undefined {
  const text = textArgument(code, call)
  if (text === undefined || call.args.length !== 1) return undefined
  const counted = `${code.out.capture(codePoints, 'codePoints')}(${rangeOf(text)})`
  const value = text.isAscii === undefined ? counted : `${text.isAscii()} ? ${text.end} - ${text.start} : ${counted}`
  return { kind: 'int', value: code.out.constant(value), isNull: text.isNull }
}

/** The position a known number of characters further on. */
function further(code: RowCode, text: TextLane, from: string, characters: number): string {
  const walked = `${code.out.capture(advance, 'advance')}(${text.bytes}, ${from}, ${text.end}, ${characters})`
  if (text.isAscii === undefined) return code.out.constant(walked, 's')
  return code.out.constant(`${text.isAscii()} ? Math.min(${from} + ${Math.max(0, characters)}, ${text.end}) : ${walked}`, 's')
}

function substring(code: RowCode, call: Call): Lane | undefined {
  const [text, position, length] = call.args
  if (!isText(text!) || [position, length].some((e) => e !== undefined && typeOf(e).kind !== 'int')) return undefined
  const source = code.text(text!)
  const from = code.scalar(position!)
  const count: ScalarLane =
    length === undefined ? { kind: 'int', value: '2147483647', isNull: '0', constant: 2147483647 } : code.scalar(length)
  const isNull = nullsOf(code, source, from, count)
  if (typeof from.constant === 'number' && from.constant > 0 && typeof count.constant === 'number') {
    const start = further(code, source, source.start, from.constant - 1)
    const end = further(code, source, start, count.constant)
    return { kind: 'text', bytes: source.bytes, start, end, isNull, isAscii: source.isAscii }
  }
  code.out.line(
    `${code.out.capture(substringRange, 'substringRange')}(${rangeOf(source)}, ${from.value}, ${count.value}, ${code.range})`,
  )
  return {
    kind: 'text',
    bytes: source.bytes,
    start: code.out.constant(`${code.range}[0]`, 's'),
    end: code.out.constant(`${code.range}[1]`, 'e'),
    isNull,
  }
}

/** Characters of one and two bytes by tables; texts with others by JavaScript's rules. */
function otherCase(code: RowCode, call: Call, from: number, change: (text: string) => string): Lane | undefined {
  const text = textArgument(code, call)
  return text && changedCase(code, text, from, change)
}
function lowerCase(code: RowCode, text: TextLane): TextLane {
  return changedCase(code, text, 65, lowerText)
}
function changedCase(code: RowCode, text: TextLane, from: number, change: (text: string) => string): TextLane {
  const start = code.out.fresh('s')
  code.out.line(`let ${start} = ${code.scratch}.changeCase(${rangeOf(text)}, ${from})`)
  const other = `${code.out.capture(change, 'change')}(${code.out.capture(decodeText, 'decodeText')}(${rangeOf(text)}))`
  code.out.line(`if (${start} < 0) ${start} = ${code.scratch}.text(${other})`)
  return code.scratchText(start, text.isNull)
}

/** The texts that a concatenation joins, nested ones unfolded; undefined when it is none of texts. */
export function concatenatedParts(e: Expression): readonly Expression[] | undefined {
  if (e.kind === 'alias') return concatenatedParts(e.child)
  if (e.kind !== 'call' || (e.name !== 'concat' && e.name !== '||') || e.args.length === 0 || !e.args.every(isText))
    return undefined
  return e.args.flatMap((arg) => concatenatedParts(arg) ?? [arg])
}

function concatenated(code: RowCode, call: Call): Lane | undefined {
  const parts = concatenatedParts(call)?.map((part) => code.text(part))
  if (parts === undefined) return undefined
  const isNull = nullsOf(code, ...parts)
  const total = parts.map((part) => `${part.end} - ${part.start}`).join(' + ')
  const start = code.out.constant(`${code.scratch}.reserve(${total})`, 's')
  const lane = code.scratchText(start, isNull)
  let at = lane.start
  for (const part of parts) {
    code.out.line(`${code.out.capture(copyBytes, 'copyBytes')}(${rangeOf(part)}, ${lane.bytes}, ${at})`)
    at = code.out.constant(`${at} + ${part.end} - ${part.start}`)
  }
  return lane
}

type Search = (
  bytes: Uint8Array,
  start: number,
  end: number,
  part: Uint8Array,
  partStart: number,
  partEnd: number,
) => boolean | number

function found(code: RowCode, call: Call, search: Search, verdict: string): Lane | undefined {
  if (call.args.length !== 2 || !call.args.every(isText)) return undefined
  const [text, part] = [code.text(call.args[0]!), code.text(call.args[1]!)]
  const isNull = nullsOf(code, text, part)
  return bit(code, `${code.out.capture(search, search.name)}(${rangeOf(text)}, ${rangeOf(part)})${verdict}`, isNull)
}

function bit(code: RowCode, condition: string, isNull: string): Lane {
  return { kind: 'bit', value: code.out.constant(isNull === '0' ? condition : `(${condition}) & (${isNull} ^ 1)`), isNull }
}

/** Constant patterns: those of letters and `%` by the parts between, others token by token. */
function like(code: RowCode, call: Call): Lane | undefined {
  const [text, patternExpression, escapeExpression] = call.args
  const pattern = code.constant(patternExpression!)
  const escapeCharacter = escapeExpression === undefined ? '\\' : code.constant(escapeExpression)
  if (!isText(text!) || typeof pattern !== 'string' || typeof escapeCharacter !== 'string') return undefined
  if (pattern.includes('_') || escapeCharacter === '%' || pattern.includes(escapeCharacter)) {
    const tokens = likeTokens(pattern, escapeCharacter)
    if (tokens === undefined) return undefined
    const source = code.text(text!)
    return bit(
      code,
      `${code.out.capture(matchesLike, 'like')}(${rangeOf(source)}, ${code.out.capture(tokens, 'tokens')})`,
      source.isNull,
    )
  }
  const parts = pattern.split('%').map((part) => new TextEncoder().encode(part))
  const lane = code.text(text!)
  const at = (part: Uint8Array): string => `${code.out.capture(part, 'part')}, 0, ${part.length}`
  const [first, last] = [parts[0]!, parts.at(-1)!]
  let condition: string
  if (parts.length === 1) {
    const starts = code.out.capture(startsWith, 'startsWith')
    condition = `${lane.end} - ${lane.start} === ${first.length} && ${starts}(${rangeOf(lane)}, ${at(first)})`
  } else if (parts.length === 2 && last.length === 0) {
    const starts = code.out.capture(startsWith, 'startsWith')
    condition = first.length > 16 ? `${starts}(${rangeOf(lane)}, ${at(first)})` : startsWithLiteral(lane, first)
  } else if (parts.length === 3 && first.length === 0 && last.length === 0) {
    condition = `${code.out.capture(indexOfBytes, 'indexOf')}(${rangeOf(lane)}, ${at(parts[1]!)}) >= 0`
  } else condition = `${code.out.capture(likeParts, 'likeParts')}(${rangeOf(lane)}, ${code.out.capture(parts, 'parts')})`
  return bit(code, condition, lane.isNull)
}

/** A pattern as codes for matchesLike; undefined when its escapes are wrong, which the interpreter says. */
function likeTokens(pattern: string, escapeCharacter: string): Int16Array | undefined {
  const tokens: number[] = []
  const chars = [...pattern]
  for (let i = 0; i < chars.length; i++) {
    let char = chars[i]!
    if (char === escapeCharacter) {
      char = chars[++i] ?? ''
      if (char !== '_' && char !== '%' && char !== escapeCharacter) return undefined
      tokens.push(...new TextEncoder().encode(char))
    } else if (char === '_') tokens.push(ANY_CHARACTER)
    else if (char === '%') tokens.push(ANY_TEXT)
    else tokens.push(...new TextEncoder().encode(char))
  }
  return Int16Array.from(tokens)
}

function startsWithLiteral(text: TextLane, prefix: Uint8Array): string {
  const each = [...prefix].map((byte, i) => `${text.bytes}[${text.start} + ${i}] === ${byte}`)
  return [`${text.end} - ${text.start} >= ${prefix.length}`, ...each].join(' && ')
}
