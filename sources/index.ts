import type { SourceDefinition } from '../engine/connect/source.ts'
import { fileSourceDefinition } from './files/file-source-definition.ts'
import { jsonFormat } from './files/json-format.ts'
import { textFormat } from './files/text-format.ts'

export const BUILTIN_SOURCES: readonly SourceDefinition[] = [jsonFormat, textFormat].map(fileSourceDefinition)
