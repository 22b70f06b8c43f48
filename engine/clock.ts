/** The only way the engine learns what time it is, so that tests can move time by hand. */
export interface Clock {
  /** Milliseconds since 1970-01-01 00:00:00 UTC. */
  nowMs(): number
  /** Resolves after `delayMs`, or early (never rejecting) once `signal` is aborted. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, delayMs)
      signal.addEventListener('abort', done)
    }),
}
