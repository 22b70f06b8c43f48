import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '../../engine/clock.ts'
import { createSession, Session, Trigger } from '../../index.ts'

/**
 * A process of its own for tests that kill it: copies a topic to another in transactions, a few thousand rows an epoch, until all rows that there were
 * at its start are copied. Argument: a Copy as JSON.
 */
export interface Copy {
  readonly servers: string
  readonly input: string
  readonly output: string
  readonly checkpoint: string
  readonly rowsAnEpoch: number
  /** Further `kafka.*` options, of source and sink. */
  readonly kafka?: Readonly<Record<string, string>>
  /** Further options of the source, and of the sink. */
  readonly source?: Readonly<Record<string, string>>
  readonly sink?: Readonly<Record<string, string>>
}

export async function copyTopic(copy: Copy, clock?: Clock): Promise<void> {
  const { servers, input, output, checkpoint, rowsAnEpoch, kafka = {}, source = {}, sink = {} } = copy
  const plain = createSession()
  const session = clock === undefined ? plain : new Session({}, { ...plain.parts, clock })
  const rows = session.readStream
    .format('kafka')
    .options({ 'kafka.bootstrap.servers': servers, ...kafka })
    .option('subscribe', input)
    .option('startingOffsets', 'earliest')
    .option('maxOffsetsPerTrigger', rowsAnEpoch)
    .options(source)
    .load()
  const query = await rows
    .select('key', 'value', 'partition')
    .writeStream.format('kafka')
    .options({ 'kafka.bootstrap.servers': servers, ...kafka })
    .option('topic', output)
    .option('transactional', true)
    .options(sink)
    .option('checkpointLocation', checkpoint)
    .trigger(Trigger.availableNow())
    .start()
  try {
    await query.awaitTermination()
  } finally {
    await session.stop()
  }
}

/** The copy in a process of its own. */
export class CopyProcess {
  readonly process: ChildProcess
  /** Its exit code; null when it was killed. */
  readonly ended: Promise<number | null>
  errors = ''

  constructor(copy: Copy) {
    this.process = spawn(process.execPath, ['--import', 'tsx', import.meta.filename, JSON.stringify(copy)], {
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    this.process.stderr!.on('data', (text: Buffer) => {
      this.errors += text.toString()
    })
    this.ended = new Promise((resolve) => this.process.once('close', (code) => resolve(code)))
  }

  /** What is waited for while the process runs; when it ends before, that is the failure. */
  async until<T>(what: Promise<T>): Promise<T> {
    const early = this.ended.then((code) => {
      throw new Error(`the process has ended with ${code}: ${this.errors}`)
    })
    return Promise.race([what, early])
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
  }
}

if (process.argv[1] === import.meta.filename) await copyTopic(JSON.parse(process.argv[2]!) as Copy)
