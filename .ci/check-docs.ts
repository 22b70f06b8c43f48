/**
 * Pages and code agree: every fenced SQL block of README.md, docs/ and examples/ parses (docs/sql.md: is right as a script), every fenced stream test passes, every TypeScript block that imports the
 * package names only what it exports, every link to a file has its file and its heading, and generated pages are current.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runTests } from '../engine/testing/run-tests.ts'
import * as millrace from '../index.ts'
import { sqlFrontend } from '../sql/index.ts'
import { generatedPages } from './generated-pages.ts'

const root = join(import.meta.dirname, '..')
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdown('docs'), ...markdown('examples')]
const problems: string[] = []
const counts = { sql: 0, slt: 0, ts: 0 }

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? markdown(path) : entry.name.endsWith('.md') ? [path] : []
  })
}
/** Fenced blocks of a language, each with the line of its first line. */
function blocks(text: string, language: string): { code: string; line: number }[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => ({
    code: match[1]!,
    line: text.slice(0, match.index).split('\n').length + 1,
  }))
}
/** Anchors of a page's headings, as GitHub makes them. */
function anchors(text: string): Set<string> {
  const plain = text.replace(/^```[\s\S]*?^```/gm, '')
  return new Set(
    [...plain.matchAll(/^#+ (.*)$/gm)].map((heading) =>
      heading[1]!
        .toLowerCase()
        .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8')
  // The language page is one script whose names and types are checked; elsewhere a block stands for itself and must parse.
  const script = page === 'docs/sql.md' ? millrace.createSession() : undefined
  for (const { code, line } of blocks(text, 'sql')) {
    counts.sql++
    try {
      if (script !== undefined) script.check(code)
      else sqlFrontend.parseScript(code.replace(/\$\{\w+\}/g, 'x'))
    } catch (error) {
      problems.push(millrace.formatDiagnostic(error as millrace.EngineError, code, `${page}, block at line ${line}`))
    }
  }
  for (const { code, line } of blocks(text, 'ts')) {
    const imported = /import \{([^}]*)\} from 'millrace'/.exec(code)?.[1]
    if (imported === undefined) continue
    counts.ts++
    for (const name of imported.split(',').map((part) => part.trim()))
      if (!name.startsWith('type ') && !(name in millrace)) problems.push(`${page}:${line}: the package has no ${name}`)
  }
  for (const { code, line } of blocks(text, 'slt')) {
    counts.slt++
    const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
    const path = join(folder, 'block.slt')
    writeFileSync(path, code)
    try {
      const report = await runTests([path], {
        modes: ['as-written'],
        seed: 1,
        update: false,
        createSession: millrace.createSession,
      })
      for (const failure of report.files.flatMap((file) => file.failures))
        problems.push(
          `${page}:${line + failure.line - 1}: ${failure.directive}: ${failure.message}\nexpected\n${failure.expected}\nactual\n${failure.actual}`,
        )
    } catch (error) {
      problems.push(`${page}:${line}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  for (const match of text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)) {
    const [, target = '', heading] = match
    if (/^[a-z]+:/.test(target)) continue
    const file = target === '' ? page : join(dirname(page), target)
    if (!existsSync(join(root, file))) problems.push(`${page}: there is no ${target}`)
    else if (heading && file.endsWith('.md') && !anchors(readFileSync(join(root, file), 'utf8')).has(heading))
      problems.push(`${page}: ${file} has no heading #${heading}`)
  }
}
for (const [path, text] of generatedPages()) {
  if (!existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== `${text}\n`)
    problems.push(`${path} is not current: npm run docs writes it`)
}
for (const problem of problems) console.error(problem)
console.log(
  `${pages.length} pages, ${counts.sql} SQL blocks, ${counts.slt} stream tests, ${counts.ts} TypeScript blocks: ${problems.length} problems`,
)
if (problems.length > 0) process.exitCode = 1
