#!/usr/bin/env bash
# Files are read in the order of their modification times, which a fresh clone does not keep.
set -euo pipefail
for n in 1 2 3; do touch -d "2031-03-04 12:00:0$n" "examples/word-count-files/input/$n.txt"; done
npx millrace run examples/word-count-files/query.sql
