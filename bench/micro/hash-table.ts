import { HashTable, hashLanes } from '../../engine/state/hash-table.ts'

// CPU nanoseconds a row to hash and find bigint keys, batch-wise, beside a Map of numbers: `npx tsx bench/micro/hash-table.ts`.

const ROWS = 16384
const BATCHES = 64

function run(name: string, distinct: number, step: (keys: Float64Array) => void): void {
  const batches = Array.from({ length: BATCHES }, (_, b) =>
    Float64Array.from({ length: ROWS }, (_, row) => (Math.imul(b * ROWS + row, 0x9e3779b1) >>> 0) % distinct),
  )
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const began = process.cpuUsage()
    for (const batch of batches) step(batch)
    const { user, system } = process.cpuUsage(began)
    best = Math.min(best, user + system)
  }
  console.log(`${name.padEnd(40)} ${((best * 1e3) / (BATCHES * ROWS)).toFixed(1).padStart(6)} ns/row`)
}

for (const distinct of [1_000, 100_000, 1_000_000]) {
  const table = new HashTable(2)
  const words = new Int32Array(4 * ROWS)
  const rows = Int32Array.from({ length: ROWS }, (_, i) => i)
  const ids = new Int32Array(ROWS)
  run(`open addressing, ${distinct} keys`, distinct, (keys) => {
    for (let row = 0; row < ROWS; row++) words[4 * row] = keys[row]!
    hashLanes(words, 2, ROWS)
    table.findOrAdd(words, rows, ROWS, ids)
  })
  const map = new Map<number, number>()
  run(`Map, ${distinct} keys`, distinct, (keys) => {
    for (let row = 0; row < ROWS; row++) {
      const key = keys[row]!
      let id = map.get(key)
      if (id === undefined) {
        id = map.size
        map.set(key, id)
      }
      ids[row] = id
    }
  })
}
