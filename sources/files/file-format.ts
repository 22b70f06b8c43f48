import type { OptionDefinition } from '../../engine/connect/options.ts'
import type { DecodeRequest, Decoder } from '../../engine/formats/decoder.ts'
import type { Schema } from '../../engine/types/data-type.ts'

export type Options = Readonly<Record<string, string>>

/** A format of files: how bytes become columns. The file source does all the rest. */
export interface FileFormat {
  /** Connector name: `json`. */
  readonly name: string
  readonly options: readonly OptionDefinition[]
  readonly description: string
  /** The schema that needs no look at the data (text), or undefined. */
  readonly fixedSchema: Schema | undefined
  /** The schema that the bytes of files say. `files` gives the whole content of each. */
  inferSchema(files: Iterable<Uint8Array>, options: Options, timeZone: string): Schema
  openDecoder(request: DecodeRequest, options: Options, timeZone: string): Decoder
}
