import { UsageError } from '../errors/engine-error.ts'
import { XorShiftRandom } from '../types/xorshift-random.ts'

/** At this ratio and above all records are taken, as in Spark. */
const ALL = 0.99
const SEED = 1n
/** What java.util.Random(1).nextLong() gives: the seed of the first partition of a sampled RDD. */
const PARTITION_SEED = -4964420948893066024n
/** Up to this ratio it is cheaper to draw how many are passed over than to draw for each. */
const GAPS_MAX = 0.4
const LEAST_DRAW = 5e-11

/**
 * Which records schema inference looks at: asked once for each, in order. The answers are the same every time, and those of Spark where it reads the
 * files in one task: `whole` is for the records of whole files (multiLine), which Spark samples in another way than lines.
 *
 * @throws UsageError when the ratio is not above 0
 * @source Spark's CSVUtils.sample, JsonUtils.sample, BernoulliCellSampler, BernoulliSampler
 */
export function recordSample(ratio: number, whole: boolean): () => boolean {
  if (!(ratio > 0)) {
    throw new UsageError('INVALID_OPTION', {
      message: `samplingRatio (${ratio}) should be greater than 0`,
      parameters: { option: 'samplingRatio', value: String(ratio) },
    })
  }
  if (ratio > ALL) return () => true
  if (!whole) {
    const random = new XorShiftRandom(SEED)
    return () => random.nextDouble() < ratio
  }
  const random = new XorShiftRandom(PARTITION_SEED)
  if (ratio > GAPS_MAX) return () => random.nextDouble() <= ratio
  const logOfRest = Math.log1p(-ratio)
  const drawGap = (): number => Math.trunc(Math.log(Math.max(random.nextDouble(), LEAST_DRAW)) / logOfRest)
  let left = drawGap()
  return () => {
    if (left-- > 0) return false
    left = drawGap()
    return true
  }
}
