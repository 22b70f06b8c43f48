import { UsageError } from '../errors/engine-error.ts'
import { parseIntervalText } from './interval.ts'

/**
 * Session settings: one flat map of Spark's keys and ours, read through typed getters. Values are texts, as in `SET key = value`.
 * A snapshot is taken when a query starts; later changes hold for queries started later.
 */
export class Settings {
  readonly #values: Map<string, string>
  #systemTimeZone: string | undefined

  constructor(values: Iterable<readonly [string, string]> = []) {
    this.#values = new Map(values)
  }

  get(key: string): string | undefined {
    return this.#values.get(key) ?? SETTING_DEFAULTS[key]
  }
  /** Set by the user, not a default. */
  isSet(key: string): boolean {
    return this.#values.has(key)
  }
  set(key: string, value: string): void {
    this.#values.set(key, value)
  }
  unset(key: string): void {
    this.#values.delete(key)
  }
  flag(key: string): boolean {
    return this.get(key)?.toLowerCase() === 'true'
  }
  /** Whole milliseconds of a setting such as '30 seconds'; undefined when it is not set. Throws for what is no duration of fixed length. */
  durationMs(key: string): number | undefined {
    const text = this.get(key)
    if (text === undefined) return undefined
    const interval = parseIntervalText(text)
    const micros = interval && interval.months === 0 ? BigInt(interval.days) * 86_400_000_000n + interval.microseconds : -1n
    if (micros < 0n) {
      throw new UsageError('INVALID_CONF_VALUE.REQUIREMENT', {
        message: `the value '${text}' in the config "${key}" is invalid`,
        hint: "It is a duration of fixed length, such as '30 seconds' or '1 minute 30 seconds'; months and years have none.",
        parameters: { confName: key, confValue: text },
      })
    }
    return Number(micros / 1000n)
  }
  entries(): [string, string][] {
    return [...this.#values]
  }
  copy(): Settings {
    return new Settings(this.#values)
  }

  get timeZone(): string {
    return this.get(TIME_ZONE) ?? (this.#systemTimeZone ??= Intl.DateTimeFormat().resolvedOptions().timeZone)
  }
  get ansi(): boolean {
    return this.flag('spark.sql.ansi.enabled')
  }
  get caseSensitive(): boolean {
    return this.flag('spark.sql.caseSensitive')
  }
}

export const TIME_ZONE = 'spark.sql.session.timeZone'
export const WATERMARK_POLICY = 'spark.sql.streaming.multipleWatermarkPolicy'
/** Beyond Spark, off unless set: docs/differences.md. */
export const WATERMARK_IDLE_AFTER = 'millrace.watermark.idleAfter'
export const WATERMARK_MAX_AHEAD = 'millrace.watermark.maxAhead'
export const WATERMARK_KEPT = 'millrace.watermark.keepOverRestart'
export const EMIT_IN_SAME_EPOCH = 'millrace.watermark.emitInSameEpoch'
export const NO_DATA_EPOCHS = 'spark.sql.streaming.noDataMicroBatches.enabled'

/** Spark 4.3's defaults for the keys that the engine reads, and ours under `millrace.`. */
const SETTING_DEFAULTS: Readonly<Record<string, string>> = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.caseSensitive': 'false',
  'spark.sql.cteRecursionLevelLimit': '100',
  'spark.sql.cteRecursionRowLimit': '1000000',
  [WATERMARK_POLICY]: 'min',
  [NO_DATA_EPOCHS]: 'true',
  'spark.sql.streaming.statefulOperator.allowMultiple': 'true',
  'spark.sql.streaming.statefulOperator.checkCorrectness.enabled': 'true',
  'spark.sql.streaming.unsupportedOperationCheck': 'true',
  'spark.sql.streaming.numRecentProgressUpdates': '100',
  'spark.sql.streaming.schemaInference': 'false',
  'spark.sql.jsonGenerator.ignoreNullFields': 'true',
  'spark.sql.join.asofJoin.enabled': 'false',
  'millrace.cores': '1',
  'millrace.checkpoint.sync': 'epoch',
  'millrace.optimizer.enabled': 'true',
  'millrace.codegen.enabled': 'true',
}
