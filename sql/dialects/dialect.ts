import { ParseError } from '../../engine/errors/engine-error.ts'

/** The dialects whose queries are read besides Spark's own. */
export type DialectName = 'flinksql' | 'postgresql' | 'mysql' | 'trino' | 'snowflake' | 'bigquery'

/** How texts of a dialect are written, and what its words mean where they mean something else than in Spark's. */
export interface Dialect {
  readonly name: DialectName
  /** As people call it, for messages. */
  readonly title: string
  /** Grammars of node-sql-parser, tried in order: where the dialect's own is thin, that of its nearest relative follows. */
  readonly grammars: readonly string[]
  readonly doubleQuotes: 'name' | 'string'
  readonly backslashEscapes: boolean
  readonly hashComments: boolean
  /** Where NULLs stand when ORDER BY does not say: as the least value, as the greatest, or behind everything. */
  readonly nulls: 'least' | 'greatest' | 'last'
  /** What TIMESTAMP alone means: a moment, or a date and time without zone. */
  readonly timestamp: 'TIMESTAMP' | 'TIMESTAMP_NTZ'
  /** Types by the dialect's names, as Spark writes them. */
  readonly types: Readonly<Record<string, string>>
  /** What DECIMAL is without digits. */
  readonly decimal: string
}

const COMMON_TYPES = { STRING: 'STRING', TEXT: 'STRING', BOOL: 'BOOLEAN', TIMESTAMPTZ: 'TIMESTAMP' }

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  flinksql: {
    name: 'flinksql',
    title: 'Flink SQL',
    grammars: ['flinksql', 'postgresql'],
    doubleQuotes: 'string',
    backslashEscapes: false,
    hashComments: false,
    nulls: 'least',
    timestamp: 'TIMESTAMP_NTZ',
    types: { STRING: 'STRING', BYTES: 'BINARY', VARBINARY: 'BINARY', TIMESTAMP_LTZ: 'TIMESTAMP' },
    decimal: 'DECIMAL(10, 0)',
  },
  postgresql: {
    name: 'postgresql',
    title: 'PostgreSQL',
    grammars: ['postgresql'],
    doubleQuotes: 'name',
    backslashEscapes: false,
    hashComments: false,
    nulls: 'greatest',
    timestamp: 'TIMESTAMP_NTZ',
    types: {
      ...COMMON_TYPES,
      INT2: 'SMALLINT',
      INT4: 'INT',
      INT8: 'BIGINT',
      FLOAT4: 'FLOAT',
      FLOAT8: 'DOUBLE',
      FLOAT: 'DOUBLE',
      BYTEA: 'BINARY',
      INTERVAL: 'INTERVAL',
    },
    decimal: 'DECIMAL(38, 18)',
  },
  mysql: {
    name: 'mysql',
    title: 'MySQL',
    grammars: ['mysql', 'mariadb'],
    doubleQuotes: 'string',
    backslashEscapes: true,
    hashComments: true,
    nulls: 'least',
    timestamp: 'TIMESTAMP_NTZ',
    types: { SIGNED: 'BIGINT', 'SIGNED INTEGER': 'BIGINT', DATETIME: 'TIMESTAMP_NTZ', CHAR: 'STRING' },
    decimal: 'DECIMAL(10, 0)',
  },
  trino: {
    name: 'trino',
    title: 'Trino',
    grammars: ['trino', 'postgresql'],
    doubleQuotes: 'name',
    backslashEscapes: false,
    hashComments: false,
    nulls: 'last',
    timestamp: 'TIMESTAMP_NTZ',
    types: { VARBINARY: 'BINARY' },
    decimal: 'DECIMAL(38, 0)',
  },
  snowflake: {
    name: 'snowflake',
    title: 'Snowflake',
    grammars: ['snowflake', 'postgresql'],
    doubleQuotes: 'name',
    backslashEscapes: true,
    hashComments: false,
    nulls: 'greatest',
    timestamp: 'TIMESTAMP_NTZ',
    types: {
      ...COMMON_TYPES,
      FLOAT: 'DOUBLE',
      FLOAT4: 'DOUBLE',
      FLOAT8: 'DOUBLE',
      REAL: 'DOUBLE',
      INT: 'DECIMAL(38, 0)',
      INTEGER: 'DECIMAL(38, 0)',
      BIGINT: 'DECIMAL(38, 0)',
      SMALLINT: 'DECIMAL(38, 0)',
      TINYINT: 'DECIMAL(38, 0)',
      DATETIME: 'TIMESTAMP_NTZ',
      TIMESTAMP_LTZ: 'TIMESTAMP',
      VARBINARY: 'BINARY',
    },
    decimal: 'DECIMAL(38, 0)',
  },
  bigquery: {
    name: 'bigquery',
    title: 'BigQuery',
    grammars: ['bigquery'],
    doubleQuotes: 'string',
    backslashEscapes: true,
    hashComments: true,
    nulls: 'least',
    timestamp: 'TIMESTAMP',
    types: {
      INT64: 'BIGINT',
      INT: 'BIGINT',
      INTEGER: 'BIGINT',
      SMALLINT: 'BIGINT',
      TINYINT: 'BIGINT',
      FLOAT64: 'DOUBLE',
      STRING: 'STRING',
      BYTES: 'BINARY',
      BOOL: 'BOOLEAN',
      DATETIME: 'TIMESTAMP_NTZ',
    },
    decimal: 'DECIMAL(38, 9)',
  },
}

const OTHER_NAMES: Readonly<Record<string, DialectName>> = { flink: 'flinksql', postgres: 'postgresql', presto: 'trino' }

/**
 * Undefined for Spark's own.
 *
 * throws ParseError UNKNOWN_DIALECT
 */
export function dialectOf(name: string): Dialect | undefined {
  const lower = name.toLowerCase()
  if (lower === 'spark') return undefined
  const known = OTHER_NAMES[lower] ?? lower
  if (Object.hasOwn(DIALECTS, known)) return DIALECTS[known as DialectName]
  throw new ParseError('UNKNOWN_DIALECT', {
    message: `dialect "${name}" is not known`,
    hint: `Dialects are spark, ${Object.keys(DIALECTS).join(', ')}.`,
  })
}
