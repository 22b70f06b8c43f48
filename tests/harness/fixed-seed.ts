import fc from 'fast-check'

/**
 * Properties draw the same cases in every run, so that a change is judged by itself and not by luck. SEED=… draws others; what then goes wrong is kept as an
 * example in its test.
 */
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20261124) })
