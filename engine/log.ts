/**
 * Structured log, written to by the engine and handed in by the user (`createSession({ logger })`).
 *
 * `error`: a query stopped. `warn`: it goes on, but the author should know (state without bound, falling behind).
 * `info`: started, stopped, recovered. `debug`: one line an epoch. Never holds data rows or secrets.
 */
export interface Logger {
  error(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void
}

const nothing = () => {}
export const silentLogger: Logger = { error: nothing, warn: nothing, info: nothing, debug: nothing }
