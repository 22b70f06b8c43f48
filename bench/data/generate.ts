import { closeSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Draw } from './random.ts'

/** Event time runs at this rate, from START_MS on, each event up to LATE_MS behind it: under a watermark of 4 seconds none is too late. */
const EVENTS_PER_SECOND = 10_000
const START_MS = Date.UTC(2024, 0, 1)
const LATE_MS = 2_000

const BID_SEED = 42
const AD_EVENT_SEED = 11

/** Folders of NDJSON files: `bids` (about 230 bytes a row), `ad_events` (about 260) and the table `campaigns`. */
export interface DataSet {
  readonly rows: number
  readonly bids: string
  readonly adEvents: string
  readonly campaigns: string
}

export function generateData(folder: string, rows: number, files: number): DataSet {
  mkdirSync(folder, { recursive: true })
  const set = {
    rows,
    bids: join(folder, 'bids'),
    adEvents: join(folder, 'ad_events'),
    campaigns: join(folder, 'campaigns.ndjson'),
  }
  writeBids(set.bids, rows, files)
  writeAdEvents(set.adEvents, set.campaigns, rows, files)
  return set
}

/** NEXMark-like bids: half of them on the auction that is hot now, three quarters by a hot bidder, the rest among the recent ones. */
function writeBids(folder: string, rows: number, files: number): void {
  const draw = new Draw(BID_SEED)
  const channels = ['Google', 'Facebook', 'Baidu', 'Apple']
  writeFiles(folder, rows, files, (event) => {
    const newest = 1000 + Math.floor(event / 15)
    const auction = draw.chance(0.5) ? newest - (newest % 100) : newest - draw.integer(100)
    const people = 1000 + Math.floor(event / 46)
    const bidder = draw.chance(0.75) ? people - (people % 100) + 1 : people - draw.integer(1000)
    const price = Math.floor(100 * 10 ** draw.integer(6) * (1 + draw.integer(9000) / 1000))
    const channel = draw.chance(0.5) ? draw.one(channels) : `channel-${draw.integer(10_000)}`
    const url = `https://www.example.com/${draw.hex(16)}/item.htm?query=1&channel_id=${draw.integer(2 ** 30)}`
    const extra = draw.hex(10 + draw.integer(40))
    return `{"auction":${auction},"bidder":${bidder},"price":${price},"channel":"${channel}","url":"${url}","dateTime":"${timeOf(event, draw)}","extra":"${extra}"}\n`
  })
}

/** Events of the Yahoo streaming benchmark, and the campaigns that the ads belong to: a hundred with ten ads each. */
function writeAdEvents(folder: string, campaigns: string, rows: number, files: number): void {
  const draw = new Draw(AD_EVENT_SEED)
  const ads = Array.from({ length: 1000 }, () => draw.uuid())
  const campaignIds = Array.from({ length: 100 }, () => draw.uuid())
  writeFileSync(campaigns, ads.map((ad, i) => `{"ad_id":"${ad}","campaign_id":"${campaignIds[Math.floor(i / 10)]}"}\n`).join(''))
  const users = Array.from({ length: 100 }, () => draw.uuid())
  const pages = Array.from({ length: 100 }, () => draw.uuid())
  const adTypes = ['banner', 'modal', 'sponsored-search', 'mail', 'mobile']
  const eventTypes = ['view', 'click', 'purchase']
  writeFiles(folder, rows, files, (event) => {
    const address = `10.${draw.integer(256)}.${draw.integer(256)}.${draw.integer(256)}`
    return `{"user_id":"${draw.one(users)}","page_id":"${draw.one(pages)}","ad_id":"${draw.one(ads)}","ad_type":"${draw.one(adTypes)}","event_type":"${draw.one(eventTypes)}","event_time":"${timeOf(event, draw)}","ip_address":"${address}"}\n`
  })
}

function timeOf(event: number, draw: Draw): string {
  return new Date(START_MS + LATE_MS + Math.floor((event * 1000) / EVENTS_PER_SECOND) - draw.lateness(LATE_MS)).toISOString()
}

/** Files of equal size; their modification times rise, as file sources read them in that order. */
function writeFiles(folder: string, rows: number, files: number, line: (event: number) => string): void {
  mkdirSync(folder, { recursive: true })
  const rowsPerFile = Math.ceil(rows / files)
  for (let file = 0; file < files; file++) {
    const path = join(folder, `part-${String(file).padStart(5, '0')}.ndjson`)
    const handle = openSync(path, 'w')
    const end = Math.min(rows, (file + 1) * rowsPerFile)
    for (let event = file * rowsPerFile; event < end; ) {
      const lines: string[] = []
      for (; event < end && lines.length < 5_000; event++) lines.push(line(event))
      writeSync(handle, lines.join(''))
    }
    closeSync(handle)
    const seconds = START_MS / 1000 + file
    utimesSync(path, seconds, seconds)
  }
}
