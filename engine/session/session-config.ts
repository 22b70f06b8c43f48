import type { Clock } from '../clock.ts'
import type { Batch } from '../columnar/batch.ts'
import type { Sink, SinkDefinition } from '../connect/sink.ts'
import type { SourceDefinition } from '../connect/source.ts'
import type { ForeachRows } from '../dataframe/context.ts'
import type { BigIntRepresentation } from '../dataframe/row-values.ts'
import { EngineError, UsageError } from '../errors/engine-error.ts'
import { nearestName } from '../errors/nearest.ts'
import type { Logger } from '../log.ts'
import type { SqlFrontend } from '../plan/sql-frontend.ts'
import { EMIT_IN_SAME_EPOCH, Settings, WATERMARK_IDLE_AFTER, WATERMARK_KEPT, WATERMARK_MAX_AHEAD } from '../types/settings.ts'
import type { Row } from '../types/value.ts'
import { zoneOf } from '../types/zone.ts'

/**
 * What a session is made with: one flat object of Spark's keys (`'spark.sql.session.timeZone'`), ours (`'millrace.cores'`), and these of TypeScript's own:
 * `bigint`: how BIGINT reaches you; `logger`: where warnings and query events go.
 */
export interface SessionConfig {
  readonly bigint?: BigIntRepresentation
  readonly logger?: Logger
  readonly [key: `${string}.${string}`]: string | number | boolean
}

/** What the engine does not import: the package's entry hands it in. */
export interface SessionParts {
  readonly frontend: SqlFrontend
  readonly sources: readonly SourceDefinition[]
  readonly sinks: readonly SinkDefinition[]
  readonly foreachBatchSink: (write: (batches: readonly Batch[], epoch: number) => Promise<void>) => Sink
  readonly foreachSink: (writer: ForeachRows, toRow: (batch: Batch, row: number) => Row) => Sink
  readonly clock: Clock
  readonly standardOutput: (text: string) => void
}

export function settingsOf(config: SessionConfig): Settings {
  const settings = new Settings()
  for (const [key, value] of Object.entries(config)) {
    if (key === 'bigint' || key === 'logger') continue
    if (!key.includes('.')) {
      throw new UsageError('INVALID_SESSION_OPTION', {
        message: `createSession does not know the option "${key}"`,
        hint: "Settings have dotted keys such as 'spark.sql.session.timeZone'; the only other options are bigint and logger.",
      })
    }
    changeSetting(settings, key, String(value))
  }
  return settings
}

function checkTimeZone(value: string): void {
  try {
    zoneOf(value)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    const { message, hint } = error
    throw new UsageError('INVALID_CONF_VALUE.TIME_ZONE', {
      message,
      hint,
      parameters: { confName: 'spark.sql.session.timeZone', confValue: value },
    })
  }
}

/** Sets a setting after checking what can be checked at once. */
export function changeSetting(settings: Settings, key: string, value: string): void {
  if (key === 'spark.sql.session.timeZone') checkTimeZone(value)
  if (key === 'millrace.checkpoint.sync' && !['epoch', 'group', 'off'].includes(value)) {
    throw new UsageError('INVALID_CONF_VALUE.REQUIREMENT', {
      message: `millrace.checkpoint.sync cannot be "${value}"`,
      hint: 'It is epoch, group or off.',
    })
  }
  if (key === 'spark.sql.streaming.multipleWatermarkPolicy' && value !== 'min' && value !== 'max') {
    throw new UsageError('INVALID_CONF_VALUE.REQUIREMENT', {
      message: `spark.sql.streaming.multipleWatermarkPolicy cannot be "${value}"`,
      hint: 'It is min or max.',
    })
  }
  if (key === WATERMARK_IDLE_AFTER || key === WATERMARK_MAX_AHEAD) new Settings([[key, value]]).durationMs(key)
  if ((key === WATERMARK_KEPT || key === EMIT_IN_SAME_EPOCH) && !/^(true|false)$/i.test(value)) {
    throw new UsageError('INVALID_CONF_VALUE.REQUIREMENT', {
      message: `${key} cannot be "${value}"`,
      hint: 'It is true or false.',
    })
  }
  if (key.startsWith('millrace.')) checkOwnKey(key, value)
  settings.set(key, value)
}

/** Millrace's own settings. Spark has more keys than we read, and its users set them; of ours an unknown one is a slip of the pen. */
const OWN_KEYS = [
  'millrace.cores',
  'millrace.checkpoint.sync',
  'millrace.checkpoint.snapshotLogBytes',
  'millrace.codegen.enabled',
  'millrace.optimizer.enabled',
  WATERMARK_IDLE_AFTER,
  WATERMARK_MAX_AHEAD,
  WATERMARK_KEPT,
  EMIT_IN_SAME_EPOCH,
]
function checkOwnKey(key: string, value: string): void {
  if (!OWN_KEYS.includes(key)) {
    const nearest = nearestName(key, OWN_KEYS)
    throw new UsageError('INVALID_CONF_KEY', {
      message: `there is no setting "${key}"`,
      detail: `Millrace's own settings are ${OWN_KEYS.join(', ')}.`,
      hint: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
    })
  }
  if (key === 'millrace.cores' && value !== '1') {
    throw new UsageError('INVALID_CONF_VALUE.REQUIREMENT', {
      message: `millrace.cores cannot be "${value}"`,
      hint: 'A query runs on one core: it is 1.',
    })
  }
}
