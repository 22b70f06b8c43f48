import { BIGINT, DOUBLE } from '../../types/data-type.ts'
import type { Value } from '../../types/value.ts'
import { type AggregateFunction, type BoundAggregate, defineAggregate } from '../function.ts'
import { REAL, takes } from '../signature.ts'

/**
 * Variance, skewness and the like by central moments, updated and merged as Spark does, so that the last digits agree.
 * Buffer: [n, mean, sum of squared, cubed, fourth-power deviations], all DOUBLE. Source: Spark's CentralMomentAgg.
 */
type Moments = [n: number, mean: number, m2: number, m3: number, m4: number]

function update(buffer: Value[], x: number): void {
  const [n, mean, m2, m3, m4] = buffer as Moments
  const newN = n + 1
  const delta = x - mean
  const deltaN = delta / newN
  const newM2 = m2 + delta * (delta - deltaN)
  const delta2 = delta * delta
  const deltaN2 = deltaN * deltaN
  const newM3 = m3 - 3 * deltaN * newM2 + delta * (delta2 - deltaN2)
  buffer[4] = m4 - 4 * deltaN * newM3 - 6 * deltaN2 * newM2 + delta * (delta * delta2 - deltaN * deltaN2)
  buffer[3] = newM3
  buffer[2] = newM2
  buffer[1] = mean + deltaN
  buffer[0] = newN
}
function merge(buffer: Value[], other: readonly Value[]): void {
  const [n1, mean1, l2, l3, l4] = buffer as Moments
  const [n2, mean2, r2, r3, r4] = other as Moments
  const n = n1 + n2
  const delta = mean2 - mean1
  const deltaN = n === 0 ? 0 : delta / n
  buffer[4] =
    l4 +
    r4 +
    deltaN * deltaN * deltaN * delta * n1 * n2 * (n1 * n1 - n1 * n2 + n2 * n2) +
    6 * deltaN * deltaN * (n1 * n1 * r2 + n2 * n2 * l2) +
    4 * deltaN * (n1 * r3 - n2 * l3)
  buffer[3] = l3 + r3 + deltaN * deltaN * delta * n1 * n2 * (n1 - n2) + 3 * deltaN * (n1 * r2 - n2 * l2)
  buffer[2] = l2 + r2 + delta * deltaN * n1 * n2
  buffer[1] = mean1 + deltaN * n2
  buffer[0] = n
}
function moments(finish: (n: number, m2: number, m3: number, m4: number) => number | null): BoundAggregate {
  return {
    buffer: [DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE],
    init: () => [0, 0, 0, 0, 0],
    update: (buffer, args) => {
      if (args[0] !== null) update(buffer, args[0] as number)
    },
    merge,
    finish: (buffer) => {
      const [n, , m2, m3, m4] = buffer as Moments
      return n === 0 ? null : finish(n, m2, m3, m4)
    },
  }
}
function central(
  [name, ...aliases]: readonly [string, ...string[]],
  summary: string,
  example: string,
  result: string,
  finish: (n: number, m2: number, m3: number, m4: number) => number | null,
): AggregateFunction {
  return defineAggregate({
    name,
    aliases,
    summary,
    examples: [[`SELECT ${name}(a) FROM VALUES ${example} AS t(a)`, result]],
    version: 1,
    resolve: takes([REAL], DOUBLE, { nullable: true }),
    bind: () => moments(finish),
  })
}

