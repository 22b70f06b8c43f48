import { runTests, testModesOf } from '../../engine/testing/run-tests.ts'
import { createSession } from '../../index.ts'
import type { TestCommand } from './arguments.ts'

/** `millrace test`: failures as they come on standard error, the report on standard output. */
export async function runStreamTests(command: TestCommand): Promise<number> {
  const modes = testModesOf(command.mode)
  const seed = command.seed ?? 1 + (Number(process.hrtime.bigint() % 1_000_000n) | 0)
  if (modes.includes('cut')) process.stderr.write(`cuts are repeated by --seed ${seed}\n`)
  const report = await runTests(command.paths, {
    modes,
    seed,
    update: command.update,
    createSession,
    onFile: (file) => {
      for (const f of file.failures) {
        process.stderr.write(
          `${file.file}:${f.line}: ${f.directive}: ${f.message}\n  ${f.scenario}\n  expected\n${indent(f.expected)}\n  actual\n${indent(f.actual)}\n`,
        )
      }
      for (const skip of file.skips) process.stderr.write(`${file.file}:${skip.line}: skipped: ${skip.reason}\n`)
    },
  })
  if (command.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(`${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped\n`)
  return report.failed > 0 ? 1 : 0
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}
