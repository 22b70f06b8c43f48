import type { IANAZone } from 'luxon'
import { UsageError } from '../errors/engine-error.ts'
import { floorDiv } from './date.ts'
import { luxon } from './luxon.ts'
import { secondsOfMicros } from './micros.ts'

/**
 * A time zone as java.time.ZoneId reads its id: `UTC`, `Z`, `GMT+2`, `+01:00`, `Europe/Berlin` and Java's short ids.
 * Local times in a gap move forward by the gap's length; local times that occur twice mean the earlier instant.
 */
export interface Zone {
  readonly id: string
  /** Seconds east of UTC where the offset never changes, else undefined. */
  readonly fixedOffsetSeconds: number | undefined
  /** Offset in seconds at an instant in seconds since 1970 (UTC). */
  offsetSecondsAt(utcSeconds: number): number
  /** Offset in seconds that turns this local time into its instant: instant = local − offset. */
  offsetSecondsOfLocal(localSeconds: number): number
  offsetMicrosAt(utcMicros: bigint): bigint
  /** Instant → local clock, both in microseconds. */
  toLocalMicros(utcMicros: bigint): bigint
  /** Local clock → instant, both in microseconds. */
  toUtcMicros(localMicros: bigint): bigint
}

const zones = new Map<string, Zone>()

/** The zone of an id; throws UsageError INVALID_TIMEZONE for ids java.time does not know. */
export function zoneOf(id: string): Zone {
  const zone = findZone(id)
  if (zone !== undefined) return zone
  throw new UsageError('INVALID_TIMEZONE', {
    message: `time zone "${id}" is not known`,
    detail: 'A zone is a region such as Europe/Berlin, an offset such as +01:00, UTC, or UTC or GMT followed by an offset.',
    parameters: { timeZone: id },
  })
}

export function findZone(id: string): Zone | undefined {
  let zone = zones.get(id)
  if (zone === undefined) {
    zone = makeZone(id)
    if (zone !== undefined) zones.set(id, zone)
  }
  return zone
}

export const UTC: Zone = fixedZone('UTC', 0)

function makeZone(given: string): Zone | undefined {
  // Spark also takes +h:mm and +hh:m, which java.time does not.
  const id = given.replace(/([+-])(\d):/, '$10$2:').replace(/([+-])(\d\d):(\d)$/, '$1$2:0$3')
  if (id === 'Z') return fixedZone(given, 0)
  if (/^[+-]/.test(id)) return fixed(given, id)
  const prefixed = /^(UTC|GMT|UT)([+-].*)?$/.exec(id)
  if (prefixed !== null) return prefixed[2] === undefined ? fixedZone(given, 0) : fixed(given, prefixed[2])
  const short = JAVA_SHORT_IDS[id]
  if (short !== undefined) return short.startsWith('-') ? fixed(given, short) : new RegionZone(given, short)
  return isRegion(id) ? new RegionZone(given, id) : undefined
}

function fixed(id: string, offset: string): Zone | undefined {
  const seconds = parseOffset(offset)
  return seconds === undefined ? undefined : fixedZone(id, seconds)
}

/** Seconds of `±h`, `±hh`, `±hh:mm`, `±hhmm`, `±hh:mm:ss`, `±hhmmss`; at most 18 hours. */
export function parseOffset(text: string): number | undefined {
  const match = /^([+-])(?:(\d)|(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)$/.exec(text)
  if (match === null) return undefined
  // Colons stand between all parts or none.
  if (text.includes(':') && !/^[+-]\d\d(:\d\d){1,2}$/.test(text)) return undefined
  const hours = Number(match[2] ?? match[3])
  const minutes = Number(match[4] ?? 0)
  const seconds = Number(match[5] ?? 0)
  const total = hours * 3600 + minutes * 60 + seconds
  if (minutes > 59 || seconds > 59 || total > 18 * 3600) return undefined
  return match[1] === '-' ? -total : total
}

/** `Z`, `+01:00`, `-07:52:58`: java.time's ZoneOffset text. */
export function formatOffset(seconds: number): string {
  if (seconds === 0) return 'Z'
  const abs = Math.abs(seconds)
  const two = (n: number) => String(n).padStart(2, '0')
  const text = `${seconds < 0 ? '-' : '+'}${two(floorDiv(abs, 3600))}:${two(floorDiv(abs, 60) % 60)}`
  return abs % 60 === 0 ? text : `${text}:${two(abs % 60)}`
}

function isRegion(id: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9~/._+-]+$/.test(id) || !luxon().IANAZone.isValidZone(id)) return false
  // Intl ignores case, java.time does not: every part of a region's name starts with a capital.
  if (/(^|\/)[a-z]/.test(id)) return false
  const canonical = new Intl.DateTimeFormat('en-US', { timeZone: id }).resolvedOptions().timeZone
  return canonical.toLowerCase() !== id.toLowerCase() || canonical === id || canonical === 'UTC'
}

function fixedZone(id: string, seconds: number): Zone {
  const micros = BigInt(seconds) * 1_000_000n
  return {
    id,
    fixedOffsetSeconds: seconds,
    offsetSecondsAt: () => seconds,
    offsetSecondsOfLocal: () => seconds,
    offsetMicrosAt: () => micros,
    toLocalMicros: (utc) => utc + micros,
    toUtcMicros: (local) => local - micros,
  }
}

