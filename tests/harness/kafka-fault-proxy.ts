import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '../../bench/data/random.ts'

/**
 * Stands between clients and a broker's PROXY listener and does to their connections what networks do, on request or by a seed. It knows where
 * requests and answers begin, so it can lose the answer to one request and no other.
 */
export class KafkaFaultProxy {
  /** Where the broker listens; set when it is known. */
  target = 0
  /** Requests that came through, by their API's key. */
  readonly requests = new Map<number, number>()
  /** Is shown the answers, without their header if that is not a flexible one. */
  onAnswer: (key: number, body: Buffer) => void = () => {}
  readonly #server: Server
  readonly #links = new Set<Link>()
  /** What to do with the next answers, by their API's key. */
  readonly #losses = new Map<number, Loss>()
  #disturbance: Disturbance | undefined
  #refuses = false

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (client) => this.#link(client))
  }

  static async open(): Promise<KafkaFaultProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new KafkaFaultProxy(server)
  }
  get port(): number {
    return (this.#server.address() as { readonly port: number }).port
  }
  get servers(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Breaks all connections that there are. */
  cut(): void {
    for (const link of this.#links) link.cut()
  }
  /** Breaks all connections, and takes no new ones until it is calm again. */
  refuse(): void {
    this.#refuses = true
    this.cut()
  }
  /** All connections that there are stay open and pass nothing any more; new ones do. */
  stall(): void {
    for (const link of this.#links) link.stall()
  }
  /** The broker does what the next request of this kind asks; its answer is lost, with the connection. Resolves when that has happened. */
  loseAnswer(api: { readonly key: number }): Promise<void> {
    return this.#loseNext(api.key, 'answer')
  }
  /** The next request of this kind is lost, with the connection, before the broker has it. */
  loseRequest(api: { readonly key: number }): Promise<void> {
    return this.#loseNext(api.key, 'request')
  }
  /** Calls `then` when the next request of this kind comes, and passes it on when that is done. */
  before(api: { readonly key: number }, then: () => Promise<void>): Promise<void> {
    return new Promise((happened) => this.#losses.set(api.key, { what: 'nothing', happened, before: then }))
  }

  /** From now on faults come by the seed, about every `everyBytes` bytes of answers one, until `count` connections were cut or stalled. Resolves then. */
  disturb(seed: number, count: number, everyBytes: number): Promise<void> {
    return new Promise((done) => {
      this.#disturbance = new Disturbance(seed, count, everyBytes, done)
    })
  }
  /** How many faults of each kind there were. */
  get faults(): Readonly<Record<Fault, number>> {
    return this.#disturbance?.counts ?? { cut: 0, stall: 0, delay: 0, split: 0 }
  }
  /** Passes on everything from now on. */
  calm(): void {
    this.onAnswer = () => {}
    this.#refuses = false
    this.#disturbance = undefined
    this.#losses.clear()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #loseNext(key: number, what: 'request' | 'answer'): Promise<void> {
    return new Promise((happened) => this.#losses.set(key, { what, happened }))
  }

  #link(client: Socket): void {
    if (this.#refuses) {
      client.destroy()
      return
    }
    const link = new Link(client, connect(this.target, '127.0.0.1'), () => this.#links.delete(link))
    this.#links.add(link)
    link.onRequest = async (key) => {
      this.requests.set(key, (this.requests.get(key) ?? 0) + 1)
      const loss = this.#losses.get(key)
      if (loss === undefined) return 'pass'
      this.#losses.delete(key)
      await loss.before?.()
      if (loss.what === 'answer') return loss
      if (loss.what === 'request') link.cut()
      loss.happened()
      return loss.what === 'request' ? 'drop' : 'pass'
    }
    link.onAnswer = (key, body) => this.onAnswer(key, body)
    link.nextFault = (bytes) => this.#disturbance?.next(bytes)
  }
}

export type Fault = 'cut' | 'stall' | 'delay' | 'split'
interface Loss {
  readonly what: 'request' | 'answer' | 'nothing'
  readonly happened: () => void
  readonly before?: () => Promise<void>
}

/** A stalled connection costs a client the time it waits for an answer: those are rarer. */
const FAULTS: readonly Fault[] = ['cut', 'cut', 'cut', 'stall', 'delay', 'split']
const DELAY_MS = 30

/** Draws where faults come. */
class Disturbance {
  readonly counts: Record<Fault, number> = { cut: 0, stall: 0, delay: 0, split: 0 }
  readonly #random: () => number
  readonly #everyBytes: number
  readonly #done: () => void
  #left: number
  #bytesLeft: number

  constructor(seed: number, count: number, everyBytes: number, done: () => void) {
    this.#random = seededRandom(seed)
    this.#everyBytes = everyBytes
    this.#done = done
    this.#left = count
    this.#bytesLeft = this.#draw()
  }

  /** A fault within the next `bytes` of answers, and how many of them come through before. */
  next(bytes: number): { readonly fault: Fault; readonly after: number } | undefined {
    if (this.#left === 0) return undefined
    if (bytes < this.#bytesLeft) {
      this.#bytesLeft -= bytes
      return undefined
    }
    const after = this.#bytesLeft
    const fault = FAULTS[Math.floor(this.#random() * FAULTS.length)]!
    this.counts[fault]++
    this.#bytesLeft = this.#draw()
    if ((fault === 'cut' || fault === 'stall') && --this.#left === 0) this.#done()
    return { fault, after }
  }
  #draw(): number {
    return Math.floor(this.#random() * 2 * this.#everyBytes)
  }
}

/** One connection of a client, and the one to the broker that belongs to it. */
class Link {
  onRequest: (key: number) => Promise<Loss | 'pass' | 'drop'> = async () => 'pass'
  onAnswer: (key: number, body: Buffer) => void = () => {}
  nextFault: (bytes: number) => { readonly fault: Fault; readonly after: number } | undefined = () => undefined
  readonly #client: Socket
  readonly #broker: Socket
  /** Keys of the requests that wait for their answer, by their number. */
  readonly #asked = new Map<number, number>()
  /** Answers that are to be lost, by the number of their request. */
  readonly #lost = new Map<number, Loss>()
  #stalled = false

  constructor(client: Socket, broker: Socket, closed: () => void) {
    this.#client = client
    this.#broker = broker
    for (const socket of [client, broker]) {
      socket.setNoDelay(true)
      socket.on('error', () => this.cut())
      socket.on('close', () => {
        // A connection that hangs does so whatever the other side does.
        if (!this.#stalled || client.destroyed) this.cut()
        closed()
      })
    }
    void this.#pass(client, (frame) => this.#request(frame))
    void this.#pass(broker, (frame) => this.#answer(frame))
  }

  cut(): void {
    this.#client.destroy()
    this.#broker.destroy()
  }
  stall(): void {
    this.#stalled = true
  }

  async #pass(from: Socket, take: (frame: Buffer) => Promise<void>): Promise<void> {
    const frames = new Frames()
    try {
      for await (const bytes of from) {
        frames.add(bytes as Buffer)
        for (let frame = frames.take(); frame !== undefined; frame = frames.take()) await take(frame)
      }
    } catch {
      // The connection was cut: that is what the proxy is for.
    }
    if (!this.#stalled) this.cut()
  }

  async #request(frame: Buffer): Promise<void> {
    if (this.#stalled) return
    const [key, number] = [frame.readInt16BE(4), frame.readInt32BE(8)]
    const verdict = await this.onRequest(key)
    if (verdict === 'drop') return
    if (verdict !== 'pass') this.#lost.set(number, verdict)
    this.#asked.set(number, key)
    this.#broker.write(frame)
  }

  async #answer(frame: Buffer): Promise<void> {
    if (this.#stalled) return
    const number = frame.readInt32BE(4)
    this.onAnswer(this.#asked.get(number) ?? -1, frame.subarray(8))
    this.#asked.delete(number)
    const loss = this.#lost.get(number)
    if (loss !== undefined) {
      this.cut()
      loss.happened()
      return
    }
    let rest = frame
    for (let found = this.nextFault(rest.length); found !== undefined; found = this.nextFault(rest.length)) {
      this.#client.write(rest.subarray(0, found.after))
      rest = rest.subarray(found.after)
      switch (found.fault) {
        case 'cut':
          // What was written before arrives; then the connection ends.
          this.#client.end()
          this.#broker.destroy()
          return
        case 'stall':
          this.stall()
          return
        case 'delay':
          await pause(DELAY_MS)
          break
        case 'split':
          for (let pieces = 0; pieces < 20 && rest.length > 1; pieces++) {
            this.#client.write(rest.subarray(0, 1))
            rest = rest.subarray(1)
            await pause(0)
          }
      }
    }
    this.#client.write(rest)
  }
}

/** Puts requests and answers together again: each is its length in 4 bytes, and that many more. */
class Frames {
  #parts: Buffer[] = []
  #bytes = 0

  add(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#bytes += bytes.length
  }
  /** The next whole one. */
  take(): Buffer | undefined {
    if (this.#bytes < 4) return undefined
    if (this.#parts[0]!.length < 4) this.#parts = [Buffer.concat(this.#parts)]
    const size = 4 + this.#parts[0]!.readInt32BE(0)
    if (this.#bytes < size) return undefined
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = [whole.subarray(size)]
    this.#bytes -= size
    return whole.subarray(0, size)
  }
}
