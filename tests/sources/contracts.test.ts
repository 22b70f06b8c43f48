import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MemoryStream, memorySourceDefinition } from '../../engine/connect/memory-stream.ts'
import type { SourceDefinition } from '../../engine/connect/source.ts'
import { BIGINT, field, STRING } from '../../engine/types/data-type.ts'
import { BUILTIN_SOURCES } from '../../sources/index.ts'
import { temporaryDirectory } from '../harness/connector-environment.ts'
import { sourceContract } from '../harness/source-contract.ts'

const source = (name: string): SourceDefinition => BUILTIN_SOURCES.find((s) => s.name === name)!
const schema = [field('id', BIGINT), field('name', STRING)]

function fileTrial(format: string, content: (n: number) => string) {
  return async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'in'))
    let n = 0
    return {
      definition: source(format),
      options: { path: join(directory, 'in') },
      ...(format === 'text' ? {} : { given: schema }),
      replays: true,
      more() {
        const path = join(directory, 'ready')
        writeFileSync(path, content(n))
        utimesSync(path, 1_700_000_000 + n, 1_700_000_000 + n)
        renameSync(path, join(directory, 'in', `part-${n++}`))
      },
    }
  }
}
sourceContract(
  'json',
  fileTrial('json', (n) => `{"id":${n},"name":"a"}\n{"name":"b","id":${n + 10}}\n`),
)
sourceContract(
  'csv',
  fileTrial('csv', (n) => `${n},a\n${n + 10},"b"\n`),
)
sourceContract(
  'text',
  fileTrial('text', (n) => `line ${n}\nanother\n`),
)

sourceContract('memory', async () => {
  const stream = new MemoryStream('s', schema)
  let n = 0n
  return {
    definition: memorySourceDefinition(new Map([['s', stream]])),
    options: { stream: 's' },
    replays: true,
    more: () =>
      void stream.addRows([
        [n++, 'a'],
        [n++, null],
      ]),
  }
})

sourceContract('rate-micro-batch', async () => ({
  definition: source('rate-micro-batch'),
  options: { rowsPerBatch: '5' },
  // A range of several epochs has the first one's timestamp, as in Spark.
  replays: false,
  more() {},
}))

sourceContract('socket', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  let n = 0
  return {
    definition: source('socket'),
    options: { host: '127.0.0.1', port: String((server.address() as AddressInfo).port) },
    replays: false,
    async more(opened) {
      const before = opened.reportLatest!()
      while (sockets.length === 0) await delay(1)
      sockets.at(-1)!.write(`line ${n++}\nanother\n`)
      while (opened.reportLatest!() === before) await delay(1)
    },
  }
})
