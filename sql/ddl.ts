import { ParseError } from '../engine/errors/engine-error.ts'
import type { Expression } from '../engine/expr/expression.ts'
import { type DataType, type Schema, structType } from '../engine/types/data-type.ts'
import { Settings } from '../engine/types/settings.ts'
import type { ExpressionSyntax } from './ast.ts'
import { tokenize } from './lexer.ts'
import { lowerExpression, notSupported } from './lower/lower-expression.ts'
import { Cursor } from './parser/cursor.ts'
import { readNamedExpression } from './parser/expression.ts'
import { readField, readType } from './parser/type-name.ts'

/** The pieces of SQL that the DataFrame API takes as text. All throw ParseError with a place. */

/** `a INT NOT NULL, b STRING`, or `struct<a: int>`. */
export function parseSchema(text: string, settings = new Settings()): Schema {
  const cursor = new Cursor(text, tokenize(text), settings)
  if (cursor.done) return []
  if (cursor.sees('STRUCT', '<')) {
    const type = supported(cursor, () => readType(cursor))
    return type.kind === 'struct' ? type.fields : []
  }
  return supported(cursor, () => cursor.list(() => readField(cursor, true)))
}

export function parseType(text: string, settings = new Settings()): DataType {
  const cursor = new Cursor(text, tokenize(text), settings)
  return supported(cursor, () => readType(cursor))
}

/** A type, or columns, which are the fields of a struct. What is wrong is told of the text as a type, as Spark does. */
export function parseTypeOrColumns(text: string, settings = new Settings()): DataType {
  if (text.trim() === '')
    throw new ParseError('PARSE_EMPTY_STATEMENT', {
      message: 'the text of a schema is empty',
      hint: 'Write for example a INT, b STRING.',
    })
  try {
    return parseType(text, settings)
  } catch (asType) {
    try {
      return structType(parseSchema(text, settings))
    } catch (asColumns) {
      // What a column may not be says more than that columns are no type.
      throw asColumns instanceof ParseError && asColumns.condition.startsWith('UNSUPPORTED_FEATURE')
        ? asColumns
        : beforeUnknownType(asType, text)
    }
  }
}

/** Of a word that is no type and more behind it Spark sees only that the text goes on. */
function beforeUnknownType(error: unknown, text: string): unknown {
  if (!(error instanceof ParseError) || error.condition !== 'UNSUPPORTED_DATATYPE' || error.span === undefined) return error
  const rest = text.slice(error.span.end).trim()
  if (rest === '') return error
  return new ParseError('PARSE_SYNTAX_ERROR', {
    message: `unexpected "${rest.split(/\s/)[0]}" behind a type`,
    parameters: { error: `'${rest.split(/\s/)[0]}'`, hint: '' },
  })
}

export function parseExpression(text: string, settings = new Settings()): Expression {
  const cursor = new Cursor(text, tokenize(text), settings)
  return lowerExpression(supported(cursor, () => readNamedExpression(cursor)))
}

/** Syntax alone, as the parser sees it. */
export function parseExpressionSyntax(text: string, settings = new Settings()): ExpressionSyntax {
  const cursor = new Cursor(text, tokenize(text), settings)
  return whole(cursor, () => readNamedExpression(cursor))
}

/** As `whole`, and nothing in it is of the dialect but not of the product. */
function supported<T>(cursor: Cursor, read: () => T): T {
  const result = whole(cursor, read)
  const [refusal] = cursor.refusals
  if (refusal) throw notSupported(refusal.what, refusal.span)
  return result
}

function whole<T>(cursor: Cursor, read: () => T): T {
  try {
    const result = read()
    if (!cursor.done) throw cursor.unexpected()
    return result
  } catch (error) {
    throw error instanceof ParseError ? cursor.best(error) : error
  }
}
