import type { DrawnRow, RandomQuery } from './random-query.ts'

/** Shrunk cases that were wrong once. */
export const REGRESSIONS: readonly { readonly name: string; readonly query: RandomQuery; readonly rows: readonly DrawnRow[] }[] =
  [
    {
      name: 'a window count of one row',
      query: {
        sql: "SELECT window.start AS ws, count(*) AS c FROM s GROUP BY window(at, '10 seconds')",
        mode: 'append',
        sources: ['s'],
        inOrder: true,
        closes: true,
      },
      rows: [{ source: 's', stepMs: 0, backMs: 0, key: 'a', number: 1, cut: true }],
    },
  ]
