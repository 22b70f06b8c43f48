import { ExecutionError } from '../errors/engine-error.ts'
import type { DataType, MapType } from '../types/data-type.ts'
import { sqlLiteral } from '../types/literal.ts'
import type { Settings } from '../types/settings.ts'
import { MapValue, type Value } from '../types/value.ts'
import { type ValueKey, valueKey } from './value-key.ts'

/** What happens when a key comes twice: the setting `spark.sql.mapKeyDedupPolicy`. */
const DEDUP_POLICY = 'spark.sql.mapKeyDedupPolicy'

type MapEntry = readonly [Value, Value]

/**
 * Makes maps of entries as all functions of Spark do: a NULL key is an error, so is a repeated one unless the session says LAST_WIN
 * (the last value then stands at the first one's place), and -0.0 as a key is 0.0.
 *
 * @throws ExecutionError NULL_MAP_KEY, DUPLICATED_MAP_KEY
 */
export function mapBuilder(type: MapType, settings: Settings): (entries: Iterable<MapEntry>) => MapValue {
  const keyOf = valueKey(type.key)
  const lastWins = settings.get(DEDUP_POLICY)?.toUpperCase() === 'LAST_WIN'
  return (entries) => {
    const byKey = new Map<ValueKey, MapEntry>()
    for (const [key, value] of entries) {
      if (key === null) throw nullMapKey()
      const identity = keyOf(key)
      if (!lastWins && byKey.has(identity)) throw duplicatedMapKey(key, type.key)
      byKey.set(identity, [key === 0 ? 0 : key, value])
    }
    return new MapValue([...byKey.values()])
  }
}

export function nullMapKey(): ExecutionError {
  return new ExecutionError('NULL_MAP_KEY', { message: 'NULL cannot be the key of a map' })
}
function duplicatedMapKey(key: Value, type: DataType): ExecutionError {
  return new ExecutionError('DUPLICATED_MAP_KEY', {
    message: `the map would have the key ${sqlLiteral(key, type)} twice`,
    hint: `Set ${DEDUP_POLICY} to LAST_WIN to keep the last value of a key.`,
    parameters: { key: sqlLiteral(key, type), mapKeyDedupPolicy: `"${DEDUP_POLICY}"` },
  })
}
