/**
 * Session settings: one flat map of Spark's keys and ours, read through typed getters. Values are texts, as in `SET key = value`.
 * A snapshot is taken when a query starts; later changes hold for queries started later.
 */
export class Settings {
  readonly #values: Map<string, string>

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
  entries(): [string, string][] {
    return [...this.#values]
  }
  copy(): Settings {
    return new Settings(this.#values)
  }

  get timeZone(): string {
    return this.get(TIME_ZONE) ?? Intl.DateTimeFormat().resolvedOptions().timeZone
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
export const NO_DATA_EPOCHS = 'spark.sql.streaming.noDataMicroBatches.enabled'

/** Spark 4.3's defaults for the keys that the engine reads, and ours under `millrace.`. */
const SETTING_DEFAULTS: Readonly<Record<string, string>> = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.caseSensitive': 'false',
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
