import { RequestWriter, ResponseReader } from './bytes.ts'

export interface ClusterMetadata {
  readonly controllerId: number
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  readonly topics: ReadonlyMap<string, TopicMetadata>
}
export interface TopicMetadata {
  readonly name: string
  /** 32 hex digits; a topic that is deleted and made again has another one. */
  readonly id: string
  readonly internal: boolean
  readonly error: number
  /** By partition number, in order. */
  readonly partitions: readonly PartitionMetadata[]
}
export interface PartitionMetadata {
  readonly partition: number
  readonly leader: number
  readonly error: number
}

/** Metadata v12 of the named topics, or of all when there are no names. `create`: brokers that make topics when they are asked for shall do so. */
export function encodeMetadataRequest(topics: readonly string[] | undefined, create: boolean): Buffer {
  const out = new RequestWriter()
  if (topics === undefined) out.unsignedVarint(0)
  else {
    out.unsignedVarint(topics.length + 1)
    for (const topic of topics) out.int64(0).int64(0).compactText(topic).noTags()
  }
  // Authorized operations are not wanted.
  return out.boolean(create).boolean(false).noTags().finish()
}

export function decodeMetadata(body: Buffer): ClusterMetadata {
  const input = new ResponseReader(body)
  input.int32()
  const brokers = input.compactArray(() => {
    const broker = { id: input.int32(), host: input.compactText() ?? '', port: input.int32() }
    input.compactText()
    input.tags()
    return broker
  })
  input.compactText()
  const controllerId = input.int32()
  const topics = input.compactArray((): TopicMetadata => {
    const error = input.int16()
    const name = input.compactText() ?? ''
    const id = input.uuid()
    const internal = input.int8() === 1
    const partitions = input.compactArray((): PartitionMetadata => {
      const partition = { error: input.int16(), partition: input.int32(), leader: input.int32() }
      input.int32()
      for (let lists = 0; lists < 3; lists++) input.compactArray(() => input.int32())
      input.tags()
      return partition
    })
    input.int32()
    input.tags()
    return { name, id, internal, error, partitions: partitions.sort((a, b) => a.partition - b.partition) }
  })
  return { controllerId, brokers, topics: new Map(topics.map((topic) => [topic.name, topic])) }
}
