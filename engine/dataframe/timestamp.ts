import { formatTimestamp } from '../types/timestamp.ts'
import { UTC } from '../types/zone.ts'

/**
 * A TIMESTAMP as users see it: a Date (milliseconds, floor) that also carries the microseconds. `toString` and JSON print all of them, in UTC.
 */
export class Timestamp extends Date {
  readonly epochMicroseconds: bigint

  constructor(epochMicroseconds: bigint) {
    const remainder = epochMicroseconds % 1000n
    super(Number((epochMicroseconds - (remainder < 0n ? remainder + 1000n : remainder)) / 1000n))
    this.epochMicroseconds = epochMicroseconds
  }

  /** `2031-03-04 12:00:05.123456`, UTC. */
  override toString(): string {
    return formatTimestamp(this.epochMicroseconds, UTC)
  }
  override toJSON(): string {
    return this.toString().replace(' ', 'T') + 'Z'
  }
  /** As `console.log` shows it. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Timestamp ${this.toJSON()}`
  }
  override toISOString(): string {
    return this.toJSON()
  }
}
