import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.join(import.meta.dirname, '../..')
const SOURCES = ['engine', 'sql', 'sources', 'sinks']

/**
 * The shell as it is installed: plain JavaScript. `dist` when it is newer than every source, as after `npm ci`; else a build of the sources beside it.
 */
export function builtShell(): string {
  const dist = path.join(root, 'dist/sql/cli/main.js')
  const newest = Math.max(
    ...SOURCES.map((folder) => newestTime(path.join(root, folder))),
    statSync(path.join(root, 'index.ts')).mtimeMs,
  )
  if (existsSync(dist) && statSync(dist).mtimeMs > newest) return dist
  const outDir = path.join(root, 'node_modules/.cache/millrace-shell', `${process.pid}`)
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const settings = ['--declaration', 'false', '--declarationMap', 'false', '--sourceMap', 'false']
  try {
    execFileSync(process.execPath, [tsc, '-p', path.join(root, 'tsconfig.build.json'), '--outDir', outDir, ...settings])
  } catch {
    // Types are judged by `npm run types`; what was written is JavaScript all the same.
  }
  return path.join(outDir, 'sql/cli/main.js')
}
function newestTime(folder: string): number {
  return Math.max(
    ...readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(path.join(entry.parentPath, entry.name)).mtimeMs),
  )
}

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A folder of its own to run commands in, with the files given by name. */
export class Workspace {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'millrace-shell-'))
  readonly #shell: string

  constructor(shell: string) {
    this.#shell = shell
  }

  write(name: string, content: string): this {
    const file = path.join(this.folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
    return this
  }
  start(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [this.#shell, ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TZ: 'UTC' },
    })
  }
  async run(...args: readonly string[]): Promise<Outcome> {
    return outcomeOf(this.start(...args), this.folder)
  }
  /** `millrace run query.sql` of that text. */
  async script(text: string, ...args: readonly string[]): Promise<Outcome> {
    return this.write('query.sql', text).run('run', 'query.sql', ...args)
  }
}

/** What a process wrote until it ended, with the ids of queries and the folder's own name taken out. */
export async function outcomeOf(child: ChildProcess, folder: string): Promise<Outcome> {
  const texts = { out: '', err: '' }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (texts.out += text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (texts.err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  const plain = (text: string) =>
    text.replaceAll(folder, '<folder>').replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
  return { code, out: plain(texts.out), err: plain(texts.err) }
}
