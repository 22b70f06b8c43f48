#!/usr/bin/env bash
set -euo pipefail
npx tsx examples/dataframe/clicks-per-minute.ts
