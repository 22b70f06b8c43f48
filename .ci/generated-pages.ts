/**
 * Pages that follow from records in the code: docs/functions.md from the function records, docs/connectors.md from the option schemas of sources and
 * sinks. `npm run docs` writes them, check-docs.ts holds them current.
 */
import type { OptionDefinition, OptionType } from '../engine/connect/options.ts'
import type { SinkDefinition } from '../engine/connect/sink.ts'
import type { SourceDefinition } from '../engine/connect/source.ts'
import { type Execution, executions } from '../engine/evaluate/execution.ts'
import { builtinFunctions } from '../engine/functions/builtin.ts'
import type { FunctionFamily, FunctionRecord } from '../engine/functions/function.ts'
import { LEFT_OUT } from '../engine/functions/left-out.ts'
import { BUILTIN_SINKS } from '../sinks/index.ts'
import { BUILTIN_SOURCES } from '../sources/index.ts'
import { joinState, windowLife } from './pictures.ts'

/** Path in the repository → text. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/functions.md', functionsPage()],
    ['docs/connectors.md', connectorsPage()],
    ['docs/pictures/window-life.svg', windowLife()],
    ['docs/pictures/join-state.svg', joinState()],
  ])
}

const NOTICE = '<!-- Written by `npm run docs` from the records in the code: change those, not this page. -->'

const FAMILIES: Readonly<Record<FunctionFamily, string>> = {
  aggregate: 'Aggregates',
  window: 'Windows',
  generator: 'Generators',
  operator: 'Operators',
  conditional: 'Conditions',
  math: 'Numbers',
  bitwise: 'Bits',
  string: 'Strings',
  regexp: 'Patterns',
  datetime: 'Dates and times',
  interval: 'Intervals',
  array: 'Arrays',
  map: 'Maps',
  struct: 'Structs',
  'higher-order': 'Functions over functions',
  json: 'JSON',
  csv: 'CSV',
  xml: 'XML',
  url: 'URLs',
  avro: 'Avro',
  hash: 'Hashes',
  conversion: 'Conversions',
  misc: 'Others',
}

function functionsPage(): string {
  const records = builtinFunctions().records()
  const families = (Object.keys(FAMILIES) as FunctionFamily[])
    .map((family) => ({ title: FAMILIES[family], records: records.filter((record) => record.family === family).sort(byName) }))
    .filter((family) => family.records.length > 0)
  return [
    '# Functions',
    NOTICE,
    `The ${records.length} functions and operators that Millrace has, under Spark's names and with Spark's results in ANSI mode. From TypeScript the common ones are
functions of the package (\`import { upper } from 'millrace'\`); any other is \`callFunction('name', …)\` or \`expr('…')\`. Each example runs as a test.`,
    families.map((family) => `[${family.title}](#${anchor(family.title)})`).join(' · ') +
      ' · [How they are computed](#how-they-are-computed) · [Left out](#left-out)',
    ...families.map(
      (family) => `## ${family.title}\n\n${table(['function', 'what it does', 'example'], family.records.map(functionRow))}`,
    ),
    executionSection(records),
    `## Left out\n\nThese names of Spark 4.3 are not there; a call says why.\n\n${table(
      ['subject', 'left out because', 'names'],
      LEFT_OUT.map(({ subject, reason, names }) => [subject, reason, names.map(code).join(', ')]),
    )}`,
  ].join('\n\n')
}

function executionSection(records: readonly FunctionRecord[]): string {
  const groups = executions(records)
  const number = (how: Execution['how']): number => groups.flatMap((group) => (group.how === how ? group.names : [])).length
  const reasons = (how: Execution['how']): string =>
    table(
      ['because', 'functions'],
      groups.filter((group) => group.how === how).map(({ because, names }) => [because!, names.map(code).join(', ')]),
    )
  return [
    '## How they are computed',
    `Each function has an interpreter, which says what it means and does the rows that speed has no answer for. For most rows code is generated for the query:
a template writes the function into one loop over all rows (${number('generated')} functions), or a kernel computes it for whole columns (${number('columns')}). The others, and why:`,
    'Called from the generated loop with values out of columns, no row of values being made:',
    reasons('called'),
    'Interpreted row by row:',
    reasons('interpreted'),
    'A function may have code for some types of its arguments and be called, or interpreted, for others. Templates know the rules of ANSI mode alone: with it off, their functions are interpreted.',
  ].join('\n\n')
}

function functionRow(record: FunctionRecord): string[] {
  const names = [record.name, ...(record.aliases ?? [])].map(code).join(', ')
  const parameters =
    'parameters' in record && record.parameters ? `<br>(${record.parameters.map(({ name }) => name).join(', ')})` : ''
  const [example] = record.examples
  return [names + parameters, record.summary, example === undefined ? '' : `${code(example[0])} → ${code(example[1])}`]
}

function connectorsPage(): string {
  const sources = [...BUILTIN_SOURCES].sort(byName)
  const sinks = [...BUILTIN_SINKS].sort(byName)
  return [
    '# Connectors',
    NOTICE,
    `A source is read with \`CREATE STREAM … USING name OPTIONS (…)\` or \`session.readStream.format('name').option(…)\`, and as a table with \`CREATE TABLE\` or \`session.read\` where it
can be. A sink is written with \`CREATE STREAMING TABLE … USING name OPTIONS (…)\` or \`df.writeStream.format('name')\`. Option names compare without case; one that a
connector does not know is an error that names the nearest. What each sink promises over a crash is in the table of [sinks](#sinks).`,
    '## Sources',
    table(
      ['source', 'as a stream', 'as a table'],
      sources.map((source) => [
        link(source.name, `source-${source.name}`),
        source.openStream ? 'yes' : '–',
        source.readTable ? 'yes' : '–',
      ]),
    ),
    ...sources.map((source) => connector('Source', source)),
    '## Sinks',
    `Beside these, \`foreachBatch\` and \`foreach\` hand rows to code of yours, at least once: see [typescript.md](typescript.md).`,
    table(
      ['sink', 'a row is written', 'output modes', 'runs without a checkpoint', 'batch writes'],
      sinks.map((sink) => [
        link(sink.name, `sink-${sink.name}`),
        { 'exactly-once': 'exactly once', 'at-least-once': 'at least once', none: 'with no promise' }[sink.guarantee] +
          (sink.exactlyOnceWith === undefined ? '' : `; with ${code(sink.exactlyOnceWith)} exactly once`),
        sink.modes.join(', '),
        sink.temporaryCheckpoint ? 'yes' : '–',
        sink.writeTable ? 'yes' : '–',
      ]),
    ),
    ...sinks.map((sink) => connector('Sink', sink)),
  ].join('\n\n')
}

function connector(kind: string, definition: SourceDefinition | SinkDefinition): string {
  const aliases = (definition.aliases ?? []).map(code).join(', ')
  return [
    `### ${kind} ${definition.name}`,
    `${definition.description}${aliases === '' ? '' : ` Other names: ${aliases}.`}`,
    definition.options.length === 0
      ? 'It has no options.'
      : table(['option', 'value', 'default', 'meaning'], definition.options.map(optionRow)),
  ].join('\n\n')
}

function optionRow(option: OptionDefinition): string[] {
  return [
    code(option.prefix === true ? `${option.name}*` : option.name),
    typeName(option.type),
    option.required === true ? 'required' : option.default === undefined ? '–' : code(option.default),
    option.description + (option.secret === true ? ' **Secret**: never shown.' : ''),
  ]
}
function typeName(type: OptionType): string {
  if (typeof type === 'object') return type.map(code).join(', ')
  return {
    string: 'text',
    int: 'whole number',
    long: 'whole number',
    double: 'number',
    boolean: 'true or false',
    duration: 'duration',
  }[type]
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-')
}
function link(text: string, target: string): string {
  return `[${text}](#${target})`
}
/** Text as code, also where it holds back-ticks itself. */
function code(text: string): string {
  if (text === '') return 'empty'
  const shown = text.replace(/\s*\n\s*/g, ' ⏎ ')
  if (!shown.includes('`')) return `\`${shown}\``
  return `\`\` ${shown} \`\``
}
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}
