import type { ZoneNameStyle } from './pattern-elements.ts'
import { findZone, formatOffset, type Zone } from './zone.ts'

/**
 * Zone names in English. Intl knows abbreviations only in the locales of the places that use them,
 * so several are asked until one has a name that is not an offset.
 */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA', 'ja-JP', 'ko-KR']
const formats = new Map<string, Intl.DateTimeFormat>()

export function zoneName(zone: Zone, utcSeconds: number, style: ZoneNameStyle): string {
  if (zone.fixedOffsetSeconds !== undefined) return fixedName(zone, style)
  if (style === 'shortGeneric') {
    const long = nameIn('en-US', zone.id, utcSeconds, 'longGeneric')
    if (long?.endsWith(' Time')) return long.replace(/(\w)\w*\s*/g, '$1')
  }
  for (const locale of style === 'short' ? LOCALES : ['en-US']) {
    const name = nameIn(locale, zone.id, utcSeconds, style)
    if (name !== undefined && !/^(GMT|UTC)[+-]/.test(name)) return name
  }
  return formatOffset(zone.offsetSecondsAt(utcSeconds))
}

function fixedName(zone: Zone, style: ZoneNameStyle): string {
  if (zone.id === 'UTC') return style === 'long' || style === 'longGeneric' ? 'Coordinated Universal Time' : 'UTC'
  if (zone.id === 'GMT') return style === 'long' || style === 'longGeneric' ? 'Greenwich Mean Time' : 'GMT'
  return zone.id
}

function nameIn(locale: string, id: string, utcSeconds: number, style: ZoneNameStyle): string | undefined {
  const key = `${locale} ${id} ${style}`
  let format = formats.get(key)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, { timeZone: id, timeZoneName: style })
    formats.set(key, format)
  }
  return format.formatToParts(utcSeconds * 1000).find((part) => part.type === 'timeZoneName')?.value
}

/** The zone a name at the start of a text means: an abbreviation, an English name or an id, the longest that fits. */
export function zoneNamed(text: string): { readonly zone: Zone; readonly length: number } | undefined {
  const lower = text.toLowerCase()
  let best: { readonly zone: Zone; readonly length: number } | undefined
  for (const [name, id] of Object.entries(NAMED)) {
    if (name.length > (best?.length ?? 0) && lower.startsWith(name.toLowerCase()))
      best = { zone: findZone(id)!, length: name.length }
  }
  return best ?? zoneIdAt(text)
}

/** The longest zone id at the start of a text. */
export function zoneIdAt(text: string): { readonly zone: Zone; readonly length: number } | undefined {
  const candidate = /^[A-Za-z0-9~/._+:-]+/.exec(text)?.[0] ?? ''
  for (let length = candidate.length; length > 0; length--) {
    const zone = findZone(candidate.slice(0, length))
    if (zone !== undefined) return { zone, length }
  }
  return undefined
}

const NAMED: Readonly<Record<string, string>> = {
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
  MST: 'America/Denver',
  MDT: 'America/Denver',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  EST: 'America/New_York',
  EDT: 'America/New_York',
  CET: 'Europe/Paris',
  CEST: 'Europe/Paris',
  EET: 'Europe/Bucharest',
  EEST: 'Europe/Bucharest',
  BST: 'Europe/London',
  JST: 'Asia/Tokyo',
  IST: 'Asia/Kolkata',
  'Pacific Standard Time': 'America/Los_Angeles',
  'Pacific Daylight Time': 'America/Los_Angeles',
  'Mountain Standard Time': 'America/Denver',
  'Mountain Daylight Time': 'America/Denver',
  'Central Standard Time': 'America/Chicago',
  'Central Daylight Time': 'America/Chicago',
  'Eastern Standard Time': 'America/New_York',
  'Eastern Daylight Time': 'America/New_York',
  'Central European Standard Time': 'Europe/Paris',
  'Central European Summer Time': 'Europe/Paris',
  'Coordinated Universal Time': 'UTC',
  'Greenwich Mean Time': 'GMT',
}