export const momentFunctions: readonly AggregateFunction[] = [
  central(
    ['stddev', 'stddev_samp', 'std'],
    'Returns the sample standard deviation; NULL for a single value.',
    '(1), (2), (3)',
    '1.0',
    (n, m2) => (n === 1 ? null : Math.sqrt(m2 / (n - 1))),
  ),
  central(['stddev_pop'], 'Returns the population standard deviation.', '(1), (2), (3)', '0.816496580927726', (n, m2) =>
    Math.sqrt(m2 / n),
  ),
  central(['variance', 'var_samp'], 'Returns the sample variance; NULL for a single value.', '(1), (2), (3)', '1.0', (n, m2) =>
    n === 1 ? null : m2 / (n - 1),
  ),
  central(['var_pop'], 'Returns the population variance.', '(1), (2), (3)', '0.6666666666666666', (n, m2) => m2 / n),
  central(
    ['skewness'],
    'Returns the skewness: how lopsided the values lie.',
    '(-10), (-20), (100), (1000)',
    '1.1135657469022011',
    (n, m2, m3) => (m2 === 0 ? null : (Math.sqrt(n) * m3) / Math.sqrt(m2 * m2 * m2)),
  ),
  central(
    ['kurtosis'],
    'Returns the excess kurtosis: how heavy the tails are.',
    '(-10), (-20), (100), (1000)',
    '-0.7014368047529609',
    (n, m2, _m3, m4) => (m2 === 0 ? null : (n * m4) / (m2 * m2) - 3),
  ),
]

/** n, means of x and y, sum of products of deviations, sums of squared deviations of x and of y. */
type Pairs = [n: number, xMean: number, yMean: number, ck: number, xm2: number, ym2: number]

/** `central`: the squared deviations of x add up as those of a central moment do, whose last digits differ. */
function updatePair(buffer: Value[], x: number, y: number, central: boolean): void {
  const [n, xMean, yMean, ck, xm2, ym2] = buffer as Pairs
  const newN = n + 1
  const dx = x - xMean
  const dy = y - yMean
  const newX = xMean + dx / newN
  const newY = yMean + dy / newN
  buffer[0] = newN
  buffer[1] = newX
  buffer[2] = newY
  buffer[3] = ck + dx * (y - newY)
  buffer[4] = xm2 + dx * (central ? dx - dx / newN : x - newX)
  buffer[5] = ym2 + dy * (y - newY)
}
function mergePairs(buffer: Value[], other: readonly Value[]): void {
  const [n1, x1, y1, ck1, xa, ya] = buffer as Pairs
  const [n2, x2, y2, ck2, xb, yb] = other as Pairs
  const n = n1 + n2
  const dx = x2 - x1
  const dxN = n === 0 ? 0 : dx / n
  const dy = y2 - y1
  const dyN = n === 0 ? 0 : dy / n
  buffer[0] = n
  buffer[1] = x1 + dxN * n2
  buffer[2] = y1 + dyN * n2
  buffer[3] = ck1 + ck2 + dx * dyN * n1 * n2
  buffer[4] = xa + xb + dx * dxN * n1 * n2
  buffer[5] = ya + yb + dy * dyN * n1 * n2
}
/** Rows where one side is NULL do not count. `xAt` says which argument is x: regr_… functions take y first. */
function paired(
  name: string,
  xAt: 0 | 1,
  summary: string,
  example: string,
  result: string,
  finish: (pairs: Pairs) => number | null,
  central = false,
): AggregateFunction {
  return defineAggregate({
    name,
    summary,
    examples: [[`SELECT ${name}(a, b) FROM VALUES ${example} AS t(a, b)`, result]],
    version: 1,
    resolve: takes([REAL, REAL], DOUBLE, { nullable: true }),
    bind: () => ({
      buffer: [DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE],
      init: () => [0, 0, 0, 0, 0, 0],
      update: (buffer, args) => {
        if (args[0] !== null && args[1] !== null) updatePair(buffer, args[xAt] as number, args[1 - xAt] as number, central)
      },
      merge: mergePairs,
      finish: (buffer) => ((buffer as Pairs)[0] === 0 ? null : finish(buffer as Pairs)),
    }),
  })
}

/** Buffer: [sum, number of complete pairs], as avg keeps it. */
function pairedAverage(name: string, at: 0 | 1, summary: string, result: string): AggregateFunction {
  return defineAggregate({
    name,
    summary,
    examples: [[`SELECT ${name}(a, b) FROM VALUES (1, 2), (2, 2), (2, 3), (2, 4) AS t(a, b)`, result]],
    version: 1,
    resolve: takes([REAL, REAL], DOUBLE, { nullable: true }),
    bind: () => ({
      buffer: [DOUBLE, DOUBLE],
      init: () => [0, 0],
      update: (buffer, args) => {
        if (args[0] === null || args[1] === null) return
        buffer[0] = (buffer[0] as number) + (args[at] as number)
        buffer[1] = (buffer[1] as number) + 1
      },
      merge: (buffer, other) => {
        buffer[0] = (buffer[0] as number) + (other[0] as number)
        buffer[1] = (buffer[1] as number) + (other[1] as number)
      },
      finish: (buffer) => (buffer[1] === 0 ? null : (buffer[0] as number) / (buffer[1] as number)),
    }),
  })
}

