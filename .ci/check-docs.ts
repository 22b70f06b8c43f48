/**
 * Every fenced SQL block of README.md and docs/ parses; every link to a file of the repository has its file. Generated pages are current (`npm run docs` writes them).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EngineError, formatDiagnostic } from '../index.ts'
import { sqlFrontend } from '../sql/index.ts'

const root = join(import.meta.dirname ?? '.', '..')
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdown('docs'), ...markdown('examples')]
const problems: string[] = []
let blocks = 0

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? markdown(path) : entry.name.endsWith('.md') ? [path] : []
  })
}

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8')
  for (const match of text.matchAll(/^```sql\n([\s\S]*?)^```/gm)) {
    blocks++
    try {
      sqlFrontend.parseScript(match[1]!.replace(/\$\{\w+\}/g, 'x'))
    } catch (error) {
      problems.push(`${page}: ${error instanceof EngineError ? formatDiagnostic(error, match[1]!, page) : String(error)}`)
    }
  }
  for (const match of text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)) {
    const target = match[1]!
    if (/^[a-z]+:/.test(target)) continue
    if (!existsSync(join(root, dirname(page), target))) problems.push(`${page}: there is no ${target}`)
  }
}
for (const problem of problems) console.error(problem)
console.log(`${pages.length} pages, ${blocks} SQL blocks: ${problems.length} problems`)
if (problems.length > 0) process.exitCode = 1
