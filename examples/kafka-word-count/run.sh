#!/usr/bin/env bash
# Starts a Kafka broker for the while of the example. Exit code 75, with the reason, where Java or Maven are missing.
set -euo pipefail
folder="$(mktemp -d)"
node --import tsx tests/harness/kafka-broker.ts 0 > "$folder/broker" &
broker=$!
trap 'kill "$broker" 2>/dev/null || true; wait "$broker" || true; rm -rf "$folder"' EXIT
until grep -q 'listens on' "$folder/broker"; do
  kill -0 "$broker" 2>/dev/null || { wait "$broker" || exit $?; }
  sleep 0.1
done
servers="$(grep -o '127\.0\.0\.1:[0-9]*' "$folder/broker" | head -1)"

millrace() { npx millrace run "examples/kafka-word-count/$1" --var "servers=$servers" --var "folder=$folder"; }
millrace words.sql
millrace query.sql
millrace counts.sql
