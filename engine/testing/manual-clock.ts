import type { Clock } from '../clock.ts'

/** A clock that stands still until it is moved: it starts at 1970-01-01 00:00:00 UTC. Sleeping ends at once, so that nothing waits for time that nobody moves. */
export class ManualClock implements Clock {
  #nowMs = 0

  nowMs(): number {
    return this.#nowMs
  }
  move(durationMs: number): void {
    this.#nowMs += durationMs
  }
  async sleep(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
