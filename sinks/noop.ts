import { readOptions } from '../engine/connect/options.ts'
import type { EpochWriter, SinkDefinition } from '../engine/connect/sink.ts'

const nothing: EpochWriter = {
  append() {},
  async commit() {},
  async abort() {},
}

/** Takes rows and forgets them: for measuring. */
export const noopSink: SinkDefinition = {
  name: 'noop',
  options: [],
  description: 'Reads every row and forgets it. For measuring a query without the cost of writing.',
  guarantee: 'none',
  modes: ['append', 'update', 'complete'],
  temporaryCheckpoint: true,
  async openStream(environment) {
    readOptions([], environment.options, 'sink "noop"')
    return { description: 'noop', begin: async () => nothing, close: async () => {} }
  },
  async writeTable(environment) {
    readOptions([], environment.options, 'sink "noop"')
    return nothing
  },
}
