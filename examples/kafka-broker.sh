# Sourced by the examples with Kafka: starts a broker for the while of one. Sets `servers`, and `folder` for what the example writes; at its end both are
# gone. Exits with 75, and the reason, where Java or Maven are missing.
set -euo pipefail
folder="$(mktemp -d)"
node --import tsx tests/harness/kafka-broker.ts 0 > "$folder/broker" &
broker=$!
trap 'kill "$broker" 2>/dev/null || true; wait "$broker" || true; rm -rf "$folder"' EXIT
until grep -qs 'listens on' "$folder/broker"; do
  kill -0 "$broker" 2>/dev/null || { wait "$broker" || exit $?; }
  sleep 0.1
done
servers="$(grep -o '127\.0\.0\.1:[0-9]*' "$folder/broker" | head -1)"

# The script $2 of the example $1, with the names that its text has in ${…}.
millrace() {
  npx millrace run "examples/$1/$2" --set spark.sql.session.timeZone=UTC --var "servers=$servers" --var "folder=$folder"
}
