#!/usr/bin/env bash
# Feeds the query from nc: two lines, then stops the query with Ctrl-C's signal, which lets its epoch finish.
set -uo pipefail
command -v nc > /dev/null || { echo 'needs nc (netcat)' >&2; exit 75; }
port=${PORT:-19999}
{ sleep 4; printf 'apache spark\napache hadoop\n'; sleep 4; } | timeout 12 nc -l 127.0.0.1 "$port" > /dev/null 2>&1 &
sleep 0.3
# Not through npx, which would keep the signal to itself.
node dist/sql/cli/main.js run examples/word-count-socket/query.sql --var port="$port" 2> /dev/null &
query=$!
sleep 6
kill -INT "$query"
wait "$query"
status=$?
wait
[ "$status" -eq 130 ]
