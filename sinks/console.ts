import { type Batch, rowOf } from '../engine/columnar/batch.ts'
import { type OptionDefinition, readOptions } from '../engine/connect/options.ts'
import type { EpochWriter, SinkDefinition, SinkEnvironment } from '../engine/connect/sink.ts'
import { showTable } from '../engine/formats/show-table.ts'
import { prettyText } from '../engine/types/text.ts'

const OPTIONS: readonly OptionDefinition[] = [
  { name: 'numRows', type: 'int', default: '20', description: 'How many rows of an epoch are printed.' },
  { name: 'truncate', type: 'boolean', default: 'true', description: 'Cut cells longer than 20 characters.' },
]
const CELL_LENGTH_MAX = 20
const RULE = '-'.repeat(43)

/** Prints each epoch as a table, in Spark's exact layout. */
export const consoleSink: SinkDefinition = {
  name: 'console',
  options: OPTIONS,
  description: 'Prints each epoch as a table to standard output. Rows past `numRows` are counted, not kept.',
  guarantee: 'none',
  modes: ['append', 'update', 'complete'],
  temporaryCheckpoint: true,
  async openStream(environment) {
    const write = tableWriter(environment)
    return {
      description: 'ConsoleTable',
      begin: async (epoch) => write(`${RULE}\nBatch: ${epoch}\n${RULE}\n`),
      close: async () => {},
    }
  },
  async writeTable(environment) {
    return tableWriter(environment)('')
  },
}

function tableWriter(environment: SinkEnvironment): (title: string) => EpochWriter {
  const options = readOptions(OPTIONS, environment.options, 'sink "console"')
  const rowsMax = Math.max(0, options.number('numRows')!)
  const truncate = options.flag('truncate') ? CELL_LENGTH_MAX : 0
  const { schema, stdout } = environment
  const timeZone = environment.settings.timeZone
  return (title) => {
    const rows: string[][] = []
    let rowCount = 0
    return {
      append(batch: Batch) {
        for (let r = 0; r < batch.rowCount && rows.length < rowsMax; r++) {
          rows.push(rowOf(batch, r).map((value, c) => prettyText(value, schema[c]!.type, timeZone)))
        }
        rowCount += batch.rowCount
      },
      async commit() {
        const table = showTable(
          schema.map((f) => f.name),
          rows,
          { truncate, more: rowCount > rows.length },
        )
        stdout(`${title}${table}\n`)
      },
      async abort() {},
    }
  }
}
