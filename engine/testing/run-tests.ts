import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors/engine-error.ts'
import type { Session } from '../session/session.ts'
import type { SessionConfig } from '../session/session-config.ts'
import { type Failure, type RecordOutcome, runScenario } from './run-scenario.ts'
import { scheduleOf, TEST_MODES, type TestMode } from './schedule.ts'
import { parseScript, type Scenario, type ScriptFile } from './script.ts'

/** The report of `millrace test`: docs of its fields are the product's contract (docs/stream-tests.md). Numbers count scenarios. */
export interface TestReport {
  passed: number
  failed: number
  skipped: number
  readonly files: FileReport[]
}
export interface FileReport {
  readonly file: string
  passed: number
  failed: number
  skipped: number
  readonly failures: Failure[]
  readonly skips: { readonly line: number; readonly scenario: string; readonly reason: string }[]
}
export interface TestOptions {
  readonly modes: readonly TestMode[]
  readonly seed: number
  /** Writes what came out into the files, where it differs from what they expect. */
  readonly update: boolean
  /** A fresh session for a scenario. */
  readonly createSession: (config: SessionConfig) => Session
  readonly onFile?: (report: FileReport) => void
}

export function testModesOf(text: string): readonly TestMode[] {
  if (text === 'all') return TEST_MODES
  const mode = TEST_MODES.find((m) => m === text)
  if (mode !== undefined) return [mode]
  throw new UsageError('INVALID_ARGUMENT', {
    message: `"${text}" is not a mode`,
    hint: `Modes are ${TEST_MODES.join(', ')} and all.`,
  })
}

/** Runs every *.slt of the given files and folders. */
export async function runTests(paths: readonly string[], options: TestOptions): Promise<TestReport> {
  const report: TestReport = { passed: 0, failed: 0, skipped: 0, files: [] }
  for (const path of paths.flatMap(scriptFiles)) {
    const first = await runFile(path, options)
    // What was written back is run once more, so that the report tells of the file as it is now.
    const file = options.update && first.failed > 0 ? await runFile(path, { ...options, update: false }) : first
    report.files.push(file)
    report.passed += file.passed
    report.failed += file.failed
    report.skipped += file.skipped
    options.onFile?.(file)
  }
  return report
}

function scriptFiles(path: string): string[] {
  let stat: ReturnType<typeof statSync>
  try {
    stat = statSync(path)
  } catch (cause) {
    throw new UsageError('PATH_NOT_FOUND', { message: `there is no file or folder "${path}"`, cause })
  }
  if (!stat.isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? scriptFiles(join(path, entry.name)) : entry.name.endsWith('.slt') ? [join(path, entry.name)] : [],
    )
}

async function runFile(path: string, options: TestOptions): Promise<FileReport> {
  const report: FileReport = { file: path, passed: 0, failed: 0, skipped: 0, failures: [], skips: [] }
  let script: ScriptFile
  try {
    script = parseScript(path, readFileSync(path, 'utf8'))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    // One file that cannot be read does not keep the others from being run.
    const { line = '1', directive = '' } = error.parameters
    const message = [error.message, error.hint].filter(Boolean).join('; ')
    report.failures.push({ line: Number(line), scenario: '', directive, expected: '', actual: '', message })
    report.failed++
    return report
  }
  const outcomes: RecordOutcome[] = []
  for (const scenario of script.scenarios) {
    const failures: Failure[] = []
    let ran = 0
    for (const mode of options.modes) {
      if (mode === 'cut' && (scenario.noSplit || !mayBeCut(scenario))) continue
      ran++
      const result = await runScenario(scenario, options.createSession(configOf(mode)), scheduleOf(mode, options.seed))
      failures.push(
        ...result.failures.map((failure) =>
          options.modes.length > 1 ? { ...failure, message: `${mode}: ${failure.message}` } : failure,
        ),
      )
      // A record is written back once, whatever the number of modes.
      if (mode === options.modes[0]) outcomes.push(...result.outcomes)
    }
    const skipped = scenario.records.filter((record) => record.skip !== undefined)
    report.skips.push(...skipped.map((record) => ({ line: record.line, scenario: scenario.title, reason: record.skip! })))
    if (failures.length > 0) {
      report.failed++
      report.failures.push(...failures)
    } else if (ran === 0 || (skipped.length > 0 && skipped.length === scenario.records.length)) {
      report.skipped++
      if (ran === 0)
        report.skips.push({ line: scenario.line, scenario: scenario.title, reason: 'depends on where epochs begin (# no-split)' })
    } else report.passed++
  }
  if (options.update) updateExpectations(path, script.lines, outcomes)
  return report
}

/** Where a script speaks of single epochs, restarts or failures, its rows depend on where epochs begin. */
function mayBeCut(scenario: Scenario): boolean {
  return scenario.records.every(
    (record) => !['epoch', 'restart', 'crash', 'run', 'fail', 'clock', 'stop'].includes(record.directive),
  )
}

function configOf(mode: TestMode): SessionConfig {
  const config: Record<`${string}.${string}`, string> = { 'spark.sql.session.timeZone': 'UTC' }
  if (mode === 'interpreted') config['millrace.codegen.enabled'] = 'false'
  if (mode === 'unoptimized') config['millrace.optimizer.enabled'] = 'false'
  return config
}

/** Replaces what a record expects by what it gave; from the last record to the first, so that line numbers stay right. */
function updateExpectations(path: string, lines: readonly string[], outcomes: readonly RecordOutcome[]): void {
  const changed = outcomes.filter((outcome) => outcome.differs).sort((a, b) => b.record.line - a.record.line)
  if (changed.length === 0) return
  const next = [...lines]
  for (const { record, expected, actual } of changed) {
    const first = record.line - 1
    if (record.expected !== undefined) {
      const separator = next.indexOf('----', first)
      next.splice(separator + 1, record.expected.length, ...(actual === '' ? [] : actual.split('\n')))
    } else if (expected !== '' && next[first]!.endsWith(expected)) {
      next[first] = next[first]!.slice(0, -expected.length) + actual
    } else if (['emit', 'epoch', 'run', 'query', 'schema'].includes(record.directive)) {
      next.splice(record.endLine - 1, 0, '----', ...(actual === '' ? [] : actual.split('\n')))
    }
  }
  writeFileSync(path, next.join('\n'))
}
