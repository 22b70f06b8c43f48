import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataSet } from './data/generate.ts'
import type { QueryName } from './engine-run.ts'

/**
 * The same queries as a careful programmer writes them by hand: JSON.parse a line, a Map for state, windows closed by the same watermark. No SQL,
 * no schema, no checkpoint, no ANSI arithmetic: what is measured against it has all of that.
 */
export function runByHand(name: QueryName, data: DataSet, epochs: number, emit: (row: readonly Value[]) => void): void {
  const query = makeQuery(name, data, emit)
  const folder = name === 'ysb' ? data.adEvents : data.bids
  const files = readdirSync(folder).sort()
  const filesPerEpoch = Math.ceil(files.length / epochs)
  let maxTime = 0
  files.forEach((file, i) => {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      if (line === '') continue
      const row = JSON.parse(line) as Bid & AdEvent
      const time = Date.parse(row.dateTime ?? row.event_time)
      if (time > maxTime) maxTime = time
      query.add(row, time)
    }
    if ((i + 1) % filesPerEpoch === 0 || i === files.length - 1) query.close(maxTime - 4_000)
  })
}

/** Times in milliseconds. */
export type Value = string | number

interface Bid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly channel: string
  readonly url: string
  readonly dateTime: string
  readonly extra: string
}
interface AdEvent {
  readonly ad_id: string
  readonly event_type: string
  readonly event_time: string
}
interface HandMadeQuery {
  add(row: Bid & AdEvent, time: number): void
  /** All windows that end by `watermark` are final. */
  close(watermark: number): void
}

function makeQuery(name: QueryName, data: DataSet, emit: (row: readonly Value[]) => void): HandMadeQuery {
  switch (name) {
    case 'q0':
      return stateless((b, time) => emit([b.auction, b.bidder, b.price, b.channel, b.url, time, b.extra]))
    case 'q1':
      return stateless((b, time) => emit([b.auction, b.bidder, ((b.price * 908) / 1000).toFixed(3), time, b.extra]))
    case 'q2':
      return stateless((b) => {
        if (b.auction % 123 === 0) emit([b.auction, b.price])
      })
    case 'q5':
      return windowed<number>(emit, 10_000, 2_000, (b) => b.auction, count)
    case 'q7':
      return windowed<undefined>(
        emit,
        10_000,
        10_000,
        () => undefined,
        (highest, b) => Math.max(highest ?? b.price, b.price),
      )
    case 'q12':
      return windowed<number>(emit, 10_000, 10_000, (b) => b.bidder, count)
    case 'dedup':
      return distinct(emit)
    case 'ysb': {
      const campaigns = new Map<string, string>()
      for (const line of readFileSync(data.campaigns, 'utf8').trimEnd().split('\n')) {
        const { ad_id, campaign_id } = JSON.parse(line) as { ad_id: string; campaign_id: string }
        campaigns.set(ad_id, campaign_id)
      }
      return windowed<string>(emit, 10_000, 10_000, (e) => (e.event_type === 'view' ? campaigns.get(e.ad_id) : SKIP), count)
    }
  }
}

const SKIP = Symbol('no group')
const count = (before: number | undefined): number => (before ?? 0) + 1

function stateless(add: (row: Bid, time: number) => void): HandMadeQuery {
  return { add, close() {} }
}

/** A Map of windows, of each a Map of groups. */
function windowed<Key extends Value | undefined>(
  emit: (row: readonly Value[]) => void,
  width: number,
  slide: number,
  key: (row: Bid & AdEvent) => Key | typeof SKIP | undefined,
  add: (before: number | undefined, row: Bid) => number,
): HandMadeQuery {
  const windows = new Map<number, Map<Key | undefined, number>>()
  return {
    add(row, time) {
      const group = key(row)
      if (group === SKIP) return
      for (let start = Math.floor(time / slide) * slide; start > time - width; start -= slide) {
        let groups = windows.get(start)
        if (groups === undefined) windows.set(start, (groups = new Map()))
        groups.set(group, add(groups.get(group), row))
      }
    },
    close(watermark) {
      for (const [start, groups] of windows) {
        if (start + width > watermark) continue
        for (const [group, value] of groups) emit(group === undefined ? [start + width, value] : [start + width, group, value])
        windows.delete(start)
      }
    },
  }
}

/** Keys lie in a Map by second, so that those that the watermark has passed can be forgotten. */
function distinct(emit: (row: readonly Value[]) => void): HandMadeQuery {
  const seconds = new Map<number, Set<string>>()
  return {
    add(row, time) {
      const second = Math.floor(time / 1000)
      let keys = seconds.get(second)
      if (keys === undefined) seconds.set(second, (keys = new Set()))
      const key = `${row.auction}|${row.bidder}|${time}`
      if (keys.has(key)) return
      keys.add(key)
      emit([row.auction, row.bidder, time])
    },
    close(watermark) {
      for (const second of seconds.keys()) if (second * 1000 + 999 <= watermark) seconds.delete(second)
    },
  }
}
