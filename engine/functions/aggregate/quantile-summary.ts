/**
 * Greenwald and Khanna's summary of a stream of numbers, as Spark's QuantileSummaries keeps it: samples sorted by value, each with the gap
 * in rank to the one before (`gaps`) and how uncertain its rank is (`slacks`). Any rank is answered within relativeError · count.
 */
export interface QuantileSummary {
  values: number[]
  gaps: number[]
  slacks: number[]
  count: number
  /** Values not yet among the samples. */
  head: number[]
}

const HEAD_SIZE = 50_000
const COMPRESS_THRESHOLD = 10_000

export function emptySummary(): QuantileSummary {
  return { values: [], gaps: [], slacks: [], count: 0, head: [] }
}
export function insert(summary: QuantileSummary, value: number, relativeError: number): void {
  summary.head.push(value)
  if (summary.head.length < HEAD_SIZE) return
  takeHead(summary, relativeError)
  if (summary.values.length >= COMPRESS_THRESHOLD) compressSamples(summary, 2 * relativeError * summary.count)
}

function takeHead(summary: QuantileSummary, relativeError: number): void {
  if (summary.head.length === 0) return
  const sorted = Float64Array.from(summary.head).sort()
  const { values, gaps, slacks } = summary
  const [newValues, newGaps, newSlacks]: [number[], number[], number[]] = [[], [], []]
  let at = 0
  let count = summary.count
  for (const [i, value] of sorted.entries()) {
    while (at < values.length && values[at]! <= value) {
      newValues.push(values[at]!)
      newGaps.push(gaps[at]!)
      newSlacks.push(slacks[at]!)
      at++
    }
    count++
    // The least and the greatest value so far are known exactly.
    const exact = newValues.length === 0 || (at === values.length && i === sorted.length - 1)
    newValues.push(value)
    newGaps.push(1)
    newSlacks.push(exact ? 0 : Math.floor(2 * relativeError * count))
  }
  for (; at < values.length; at++) {
    newValues.push(values[at]!)
    newGaps.push(gaps[at]!)
    newSlacks.push(slacks[at]!)
  }
  Object.assign(summary, { values: newValues, gaps: newGaps, slacks: newSlacks, count, head: [] })
}
/** Merges samples into their right neighbours while the rank stays certain enough. The least and the greatest stay. */
function compressSamples(summary: QuantileSummary, threshold: number): void {
  const { values, gaps, slacks } = summary
  if (values.length === 0) return
  const kept: { value: number; gap: number; slack: number }[] = []
  let head = { value: values.at(-1)!, gap: gaps.at(-1)!, slack: slacks.at(-1)! }
  for (let i = values.length - 2; i >= 1; i--) {
    if (gaps[i]! + head.gap + head.slack < threshold) head = { ...head, gap: head.gap + gaps[i]! }
    else {
      kept.push(head)
      head = { value: values[i]!, gap: gaps[i]!, slack: slacks[i]! }
    }
  }
  kept.push(head)
  if (values[0]! <= head.value && values.length > 1) kept.push({ value: values[0]!, gap: gaps[0]!, slack: slacks[0]! })
  kept.reverse()
  summary.values = kept.map((s) => s.value)
  summary.gaps = kept.map((s) => s.gap)
  summary.slacks = kept.map((s) => s.slack)
}
export function compress(summary: QuantileSummary, relativeError: number): void {
  takeHead(summary, relativeError)
  compressSamples(summary, 2 * relativeError * summary.count)
}

/** Adds another summary of the same error to this one; both come out compressed. */
export function mergeSummaries(summary: QuantileSummary, other: QuantileSummary, relativeError: number): void {
  compress(summary, relativeError)
  compress(other, relativeError)
  if (other.count === 0) return
  if (summary.count === 0) {
    Object.assign(summary, other)
    return
  }
  const slackHere = Math.floor(2 * relativeError * other.count)
  const slackThere = Math.floor(2 * relativeError * summary.count)
  const merged = emptySummary()
  merged.count = summary.count + other.count
  const take = (from: QuantileSummary, at: number, slack: number): void => {
    merged.values.push(from.values[at]!)
    merged.gaps.push(from.gaps[at]!)
    merged.slacks.push(from.slacks[at]! + slack)
  }
  let here = 0
  let there = 0
  while (here < summary.values.length && there < other.values.length) {
    if (summary.values[here]! < other.values[there]!) take(summary, here++, there > 0 ? slackHere : 0)
    else take(other, there++, here > 0 ? slackThere : 0)
  }
  while (here < summary.values.length) take(summary, here++, 0)
  while (there < other.values.length) take(other, there++, 0)
  compressSamples(merged, 2 * relativeError * merged.count)
  Object.assign(summary, merged)
}

/** Answers of a compressed summary, in the order of the percentages; undefined for no values. */
export function query(summary: QuantileSummary, percentages: readonly number[], relativeError: number): number[] | undefined {
  const { values, gaps, slacks, count } = summary
  if (values.length === 0) return undefined
  const targetError = values.reduce((most, _value, i) => Math.max(most, gaps[i]! + slacks[i]!), 0) / 2
  const answers: number[] = []
  let index = 0
  let rank = gaps[0]!
  const order = percentages.map((_p, i) => i).sort((a, b) => percentages[a]! - percentages[b]!)
  for (const place of order) {
    const percentage = percentages[place]!
    if (percentage <= relativeError || values.length === 1) answers[place] = values[0]!
    else if (percentage >= 1 - relativeError) answers[place] = values.at(-1)!
    else {
      const wanted = Math.ceil(percentage * count)
      for (;;) {
        if (index >= values.length - 1) {
          index = values.length - 1
          rank = 0
          break
        }
        if (rank + slacks[index]! - targetError <= wanted && wanted <= rank + targetError) break
        rank += gaps[++index]!
      }
      answers[place] = values[index]!
    }
  }
  return answers
}
