import { EngineError } from '../errors/engine-error.ts'

/** The condition by which a stream test names an error: the innermost one that says something, as Spark's oracle does. */
export function conditionOf(error: unknown): string {
  if (!(error instanceof EngineError)) return `JAVA:${error instanceof Error ? error.name : typeof error}`
  if (error.condition === 'STREAM_FAILED' && error.cause !== undefined) return conditionOf(error.cause)
  return error.condition
}

/** `_LEGACY_ERROR_…` (an exception without a condition) and `JAVA:…` stand for any error at that place. */
export function conditionMatches(expected: string, actual: string): boolean {
  return expected === actual || expected.startsWith('_LEGACY_ERROR_') || expected.startsWith('JAVA:')
}
