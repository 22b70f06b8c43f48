/** Parts of the dialects' date and time patterns as Java's letters. Longer parts first. */
const SHARED = { Y: 'yyyy', y: 'yy', m: 'MM', d: 'dd', H: 'HH', T: 'HH:mm:ss', p: 'a', b: 'MMM', j: 'DDD' }
const PERCENT: Readonly<Record<'mysql' | 'strftime', Readonly<Record<string, string>>>> = {
  /** %M is the month's name there, whose Java letters stand alone in few places. */
  mysql: { ...SHARED, e: 'd', c: 'M', i: 'mm', s: 'ss', S: 'ss', M: 'MMMM' },
  strftime: { ...SHARED, M: 'mm', S: 'ss', F: 'yyyy-MM-dd', B: 'MMMM' },
}
const TEMPLATE: readonly (readonly [string, string])[] = [
  ['YYYY', 'yyyy'],
  ['HH24', 'HH'],
  ['HH12', 'hh'],
  ['YY', 'yy'],
  ['MON', 'MMM'],
  ['MM', 'MM'],
  ['MI', 'mm'],
  ['DDD', 'DDD'],
  ['DD', 'dd'],
  ['SS', 'ss'],
  ['HH', 'hh'],
  ['AM', 'a'],
  ['PM', 'a'],
]

export type PatternLanguage = 'mysql' | 'strftime' | 'template'

/**
 * `%Y-%m` (`mysql`: MySQL and Trino; `strftime`: BigQuery) or `YYYY-MM` (PostgreSQL, Snowflake) → `yyyy-MM`. Undefined when a part has no letters in Java's
 * patterns, or another meaning there.
 */
export function javaPattern(pattern: string, language: PatternLanguage): string | undefined {
  let java = ''
  let at = 0
  while (at < pattern.length) {
    const rest = pattern.slice(at)
    if (language !== 'template' && rest[0] === '%') {
      const part = rest[1] === undefined || !Object.hasOwn(PERCENT[language], rest[1]) ? undefined : PERCENT[language][rest[1]]
      if (part === undefined) return undefined
      java += part
      at += 2
      continue
    }
    const part = language === 'template' ? TEMPLATE.find(([word]) => rest.toUpperCase().startsWith(word)) : undefined
    if (part) {
      java += part[1]
      at += part[0].length
      continue
    }
    if (language === 'template' && /[A-Za-z"]/.test(rest[0]!)) return undefined
    java += /[A-Za-z]/.test(rest[0]!) ? `'${rest[0]}'` : rest[0] === "'" ? "''" : rest[0]
    at++
  }
  return java
}
