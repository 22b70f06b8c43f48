import { parseArgs } from 'node:util'
import { UsageError } from '../../engine/errors/engine-error.ts'

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly of: string | undefined }
  | { readonly kind: 'version' }
  | RunCommand
  | {
      readonly kind: 'check' | 'explain'
      readonly file: string
      readonly variables: Variables
      readonly settings: Variables
      readonly dialect: string | undefined
    }
  | TestCommand

export type Variables = Readonly<Record<string, string>>

export interface RunCommand {
  readonly kind: 'run'
  /** A file, or a text given on the command line. */
  readonly script: { readonly file: string } | { readonly text: string }
  readonly variables: Variables
  readonly settings: Variables
  readonly trigger: string | undefined
  readonly checkpoint: string | undefined
  readonly dialect: string | undefined
  readonly progress: boolean
  readonly json: boolean
}
export interface TestCommand {
  readonly kind: 'test'
  readonly paths: readonly string[]
  readonly mode: string
  readonly seed: number | undefined
  readonly update: boolean
  readonly json: boolean
}

const HELP = `millrace: streaming SQL for Node.js

usage
  millrace run FILE.sql [options]     run a script until its queries end; Ctrl-C finishes the epoch and stops
  millrace sql "STATEMENTS" [options] the same for a text
  millrace check FILE.sql             syntax, names, types and legality, without running anything
  millrace explain FILE.sql           the plans of each query
  millrace test PATH... [options]     stream tests (*.slt)
  millrace help | --version

options of run and sql
  --var NAME=VALUE      replaces \${NAME} in the script; may be repeated (check and explain take it too)
  --set KEY=VALUE       a session setting, such as spark.sql.session.timeZone=UTC; may be repeated
  --trigger WHEN        once, available-now or a duration such as '10 seconds', for every query of the script
  --checkpoint DIR      where the query keeps its epochs and state; with several queries each gets a folder of its name in it
  --dialect NAME        that of the queries: spark (default), flinksql, postgresql, mysql, trino, snowflake or bigquery
                        (check and explain take it too)
  --progress            a progress report an epoch, as JSON on standard error
  --json                rows as JSON objects, one a line, instead of tables

options of test
  --mode MODE           as-written (default), cut, restart, crash, interpreted, unoptimized or all
  --seed N              repeats the cuts of an earlier run
  --update              writes what came out into the files
  --report json         the report as one JSON object

exit codes: 0 done, 1 a query failed while running (or a test failed), 2 the command line or the SQL is wrong, 130 stopped by Ctrl-C
`

export function helpText(): string {
  return HELP
}

export function parseCommand(args: readonly string[]): Command {
  const [name, ...rest] = args
  switch (name) {
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return { kind: 'help', of: rest[0] }
    case '--version':
    case '-v':
      return { kind: 'version' }
    case 'run':
      return runCommand(rest, 'file')
    case 'sql':
      return runCommand(rest, 'text')
    case 'check':
    case 'explain': {
      const { values, positionals } = read(rest, { var: MANY, set: MANY, dialect: TEXT })
      return {
        kind: name,
        file: only(positionals, name, 'FILE.sql'),
        variables: pairs(values['var'], '--var'),
        settings: pairs(values['set'], '--set'),
        dialect: values['dialect'] as string | undefined,
      }
    }
    case 'test':
      return testCommand(rest)
    default:
      throw new UsageError('INVALID_COMMAND_LINE', {
        message: `"${name}" is not a command`,
        hint: 'Commands are run, sql, check, explain and test; millrace help says more.',
      })
  }
}

const MANY = { type: 'string', multiple: true } as const
const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean' } as const

function runCommand(args: readonly string[], what: 'file' | 'text'): RunCommand {
  const { values, positionals } = read(args, {
    var: MANY,
    set: MANY,
    trigger: TEXT,
    checkpoint: TEXT,
    dialect: TEXT,
    progress: FLAG,
    json: FLAG,
  })
  const script = only(positionals, what === 'file' ? 'run' : 'sql', what === 'file' ? 'FILE.sql' : '"STATEMENTS"')
  return {
    kind: 'run',
    script: what === 'file' ? { file: script } : { text: script },
    variables: pairs(values['var'], '--var'),
    settings: pairs(values['set'], '--set'),
    trigger: values['trigger'] as string | undefined,
    checkpoint: values['checkpoint'] as string | undefined,
    dialect: values['dialect'] as string | undefined,
    progress: values['progress'] === true,
    json: values['json'] === true,
  }
}

function testCommand(args: readonly string[]): TestCommand {
  const { values, positionals } = read(args, { mode: TEXT, seed: TEXT, update: FLAG, report: TEXT })
  if (positionals.length === 0)
    throw new UsageError('INVALID_COMMAND_LINE', {
      message: 'test needs a file or folder',
      hint: 'For example millrace test tests/streams.',
    })
  const seed = values['seed'] as string | undefined
  if (seed !== undefined && !/^\d{1,9}$/.test(seed))
    throw new UsageError('INVALID_COMMAND_LINE', { message: `--seed ${seed} is not a whole number` })
  if (values['report'] !== undefined && values['report'] !== 'json')
    throw new UsageError('INVALID_COMMAND_LINE', {
      message: `--report ${values['report']} is not known`,
      hint: 'The only report is json.',
    })
  return {
    kind: 'test',
    paths: positionals,
    mode: (values['mode'] as string | undefined) ?? 'as-written',
    seed: seed === undefined ? undefined : Number(seed),
    update: values['update'] === true,
    json: values['report'] === 'json',
  }
}

type OptionSpecs = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>
function read(
  args: readonly string[],
  options: OptionSpecs,
): { readonly values: Record<string, unknown>; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as {
      values: Record<string, unknown>
      positionals: string[]
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.replace(/\. To specify a positional.*$/s, '') : String(cause)
    throw new UsageError('INVALID_COMMAND_LINE', {
      message: message.charAt(0).toLowerCase() + message.slice(1),
      hint: `The command takes ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(', ')}; millrace help says more.`,
      cause,
    })
  }
}

function only(positionals: readonly string[], command: string, what: string): string {
  if (positionals.length === 1) return positionals[0]!
  throw new UsageError('INVALID_COMMAND_LINE', {
    message:
      positionals.length === 0 ? `${command} needs ${what}` : `${command} takes one ${what}, and got ${positionals.length}`,
    hint: 'millrace help says more.',
  })
}

function pairs(values: unknown, option: string): Variables {
  const entries = ((values as string[] | undefined) ?? []).map((text) => {
    const at = text.indexOf('=')
    if (at <= 0) throw new UsageError('INVALID_COMMAND_LINE', { message: `${option} ${text} is not NAME=VALUE` })
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return Object.fromEntries(entries)
}
