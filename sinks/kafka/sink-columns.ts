import { AnalysisError } from '../../engine/errors/engine-error.ts'
import { type DataType, type Schema, sameType, simpleString } from '../../engine/types/data-type.ts'
import { HEADERS_TYPE } from '../../sources/kafka/record-columns.ts'

/** Which columns of the rows are which parts of a record; −1: not there. Other columns are not written, as in Spark. */
export interface SinkColumns {
  readonly key: number
  readonly value: number
  readonly topic: number
  readonly partition: number
  readonly headers: number
}

/** @param anyValue  the value is encoded by its type. @throws AnalysisError in Spark's words: no value, no topic, or a part of the wrong type */
export function sinkColumns(schema: Schema, hasTopicOption: boolean, anyValue = false): SinkColumns {
  const find = (name: string) => schema.findIndex((f) => f.name.toLowerCase() === name)
  const columns = {
    key: find('key'),
    value: find('value'),
    topic: find('topic'),
    partition: find('partition'),
    headers: find('headers'),
  }
  if (columns.topic < 0 && !hasTopicOption) {
    throw refused("topic option required when no 'topic' attribute is present; use the topic option for setting a topic")
  }
  if (columns.value < 0) throw refused("required attribute 'value' not found")
  const isText = (type: DataType) => type.kind === 'string' || type.kind === 'binary'
  check('topic', 'string', (type) => type.kind === 'string')
  check('key', 'string or binary', isText)
  if (!anyValue) check('value', 'string or binary', isText)
  check('headers', simpleString(HEADERS_TYPE), (type) => sameType(type, HEADERS_TYPE))
  check('partition', 'int', (type) => type.kind === 'int')
  return columns

  function check(name: keyof SinkColumns, wanted: string, fits: (type: DataType) => boolean): void {
    const type = schema[columns[name]]?.type
    if (type === undefined || fits(type)) return
    throw refused(`${name} attribute unsupported type ${simpleString(type)}; ${name} must be a(n) ${wanted}`)
  }
}

function refused(message: string): AnalysisError {
  return new AnalysisError('_LEGACY_ERROR_TEMP_3080', {
    message,
    hint: 'A row for Kafka has the columns value, and if wanted key, topic, partition and headers: SELECT CAST(id AS STRING) AS key, to_json(…) AS value.',
  })
}
