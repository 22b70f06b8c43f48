/**
 * Holds every import of the product against the table of rooms below (docs/architecture.md explains it) and fails on any other. Also refuses
 * folder and file names that say nothing, and the few globals that belong to one file.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'

/** Room → rooms it may import besides itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'engine/errors': [],
  'engine/clock.ts': [],
  'engine/log.ts': [],
  'engine/storage': ['engine/errors'],
  'engine/types': ['engine/errors'],
  'engine/columnar': ['engine/types', 'engine/errors'],
  'engine/formats': ['engine/columnar', 'engine/types', 'engine/errors'],
  'engine/functions': ['engine/formats', 'engine/columnar', 'engine/types', 'engine/errors'],
  'engine/expr': ['engine/functions', 'engine/types', 'engine/errors'],
  'engine/evaluate': ['engine/expr', 'engine/functions', 'engine/columnar', 'engine/types', 'engine/errors'],
  'engine/plan': ['engine/expr', 'engine/functions', 'engine/types', 'engine/errors'],
  'engine/connect': [
    'engine/plan',
    'engine/expr',
    'engine/columnar',
    'engine/types',
    'engine/storage',
    'engine/clock.ts',
    'engine/log.ts',
    'engine/errors',
  ],
  'engine/catalog': ['engine/plan', 'engine/expr', 'engine/types', 'engine/errors'],
  'engine/analysis': [
    'engine/catalog',
    'engine/plan',
    'engine/evaluate',
    'engine/expr',
    'engine/functions',
    'engine/types',
    'engine/errors',
  ],
  'engine/optimizer': ['engine/plan', 'engine/evaluate', 'engine/expr', 'engine/functions', 'engine/types', 'engine/errors'],
  'engine/incremental': ['engine/plan', 'engine/expr', 'engine/functions', 'engine/types', 'engine/errors'],
  'engine/state': ['engine/storage', 'engine/columnar', 'engine/types', 'engine/log.ts', 'engine/errors'],
  'engine/operators': [
    'engine/incremental',
    'engine/evaluate',
    'engine/state',
    'engine/plan',
    'engine/expr',
    'engine/functions',
    'engine/columnar',
    'engine/types',
    'engine/errors',
  ],
  'engine/checkpoint': ['engine/storage', 'engine/types', 'engine/errors'],
  'engine/observe': ['engine/clock.ts', 'engine/log.ts', 'engine/errors'],
  'engine/run': [
    'engine/operators',
    'engine/incremental',
    'engine/state',
    'engine/checkpoint',
    'engine/connect',
    'engine/observe',
    'engine/plan',
    'engine/functions',
    'engine/columnar',
    'engine/types',
    'engine/storage',
    'engine/clock.ts',
    'engine/log.ts',
    'engine/errors',
  ],
  'engine/dataframe': [
    'engine/observe',
    'engine/plan',
    'engine/expr',
    'engine/functions',
    'engine/formats',
    'engine/columnar',
    'engine/types',
    'engine/clock.ts',
    'engine/errors',
  ],
  'engine/session': ['engine/*'],
  'engine/testing': ['engine/*'],
  sql: ['engine/plan', 'engine/expr', 'engine/functions', 'engine/types', 'engine/errors'],
  // Of `sources` like the others; named because the Kafka sink uses its client.
  'sources/kafka': [
    'sources',
    'engine/connect',
    'engine/formats',
    'engine/columnar',
    'engine/types',
    'engine/clock.ts',
    'engine/log.ts',
    'engine/errors',
  ],
  sources: [
    'sources/kafka',
    'engine/connect',
    'engine/formats',
    'engine/columnar',
    'engine/expr',
    'engine/plan',
    'engine/types',
    'engine/storage',
    'engine/clock.ts',
    'engine/log.ts',
    'engine/errors',
  ],
  sinks: [
    // A Kafka client's configuration and connections have two ends.
    'sources/kafka',
    'engine/connect',
    'engine/formats',
    'engine/columnar',
    'engine/plan',
    'engine/types',
    'engine/storage',
    'engine/clock.ts',
    'engine/log.ts',
    'engine/errors',
  ],
  'index.ts': ['engine/*', 'sql', 'sources', 'sinks'],
  'sql/cli': ['index.ts', 'engine/testing', 'engine/errors', 'engine/observe'],
  examples: ['index.ts'],
  bench: ['*'],
  tests: ['*'],
  '.ci': ['*'],
}
/** Packages that only the named places may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'apache-arrow': ['engine/columnar/arrow.ts', 'tests/', 'bench/', 'examples/'],
  kafkajs: ['sources/kafka/', 'sinks/kafka/', 'tests/', 'bench/'],
  'node-sql-parser': ['sql/', 'tests/', 'bench/'],
}
const NAMES_THAT_SAY_NOTHING = /^(utils?|helpers?|common|misc|shared)(\.ts)?$/
/** Text → files it may stand in. */
const GLOBALS: readonly (readonly [RegExp, RegExp])[] = [
  [/\bDate\.now\(|\bMath\.random\(/, /^engine\/clock\.ts$|^(tests|bench|examples|\.ci)\//],
  [/\bnew Function\(/, /^engine\/evaluate\/codegen\.ts$|^engine\/formats\/[a-z-]*codegen\.ts$|^bench\//],
]

const root = join(dirname(new URL(import.meta.url).pathname), '..')
const problems: string[] = []

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (['node_modules', 'dist', '.git', 'coverage'].includes(entry.name)) continue
    if (NAMES_THAT_SAY_NOTHING.test(entry.name)) problems.push(`${path}: the name says nothing about what is inside`)
    if (entry.isDirectory()) yield* sourceFiles(path)
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) yield path
  }
}

function roomOf(path: string): string | undefined {
  return Object.keys(ROOMS)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0]
}

function allowed(from: string, to: string): boolean {
  if (from === to) return true
  return ROOMS[from]!.some(
    (room) =>
      room === '*' || room === to || (room === 'engine/*' && to.startsWith('engine/')) || (room === 'sql' && to === 'sql'),
  )
}

let files = 0
for (const path of sourceFiles('')) {
  const room = roomOf(path)
  if (room === undefined) {
    if (path !== 'vitest.config.ts') problems.push(`${path}: no room of .ci/check-layers.ts holds this file`)
    continue
  }
  files++
  const text = readFileSync(join(root, path), 'utf8')
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const specifier = match[1]!
    if (specifier.startsWith('.')) {
      const target = normalize(join(dirname(path), specifier))
        .split(sep)
        .join('/')
      const targetRoom = roomOf(target)
      if (targetRoom === undefined || !allowed(room, targetRoom))
        problems.push(`${path}: imports ${target}, which ${room} may not`)
    } else {
      const places = PACKAGES[specifier]
      if (places !== undefined && !places.some((place) => path.startsWith(place)))
        problems.push(`${path}: imports ${specifier}, which belongs to ${places.join(', ')}`)
    }
  }
  for (const [pattern, places] of GLOBALS) {
    if (pattern.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')) && !places.test(path))
      problems.push(`${path}: ${pattern.source} belongs elsewhere`)
  }
}

for (const problem of problems) console.error(problem)
console.log(
  `${files} files against the table of rooms in ${relative(process.cwd(), new URL(import.meta.url).pathname)}: ${problems.length} problems`,
)
if (problems.length > 0) process.exitCode = 1
