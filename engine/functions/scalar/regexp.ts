import { ExecutionError } from '../../errors/engine-error.ts'
import { arrayType, INT, STRING } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { outOfRange } from '../call-errors.ts'
import { defineScalar, type FunctionRecord } from '../function.ts'
import { cachedPattern } from '../operators/pattern-match.ts'
import type { JavaPattern } from '../regexp/java-pattern.ts'
import { javaPattern } from '../regexp/pattern-argument.ts'
import { TEXT, takes, WHOLE } from '../signature.ts'
import { characterIndex, characters } from './code-points.ts'

interface Compiled {
  readonly pattern: JavaPattern
  /** The pattern with the flag `g`. */
  readonly all: RegExp
  /** What to put in the place of a match; undefined for a text that does not fit the pattern. */
  readonly replacement: (text: string) => Replacement | undefined
}
function compiler(functionName: string): (source: string) => Compiled {
  return cachedPattern((source) => {
    const pattern = javaPattern(source, functionName)
    const all = new RegExp(pattern.regexp.source, 'gv')
    return { pattern, all, replacement: cachedPattern((text) => replacement(text, pattern)) }
  })
}

function checkGroup(functionName: string, index: number, pattern: JavaPattern): void {
  if (index >= 0 && index <= pattern.groupCount) return
  throw new ExecutionError('INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX', {
    message: `the pattern of "${functionName}" has groups 0 to ${pattern.groupCount}, not ${index}`,
    parameters: {
      parameter: '`idx`',
      functionName: `\`${functionName}\``,
      groupCount: String(pattern.groupCount),
      groupIndex: String(index),
    },
  })
}
function groupOf(match: RegExpMatchArray, index: number, pattern: JavaPattern): string {
  return match[pattern.groups[index]!] ?? ''
}

/** A replacement as Java reads it: `$1`, `${name}`, and a backslash before a character that stands for itself. */
interface Replacement {
  /** As JavaScript's replace reads it; undefined where it has no way to say it. */
  readonly template: string | undefined
  readonly make: (match: RegExpMatchArray) => string
}
function replacement(text: string, pattern: JavaPattern): Replacement | undefined {
  const parts: (string | number)[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\\') {
      if (++i >= text.length) return undefined
      parts.push(text[i]!)
    } else if (char === '$') {
      const name = /^\{([A-Za-z][A-Za-z0-9]*)\}/.exec(text.slice(i + 1))
      const group = name ? pattern.names.get(name[1]!) : firstGroup(text, i + 1, pattern)
      if (group === undefined) return undefined
      parts.push(group)
      i += name ? name[0].length : String(group).length
    } else parts.push(char)
  }
  // Two digits name a group of JavaScript's whatever digits follow.
  const template = parts.map((part) =>
    typeof part === 'string'
      ? part.replaceAll('$', '$$$$')
      : part === 0
        ? '$&'
        : `$${String(pattern.groups[part]!).padStart(2, '0')}`,
  )
  return {
    template: pattern.groups.every((group) => group < 100) ? template.join('') : undefined,
    make: (match) => parts.map((part) => (typeof part === 'string' ? part : groupOf(match, part, pattern))).join(''),
  }
}
/** As many digits as there are groups for. */
function firstGroup(text: string, at: number, pattern: JavaPattern): number | undefined {
  if (!/\d/.test(text[at] ?? '')) return undefined
  let group = Number(text[at])
  if (group > pattern.groupCount) return undefined
  for (let i = at + 1; /\d/.test(text[i] ?? ''); i++) {
    const longer = group * 10 + Number(text[i])
    if (longer > pattern.groupCount) break
    group = longer
  }
  return group
}