export const pairFunctions: readonly AggregateFunction[] = [
  paired(
    'covar_pop',
    0,
    'Returns the population covariance.',
    '(1, 1), (2, 2), (3, 3)',
    '0.6666666666666666',
    ([n, , , ck]) => ck / n,
  ),
  paired(
    'covar_samp',
    0,
    'Returns the sample covariance; NULL for a single pair.',
    '(1, 1), (2, 2), (3, 3)',
    '1.0',
    ([n, , , ck]) => (n === 1 ? null : ck / (n - 1)),
  ),
  paired(
    'corr',
    0,
    "Returns Pearson's correlation; NULL for a single pair.",
    '(3, 2), (3, 3), (6, 4)',
    '0.8660254037844387',
    ([n, , , ck, x, y]) => (n === 1 || x * y === 0 ? null : ck / Math.sqrt(x * y)),
  ),
  pairedAverage('regr_avgx', 1, 'Returns the mean of the independent (second) variable over complete pairs.', '2.75'),
  pairedAverage('regr_avgy', 0, 'Returns the mean of the dependent (first) variable over complete pairs.', '1.75'),
  paired(
    'regr_sxx',
    1,
    'Returns the sum of squared deviations of the independent variable.',
    '(1, 2), (2, 2), (2, 3), (2, 4)',
    '2.75',
    ([, , , , x]) => x,
    true,
  ),
  paired(
    'regr_syy',
    0,
    'Returns the sum of squared deviations of the dependent variable.',
    '(1, 2), (2, 2), (2, 3), (2, 4)',
    '0.75',
    ([, , , , y]) => y,
    true,
  ),
  paired(
    'regr_sxy',
    0,
    'Returns the sum of products of deviations.',
    '(1, 2), (2, 2), (2, 3), (2, 4)',
    '0.7499999999999998',
    ([, , , ck]) => ck,
  ),
  paired(
    'regr_slope',
    1,
    'Returns the slope of the line that fits best.',
    '(1, 1), (2, 2), (3, 3)',
    '1.0',
    ([, , , ck, x]) => (x === 0 ? null : ck / x),
    true,
  ),
  paired(
    'regr_intercept',
    1,
    'Returns where the line that fits best meets the y axis.',
    '(1, 1), (2, 2), (3, 3)',
    '0.0',
    ([, x, y, ck, x2]) => (x2 === 0 ? null : y - (ck / x2) * x),
    true,
  ),
  paired(
    'regr_r2',
    0,
    'Returns how much of the variance the line that fits best explains.',
    '(1, 1), (2, 2), (3, 3)',
    '1.0',
    ([, , , ck, y, x]) => {
      if (x === 0) return null
      return y === 0 ? 1 : (ck / Math.sqrt(x * y)) ** 2
    },
  ),
  defineAggregate({
    name: 'regr_count',
    summary: 'Counts the complete pairs.',
    examples: [['SELECT regr_count(a, b) FROM VALUES (1, 2), (2, NULL) AS t(a, b)', '1']],
    version: 1,
    countsNothingAs: 0n,
    resolve: takes([REAL, REAL], BIGINT, { nullable: false }),
    bind: () => ({
      buffer: [BIGINT],
      init: () => [0n],
      update: (buffer, args) => {
        if (args[0] !== null && args[1] !== null) buffer[0] = (buffer[0] as bigint) + 1n
      },
      merge: (buffer, other) => {
        buffer[0] = (buffer[0] as bigint) + (other[0] as bigint)
      },
      retract: (buffer, args) => {
        if (args[0] !== null && args[1] !== null) buffer[0] = (buffer[0] as bigint) - 1n
      },
      finish: (buffer) => buffer[0]!,
    }),
  }),
]
