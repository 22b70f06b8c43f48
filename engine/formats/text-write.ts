import { AnalysisError } from '../errors/engine-error.ts'
import type { Schema } from '../types/data-type.ts'
import type { Encoder } from './encoder.ts'

/** The one STRING column as lines; NULL is an empty line. */
export function textEncoderOf(schema: Schema, lineSep: string): Encoder {
  if (schema.length !== 1 || schema[0]!.type.kind !== 'string') {
    throw new AnalysisError('UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE', {
      message: 'text files have exactly one column, a STRING',
      detail: `The rows have: ${schema.map((f) => `${f.name} ${String(f.type)}`).join(', ')}.`,
      hint: 'Put the columns into one, for example with concat_ws or to_json.',
    })
  }
  return {
    begin() {},
    row(batch, row, out) {
      const column = batch.columns[0]!
      if (!column.isNull(row)) out.raw(column.bytes!, column.offsets![row]!, column.offsets![row + 1]!)
      out.text(lineSep)
    },
  }
}
