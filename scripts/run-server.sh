#!/usr/bin/env bash
# Server mode on one machine, from nothing: PostgreSQL with pgvector, Redis, one server and workers, with the demo
# catalogue. Stays in the foreground; Ctrl-C or SIGTERM ends all of them. What was taken in stays for the next time.
# Usage: run-server.sh [--demo]
#
# WORKERS is the number of workers (2). All data is below SEMBLANCE_SERVER, by default .deps/server; PostgreSQL and
# Redis run as a user that is not root, listen at ports of their own on the loopback interface and want passwords made
# for this installation. SEMBLANCE_HOST, SEMBLANCE_PORT and the other variables of .env count as usual; DB_* and
# REDIS_URL do not: they name servers that are there already, for which there are make init-db, run-app and run-worker.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

program="$root/.build/release/semblance"
load_environment_file
[ -x "$program" ] || fail "There is no $program yet; run make build."
workers="${WORKERS:-2}"
[[ "$workers" =~ ^[1-9][0-9]?$ ]] || fail "WORKERS is a number from 1 to 99, not '$workers'."

folder="${SEMBLANCE_SERVER:-$deps/server}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
# One run at a time; what it starts does not hold this.
exec 9>"$folder/lock"
flock -n 9 || fail "This installation runs already ($folder). Stop that first, or set SEMBLANCE_SERVER to another folder."

export SEMBLANCE_TEST_FSYNC=on
export SEMBLANCE_TEST_USER="${SEMBLANCE_SERVER_USER:-nobody}"
servers="$root/scripts/test-servers.sh"

# PostgreSQL refuses to run as root, and the user that it runs as may not reach a checkout in root's home.
choose_place() {
    local place="$folder/data"
    [ ! -f "$folder/place" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        mkdir -p "$place"
        chmod 755 "$place"
        chown "$SEMBLANCE_TEST_USER" "$place"
        if ! setpriv --reuid="$SEMBLANCE_TEST_USER" --clear-groups --regid="$(id -g "$SEMBLANCE_TEST_USER")" \
            test -w "$place"; then
            rmdir "$place"
            place="$(mktemp -d /var/tmp/semblance-server.XXXXXX)"
            chmod 755 "$place"
            chown "$SEMBLANCE_TEST_USER" "$place"
        fi
    else
        mkdir -p -m 700 "$place"
    fi
    # A Unix socket's path has 107 bytes at most.
    [ ${#place} -lt 80 ] || fail "The folder $place has too long a name for PostgreSQL's socket. Set SEMBLANCE_SERVER to a shorter one."
    printf '%s\n' "$place" >"$folder/place"
}

start_databases() {
    choose_place
    "$servers" start "$folder" 9>&- >/dev/null
    note "data in $(cat "$folder/place")"
}

# Our own database beside PostgreSQL's.
make_database() {
    if [ "$(ask "SELECT 1 FROM pg_database WHERE datname = 'semblance'")" != 1 ]; then
        ask "CREATE DATABASE semblance"
    fi
    "$program" db init
}

# A statement to PostgreSQL; the password is not among the arguments.
ask() {
    PGPASSWORD="$(cat "$folder/postgres-password")" "$deps/postgres/bin/psql" --host 127.0.0.1 \
        --port "$(cat "$folder/postgres-port")" --username semblance --dbname postgres -XAtqc "$1"
}

pids=()
names=()
log="$folder/log"

# launch NAME COMMAND…: in the background, with a log of its own.
launch() {
    local name="$1"
    shift
    "$@" >>"$log/$name.log" 2>&1 9>&- &
    pids+=("$!")
    names+=("$name")
}

# Ends what was started, by process id: first what uses the databases, then those.
end_all() {
    local code=$? pid
    trap - EXIT
    trap '' TERM INT
    if [ ${#pids[@]} != 0 ]; then
        say "==> Stopping"
        for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
        for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    fi
    "$servers" stop "$folder" postgres >/dev/null 2>&1 || true
    "$servers" stop "$folder" redis >/dev/null 2>&1 || true
    say "    all stopped; the data is kept in $(cat "$folder/place" 2>/dev/null || echo "$folder")"
    exit "$code"
}

# Whether a path of the server answers with 200.
answers() {
    "$python" - "$1" 2>/dev/null <<'END'
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=5)
END
}

wait_until_ready() {
    local tries pid
    for ((tries = 0; tries < 600; tries++)); do
        if answers "$url/readyz"; then return 0; fi
        for pid in "${pids[@]}"; do
            if ! kill -0 "$pid" 2>/dev/null; then
                tail -n 5 "$log"/*.log >&2
                fail "A process ended before the server was ready; its log is in $log."
            fi
        done
        sleep 0.2
    done
    fail "The server is not ready after two minutes; its log is in $log."
}

start_semblance() {
    local number
    mkdir -p -m 700 "$log"
    for ((number = 1; number <= workers; number++)); do launch "worker-$number" "$program" worker --health-port 0; done
    launch serve "$program" serve
    wait_until_ready
    note "logs in $log"
}

# The workers do it; unchanged pictures are skipped.
index_demo() {
    local code=0
    "$program" index "$deps/demo/furniture" "$deps/demo/stamps" --catalogue demo \
        --metadata "$deps/demo/metadata.jsonl" 9>&- || code=$?
    case $code in
    0) ;;
    2) note "some pictures could not be indexed; the others can be searched" ;;
    *) fail "the demo could not be indexed; see above. make run-server DEMO=none serves without it." ;;
    esac
}

trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "Starting PostgreSQL and Redis" start_databases
set -a
# shellcheck disable=SC1091
source "$folder/servers.env"
set +a
export SEMBLANCE_DATABASE="${SEMBLANCE_TEST_DATABASE%/postgres}/semblance"
export SEMBLANCE_QUEUE="$SEMBLANCE_TEST_QUEUE"
export SEMBLANCE_DATA="${SEMBLANCE_DATA:-$folder/semblance}"
export SEMBLANCE_MODEL_CONFIG="${SEMBLANCE_MODEL_CONFIG:-$root/config/model_config.json}"
# Where this script asks whether the server is ready.
case "${SEMBLANCE_HOST:-127.0.0.1}" in
0.0.0.0 | ::) host=127.0.0.1 ;;
*:*) host="[$SEMBLANCE_HOST]" ;;
*) host="${SEMBLANCE_HOST:-127.0.0.1}" ;;
esac
url="http://$host:${SEMBLANCE_PORT:-8000}"
step "Preparing the database" make_database
step "Starting one server and $workers workers" start_semblance
if [ "${1:-}" = --demo ] && [ "${DEMO:-}" != none ]; then
    step "Indexing the demo catalogue" index_demo
fi
say "==> Serving (open http://${SEMBLANCE_HOST:-127.0.0.1}:${SEMBLANCE_PORT:-8000} in a browser; Ctrl-C stops everything)"

# A signal interrupts the waiting. A process that ends by itself ends the rest.
code=0
wait -n "${pids[@]}" || code=$?
for number in "${!pids[@]}"; do
    kill -0 "${pids[number]}" 2>/dev/null || say "error: ${names[number]} ended by itself (code $code); see $log/${names[number]}.log" >&2
done
exit 1
