import { ParseError } from '../engine/errors/engine-error.ts'
import type { Literal } from '../engine/expr/expression.ts'
import type { Statement } from '../engine/plan/statement.ts'
import { Settings, TIME_ZONE } from '../engine/types/settings.ts'
import type { ParsedStatement } from './ast.ts'
import { tokenize } from './lexer.ts'
import { lowerStatement } from './lower/lower-statement.ts'
import { Cursor } from './parser/cursor.ts'
import { parseStatement } from './parser/statement.ts'

/**
 * Statements separated by ';', in order. A SET holds for the statements after it, as far as it changes how they are read: the time zone of
 * TIMESTAMP literals, double quotes, the kind of intervals. `settings` is not changed.
 *
 * throws ParseError PARSE_EMPTY_STATEMENT when there is no statement
 */
export function parseScriptSyntax(
  text: string,
  settings: Settings,
  parameters?: ReadonlyMap<string, Literal>,
): ParsedStatement[] {
  const cursor = new Cursor(text, tokenize(text), settings.copy(), parameters)
  const statements: ParsedStatement[] = []
  while (cursor.accept(';')) {
    // Nothing between two semicolons is nothing to do.
  }
  while (!cursor.done) {
    const statement = parseStatement(cursor)
    statements.push(statement)
    applySetting(cursor.settings, statement)
    while (cursor.accept(';')) {
      // As above.
    }
  }
  if (statements.length === 0) {
    throw new ParseError('PARSE_EMPTY_STATEMENT', { message: 'there is no statement', span: { start: 0, end: text.length } })
  }
  return statements
}

export function parseScript(text: string, settings = new Settings(), parameters?: ReadonlyMap<string, Literal>): Statement[] {
  return parseScriptSyntax(text, settings, parameters).map(lowerStatement)
}

function applySetting(settings: Settings, { syntax }: ParsedStatement): void {
  if (syntax.kind === 'set' && syntax.key !== undefined && syntax.value !== undefined) settings.set(syntax.key, syntax.value)
  else if (syntax.kind === 'set_time_zone') settings.set(TIME_ZONE, syntax.zone)
  else if (syntax.kind === 'reset' && syntax.key !== undefined) settings.unset(syntax.key)
}

/**
 * The text with `${name}` replaced by the value of the variable, everywhere but in comments.
 *
 * throws ParseError UNRESOLVED_VARIABLE at the first name without a value
 */
export function substituteVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/--[^\n]*|\$\{([^}\n]*)\}/g, (whole: string, name: string | undefined, at: number) => {
    if (name === undefined) return whole
    const value = variables.get(name.trim())
    if (value !== undefined) return value
    throw new ParseError('UNRESOLVED_VARIABLE', {
      message: `variable "${name.trim()}" has no value`,
      hint: `Give it with --var ${name.trim()}=….`,
      span: { start: at, end: at + whole.length },
    })
  })
}