function replaceAll(compile: (source: string) => Compiled, text: string, source: string, by: string, position: number): string {
  const { all, replacement } = compile(source)
  const found = replacement(by)
  if (position === 1 && found?.template !== undefined) return text.replace(all, found.template)
  const start =
    position === 1
      ? 0
      : characters(text)
          .slice(0, position - 1)
          .join('').length
  if (position !== 1 && start >= text.length) return text
  let out = ''
  let from = 0
  all.lastIndex = start
  for (let match = all.exec(text); match !== null; match = all.exec(text)) {
    if (found === undefined) throw invalidReplacement(text, source, by, position)
    out += text.slice(from, match.index) + found.make(match)
    from = match.index + match[0].length
    if (match[0] === '') all.lastIndex += (text.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1
  }
  return out + text.slice(from)
}
function invalidReplacement(text: string, source: string, by: string, position: number): ExecutionError {
  return new ExecutionError('INVALID_REGEXP_REPLACE', {
    message: `the replacement "${by}" does not fit the pattern "${source}"`,
    hint: 'A replacement names groups as $1; a dollar sign itself is written \\$.',
    parameters: { source: text, pattern: source, replacement: by, position: String(position) },
  })
}

export const regexpFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'regexp_replace',
    family: 'regexp',
    summary: 'Replaces what a regular expression matches, from a position on; $1 in the replacement is the first group.',
    examples: [["SELECT regexp_replace('100-200', '(\\\\d+)', 'num')", 'num-num']],
    nulls: 'propagate',
    resolve: (args, site) => {
      const resolved = takes([TEXT, TEXT, TEXT, WHOLE], STRING, { required: 3 })(args, site)
      const position = args[3]?.constant
      if (position != null && Number(position) <= 0) throw outOfRange(site, 'position', '(0, 2147483647]', String(position))
      return resolved
    },
    bind: () => {
      const compile = compiler('regexp_replace')
      return (text: string, source: string, by: string, position = 1) => replaceAll(compile, text, source, by, position)
    },
  }),
  defineScalar({
    name: 'regexp_extract',
    family: 'regexp',
    summary: 'Returns a group (the first by default) of the first match; empty text where nothing matches.',
    examples: [["SELECT regexp_extract('100-200', '(\\\\d+)-(\\\\d+)', 1)", '100']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE], STRING, { required: 2 }),
    bind: () => {
      const compile = compiler('regexp_extract')
      return (text: string, source: string, index = 1) => {
        const { pattern } = compile(source)
        const match = pattern.regexp.exec(text)
        if (match === null) return ''
        checkGroup('regexp_extract', index, pattern)
        return groupOf(match, index, pattern)
      }
    },
  }),
  defineScalar({
    name: 'regexp_extract_all',
    family: 'regexp',
    summary: 'Returns a group (the first by default) of every match.',
    examples: [["SELECT regexp_extract_all('100-200, 300-400', '(\\\\d+)-(\\\\d+)', 1)", '[100, 300]']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE], arrayType(STRING), { required: 2 }),
    bind: () => {
      const compile = compiler('regexp_extract_all')
      return (text: string, source: string, index = 1) => {
        const { pattern, all } = compile(source)
        return Array.from(text.matchAll(all), (match) => {
          checkGroup('regexp_extract_all', index, pattern)
          return groupOf(match, index, pattern)
        })
      }
    },
  }),
  defineScalar({
    name: 'regexp_count',
    family: 'regexp',
    summary: 'Counts the matches of a regular expression.',
    examples: [["SELECT regexp_count('Steven Jones and Stephen Smith', 'Ste(v|ph)en')", '2']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], INT),
    bind: () => {
      const compile = compiler('regexp_count')
      return (text: string, source: string) => text.match(compile(source).all)?.length ?? 0
    },
  }),
  defineScalar({
    name: 'regexp_substr',
    family: 'regexp',
    summary: 'Returns the first match of a regular expression; NULL where nothing, or only nothing, matches.',
    examples: [["SELECT regexp_substr('Steven Jones', 'Ste(v|ph)en')", 'Steven']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], STRING, { nullable: true }),
    bind: () => {
      const compile = compiler('regexp_substr')
      return (text: string, source: string): Value => compile(source).pattern.regexp.exec(text)?.[0] || null
    },
  }),
  defineScalar({
    name: 'regexp_instr',
    family: 'regexp',
    summary: 'Returns the position, from 1, of the first match; 0 where nothing matches.',
    examples: [["SELECT regexp_instr('user@spark.apache.org', '@[^.]*')", '5']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT, WHOLE], INT, { required: 2 }),
    bind: () => {
      const compile = compiler('regexp_instr')
      return (text: string, source: string) => {
        const match = compile(source).pattern.regexp.exec(text)
        return match === null ? 0 : characterIndex(text, match.index) + 1
      }
    },
  }),
]
