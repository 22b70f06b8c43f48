import { expect, test } from 'vitest'
import { MemoryStream } from '../../../engine/connect/memory-stream.ts'
import { parseDurationMs, readOptions } from '../../../engine/connect/options.ts'
import { ConnectorRegistry } from '../../../engine/connect/registry.ts'
import { BIGINT, field } from '../../../engine/types/data-type.ts'
import { BUILTIN_SINKS } from '../../../sinks/index.ts'
import { BUILTIN_SOURCES } from '../../../sources/index.ts'
import { scanOf } from '../../harness/connector-environment.ts'

const definitions = [
  { name: 'path', type: 'string', required: true, description: 'Where.' },
  { name: 'maxFiles', type: 'int', default: '3', description: 'How many.' },
  { name: 'mode', type: ['fast', 'exact'], description: 'How.' },
  { name: 'kafka.', type: 'string', prefix: true, description: 'Passed on.' },
] as const

test('options are found without case, have their defaults, and prefixes collect', () => {
  const options = readOptions(definitions, { PATH: '/in', MODE: 'FAST', 'kafka.acks': 'all' }, 'source "x"')
  expect([options.text('path'), options.number('maxFiles'), options.text('mode'), options.below('kafka.')]).toEqual([
    '/in',
    3,
    'FAST',
    { acks: 'all' },
  ])
})

test('an unknown option is refused with the nearest name; a missing or malformed one by its own', () => {
  const refusal = (given: Record<string, string>) => () => readOptions(definitions, given, 'source "x"')
  expect(refusal({ path: 'a', maxFile: '1' })).toThrow(
    expect.objectContaining({ condition: 'UNKNOWN_OPTION', hint: 'Did you mean "maxFiles"?' }),
  )
  expect(refusal({})).toThrow(expect.objectContaining({ condition: 'MISSING_OPTION' }))
  expect(refusal({ path: 'a', maxFiles: 'many' })).toThrow(/must be a whole number, not "many"/)
  expect(refusal({ path: 'a', mode: 'slow' })).toThrow(/must be one of fast, exact/)
})

test('durations need a unit', () => {
  expect(['10s', '5 minutes', '7d', '250 ms', '10', 'soon'].map(parseDurationMs)).toEqual([
    10_000,
    300_000,
    604_800_000,
    250,
    undefined,
    undefined,
  ])
})

test('the registry finds connectors without case and names the nearest to an unknown one', () => {
  const registry = new ConnectorRegistry(BUILTIN_SOURCES, BUILTIN_SINKS)
  expect(registry.source('JSON').name).toBe('json')
  expect(registry.sink('Console').name).toBe('console')
  expect(() => registry.source('jsn')).toThrow(
    expect.objectContaining({ condition: 'DATA_SOURCE_NOT_FOUND', hint: 'Did you mean "json"?' }),
  )
})

test('a block of a memory stream is a partition of the epoch that reads it; an empty block moves the offset', () => {
  const schema = [field('id', BIGINT)]
  const stream = new MemoryStream('s', schema)
  stream.addRows([[1n]])
  stream.addRows([])
  stream.addRows([[2n], [3n]])
  expect(stream.offset).toBe(3)
  const partitions = [...stream.read(1, 3, scanOf(schema))].map((batch) => [batch.partition, batch.rowCount])
  expect(partitions).toEqual([[1, 2]])
})
