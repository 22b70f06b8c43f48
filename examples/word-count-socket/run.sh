#!/usr/bin/env bash
# Feeds the query from nc: two lines, then stops the query with Ctrl-C's signal, which lets its epoch finish.
set -uo pipefail
command -v nc > /dev/null || { echo 'needs nc (netcat)' >&2; exit 75; }
port=${PORT:-19999}
{ sleep 4; printf 'apache spark\napache hadoop\n'; sleep 6; } | nc -l -p "$port" 127.0.0.1 2> /dev/null &
feeder=$!
sleep 0.3
npx millrace run examples/word-count-socket/query.sql --var port="$port" 2> /dev/null &
query=$!
sleep 7
kill -INT "$query" 2> /dev/null
wait "$query"
status=$?
kill "$feeder" 2> /dev/null
[ "$status" -eq 130 ]
