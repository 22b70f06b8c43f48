/**
 * Runs every example as its README says and compares what it prints with its expected output. The exit code is the number of examples that differ.
 * An example is a folder of examples/ with `run.sh` (run from the repository's root) and `expected.txt`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname ?? '.', '..')
let failed = 0
for (const entry of readdirSync(join(root, 'examples'), { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
  const folder = join('examples', entry.name)
  if (!entry.isDirectory() || !existsSync(join(root, folder, 'run.sh'))) continue
  const started = performance.now()
  const run = spawnSync('bash', [join(folder, 'run.sh')], { cwd: root, encoding: 'utf8', timeout: 120_000 })
  const expected = readFileSync(join(root, folder, 'expected.txt'), 'utf8')
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (run.status === 0 && run.stdout === expected) {
    console.log(`ok    ${folder} (${seconds} s)`)
    continue
  }
  if (run.status === 75) {
    console.log(`skip  ${folder}: ${run.stderr.trim()}`)
    continue
  }
  failed++
  console.log(
    `FAIL  ${folder} (exit ${run.status})\n--- expected\n${expected}\n--- printed\n${run.stdout}\n--- on standard error\n${run.stderr}`,
  )
}
process.exitCode = failed
