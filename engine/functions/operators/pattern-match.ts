import { AnalysisError, ExecutionError } from '../../errors/engine-error.ts'
import { BOOLEAN, STRING } from '../../types/data-type.ts'
import { sqlLiteral } from '../../types/literal.ts'
import type { Value } from '../../types/value.ts'
import {
  type Argument,
  type CallSite,
  defineScalar,
  type Evaluate,
  type FunctionRecord,
  type Resolution,
  type Signature,
} from '../function.ts'
import { javaPattern } from '../regexp/pattern-argument.ts'
import { TEXT, takes } from '../signature.ts'

/** LIKE: `_` is any character, `%` any characters, the escape takes their meaning away. */
export function likePattern(pattern: string, escapeCharacter: string): RegExp {
  const chars = [...pattern]
  let source = ''
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (char === escapeCharacter) {
      const next = chars[++i]
      if (next === undefined) throw invalidFormat('ESC_AT_THE_END', pattern)
      if (next !== '_' && next !== '%' && next !== escapeCharacter) throw invalidFormat('ESC_IN_THE_MIDDLE', pattern, next)
      source += quoted(next)
    } else if (char === '_') source += '.'
    else if (char === '%') source += '.*'
    else source += quoted(char)
  }
  return new RegExp(`^(?:${source})$`, 'su')
}
function quoted(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
}
function invalidFormat(why: 'ESC_AT_THE_END' | 'ESC_IN_THE_MIDDLE', pattern: string, char?: string): ExecutionError {
  return new ExecutionError(`INVALID_FORMAT.${why}`, {
    message:
      char === undefined
        ? `the pattern "${pattern}" ends with its escape character`
        : `the pattern "${pattern}" has its escape character before "${char}"`,
    hint: 'An escape character stands before "_", "%" or itself.',
    parameters: { format: sqlLiteral(pattern, STRING), ...(char !== undefined && { char: sqlLiteral(char, STRING) }) },
  })
}

/** Compiles a constant pattern once, others when they change. */
export function cachedPattern<T>(compile: (pattern: string) => T): (pattern: string) => T {
  let last: string | undefined
  let compiled: T
  return (pattern) => {
    if (pattern !== last) {
      compiled = compile(pattern)
      last = pattern
    }
    return compiled
  }
}

function like(signature: Signature, fold: (text: string) => string): Evaluate {
  const given = signature.constants[2]
  const compile = cachedPattern((pattern) => likePattern(fold(pattern), typeof given === 'string' ? given : '\\'))
  return (text: string, pattern: string) => compile(pattern).test(fold(text))
}
/** A third argument is the escape character, a constant. */
const textAndPattern = takes([TEXT, TEXT, TEXT], BOOLEAN, { required: 2 })
/** The escape is a literal of one character. */
function resolveLike(args: readonly Argument[], site: CallSite): Resolution {
  const sign = args[2]
  if (sign !== undefined && (typeof sign.constant !== 'string' || [...sign.constant].length !== 1))
    throw new AnalysisError('INVALID_ESCAPE_CHAR', {
      message: `the escape of "${site.name}" must be one character, not ${sign.text}`,
      span: sign.span ?? site.span,
      parameters: { sqlExpr: `"${sign.text}"` },
    })
  return textAndPattern(args, site)
}

export const patternFunctions: readonly FunctionRecord[] = [
  defineScalar({
    name: 'like',
    family: 'operator',
    summary: 'Does the text match the pattern of _ (any character) and % (any characters)?',
    examples: [["SELECT 'Spark' LIKE '_park'", 'true']],
    nulls: 'propagate',
    resolve: resolveLike,
    bind: (signature) => like(signature, (text) => text),
  }),
  defineScalar({
    name: 'ilike',
    family: 'operator',
    summary: 'Does as LIKE does, upper and lower case being the same.',
    examples: [["SELECT 'Spark' ILIKE '_PARK'", 'true']],
    nulls: 'propagate',
    resolve: resolveLike,
    bind: (signature) => like(signature, (text) => text.toLowerCase()),
  }),
  defineScalar({
    name: 'rlike',
    aliases: ['regexp', 'regexp_like'],
    family: 'operator',
    summary: 'Does the regular expression match somewhere in the text?',
    examples: [["SELECT rlike('spark', '^s.*k$')", 'true']],
    nulls: 'propagate',
    resolve: takes([TEXT, TEXT], BOOLEAN),
    bind: () => {
      const compile = cachedPattern((pattern) => javaPattern(pattern, 'rlike').regexp)
      return (text: string, pattern: string): Value => compile(pattern).test(text)
    },
  }),
]
