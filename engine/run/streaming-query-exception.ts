import { EngineError, type ErrorDomain } from '../errors/engine-error.ts'

/** A query that stopped because an epoch failed. `cause` is the error of the epoch; its condition is at hand here too. */
export class StreamingQueryException extends EngineError {
  readonly domain: ErrorDomain
  readonly queryId: string
  readonly runId: string
  /** The condition of the cause, where it has one. */
  readonly causeCondition: string | undefined

  constructor(
    query: { readonly id: string; readonly runId: string; readonly name: string | undefined },
    epoch: number,
    cause: unknown,
  ) {
    const engineError = cause instanceof EngineError ? cause : undefined
    const message = cause instanceof Error ? cause.message : String(cause)
    super('STREAM_FAILED', {
      message: `query ${query.name === undefined ? '' : `"${query.name}" `}[id = ${query.id}, runId = ${query.runId}] terminated with exception: ${message}`,
      detail: [`It stopped in epoch ${epoch}.`, engineError?.detail].filter(Boolean).join(' '),
      hint: engineError?.hint,
      span: engineError?.span,
      parameters: { id: query.id, runId: query.runId, message },
      cause,
    })
    this.domain = engineError?.domain ?? 'user'
    this.queryId = query.id
    this.runId = query.runId
    this.causeCondition = engineError?.condition
  }
}
