import { UsageError } from '../errors/engine-error.ts'

/**
 * The stream-test format (*.slt): text to records. One file holds scenarios, a scenario records, separated by blank lines; `reset` ends a
 * scenario. Every record keeps its lines, so that `--update` can write expectations back in place.
 */
export interface ScriptFile {
  readonly path: string
  readonly lines: readonly string[]
  readonly scenarios: readonly Scenario[]
}
export interface Scenario {
  /** Line of the first record, from 1. */
  readonly line: number
  /** The first comment: the rule the scenario states. */
  readonly title: string
  /** The output depends on where epochs begin: `# no-split`. */
  readonly noSplit: boolean
  readonly records: readonly ScriptRecord[]
}
export interface ScriptRecord {
  /** Line of the directive, from 1. */
  readonly line: number
  readonly directive: string
  /** The rest of the directive's line. */
  readonly argument: string
  /** Lines between the directive and `----` (or the end of the record). */
  readonly body: readonly string[]
  /** Lines after `----`; undefined where the record has none. */
  readonly expected: readonly string[] | undefined
  /** Line after the last of the record, from 1. */
  readonly endLine: number
  /** Reason of a `skip` line above. */
  readonly skip: string | undefined
}

const DIRECTIVES = new Set([
  'set',
  'source',
  'table',
  'view',
  'stream',
  'input',
  'emit',
  'epoch',
  'run',
  'fail',
  'stop',
  'restart',
  'crash',
  'clock',
  'watermark',
  'state',
  'late',
  'progress',
  'schema',
  'query',
  'reset',
  'skip',
])

export function parseScript(path: string, text: string): ScriptFile {
  const lines = text.split(/\r?\n/)
  const scenarios: Scenario[] = []
  let records: ScriptRecord[] = []
  let comments: string[] = []
  let firstLine = 1
  let skip: string | undefined

  const endScenario = (): void => {
    if (records.length > 0) {
      const title = comments.find((c) => c !== 'no-split') ?? ''
      scenarios.push({ line: firstLine, title, noSplit: comments.includes('no-split'), records })
    }
    records = []
    comments = []
    skip = undefined
  }

  let i = 0
  while (i < lines.length) {
    const line = lines[i]!
    if (line.trim() === '') {
      i++
      continue
    }
    if (line.startsWith('#')) {
      comments.push(line.slice(1).trim())
      i++
      continue
    }
    const [directive, argument] = splitFirst(line)
    if (!DIRECTIVES.has(directive)) {
      throw new UsageError('INVALID_STREAM_TEST', {
        message: `${path}:${i + 1}: "${directive}" is not a directive`,
        hint: `Directives are ${[...DIRECTIVES].join(', ')}.`,
        parameters: { line: String(i + 1), directive },
      })
    }
    if (directive === 'reset') {
      endScenario()
      i++
      continue
    }
    if (directive === 'skip') {
      skip = argument === '' ? 'no reason given' : argument
      i++
      continue
    }
    if (records.length === 0) firstLine = i + 1
    const start = i
    const body: string[] = []
    let expected: string[] | undefined
    for (i++; i < lines.length && lines[i]!.trim() !== ''; i++) {
      const text = lines[i]!
      if (text === '----') expected = []
      else if (text.startsWith('#')) comments.push(text.slice(1).trim())
      else (expected ?? body).push(text)
    }
    records.push({ line: start + 1, directive, argument, body, expected, endLine: i + 1, skip })
    skip = undefined
  }
  endScenario()
  return { path, lines, scenarios }
}

export function splitFirst(text: string): [string, string] {
  const trimmed = text.trim()
  const space = trimmed.search(/\s/)
  return space < 0 ? [trimmed, ''] : [trimmed.slice(0, space), trimmed.slice(space + 1).trim()]
}

/** SQL lines, then method lines that begin with a dot. */
export function splitMethods(body: readonly string[]): { readonly sql: string; readonly methods: readonly MethodCall[] } {
  let end = body.length
  while (end > 0 && body[end - 1]!.trimStart().startsWith('.')) end--
  return { sql: body.slice(0, end).join('\n'), methods: body.slice(end).map(parseMethod) }
}
export interface MethodCall {
  readonly name: string
  readonly args: readonly string[]
}
export function parseMethod(line: string): MethodCall {
  const match = /^\s*\.(\w+)\((.*)\)\s*$/.exec(line)
  if (match === null)
    throw new UsageError('INVALID_STREAM_TEST', {
      message: `"${line}" is not a method call`,
      hint: 'Write .name("argument", …), one call a line.',
    })
  return { name: match[1]!, args: match[2]!.trim() === '' ? [] : (JSON.parse(`[${match[2]}]`) as string[]) }
}
