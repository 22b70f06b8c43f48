import { expect, test } from 'vitest'
import { checkCompatible } from '../../../engine/checkpoint/compatibility.ts'
import type { QueryDescription } from '../../../engine/checkpoint/records.ts'
import { EngineError } from '../../../engine/errors/engine-error.ts'

const TABLE = { name: 'groups', version: 1, key: 'k string', value: 'count bigint' }
const BEFORE: QueryDescription = {
  outputMode: 'update',
  sources: [
    { provider: 'memory', name: 'a' },
    { provider: 'kafka', name: 'b' },
  ],
  operators: [{ id: '0', name: 'stateStoreSave', tables: [TABLE] }],
  settings: {},
  planFingerprint: 'before',
}
const withTable = (change: object): QueryDescription => ({
  ...BEFORE,
  operators: [{ id: '0', name: 'stateStoreSave', tables: [{ ...TABLE, ...change }] }],
})

function verdict(now: QueryDescription, before = BEFORE): string {
  try {
    checkCompatible('/cp', before, now)
    return 'welcome'
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    expect(error.hint).toBeDefined()
    return `${error.condition}: ${error.message}`
  }
}

test.each<[string, QueryDescription]>([
  ['another plan', { ...BEFORE, planFingerprint: 'now' }],
  ['sources that are named otherwise', { ...BEFORE, sources: [{ provider: 'memory', name: 'x' }, BEFORE.sources[1]!] }],
])('%s is welcome', (_, now) => {
  expect(verdict(now)).toBe('welcome')
})

test('another output mode is welcome as long as nothing is kept', () => {
  const stateless = { ...BEFORE, operators: [] }
  expect(verdict({ ...stateless, outputMode: 'append' }, stateless)).toBe('welcome')
})

test.each<[string, QueryDescription, string]>([
  [
    'fewer sources',
    { ...BEFORE, sources: [BEFORE.sources[0]!] },
    'CHECKPOINT_SOURCES_CHANGED: there are 2 sources in the checkpoint "/cp" and now there are 1 sources requested by the query',
  ],
  [
    'a source of another kind',
    { ...BEFORE, sources: [BEFORE.sources[0]!, { provider: 'json', name: 'b' }] },
    'CHECKPOINT_SOURCES_CHANGED: source 1 of the checkpoint "/cp" is of kind "kafka", the query now reads "json" there',
  ],
  [
    'a removed operator',
    { ...BEFORE, operators: [] },
    'STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA: the stateful operators of the query are not those of the checkpoint "/cp"',
  ],
  [
    'another operator',
    { ...BEFORE, operators: [{ id: '0', name: 'dedupe', tables: [TABLE] }] },
    'STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA: the stateful operators of the query are not those of the checkpoint "/cp"',
  ],
  [
    'other keys',
    withTable({ key: 'n int' }),
    'STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE: the keys of state table "groups" of operator 0 (stateStoreSave) have another schema than in the checkpoint "/cp"',
  ],
  [
    'other values',
    withTable({ value: 'max int' }),
    'STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE: the values of state table "groups" of operator 0 (stateStoreSave) have another schema than in the checkpoint "/cp"',
  ],
  [
    'another layout',
    withTable({ version: 2 }),
    'CHECKPOINT_VERSION_NOT_SUPPORTED: state table "groups" of operator 0 (stateStoreSave) has layout version 1 in the checkpoint "/cp"',
  ],
  [
    'another output mode',
    { ...BEFORE, outputMode: 'complete' },
    'CHECKPOINT_OUTPUT_MODE_CHANGED: the checkpoint "/cp" was written in output mode "update", the query now runs in "complete"',
  ],
])('%s is refused', (_, now, expected) => {
  expect(verdict(now)).toBe(expected)
})
