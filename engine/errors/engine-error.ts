import type { Span } from './span.ts'
import { sqlStateOf } from './sql-states.ts'

/** Who must act: the author of the query or call, whoever runs the outside system, or we. */
export type ErrorDomain = 'user' | 'external' | 'internal'

/** What an error says: one sentence in the user's words, then facts, then the way out. */
export interface ErrorText {
  readonly message: string
  /** Facts in full sentences: what was found, what was in scope. */
  readonly detail?: string | undefined
  /** The next step in full sentences. */
  readonly hint?: string | undefined
  /** The place in the SQL text, where there is one. */
  readonly span?: Span | undefined
  /** Spark's message parameters, by Spark's names. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  readonly cause?: unknown
  /** 'backoff': the cause is outside and may mend itself, so that the same may be tried again after a while. */
  readonly retry?: 'backoff' | undefined
}

/**
 * Base of every error a user can see.
 *
 * `condition` is Spark's error condition where Spark has one for the case (`DIVIDE_BY_ZERO`,
 * `UNRESOLVED_COLUMN.WITH_SUGGESTION`), else one of ours in the same style. `sqlState` follows from it.
 * There is a class per domain of the engine and a condition per case, never a class per message.
 */
export abstract class EngineError extends Error {
  abstract readonly domain: ErrorDomain
  readonly condition: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly parameters: Readonly<Record<string, string>>
  readonly retry: 'never' | 'backoff'
  /** Set where the error is raised, or on the way up by whoever knows the place. */
  span: Span | undefined

  constructor(condition: string, text: ErrorText) {
    super(text.message, text.cause === undefined ? undefined : { cause: text.cause })
    this.name = new.target.name
    this.condition = condition
    this.detail = text.detail
    this.hint = text.hint
    this.span = text.span
    this.parameters = text.parameters ?? {}
    this.retry = text.retry ?? 'never'
  }

  get sqlState(): string | undefined {
    return sqlStateOf(this.condition)
  }
}

/** The text is not SQL of the dialect. */
export class ParseError extends EngineError {
  readonly domain = 'user'
}

/** The statement parses but means nothing legal: names, types, streaming legality. */
export class AnalysisError extends EngineError {
  readonly domain = 'user'
}

/** A row made an expression fail while running: overflow, division by zero, bad cast. */
export class ExecutionError extends EngineError {
  readonly domain = 'user'
}

/** An option, argument or API call is wrong. */
export class UsageError extends EngineError {
  readonly domain = 'user'
}

/** A source, sink, file system or broker refused or failed. */
export class ConnectorError extends EngineError {
  readonly domain = 'external'
}

/** A checkpoint cannot be used: another query's, another version's, damaged, locked, unwritable. */
export class CheckpointError extends EngineError {
  readonly domain = 'external'
}

/** Our own mistake. Never expected; carries what is needed to mend it. */
export class InternalError extends EngineError {
  readonly domain = 'internal'
  constructor(message: string, cause?: unknown) {
    super('INTERNAL_ERROR', {
      message,
      cause,
      hint: 'This is a defect of Millrace: please report it with the query that shows it.',
    })
  }
}
