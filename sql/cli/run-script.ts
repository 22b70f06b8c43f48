import { readFileSync } from 'node:fs'
import { AnalysisError, EngineError, ParseError, UsageError } from '../../engine/errors/engine-error.ts'
import {
  createSession,
  type DataFrame,
  formatDiagnostic,
  type Logger,
  type ScriptOptions,
  type Session,
  type StreamingQuery,
  Trigger,
} from '../../index.ts'
import type { RunCommand, Variables } from './arguments.ts'

/** A script with the name errors show it under. */
interface Script {
  readonly name: string
  readonly text: string
}

/** Runs a script until its queries end. Ctrl-C lets the running epoch finish. */
export async function runScript(command: RunCommand): Promise<number> {
  const script =
    'file' in command.script
      ? readScript(command.script.file, command.variables)
      : { name: 'sql', text: substitute(command.script.text, command.variables) }
  const options = optionsOf(command)
  const wrong = wrongBeforeAnythingRuns(script, command, options)
  if (wrong !== undefined) {
    report(wrong, script)
    return 2
  }
  const session = sessionOf(command.settings)
  if (command.progress)
    session.streams.addListener({ onQueryProgress: ({ progress }) => process.stderr.write(`${JSON.stringify(progress)}\n`) })

  let interrupted = false
  const started: StreamingQuery[] = []
  const onInterrupt = (): void => {
    if (interrupted) process.exit(130)
    interrupted = true
    process.stderr.write('stopping after this epoch; Ctrl-C again to stop at once\n')
    void session.stop()
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onInterrupt)
  try {
    await session.run(script.text, options, {
      onResult: (result) => printRows(result, command.json),
      onQuery: (query) => started.push(query),
      ...(command.json && { onConsoleRows: (rows: DataFrame) => printRows(rows, true) }),
    })
    if (interrupted) await session.stop()
    await Promise.all(started.map((query) => query.awaitTermination()))
    return interrupted ? 130 : 0
  } catch (error) {
    report(error, script)
    await session.stop()
    return started.length === 0 && error instanceof EngineError && error.domain === 'user' ? exitOfStart(error) : 1
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onInterrupt)
  }
}

/**
 * What is wrong with any statement of the script, found before the first one runs, so that nothing is started by half a script. Left to the run itself is
 * what earlier statements may still bring about: files that an INSERT writes.
 */
function wrongBeforeAnythingRuns(script: Script, command: RunCommand, options: ScriptOptions): EngineError | undefined {
  try {
    sessionOf(command.settings, true).check(script.text, options)
    return undefined
  } catch (error) {
    const certain = error instanceof ParseError || error instanceof AnalysisError
    return certain && !BROUGHT_ABOUT_BY_RUNNING.has(error.condition) ? error : undefined
  }
}
const BROUGHT_ABOUT_BY_RUNNING: ReadonlySet<string> = new Set(['PATH_NOT_FOUND', 'UNABLE_TO_INFER_SCHEMA'])

/** An expression that fails in a batch query is a failure while running; everything else of the user's was wrong before anything ran. */
function exitOfStart(error: EngineError): number {
  return error.name === 'ExecutionError' ? 1 : 2
}

export function checkScript(command: {
  readonly file: string
  readonly variables: Variables
  readonly settings: Variables
  readonly dialect: string | undefined
}): number {
  const script = readScript(command.file, command.variables)
  try {
    for (const warning of sessionOf(command.settings).check(script.text, dialectOf(command)))
      process.stderr.write(`${script.name}: warning: ${warning}\n`)
    process.stderr.write(`${script.name}: no errors\n`)
    return 0
  } catch (error) {
    report(error, script)
    return 2
  }
}

export function explainScript(command: {
  readonly file: string
  readonly variables: Variables
  readonly settings: Variables
  readonly dialect: string | undefined
}): number {
  const script = readScript(command.file, command.variables)
  try {
    process.stdout.write(`${sessionOf(command.settings).explain(script.text, dialectOf(command))}\n`)
    return 0
  } catch (error) {
    report(error, script)
    return 2
  }
}

function sessionOf(settings: Variables, quiet = false): Session {
  const logger: Logger = {
    // A query that stopped is reported by whoever waits for it, with its place.
    error: () => {},
    warn: (message, facts) => {
      if (!quiet) log('warning', message, facts)
    },
    info: () => {},
    debug: () => {},
  }
  return createSession({ ...settings, logger })
}
function log(level: string, message: string, facts: Readonly<Record<string, unknown>> | undefined): void {
  process.stderr.write(`millrace: ${level}: ${message}${facts === undefined ? '' : ` ${JSON.stringify(facts)}`}\n`)
}

function optionsOf(command: RunCommand): ScriptOptions {
  return {
    ...(command.trigger !== undefined && { trigger: triggerOf(command.trigger) }),
    ...(command.checkpoint !== undefined && { checkpoint: command.checkpoint }),
    ...dialectOf(command),
  }
}
function dialectOf({ dialect }: { readonly dialect: string | undefined }): ScriptOptions {
  return dialect === undefined ? {} : { dialect }
}
function triggerOf(text: string): ReturnType<typeof Trigger.once> {
  if (text === 'once') return Trigger.once()
  if (text === 'available-now') return Trigger.availableNow()
  return Trigger.processingTime(text)
}

async function printRows(rows: DataFrame, json: boolean): Promise<void> {
  if (!json) return rows.show(Number.MAX_SAFE_INTEGER, false)
  for (const line of await rows.toJSON()) process.stdout.write(`${line}\n`)
}

function readScript(file: string, variables: Variables): Script {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError('PATH_NOT_FOUND', {
      message: `cannot read "${file}"`,
      detail: cause instanceof Error ? cause.message : undefined,
      cause,
    })
  }
  return { name: file, text: substitute(text, variables) }
}

/** `${name}` becomes the variable's value; one that was not given is an error, so that nothing runs with a hole in it. */
function substitute(text: string, variables: Variables): string {
  return text.replace(/\$\{([A-Za-z_][\w.]*)\}/g, (_, name: string) => {
    const value = variables[name]
    if (value !== undefined) return value
    const given = Object.keys(variables)
    throw new UsageError('UNDEFINED_VARIABLE', {
      message: `the script uses \${${name}}, which has no value`,
      hint: `Give it with --var ${name}=…${given.length > 0 ? ` Given were ${given.join(', ')}.` : ''}`,
    })
  })
}

function report(error: unknown, script: Script): void {
  if (error instanceof EngineError) process.stderr.write(`${formatDiagnostic(error, script.text, script.name)}\n`)
  else process.stderr.write(`${script.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}
