import type { Expression } from '../expr/expression.ts'
import type { DataType, Schema } from '../types/data-type.ts'
import type { Statement } from './statement.ts'

/** What the session needs of a SQL compiler. The engine does not import `sql`: index.ts hands it in. All throw ParseError with a span. */
export interface SqlFrontend {
  /** Statements separated by ';', in order. */
  parseScript(text: string): Statement[]
  parseExpression(text: string): Expression
  /** DDL column list: `a INT NOT NULL, b STRING`. */
  parseSchema(text: string): Schema
  parseType(text: string): DataType
}
