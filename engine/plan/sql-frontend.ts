import type { Expression, Literal } from '../expr/expression.ts'
import type { DataType, Schema } from '../types/data-type.ts'
import type { Settings } from '../types/settings.ts'
import type { Statement } from './statement.ts'

/**
 * What the session needs of a SQL compiler. The engine does not import `sql`: index.ts hands it in. All throw ParseError with a span.
 * `settings` count where the text is read: the zone of TIMESTAMP literals, double quotes, the kind of intervals. A SET inside a script
 * holds for the statements after it; the given settings are not changed.
 */
export interface SqlFrontend {
  /** Statements separated by ';', in order. */
  /** `parameters`: values of `:name` and, under '0', '1', …, of `?`. */
  parseScript(text: string, settings?: Settings, parameters?: ReadonlyMap<string, Literal>): Statement[]
  /** As parseScript, of a script whose queries are of another dialect. Throws ParseError UNKNOWN_DIALECT. */
  parseDialectScript(text: string, dialect: string, settings?: Settings, parameters?: ReadonlyMap<string, Literal>): Statement[]
  parseExpression(text: string, settings?: Settings): Expression
  /** DDL column list: `a INT NOT NULL, b STRING`. */
  parseSchema(text: string, settings?: Settings): Schema
  parseType(text: string, settings?: Settings): DataType
  /** What from_json takes: a type, or columns, which are the fields of a struct. */
  parseTypeOrColumns(text: string, settings?: Settings): DataType
}
