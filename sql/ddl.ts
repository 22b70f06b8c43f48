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
    const type = whole(cursor, () => readType(cursor))
    return type.kind === 'struct' ? type.fields : []
  }
  return whole(cursor, () => cursor.list(() => readField(cursor, true)))
}

export function parseType(text: string, settings = new Settings()): DataType {
  const cursor = new Cursor(text, tokenize(text), settings)
  return whole(cursor, () => readType(cursor))
}

/** A type, or columns, which are the fields of a struct. What is wrong is told of the text as a type, as Spark does. */
export function parseTypeOrColumns(text: string, settings = new Settings()): DataType {
  try {
    return parseType(text, settings)
  } catch (asType) {
    try {
      return structType(parseSchema(text, settings))
    } catch {
      throw asType
    }
  }
}

export function parseExpression(text: string, settings = new Settings()): Expression {
  const cursor = new Cursor(text, tokenize(text), settings)
  const expression = lowerExpression(whole(cursor, () => readNamedExpression(cursor)))
  const [refusal] = cursor.refusals
  if (refusal) throw notSupported(refusal.what, refusal.span)
  return expression
}

/** Syntax alone, as the parser sees it. */
export function parseExpressionSyntax(text: string, settings = new Settings()): ExpressionSyntax {
  const cursor = new Cursor(text, tokenize(text), settings)
  return whole(cursor, () => readNamedExpression(cursor))
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
