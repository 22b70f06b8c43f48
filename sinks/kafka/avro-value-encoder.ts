import { Batch } from '../../engine/columnar/batch.ts'
import { Column } from '../../engine/columnar/column.ts'
import type { OptionDefinition, TypedOptions } from '../../engine/connect/options.ts'
import { UsageError } from '../../engine/errors/engine-error.ts'
import { avroCellWriter } from '../../engine/formats/avro-cells.ts'
import { type AvroSchema, avroSchemaText } from '../../engine/formats/avro-schema.ts'
import { avroSchemaOf } from '../../engine/formats/avro-sql-types.ts'
import { ByteWriter } from '../../engine/formats/byte-writer.ts'
import { BINARY, field, type Schema } from '../../engine/types/data-type.ts'
import { givenSchema, REGISTRY_OPTIONS, type RegistryOptions, registryOptions } from '../../sources/kafka/avro-options.ts'
import { SchemaRegistry } from '../../sources/kafka/schema-registry.ts'

const withoutFormat = (options: TypedOptions) =>
  options.has('format') ? undefined : 'values are written as they are without format avro'

export const AVRO_SINK_OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'format',
    type: ['avro'],
    description:
      'The column `value` may be of any type, a STRUCT usually, and is written as Avro; without it, as STRING or BINARY.',
  },
  ...REGISTRY_OPTIONS.map((option) => ({ ...option, idle: withoutFormat })),
]

export interface AvroSinkOptions {
  /** undefined: the one that the type of the column has. */
  readonly schema: AvroSchema | undefined
  readonly registry: RegistryOptions | undefined
}

/** undefined: values are written as they are. */
export function avroSinkOptions(options: TypedOptions): AvroSinkOptions | undefined {
  if (!options.has('format')) return undefined
  return { schema: givenSchema(options, 'sink "kafka"'), registry: registryOptions(options, 'sink "kafka"') }
}

/**
 * Makes of batches such whose column `value` has Avro bytes; NULL stays NULL, a tombstone. With a registry the schema is registered under its subject
 * first, and values begin with its number.
 *
 * @throws AnalysisError INCOMPATIBLE_AVRO_SCHEMA; ConnectorError of the registry
 */
export async function avroEncoder(
  options: AvroSinkOptions,
  rows: Schema,
  value: number,
  topic: string | undefined,
): Promise<(batch: Batch) => Batch> {
  const { type } = rows[value]!
  const schema = options.schema ?? avroSchemaOf(type, false)
  const write = avroCellWriter(schema, type, 'value')
  const id = options.registry && (await registered(options.registry, schema, topic))
  const out = new ByteWriter()
  const written: Schema = rows.map((f, i) => (i === value ? field(f.name, BINARY) : f))
  return (batch) => {
    const column = batch.columns[value]!
    const offsets = new Int32Array(batch.rowCount + 1)
    out.length = 0
    for (let row = 0; row < batch.rowCount; row++) {
      if (!column.isNull(row)) {
        if (id !== undefined) writeFrame(out, id)
        write(column, row, out)
      }
      offsets[row + 1] = out.length
    }
    // Columns have readable bytes behind their last one.
    out.reserve(16)
    const encoded = new Column(BINARY, batch.rowCount, column.validity, null, offsets, out.bytes)
    const columns = batch.columns.map((c, i) => (i === value ? encoded : c))
    return new Batch(written, batch.rowCount, columns, batch.partition)
  }
}

async function registered(
  { settings, subject }: RegistryOptions,
  schema: AvroSchema,
  topic: string | undefined,
): Promise<number> {
  const name = subject ?? (topic === undefined ? undefined : `${topic}-value`)
  if (name !== undefined) return new SchemaRegistry(settings).register(name, avroSchemaText(schema))
  throw new UsageError('MISSING_OPTION', {
    message: 'sink "kafka" does not know under which subject to register the schema of values, as rows go to topics of their own',
    hint: 'Give the option "topic", or "schemaRegistry.subject".',
    parameters: { option: 'schemaRegistry.subject' },
  })
}

function writeFrame(out: ByteWriter, id: number): void {
  out.byte(0)
  for (const shift of [24, 16, 8, 0]) out.byte((id >>> shift) & 255)
}
