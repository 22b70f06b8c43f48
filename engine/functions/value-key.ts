import { compareText } from '../types/compare.ts'
import type { DataType } from '../types/data-type.ts'
import type { CalendarInterval, MapValue, Value } from '../types/value.ts'

/** Equal exactly when the values are: NaN is itself, -0.0 is 0.0, NULL is NULL. For JavaScript's own Set and Map. */
export type ValueKey = string | number | bigint | boolean | null

/** The key by which values of a type are found in a Set or Map. Values that are no primitives have a text that spells them out. */
export function valueKey(type: DataType): (value: Value) => ValueKey {
  switch (type.kind) {
    case 'binary':
    case 'array':
    case 'struct':
    case 'map':
    case 'interval': {
      const spell = speller(type)
      return (value) => (value === null ? null : spell(value))
    }
    default:
      return (value) => value as ValueKey
  }
}

/** The one zero that stands for both, among distinct values. */
export function withoutSign(value: Value): Value {
  return value === 0 ? 0 : value
}

/** Text of a value that is the beginning of no other value's text, so that texts may stand one behind the other. */
function speller(type: DataType): (value: Value) => string {
  switch (type.kind) {
    case 'string':
      return (value) => `${(value as string).length}:${value as string}`
    case 'binary':
      return (value) => `${(value as Uint8Array).length}:${Buffer.from(value as Uint8Array).toString('latin1')}`
    case 'interval':
      return (value) => {
        const { months, days, microseconds } = value as CalendarInterval
        return `${months},${days},${microseconds};`
      }
    case 'array': {
      const spell = nullable(type.element)
      return (value) => `[${(value as readonly Value[]).map(spell).join('')}]`
    }
    case 'struct': {
      const fields = type.fields.map((f) => nullable(f.type))
      return (value) => (value as readonly Value[]).map((v, i) => fields[i]!(v)).join('')
    }
    case 'map': {
      const spellKey = speller(type.key)
      const spellValue = nullable(type.value)
      // Maps that hold the same entries are the same in any order.
      return (value) => {
        const entries = (value as MapValue).entries.map(([k, v]) => `${spellKey(k)}${spellValue(v)}`)
        return `{${entries.sort(compareText).join('')}}`
      }
    }
    default:
      return (value) => `${String(value === 0 ? 0 : value)};`
  }
}

function nullable(type: DataType): (value: Value) => string {
  const spell = speller(type)
  return (value) => (value === null ? '~' : spell(value))
}
