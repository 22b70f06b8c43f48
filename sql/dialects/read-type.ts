import { ParseError } from '../../engine/errors/engine-error.ts'
import type { Span } from '../../engine/errors/span.ts'
import type { DataType } from '../../engine/types/data-type.ts'
import { parseType } from '../ddl.ts'
import type { Reading } from './reader.ts'
import { isEmpty, type RawNode, readNode } from './tree.ts'

/** The target of a cast. */
export function readType(raw: RawNode, reading: Reading, span: Span): DataType {
  return readNode(raw, span, (field) => {
    const written = `${field('dataType')}`
    const name = written.toUpperCase().replace(/\s+/g, ' ')
    const suffixes = [field('suffix')].flat().filter((word) => !isEmpty(word))
    const length = field('length')
    const scale = field('scale')
    const zone = suffixes
      .map((word) => (typeof word === 'string' ? word : JSON.stringify(word)))
      .join(' ')
      .toUpperCase()
    const isArray = !isEmpty(field('array'))
    if (isArray) throw reading.refuse(`type ${written}[]`, span)
    const text = typeText(name, zone, length, scale, reading, span)
    try {
      return parseType(text, reading.settings)
    } catch (error) {
      if (error instanceof ParseError) error.span = reading.placeOf(written)
      throw error
    }
  })
}

const MOMENTS = new Set(['TIMESTAMP', 'TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIMESTAMPTZ', 'DATETIME'])

function typeText(name: string, suffix: string, length: unknown, scale: unknown, reading: Reading, span: Span): string {
  const { dialect } = reading
  const sized = typeof length === 'number'
  if (/WITH(OUT)? (LOCAL )?TIME ?ZONE/.test(`${name} ${suffix}`) && name.startsWith('TIMESTAMP'))
    return `${name} ${suffix}`.includes('WITHOUT') ? 'TIMESTAMP_NTZ' : 'TIMESTAMP'
  if (suffix !== '') {
    if (suffix === 'PRECISION' && name === 'DOUBLE') return 'DOUBLE'
    throw reading.refuse(`type ${name} ${suffix}`, span)
  }
  if (MOMENTS.has(name)) {
    if (sized && length !== 6)
      throw reading.refuse(`type ${name}(${length})`, span, 'Times here have microseconds: write (6), or no number.')
    return name === 'TIMESTAMP' ? dialect.timestamp : (dialect.types[name] ?? name)
  }
  if (name === 'DECIMAL' || name === 'NUMERIC' || name === 'DEC' || name === 'NUMBER') {
    if (!sized) return dialect.decimal
    return `DECIMAL(${length}, ${typeof scale === 'number' ? scale : 0})`
  }
  if (name === 'VARCHAR' || name === 'CHARACTER VARYING') return sized ? `VARCHAR(${length})` : 'STRING'
  if (name === 'DOUBLE PRECISION') return 'DOUBLE'
  const known = dialect.types[name] ?? name
  return sized && known === name ? `${name}(${length})` : known
}