/** Seconds a bucket of the offset cache covers: 2^25, a bit more than a year, so that it holds two or three transitions. */
const BUCKET_SECONDS = 33_554_432
const PROBE_SECONDS = 14 * 86_400
const CYCLE_SECONDS = 146_097 * 86_400
/** No zone changes its offset before 1800, and after 2400 every rule repeats with the calendar's cycle of 400 years. */
const FIRST_SECONDS = -5_364_662_400
const LAST_SECONDS = 13_569_465_600
const FIRST_BUCKET = Math.floor(FIRST_SECONDS / BUCKET_SECONDS)

/** Offsets inside one bucket: `offsets[i]` holds from `starts[i]` on; `starts[0]` is the start of the bucket. */
interface Bucket {
  readonly starts: Float64Array
  readonly offsets: Float64Array
}

/**
 * A region with changing offsets. Intl answers one question in microseconds, so answers are kept: a bucket of about a year is
 * probed every two weeks when it is first needed and holds its few transitions from then on.
 */
class RegionZone implements Zone {
  readonly id: string
  readonly fixedOffsetSeconds = undefined
  readonly #region: IANAZone
  readonly #buckets: (Bucket | undefined)[] = []

  constructor(id: string, region: string) {
    this.id = id
    this.#region = luxon().IANAZone.create(region)
  }

  offsetSecondsAt(utcSeconds: number): number {
    let at = utcSeconds
    if (at < FIRST_SECONDS) at = FIRST_SECONDS
    else if (at >= LAST_SECONDS) at -= Math.ceil((at - LAST_SECONDS + 1) / CYCLE_SECONDS) * CYCLE_SECONDS
    const index = Math.floor(at / BUCKET_SECONDS)
    const { starts, offsets } = this.#buckets[index - FIRST_BUCKET] ?? this.#fill(index)
    let i = starts.length - 1
    while (i > 0 && at < starts[i]!) i--
    return offsets[i]!
  }

  offsetSecondsOfLocal(localSeconds: number): number {
    // A day before and a day after are on either side of any transition near this local time.
    const before = this.offsetSecondsAt(localSeconds - 86_400)
    const after = this.offsetSecondsAt(localSeconds + 86_400)
    if (before === after) return before
    if (this.offsetSecondsAt(localSeconds - before) === before) return before
    // In a gap neither offset is in force at its own instant: the offset before the gap moves the time forward.
    return this.offsetSecondsAt(localSeconds - after) === after ? after : before
  }

  offsetMicrosAt(utcMicros: bigint): bigint {
    return BigInt(this.offsetSecondsAt(secondsOfMicros(utcMicros))) * 1_000_000n
  }
  toLocalMicros(utcMicros: bigint): bigint {
    return utcMicros + this.offsetMicrosAt(utcMicros)
  }
  toUtcMicros(localMicros: bigint): bigint {
    return localMicros - BigInt(this.offsetSecondsOfLocal(secondsOfMicros(localMicros))) * 1_000_000n
  }

  #fill(index: number): Bucket {
    const start = index * BUCKET_SECONDS
    const end = start + BUCKET_SECONDS
    const starts = [start]
    const offsets = [this.#ask(start)]
    for (let at = start; at < end; at += PROBE_SECONDS) {
      const next = Math.min(at + PROBE_SECONDS, end)
      const offset = this.#ask(next)
      if (offset === offsets.at(-1)) continue
      let low = at
      let high = next
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (this.#ask(middle) === offset) high = middle
        else low = middle
      }
      if (high < end) {
        starts.push(high)
        offsets.push(offset)
      }
    }
    const bucket = { starts: Float64Array.from(starts), offsets: Float64Array.from(offsets) }
    this.#buckets[index - FIRST_BUCKET] = bucket
    return bucket
  }

  #ask(utcSeconds: number): number {
    return Math.round(this.#region.offset(utcSeconds * 1000) * 60)
  }
}

/** java.time.ZoneId.SHORT_IDS. */
const JAVA_SHORT_IDS: Readonly<Record<string, string>> = {
  ACT: 'Australia/Darwin',
  AET: 'Australia/Sydney',
  AGT: 'America/Argentina/Buenos_Aires',
  ART: 'Africa/Cairo',
  AST: 'America/Anchorage',
  BET: 'America/Sao_Paulo',
  BST: 'Asia/Dhaka',
  CAT: 'Africa/Harare',
  CNT: 'America/St_Johns',
  CST: 'America/Chicago',
  CTT: 'Asia/Shanghai',
  EAT: 'Africa/Addis_Ababa',
  ECT: 'Europe/Paris',
  EST: '-05:00',
  HST: '-10:00',
  IET: 'America/Indiana/Indianapolis',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  MIT: 'Pacific/Apia',
  MST: '-07:00',
  NET: 'Asia/Yerevan',
  NST: 'Pacific/Auckland',
  PLT: 'Asia/Karachi',
  PNT: 'America/Phoenix',
  PRT: 'America/Puerto_Rico',
  PST: 'America/Los_Angeles',
  SST: 'Pacific/Guadalcanal',
  VST: 'Asia/Ho_Chi_Minh',
}
