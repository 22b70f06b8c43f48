#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { EngineError } from '../../engine/errors/engine-error.ts'
import { helpText, parseCommand } from './arguments.ts'
import { checkScript, explainScript, runScript } from './run-script.ts'
import { runStreamTests } from './run-tests.ts'

/** The shell. Results go to standard output and nothing else does. Exit codes: 0 done, 1 failed while running, 2 wrong command line or SQL, 130 stopped. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(args)
    switch (command.kind) {
      case 'help':
        process.stdout.write(helpText())
        return 0
      case 'version':
        process.stdout.write(`${packageVersion()}\n`)
        return 0
      case 'run':
        return await runScript(command)
      case 'check':
        return checkScript(command)
      case 'explain':
        return explainScript(command)
      case 'test':
        return await runStreamTests(command)
    }
  } catch (error) {
    process.stderr.write(`millrace: ${errorText(error)}\n`)
    return error instanceof EngineError && error.domain === 'user' ? 2 : 1
  }
}

function errorText(error: unknown): string {
  if (error instanceof EngineError)
    return [error.message, error.detail, error.hint].filter((line) => line !== undefined).join('\n  ')
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The nearest package.json above this file is the package's: of the source and of the build alike. */
function packageVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      return (JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string }).version
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder.pathname === '/') throw error
    }
  }
}

// A reader that went away (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await main(process.argv.slice(2))
